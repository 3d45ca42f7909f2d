package mutants

import (
	"net/http"
	"strings"
	"sync"

	"assay/contract"
)

var pools = operator{
	name: "pools",
	does: "a user pool is careless: with passwords, challenges and their times, with whose token it takes and for how long, with what its tokens say and who signed them, with how it refuses and what browsers may read",
	derive: func(d *deriver) {
		p := poolOf(d.contract)
		if p == nil {
			return
		}
		d.publicValues(p)
		d.strangers(p)
		d.proofs(p)
		d.timestamps(p)
		d.missingResponses(p)
		d.tokensTaken(p)
		d.sessionsOutlived(p)
		d.otherClients(p)
		d.guessedTokens(p)
		d.refusalTypes(p)
		d.pages(p)
		d.headers(p)
		d.minted(p)
		d.keySets(p)
		d.shapes(p)
	},
}

// A pool is the operations of a Cognito user pool, and of the settings behind it.
type pool struct {
	initiate, respond, user, exchange        *contract.Operation
	revoke, signOut, keys, discover, setting *contract.Operation
}

// poolOf returns nil where a contract is no user pool's.
func poolOf(c *contract.Contract) *pool {
	p := &pool{initiate: c.Operation("initiateAuth"), respond: c.Operation("respondToAuthChallenge"), user: c.Operation("getUser"),
		exchange: c.Operation("getTokensFromRefreshToken"), revoke: c.Operation("revokeToken"), signOut: c.Operation("globalSignOut"),
		keys: c.Operation("getKeySet"), discover: c.Operation("discover"), setting: c.Operation("listSettings")}
	for _, op := range []*contract.Operation{p.initiate, p.respond, p.user, p.exchange, p.revoke, p.signOut, p.keys, p.discover, p.setting} {
		if op == nil {
			return nil
		}
	}
	return p
}

// A visit is a passage through a pool with what a wrapper needs to act for it.
type visit struct {
	*passage
	pool *pool
	next http.Handler
	seen *poolMemory
}

// poolMemory is what a wrapper has seen of a pool in one run.
type poolMemory struct {
	sync.Mutex
	blocks   map[string]*givenBlock // by SECRET_BLOCK
	sessions []*givenTokens         // in the order in which they were given
	answers  map[string]*passage    // last answers of success, by operation and what was asked with
	success  *passage               // the last sign-in that succeeded
	username string                 // of it
	strange  map[string]string      // names of strangers who were challenged, by SECRET_BLOCK
	salts    int                    // handed to strangers
}

type givenBlock struct {
	user, client string
	answered     bool
}

// givenTokens are those of one answer.
type givenTokens struct{ access, id, refresh, client string }

// recorded is the name of the user in the documented sign-in.
func (p *pool) recorded() string {
	if p.initiate.Body == nil || len(p.initiate.Body.Examples) == 0 {
		return ""
	}
	body, _ := decoded(p.initiate.Body.Examples[0].Value).(map[string]any)
	parameters, _ := body["AuthParameters"].(map[string]any)
	return textOf(parameters["USERNAME"])
}

// visited plants a wrapper around an operation of a pool, or around all for
// nil: the handler answers first, then edit may change the answer.
func (p *pool) visited(op *contract.Operation, edit func(*visit)) func(http.Handler) http.Handler {
	return p.visitedBefore(op, nil, edit)
}

func (p *pool) visitedBefore(op *contract.Operation, before, after func(*visit)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		seen := &poolMemory{blocks: map[string]*givenBlock{}, answers: map[string]*passage{}, strange: map[string]string{}, username: p.recorded()}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := &visit{passage: &passage{request: r}, pool: p, next: next, seen: seen}
			v.read()
			mine := op == nil || meant(op, r)
			if before != nil && mine {
				before(v)
			}
			v.serve(next)
			v.see()
			if after != nil && mine {
				seen.Lock()
				after(v)
				seen.Unlock()
			}
			v.write(w)
		})
	}
}

