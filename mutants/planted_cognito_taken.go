package mutants

import (
	"net/http"
	"strings"

	"assay/contract"
)

// openers are the operations that an access token opens.
func (p *pool) openers() []*contract.Operation {
	return []*contract.Operation{p.user, p.signOut, p.setting}
}

// bearer reads the access token of a request.
func (v *visit) bearer() string {
	if meant(v.pool.setting, v.request) {
		return v.request.Header.Get(v.pool.setting.Security[0][0].Key)
	}
	return textOf(v.member("AccessToken"))
}

// bear puts another access token in its place.
func (v *visit) bear(token string) {
	if meant(v.pool.setting, v.request) {
		v.request.Header.Set(v.pool.setting.Security[0][0].Key, token)
		return
	}
	v.change(func(body map[string]any) { body["AccessToken"] = token })
}

// tokensTaken opens, at one operation alone, what an access token opens for
// something that is none: a forgery, or a token of another kind.
func (d *deriver) tokensTaken(p *pool) {
	for _, op := range p.openers() {
		take := func(rule, name, says string, from func(given string, issued *givenTokens) bool) {
			d.poolMutant("accessToken."+rule, op.ID+"-"+name, op.ID+" takes "+says, p.visitedBefore(op, func(v *visit) {
				given := v.bearer()
				v.seen.Lock()
				defer v.seen.Unlock()
				for _, issued := range v.seen.sessions {
					if given != "" && given != issued.access && from(given, issued) {
						v.bear(issued.access)
						return
					}
				}
			}, nil))
		}
		take("signature", "changed-signature", "an access token whose signature was changed", func(given string, issued *givenTokens) bool {
			return signedPart(given) == signedPart(issued.access) && !strings.HasSuffix(given, ".")
		})
		take("signature", "no-signature", "an access token without its signature", func(given string, issued *givenTokens) bool {
			return given == signedPart(issued.access)+"."
		})
		take("signature", "changed-payload", "an access token whose payload was changed", func(given string, issued *givenTokens) bool {
			return signedPart(given) != given && strings.HasSuffix(given, strings.TrimPrefix(issued.access, signedPart(issued.access)))
		})
		forged := func(rule, name, says string, fits func(header, was map[string]any) bool) {
			take(rule, name, says, func(given string, issued *givenTokens) bool {
				forgery, ok := contract.ReadToken(given)
				real, _ := contract.ReadToken(issued.access)
				return ok && real != nil && signedPart(given) != signedPart(issued.access) && fits(forgery.Header, real.Header) && sameClaims(forgery.Claims, real.Claims)
			})
		}
		forged("algorithm", "none", "an access token that names the algorithm none", func(header, _ map[string]any) bool { return header["alg"] == "none" })
		forged("algorithm", "hs256", "an access token signed with the public key by HS256", func(header, _ map[string]any) bool { return header["alg"] == "HS256" })
		forged("key-known", "any-key", "an access token signed by any key", func(header, was map[string]any) bool {
			return header["alg"] == "RS256" && header["kid"] == was["kid"] && header["jwk"] == nil
		})
		forged("key-known", "unknown-kid", "an access token whose key id nobody knows", func(header, was map[string]any) bool {
			return header["alg"] == "RS256" && header["kid"] != was["kid"]
		})
		forged("key-known", "key-comes-along", "an access token that brings its key along", func(header, _ map[string]any) bool { return header["jwk"] != nil })
		take("not-id-token", "id", "an id token", func(given string, issued *givenTokens) bool { return given == issued.id })
		take("not-id-token", "refresh", "a refresh token", func(given string, issued *givenTokens) bool { return given == issued.refresh })
	}
}

// signedPart is a token up to its last dot; the token itself when it has none.
func signedPart(token string) string {
	if at := strings.LastIndexByte(token, '.'); at >= 0 {
		return token[:at]
	}
	return token
}

