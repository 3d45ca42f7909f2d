package mutants

import (
	"net/http"
	"strings"

	"assay/contract"
)

// shapes answers in forms that no edit of the contract makes a pool answer in.
func (d *deriver) shapes(p *pool) {
	answer := func(op *contract.Operation, member, rule, name, says string, edit func(body map[string]any), entails ...string) {
		d.poolMutant(success(op)+"."+strings.TrimPrefix(member+"."+rule, "."), name, op.ID+" answers "+says, p.visited(op, func(v *visit) {
			v.changeAnswer(func(value any) any {
				if body, ok := value.(map[string]any); ok {
					edit(body)
				}
				return value
			})
		}), entails...)
	}
	inside := func(object string, edit func(m map[string]any)) func(map[string]any) {
		return func(body map[string]any) {
			if m, ok := body[object].(map[string]any); ok {
				edit(m)
			}
		}
	}
	const result, parameters = "AuthenticationResult", "ChallengeParameters"
	for _, op := range []*contract.Operation{p.respond, p.initiate, p.exchange} {
		below := rulesBelow(d.contract, success(op)+"."+result)
		entails := append(below, "refresh.usable-token", "refresh.same-sign-in", "initiateAuth.refresh")
		if op == p.respond {
			entails = allRules(d.contract) // whoever cannot sign in sees nothing else
		}
		answer(op, result, "type", "text", "its tokens as a text", func(body map[string]any) {
			if body[result] != nil {
				body[result] = string(encoded(body[result]))
			}
		}, entails...)
		answer(op, result+".TokenType", "enum", "small-letters", "the token type in small letters", inside(result, func(m map[string]any) { m["TokenType"] = "bearer" }))
		if op != p.respond {
			answer(op, result+".RefreshToken", "type", "number", "a refresh token that is a number", inside(result, func(m map[string]any) { m["RefreshToken"] = 5 }))
		}
	}
	answer(p.exchange, result, "required", "lost", "without its tokens", func(body map[string]any) { delete(body, result) }, rulesBelow(d.contract, "refresh")...)
	answer(p.respond, "ChallengeName", "type", "number", "a number for the next challenge", func(body map[string]any) { body["ChallengeName"] = 5 }, "respondToAuthChallenge.no-challenge-left")
	answer(p.respond, parameters, "type", "array", "an array of parameters", func(body map[string]any) { body[parameters] = []any{} })
	challenged := func(edit func(m map[string]any)) func(map[string]any) {
		return func(body map[string]any) {
			if body["ChallengeName"] != nil {
				inside(parameters, edit)(body)
			}
		}
	}
	answer(p.initiate, "ChallengeName", "enum", "other", "another challenge than that of the password", func(body map[string]any) {
		if body["ChallengeName"] != nil {
			body["ChallengeName"] = "SMS_MFA"
		}
	}, "initiateAuth.challenge-complete")
	answer(p.initiate, parameters, "type", "array", "an array of parameters", func(body map[string]any) {
		if m, ok := body[parameters].(map[string]any); ok && body["ChallengeName"] != nil {
			body[parameters] = []any{m}
		}
	}, allRules(d.contract)...)
	answer(p.initiate, parameters+".SALT", "pattern", "capitals", "a SALT in capitals", challenged(func(m map[string]any) { m["SALT"] = strings.ToUpper(textOf(m["SALT"])) }))
	answer(p.initiate, parameters+".SRP_B", "pattern", "capitals", "an SRP_B in capitals", challenged(func(m map[string]any) { m["SRP_B"] = strings.ToUpper(textOf(m["SRP_B"])) }))
	answer(p.initiate, parameters+".SECRET_BLOCK", "pattern", "lines", "a SECRET_BLOCK broken into lines", challenged(func(m map[string]any) {
		block := textOf(m["SECRET_BLOCK"])
		m["SECRET_BLOCK"] = block[:min(76, len(block))] + "\n" + block[min(76, len(block)):]
	}))
	d.poolMutant("initiateAuth.no-session", "given", "initiateAuth gives a Session beside the challenge", p.visited(p.initiate, func(v *visit) {
		v.changeAnswer(func(value any) any {
			body, _ := value.(map[string]any)
			if body["ChallengeName"] != nil {
				body["Session"] = "AYABeC1-a-session-of-some-length"
			}
			return value
		})
	}))
	d.poolMutant("respondToAuthChallenge.no-new-device", "given", "respondToAuthChallenge makes a new device known", p.visited(p.respond, func(v *visit) {
		v.changeAnswer(func(value any) any {
			body, _ := value.(map[string]any)
			inside(result, func(m map[string]any) {
				m["NewDeviceMetadata"] = map[string]any{"DeviceKey": "us-east-1_device", "DeviceGroupKey": "group"}
			})(body)
			return value
		})
	}))
	d.userShapes(p, answer)
	d.overlooked(p)
}