// see remembers what an answer gave.
func (v *visit) see() {
	v.seen.Lock()
	defer v.seen.Unlock()
	if !v.succeeded() {
		return
	}
	m, _ := v.value().(map[string]any)
	client := textOf(v.member("ClientId"))
	if parameters, _ := m["ChallengeParameters"].(map[string]any); textOf(parameters["SECRET_BLOCK"]) != "" {
		v.seen.blocks[textOf(parameters["SECRET_BLOCK"])] = &givenBlock{user: v.sent1("AuthParameters", "USERNAME"), client: client}
	}
	if result, _ := m["AuthenticationResult"].(map[string]any); result != nil {
		given := &givenTokens{textOf(result["AccessToken"]), textOf(result["IdToken"]), textOf(result["RefreshToken"]), client}
		v.seen.sessions = append(v.seen.sessions, given)
		if meant(v.pool.respond, v.request) {
			v.seen.success, v.seen.username = v.passage, v.sent1("ChallengeResponses", "USERNAME")
			if block := v.seen.blocks[v.sent1("ChallengeResponses", "PASSWORD_CLAIM_SECRET_BLOCK")]; block != nil {
				block.answered = true
			}
		}
	}
}

// sent1 is a member of an object in the request's body.
func (v *visit) sent1(object, name string) string {
	m, _ := v.member(object).(map[string]any)
	return textOf(m[name])
}

// instead lets another answer take the place of the handler's; nil changes nothing.
func (v *visit) instead(other *passage) {
	if other != nil {
		v.status, v.header, v.body = other.status, other.header, other.body
	}
}

// succeedAsBefore answers as the last sign-in was answered.
func (v *visit) succeedAsBefore() { v.instead(v.seen.success) }

// retry asks the handler again with something changed in the body, and takes
// the answer when it is a success.
func (v *visit) retry(edit func(body map[string]any)) {
	again := &passage{request: v.request, sent: v.sent}
	again.change(edit)
	other := v.again(v.next, v.request.Method, v.request.URL.Path, again.sent)
	if other.succeeded() {
		v.instead(other)
		asked := *v
		asked.passage = other
		v.seen.Unlock()
		asked.see()
		v.seen.Lock()
	}
}

// refusedAs reports whether the handler refused with that type.
func (v *visit) refusedAs(kind string) bool {
	m, _ := v.value().(map[string]any)
	return v.status/100 == 4 && textOf(m["__type"]) == kind
}

const (
	notAuthorized    = "NotAuthorizedException"
	userNotFound     = "UserNotFoundException"
	resourceNotFound = "ResourceNotFoundException"
	invalidParameter = "InvalidParameterException"
)

// setIn sets a member of an object in a body.
func setIn(body map[string]any, object, name, value string) {
	m, ok := body[object].(map[string]any)
	if !ok {
		m = map[string]any{}
		body[object] = m
	}
	m[name] = value
}

// poolMutant adds a mutant whose name begins with the rule that it breaks.
func (d *deriver) poolMutant(rule, name, says string, plant func(http.Handler) http.Handler, entails ...string) {
	d.add(Mutant{Name: rule + "/" + name, Says: says, Breaks: []string{rule}, Entails: entails, plant: plant})
}

// publicValues takes an SRP_A that lets whoever sends it in without a password.
func (d *deriver) publicValues(p *pool) {
	take := func(rule, name, says string, fits func(digits string) bool) {
		d.poolMutant(rule, name, says, p.visited(p.initiate, func(v *visit) {
			if a := v.sent1("AuthParameters", "SRP_A"); v.refusedAs(invalidParameter) && a != "" && fits(a) {
				v.retry(func(body map[string]any) { setIn(body, "AuthParameters", "SRP_A", "2") })
			}
		}))
	}
	zero := func(digits string) bool { return strings.Trim(digits, "0") == "" }
	hex := func(digits string) bool { return strings.Trim(digits, "0123456789abcdefABCDEF") == "" }
	const longest = 768 // digits of the modulus
	take("initiateAuth.srp-a-not-zero", "zero", "initiateAuth takes zero for SRP_A", zero)
	take("initiateAuth.srp-a-not-zero", "modulus", "initiateAuth takes the modulus for SRP_A", func(digits string) bool {
		return hex(digits) && !zero(digits) && len(digits) <= longest
	})
	take("initiateAuth.srp-a-a-number", "minus", "initiateAuth overlooks a minus before SRP_A", func(digits string) bool { return digits[0] == '-' })
	take("initiateAuth.srp-a-not-longer", "twice", "initiateAuth takes an SRP_A one digit longer than the modulus", func(digits string) bool {
		return hex(digits) && len(digits) == longest+1
	})
	d.poolMutant("initiateAuth.parameters-of-the-flow", "nameless", "initiateAuth starts a sign-in without USERNAME, for whoever signed in last", p.visited(p.initiate, func(v *visit) {
		if v.refusedAs(invalidParameter) && v.sent1("AuthParameters", "USERNAME") == "" && v.sent1("AuthParameters", "SRP_A") != "" {
			v.retry(func(body map[string]any) { setIn(body, "AuthParameters", "USERNAME", v.seen.username) })
		}
	}))
}