// sessionsOutlived goes on with tokens that are good no more: whatever was
// answered once is answered again.
func (d *deriver) sessionsOutlived(p *pool) {
	cached := func(op *contract.Operation, key func(*visit) string) func(http.Handler) http.Handler {
		return p.visited(op, func(v *visit) {
			switch k := key(v); {
			case k == "":
			case v.succeeded():
				v.seen.answers[k] = v.passage
			case v.status/100 == 4:
				v.instead(v.seen.answers[k])
			}
		})
	}
	access := func(v *visit) string { return v.bearer() }
	d.add(Mutant{Name: "accessToken.not-expired/getUser-cached", Says: "getUser answers from a cache whatever has become of the access token",
		Breaks: []string{"accessToken.not-expired", "revokeToken.access-tokens-die", "globalSignOut.access-tokens-die", "globalSignOut.every-session"}, plant: cached(p.user, access)})
	d.add(Mutant{Name: "accessToken.not-expired/listSettings-cached", Says: "the settings answer from a cache whatever has become of the access token",
		Breaks: []string{"accessToken.not-expired", "accessToken.not-signed-out"}, plant: cached(p.setting, access)})
	d.poolMutant("accessToken.not-signed-out", "globalSignOut", "globalSignOut takes an access token that was signed out", p.visited(p.signOut, func(v *visit) {
		for _, issued := range v.seen.sessions {
			if v.refusedAs(notAuthorized) && v.bearer() == issued.access {
				v.answer(http.StatusOK, "application/x-amz-json-1.1", "{}")
			}
		}
	}))
	for _, op := range []*contract.Operation{p.initiate, p.exchange} {
		d.add(Mutant{Name: "revokeToken.refresh-token-dies/" + op.ID + "-cached", Says: op.ID + " gives the tokens of before for a refresh token that is good no more",
			Breaks: []string{"revokeToken.refresh-token-dies", "globalSignOut.refresh-tokens-die"}, Entails: []string{"globalSignOut.every-session", "refresh.token-expires", "refresh.same-sign-in"},
			plant: cached(op, (*visit).renewal)})
	}
	noop := func(op *contract.Operation, breaks ...string) {
		d.add(Mutant{Name: breaks[0] + "/nothing", Says: op.ID + " answers and does nothing", Breaks: breaks, Entails: append(rulesBelow(d.contract, op.ID), rulesBelow(d.contract, "accessToken")...),
			plant: planted(op, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				_, _ = w.Write([]byte("{}"))
			})})
	}
	noop(p.revoke, "revokeToken.refresh-token-dies", "revokeToken.access-tokens-die")
	noop(p.signOut, "globalSignOut.access-tokens-die", "globalSignOut.refresh-tokens-die", "globalSignOut.every-session")
}

// renewal is the refresh token of a request that asks for new tokens.
func (v *visit) renewal() string {
	if token := textOf(v.member("RefreshToken")); token != "" {
		return token
	}
	return v.sent1("AuthParameters", "REFRESH_TOKEN")
}

// otherClients serves one client with what was given to another.
func (d *deriver) otherClients(p *pool) {
	ours := func(op *contract.Operation, rule, name, says, kind string, token func(*visit) string) {
		d.poolMutant(rule, name, says, p.visited(op, func(v *visit) {
			for _, issued := range v.seen.sessions {
				if v.status/100 == 4 && (kind == "" || v.refusedAs(kind)) && token(v) != "" && token(v) == issued.refresh && issued.client != textOf(v.member("ClientId")) {
					v.retry(func(body map[string]any) { body["ClientId"] = issued.client })
					return
				}
			}
		}))
	}
	for _, op := range []*contract.Operation{p.initiate, p.exchange} {
		ours(op, "refresh.token-of-client", op.ID, op.ID+" gives new tokens for another client's refresh token", notAuthorized, (*visit).renewal)
		ours(op, "token.client-known", op.ID+"-refresh", op.ID+" gives new tokens to a client whom nobody knows", resourceNotFound, (*visit).renewal)
	}
	ours(p.revoke, "revokeToken.of-client", "any", "revokeToken ends the session of another client's refresh token", "", func(v *visit) string { return textOf(v.member("Token")) })
	d.poolMutant("token.client-known", "respondToAuthChallenge", "respondToAuthChallenge takes an answer from a client whom nobody knows", p.visited(p.respond, func(v *visit) {
		if b := v.block(); b != nil && v.refusedAs(resourceNotFound) {
			v.retry(func(body map[string]any) { body["ClientId"] = b.client })
		}
	}))
}

// guessedTokens does without the token that an operation asks for: whoever
// signed in last is meant.
func (d *deriver) guessedTokens(p *pool) {
	guess := func(op *contract.Operation, member string, token func(*givenTokens) string) {
		take := func(name, says string, missing func(value any, there bool) bool) {
			d.poolMutant(op.ID+".body."+member+".required", name, op.ID+" takes a body "+says+" "+member+": whoever signed in last is meant",
				p.visitedBefore(op, func(v *visit) {
					body, _ := decoded(v.sent).(map[string]any)
					value, there := body[member]
					v.seen.Lock()
					defer v.seen.Unlock()
					for i := len(v.seen.sessions) - 1; i >= 0 && body != nil && missing(value, there); i-- {
						if given := token(v.seen.sessions[i]); given != "" {
							v.change(func(body map[string]any) { body[member] = given })
							return
						}
					}
				}, nil))
		}
		take("guessed-for-absent", "without", func(_ any, there bool) bool { return !there })
		take("guessed-for-null", "with null for", func(value any, there bool) bool { return there && value == nil })
	}
	guess(p.user, "AccessToken", func(g *givenTokens) string { return g.access })
	guess(p.signOut, "AccessToken", func(g *givenTokens) string { return g.access })
	guess(p.revoke, "Token", func(g *givenTokens) string { return g.refresh })
}