// userShapes tells the user's attributes otherwise.
func (d *deriver) userShapes(p *pool, answer func(op *contract.Operation, member, rule, name, says string, edit func(map[string]any), entails ...string)) {
	const attributes = "UserAttributes"
	attribute := func(edit func(list []any) []any) func(map[string]any) {
		return func(body map[string]any) {
			if list, ok := body[attributes].([]any); ok {
				body[attributes] = edit(list)
			}
		}
	}
	named := func(list []any, name string) map[string]any {
		for _, entry := range list {
			if m, _ := entry.(map[string]any); textOf(m["Name"]) == name {
				return m
			}
		}
		return map[string]any{}
	}
	answer(p.user, attributes+"[].Value", "type", "boolean", "email_verified as a boolean", attribute(func(list []any) []any {
		named(list, "email_verified")["Value"] = true
		return list
	}), "getUser.attributes-as-in-id-token")
	sentence := func(rule, name, says string, edit func(list []any) []any, entails ...string) {
		d.poolMutant(rule, name, "getUser answers "+says, p.visited(p.user, func(v *visit) {
			v.changeAnswer(func(value any) any {
				if body, ok := value.(map[string]any); ok {
					attribute(edit)(body)
				}
				return value
			})
		}), entails...)
	}
	const order, same, own = "getUser.attribute-order", "getUser.attributes-as-in-id-token", "getUser.own"
	swap := func(i, j int) func([]any) []any {
		return func(list []any) []any {
			if max(i, j) < len(list) {
				list[i], list[j] = list[j], list[i]
			}
			return list
		}
	}
	sentence(order, "last-two", "email before email_verified", swap(2, 3))
	sentence(order, "middle", "email_verified before custom:identity_pool", swap(1, 2))
	sentence(own, "sub-second", "sub second", swap(0, 1), order)
	sentence(own, "no-sub", "no sub", func(list []any) []any { return list[min(1, len(list)):] }, same)
	sentence(same, "one-lost", "without the e-mail address", func(list []any) []any { return list[:max(0, len(list)-1)] })
	sentence(same, "one-more", "with an attribute that the id token lacks", func(list []any) []any {
		return append(list, map[string]any{"Name": "cognito:user_status", "Value": "CONFIRMED"})
	})
	sentence(same, "numbers", "email_verified as 1", func(list []any) []any {
		named(list, "email_verified")["Value"] = "1"
		return list
	})
	sentence(same, "capital", "email_verified as True", func(list []any) []any {
		named(list, "email_verified")["Value"] = "True"
		return list
	})
}

// overlooked overlooks what kind of request it is, and by which client.
func (d *deriver) overlooked(p *pool) {
	take := func(op *contract.Operation, rule, name, says string, fits func(*visit) bool, edit func(v *visit, body map[string]any), entails ...string) {
		d.poolMutant(op.ID+".body."+rule, name, op.ID+" takes "+says, p.visited(op, func(v *visit) {
			if v.status/100 == 4 && fits(v) {
				v.retry(func(body map[string]any) { edit(v, body) })
			}
		}), entails...)
	}
	absent := func(member string) func(*visit) bool {
		return func(v *visit) bool { return v.member(member) == nil }
	}
	srp := func(_ *visit, body map[string]any) { body["AuthFlow"] = "USER_SRP_AUTH" }
	take(p.initiate, "AuthFlow.required", "absent-is-srp", "a body without AuthFlow for a sign-in with SRP", absent("AuthFlow"), srp)
	take(p.initiate, "AuthFlow.pattern", "any-is-srp", "any AuthFlow for a sign-in with SRP", func(v *visit) bool { return v.sent1("AuthParameters", "SRP_A") != "" && v.member("AuthFlow") != nil }, srp,
		"initiateAuth.body.AuthFlow.type", "initiateAuth.srp-a-not-zero")
	take(p.respond, "ChallengeName.pattern", "any", "any ChallengeName", func(v *visit) bool { return v.member("ChallengeName") != nil && v.block() != nil },
		func(_ *visit, body map[string]any) { body["ChallengeName"] = "PASSWORD_VERIFIER" }, "respondToAuthChallenge.body.ChallengeName.type")
	for _, op := range []*contract.Operation{p.initiate, p.respond, p.exchange, p.revoke} {
		take(op, "ClientId.required", "guessed", "a body without ClientId", absent("ClientId"), func(v *visit, body map[string]any) {
			if n := len(v.seen.sessions); n > 0 {
				body["ClientId"] = v.seen.sessions[n-1].client
			}
		})
	}
	take(p.exchange, "RefreshToken.required", "guessed", "a body without RefreshToken", absent("RefreshToken"), func(v *visit, body map[string]any) {
		for _, issued := range v.seen.sessions {
			if issued.refresh != "" {
				body["RefreshToken"] = issued.refresh
			}
		}
	})
	d.poolMutant("respondToAuthChallenge.body.ChallengeResponses.required", "unasked", "respondToAuthChallenge takes a body without ChallengeResponses", p.visited(p.respond, func(v *visit) {
		if v.member("ChallengeResponses") == nil && v.status/100 == 4 {
			v.succeedAsBefore()
		}
	}))
	d.poolMutant("listSettings.security", "anybody", "the settings are for everybody who names something", p.visited(p.setting, func(v *visit) {
		switch {
		case v.succeeded():
			v.seen.answers[""] = v.passage
		case v.status == http.StatusUnauthorized:
			v.instead(v.seen.answers[""])
		}
	}), rulesBelow(d.contract, "accessToken")...)
}