// strangers challenges users whom nobody knows, and gives them away.
func (d *deriver) strangers(p *pool) {
	hidden := func(rule, name, says string, salted bool, end func(*visit), entails ...string) {
		d.poolMutant(rule, name, says, p.visited(nil, func(v *visit) {
			switch {
			case meant(p.initiate, v.request) && v.refusedAs(userNotFound) && v.seen.username != "":
				v.challengeStranger(salted)
			case meant(p.respond, v.request) && !v.succeeded() && v.seen.strange[v.sent1("ChallengeResponses", "PASSWORD_CLAIM_SECRET_BLOCK")] != "":
				end(v)
			}
		}), entails...)
	}
	said := func(kind, message string) func(*visit) {
		return func(v *visit) {
			v.body = encoded(map[string]any{"__type": kind, "message": message})
			v.header.Set("X-Amzn-Errortype", kind)
		}
	}
	const rule = "initiateAuth.unknown-user-hidden"
	hidden(rule, "salt", "a pool that hides unknown users shows them another SALT each time", true, func(*visit) {})
	hidden(rule, "type", "a pool that hides unknown users ends with UserNotFoundException", false, said(userNotFound, "Incorrect username or password."))
	hidden(rule, "message", "a pool that hides unknown users ends with another message", false, said(notAuthorized, "User does not exist."))
	hidden("initiateAuth.unknown-user", "let-in", "a user whom nobody knows is challenged and gets tokens", false, (*visit).succeedAsBefore, rule)
	d.poolMutant("initiateAuth.unknown-user", "type", "an unknown user is refused with ResourceNotFoundException", p.visited(p.initiate, func(v *visit) {
		if v.refusedAs(userNotFound) {
			said(resourceNotFound, "There is no such user.")(v)
		}
	}))
}

// challengeStranger challenges a user whom nobody knows with the challenge of
// one who is known.
func (v *visit) challengeStranger(salted bool) {
	stranger := v.sent1("AuthParameters", "USERNAME")
	v.retry(func(body map[string]any) { setIn(body, "AuthParameters", "USERNAME", v.seen.username) })
	v.changeAnswer(func(answer any) any {
		m, _ := answer.(map[string]any)
		parameters, _ := m["ChallengeParameters"].(map[string]any)
		if parameters == nil {
			return answer
		}
		parameters["USERNAME"], parameters["USER_ID_FOR_SRP"] = stranger, stranger
		salt := "4f"
		if salted {
			v.seen.salts++
			salt = string("456789"[v.seen.salts%6]) + "f"
		}
		parameters["SALT"] = strings.Repeat(salt, 16)
		v.seen.strange[textOf(parameters["SECRET_BLOCK"])] = stranger
		return answer
	})
}

// block is the secret block of an answer to a challenge, when the pool gave it
// and nobody has answered it with success.
func (v *visit) block() *givenBlock {
	b := v.seen.blocks[v.sent1("ChallengeResponses", "PASSWORD_CLAIM_SECRET_BLOCK")]
	if b == nil || b.answered {
		return nil
	}
	return b
}

// proofs lets people in who prove nothing.
func (d *deriver) proofs(p *pool) {
	own := func(v *visit) bool {
		b := v.block()
		return v.refusedAs(notAuthorized) && b != nil && b.user == v.sent1("ChallengeResponses", "USERNAME") && b.client == textOf(v.member("ClientId"))
	}
	const rule = "respondToAuthChallenge.password-proven"
	d.poolMutant(rule, "any", "respondToAuthChallenge takes any signature for a challenge of its own", p.visited(p.respond, func(v *visit) {
		if own(v) {
			v.succeedAsBefore()
		}
	}), "respondToAuthChallenge.timestamp-as-written", "respondToAuthChallenge.secret-block-expires")
	d.poolMutant(rule, "no-base64", "respondToAuthChallenge takes a signature that is no base64", p.visited(p.respond, func(v *visit) {
		if own(v) && strings.Contains(v.sent1("ChallengeResponses", "PASSWORD_CLAIM_SIGNATURE"), " ") {
			v.succeedAsBefore()
		}
	}))
	d.poolMutant("respondToAuthChallenge.secret-block-once", "idempotent", "respondToAuthChallenge answers the same answer to a challenge the same way again", p.visited(p.respond, func(v *visit) {
		key := string(v.sent)
		if v.succeeded() {
			v.seen.answers[key] = v.passage
		} else {
			v.instead(v.seen.answers[key])
		}
	}))
	d.poolMutant("respondToAuthChallenge.secret-block-of-client", "other-client", "respondToAuthChallenge takes a challenge's answer from any client", p.visited(p.respond, func(v *visit) {
		if b := v.block(); v.refusedAs(notAuthorized) && b != nil && b.client != textOf(v.member("ClientId")) {
			v.retry(func(body map[string]any) { body["ClientId"] = b.client })
		}
	}))
	d.poolMutant("respondToAuthChallenge.secret-block-of-user", "challenged-user", "respondToAuthChallenge overlooks USERNAME and signs in whoever was challenged", p.visited(p.respond, func(v *visit) {
		if b := v.block(); v.refusedAs(notAuthorized) && b != nil && b.user != v.sent1("ChallengeResponses", "USERNAME") {
			v.retry(func(body map[string]any) { setIn(body, "ChallengeResponses", "USERNAME", b.user) })
		}
	}))
	d.poolMutant("respondToAuthChallenge.secret-block-given", "any", "respondToAuthChallenge takes a secret block that it never gave", p.visited(p.respond, func(v *visit) {
		if v.refusedAs(notAuthorized) && v.seen.blocks[v.sent1("ChallengeResponses", "PASSWORD_CLAIM_SECRET_BLOCK")] == nil {
			v.succeedAsBefore()
		}
	}))
}

// timestamps takes times that are none.
func (d *deriver) timestamps(p *pool) {
	take := func(rule, name, says string, fits func(text string) bool) {
		d.poolMutant("respondToAuthChallenge."+rule, name, says, p.visited(p.respond, func(v *visit) {
			if !v.succeeded() && v.block() != nil && fits(v.sent1("ChallengeResponses", "TIMESTAMP")) {
				v.succeedAsBefore()
			}
		}))
	}
	const rule = "timestamp-format"
	take(rule, "iso-8601", "respondToAuthChallenge takes a TIMESTAMP in ISO 8601", func(text string) bool { return strings.Contains(text, "T01:") })
	take(rule, "seconds", "respondToAuthChallenge takes a TIMESTAMP in seconds", func(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" })
	take(rule, "no-such-day", "respondToAuthChallenge takes the 31st of June for a TIMESTAMP", func(text string) bool { return strings.Contains(text, "Jun 31") })
	take(rule, "words", "respondToAuthChallenge takes a TIMESTAMP without a digit", func(text string) bool { return text != "" && !strings.ContainsAny(text, "0123456789") })
	take("timestamp-as-written", "padded", "respondToAuthChallenge takes a padded day", func(text string) bool { return strings.Contains(text, " 0") })
}

// missingResponses does without what a client has to answer.
func (d *deriver) missingResponses(p *pool) {
	for _, name := range []string{"USERNAME", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE"} {
		d.poolMutant("respondToAuthChallenge.body.ChallengeResponses."+name+".required", "absent", "respondToAuthChallenge takes an answer without "+name,
			p.visited(p.respond, func(v *visit) {
				responses, _ := v.member("ChallengeResponses").(map[string]any)
				if _, there := responses[name]; !there && responses != nil && !v.succeeded() {
					v.succeedAsBefore()
				}
			}))
	}
}

// refusalTypes names the types of refusals otherwise, or not at all.
func (d *deriver) refusalTypes(p *pool) {
	const rule = "refusal.names-its-type"
	var typed []string // the type in the bodies of refusals, which the schema asks for too
	for _, r := range d.contract.Rules {
		if strings.HasSuffix(r.ID, "__type.required") {
			typed = append(typed, r.ID)
		}
	}
	change := func(name, says string, edit func(v *visit, kind string)) {
		d.poolMutant(rule, name, says, p.visited(nil, func(v *visit) {
			m, _ := v.value().(map[string]any)
			if kind := textOf(m["__type"]); kind != "" && v.status/100 == 4 {
				edit(v, kind)
			}
		}), typed...)
	}
	change("other-envelope", "a refusal is {code, message}, without __type and without the header", func(v *visit, kind string) {
		v.body = encoded(map[string]any{"code": kind, "message": "refused"})
		v.header.Del("X-Amzn-Errortype")
	})
	change("nested", "a refusal stands in a member called error, without the header", func(v *visit, kind string) {
		v.body = encoded(map[string]any{"error": map[string]any{"__type": kind}})
		v.header.Del("X-Amzn-Errortype")
	})
	change("body-alone", "the header x-amzn-errortype is not there", func(v *visit, _ string) { v.header.Del("X-Amzn-Errortype") })
	change("header-alone", "the body of a refusal has no __type", func(v *visit, _ string) { v.body = []byte(`{"message":"refused"}`) })
	other := func(broken []string, from, to string) {
		d.add(Mutant{Name: broken[0] + "/as-" + to, Says: "what is due a " + from + " is refused as " + to, Breaks: broken, Entails: allRules(d.contract),
			plant: p.visited(nil, func(v *visit) {
				if v.refusedAs(from) {
					v.body = encoded(map[string]any{"__type": to, "message": "refused"})
					v.header.Set("X-Amzn-Errortype", to)
				}
			})})
	}
	other([]string{"token.client-known"}, resourceNotFound, invalidParameter)
	other([]string{"initiateAuth.parameters-of-the-flow", "initiateAuth.srp-a-a-number"}, invalidParameter, "ValidationException")
	other([]string{"respondToAuthChallenge.password-proven", "refresh.unknown-token", "accessToken.signature"}, notAuthorized, "AccessDeniedException")
}

// pages keeps browsers from calling the pool, or from reading what it says.
func (d *deriver) pages(p *pool) {
	answered := func(rule, name, says string, edit func(*visit)) {
		d.poolMutant(rule, name, says, p.visited(nil, edit))
	}
	preflight := func(v *visit, path string) bool {
		return v.request.Method == http.MethodOptions && v.request.URL.Path == path
	}
	answered("browser.preflight", "refused", "a preflight is refused with 405", func(v *visit) {
		if preflight(v, p.initiate.Path) {
			v.answer(http.StatusMethodNotAllowed, "text/plain", "")
			v.header.Del("Access-Control-Allow-Headers")
		}
	})
	answered("browser.preflight", "target-not-allowed", "a preflight of the pool does not allow x-amz-target", func(v *visit) {
		if preflight(v, p.initiate.Path) {
			v.header.Set("Access-Control-Allow-Headers", "content-type, x-amz-user-agent, cache-control")
		}
	})
	answered("browser.preflight", "settings", "a preflight of the settings does not allow authorization", func(v *visit) {
		if preflight(v, p.setting.Path) {
			v.header.Set("Access-Control-Allow-Headers", "content-type")
		}
	})
	answered("browser.answer-readable", "one-origin", "the pool's answers are for a page of one origin alone", func(v *visit) {
		if v.succeeded() && v.request.Method != http.MethodOptions {
			v.header.Set("Access-Control-Allow-Origin", "http://localhost:3000")
		}
	})
	answered("browser.refusal-readable", "unmarked", "a refusal has no Access-Control-Allow-Origin", func(v *visit) {
		if v.status/100 == 4 {
			v.header.Del("Access-Control-Allow-Origin")
		}
	})
	const amz = "application/x-amz-json-1.1"
	answered("answer.media-type", "answers", "the pool answers in application/json", func(v *visit) {
		if v.succeeded() && v.header.Get("Content-Type") == amz {
			v.header.Set("Content-Type", "application/json")
		}
	})
	answered("answer.media-type", "refusals", "the pool refuses in application/json", func(v *visit) {
		if !v.succeeded() && v.header.Get("Content-Type") == amz {
			v.header.Set("Content-Type", "application/json")
		}
	})
}

// headers takes the access token for the settings behind Bearer alone.
func (d *deriver) headers(p *pool) {
	d.poolMutant("listSettings.raw-header", "bearer-alone", "the settings take an access token behind Bearer alone", p.visited(p.setting, func(v *visit) {
		if scheme, _, found := strings.Cut(v.request.Header.Get("Authorization"), " "); !found || !strings.EqualFold(scheme, "bearer") {
			v.answer(http.StatusUnauthorized, "application/json", `{"message":"Unauthorized"}`)
		}
	}), append(rulesBelow(d.contract, "listSettings"), "accessToken.not-signed-out", "accessToken.not-expired", "accessToken.signature", "accessToken.algorithm", "accessToken.key-known", "accessToken.not-id-token")...)
}
