package mutants

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assay/contract"
)

var flows = operator{
	name: "flows",
	does: "a step of an OpenID Connect flow is done wrong: what RFC 6749, 7636, 6750 and OpenID Connect forbid is done, or what they ask for is not",
	derive: func(d *deriver) {
		if d.contract.Operation("authorize") == nil || d.contract.Operation("token") == nil {
			return
		}
		d.redirects()
		d.waysBack()
		d.faultPages()
		d.tokenAnswers()
		d.idTokens()
		d.resources()
		d.giveBacks()
		d.leaves()
	},
}

// flow keeps a mutant that is planted.
func (d *deriver) flow(name, says string, breaks, entails []string, plant func(http.Handler) http.Handler) {
	d.add(Mutant{Name: name, Says: says, Breaks: breaks, Entails: entails, plant: plant})
}

// onAnswers lets a function change the answers of operations.
func (d *deriver) onAnswers(after func(*passage), ids ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		for _, id := range ids {
			if op := d.contract.Operation(id); op != nil {
				next = through(op, nil, after)(next)
			}
		}
		return next
	}
}

func (p *passage) location() string { return p.header.Get("Location") }

// toApplication reports whether a redirect leads back to the application.
func toApplication(location string) bool {
	u, err := url.Parse(location)
	return err == nil && u.Scheme != "" && (u.Query().Has("code") || u.Query().Has("error"))
}

// redirects have another status, another form or other parameters.
func (d *deriver) redirects() {
	for _, op := range d.contract.Operations {
		rule := op.ID + ".302"
		if r := d.contract.Rule(rule); r == nil || r.Basis == contract.Assumed {
			continue
		}
		for status, name := range map[int]string{http.StatusSeeOther: "303", http.StatusTemporaryRedirect: "307"} {
			d.flow(rule+"/"+name, op.ID+" redirects with "+name+" instead of 302", []string{rule}, nil,
				through(op, nil, func(p *passage) {
					if p.status == http.StatusFound {
						p.status = status
					}
				}))
		}
	}
	led := []string{"authorize.query-repeated", "authorize.login"}
	d.flow("authorize/absolute-redirect", "authorize leads to the sign-in by an absolute address", []string{"authorize.interaction"}, []string{"authorize.query-repeated", "interaction.login-page", "finishLogin.resumes"},
		d.onAnswers(func(p *passage) {
			if strings.HasPrefix(p.location(), "/") {
				p.header.Set("Location", "http://"+p.request.Host+p.location())
			}
		}, "authorize"))
	reordered := func(name, says string, edit func(url.Values)) {
		d.flow("authorize/"+name, says, led, nil, d.onAnswers(func(p *passage) {
			path, query, has := strings.Cut(p.location(), "?")
			if values, err := url.ParseQuery(query); has && err == nil && strings.HasPrefix(path, "/") {
				edit(values)
				p.header.Set("Location", path+"?"+values.Encode())
			}
		}, "authorize"))
	}
	reordered("query-sorted", "authorize puts the query in the order of the alphabet", func(url.Values) {})
	reordered("query-cut", "authorize leaves the code_challenge out of the query that it repeats", func(v url.Values) { v.Del("code_challenge") })
}

// waysBack lead to the application with something changed.
func (d *deriver) waysBack() {
	back := func(name, says, breaks string, edit func(location string) string) {
		d.flow("back/"+name, says, []string{breaks}, []string{"resume.callback", "authorize.response-mode", "logout.state-returned"}, d.onAnswers(func(p *passage) {
			if toApplication(p.location()) {
				p.header.Set("Location", edit(p.location()))
			}
		}, "authorize", "resume"))
	}
	state := func(edit func(raw string) string) func(string) string {
		return func(location string) string {
			before, raw, has := strings.Cut(location, "&state=")
			if !has {
				return location
			}
			return before + "&state=" + edit(raw)
		}
	}
	const rule = "authorize.state-returned"
	back("state-encoded-twice", "the state comes back percent-encoded twice", rule, state(url.QueryEscape))
	back("state-decoded-twice", "a plus sign in the state comes back as a space", rule, state(func(raw string) string { return strings.ReplaceAll(raw, "%2B", "+") }))
	back("state-cut", "the state comes back cut after eight characters", rule, state(func(raw string) string {
		text, err := url.QueryUnescape(raw)
		if err != nil {
			return raw
		}
		return url.QueryEscape(string([]rune(text)[:min(8, len([]rune(text)))]))
	}))
	back("state-escaped", "the state comes back with HTML's escapes", rule, state(func(raw string) string { return strings.ReplaceAll(raw, "%3C", "%26lt%3B") }))
	back("state-not-with-errors", "no state comes back with an error", rule, func(location string) string {
		before, _, has := strings.Cut(location, "&state=")
		if has && strings.Contains(location, "error=") {
			return before
		}
		return location
	})
	back("by-fragment", "the code comes back in the fragment", "resume.callback", func(location string) string { return strings.Replace(location, "?code=", "#code=", 1) })
	d.flow("session/cookie-lost", "no session cookie is set", []string{"authorize.session-remembered"}, []string{"authorize.max-age"}, d.onAnswers(func(p *passage) { p.header.Del("Set-Cookie") }, "finishLogin", "loginCallback"))
}

// faultPages are led on where a person should be told.
func (d *deriver) faultPages() {
	d.flow("authorize/open-redirect", "authorize sends the browser with its error to an address that nobody registered",
		[]string{"authorize.redirect-registered", "authorize.redirect-exact"}, []string{"authorize.client-known"},
		d.onAnswers(func(p *passage) {
			to := p.request.URL.Query().Get("redirect_uri")
			if p.status == http.StatusBadRequest && to != "" {
				p.status = http.StatusFound
				p.header.Set("Location", to+"?error=invalid_request")
			}
		}, "authorize"))
	d.flow("authorize/open-redirect-for-unknown-clients", "authorize sends the browser of an unknown client to whatever address it names", []string{"authorize.client-known"}, nil,
		d.onAnswers(func(p *passage) {
			query := p.request.URL.Query()
			if p.status == http.StatusBadRequest && strings.Contains(query.Get("client_id"), "nobody") {
				p.status = http.StatusFound
				p.header.Set("Location", query.Get("redirect_uri")+"?error=unauthorized_client")
			}
		}, "authorize"))
	d.flow("authorize/page-for-prompt-none", "authorize shows a page although prompt=none was asked for", []string{"authorize.prompt-none"}, nil,
		d.onAnswers(func(p *passage) {
			if strings.Contains(p.location(), "error=login_required") {
				p.header.Del("Location")
				p.answer(http.StatusOK, "text/html", "<!DOCTYPE html><title>Sign in</title><p>Please sign in.</p>")
			}
		}, "authorize"))
	d.flow("authorize/errors-as-pages", "authorize tells every error on a page and sends no application any", []string{"authorize.response-type", "authorize.challenge-method", "authorize.challenge-required", "authorize.prompt-none"}, nil,
		d.onAnswers(func(p *passage) {
			if strings.Contains(p.location(), "error=") {
				p.header.Del("Location")
				p.answer(http.StatusBadRequest, "text/html", "<!DOCTYPE html><title>Error</title><p>Something is wrong.</p>")
			}
		}, "authorize"))
}

// tokenAnswers say other things, or the same things otherwise.
func (d *deriver) tokenAnswers() {
	refusals := []string{"token.client-known", "token.code-known", "token.code-single-use", "token.verifier-compared"}
	var others []string
	for _, r := range d.contract.Rules {
		if (strings.HasPrefix(r.ID, "token.") || strings.HasPrefix(r.ID, "refresh.") || strings.HasPrefix(r.ID, "revoke.")) && r.Keyword == "sentence" {
			others = append(others, r.ID)
		}
	}
	refused := func(name, says string, edit func(*passage)) {
		d.flow("token.refusals/"+name, says, refusals, others, d.onAnswers(func(p *passage) {
			if p.status/100 == 4 {
				edit(p)
			}
		}, "token"))
	}
	refused("200", "token refuses with 200 and an error in the body", func(p *passage) { p.status = http.StatusOK })
	refused("500", "token answers 500 to what it should refuse", func(p *passage) { p.status = http.StatusInternalServerError })
	refused("unnamed", "token refuses without naming the error", func(p *passage) { p.body = []byte(`{"message":"Bad Request"}`) })
	refused("text", "token refuses with a text that is no JSON", func(p *passage) { p.answer(p.status, "text/plain", "invalid_grant") })

	d.flow("token.no-store/kept-for-a-minute", "the tokens may be kept for a minute", []string{"token.no-store"}, nil,
		d.onAnswers(func(p *passage) { p.header.Set("Cache-Control", "private, max-age=60") }, "token"))
	d.flow("token.code-single-use/answered-again", "a code used twice gets the same tokens again", []string{"token.code-single-use"}, nil, d.answeredAgain())
	d.flow("token.code-of-redirect/may-be-left-out", "the redirect_uri may be left out of a token request", []string{"token.code-of-redirect"}, nil, d.redirectFilledIn())
	d.flow("token.json-or-form/form-only", "token takes no JSON", []string{"token.json-or-form"}, allRules(d.contract), func(next http.Handler) http.Handler {
		return through(d.contract.Operation("token"), nil, func(p *passage) {
			if strings.Contains(p.request.Header.Get("Content-Type"), "json") {
				p.answer(http.StatusUnsupportedMediaType, "application/json", `{"error":"invalid_request"}`)
			}
		})(next)
	})
	members := func(name, says string, breaks, entails []string, edit func(map[string]any)) {
		d.flow("token.200/"+name, says, breaks, entails, d.onAnswers(func(p *passage) {
			p.changeAnswer(func(v any) any {
				if m, ok := v.(map[string]any); ok {
					edit(m)
				}
				return v
			})
		}, "token"))
	}
	old := []string{"resource.expiry"}
	number := func(v any, by func(float64) float64) any {
		f, _ := contract.Number(v)
		return int64(by(f))
	}
	members("expires-in-milliseconds", "expires_in counts milliseconds", []string{"token.200.expires_in.maximum"}, old, func(m map[string]any) {
		m["expires_in"] = number(m["expires_in"], func(f float64) float64 { return f * 1000 })
	})
	members("expires-in-minutes", "expires_in counts minutes", []string{"token.200.expires_in.minimum"}, old, func(m map[string]any) {
		m["expires_in"] = number(m["expires_in"], func(f float64) float64 { return f / 60 })
	})
	members("token-type-mac", "token_type is mac", []string{"token.200.token_type.pattern"}, nil, func(m map[string]any) { m["token_type"] = "mac" })
	members("access-token-empty", "access_token is empty", []string{"token.200.access_token.minLength", "token.200.access_token.algorithm"}, nil, func(m map[string]any) { m["access_token"] = "" })
	members("refresh-token-always", "a refresh token comes though nobody asked for one", []string{"refresh.offline-access"}, nil, func(m map[string]any) {
		if m["refresh_token"] == nil {
			m["refresh_token"] = "a-refresh-token-of-nobody"
		}
	})
}

// answeredAgain gives a code's first answer to whoever sends it again.
func (d *deriver) answeredAgain() func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		var first memory[[]byte]
		return through(d.contract.Operation("token"), nil, func(p *passage) {
			code := formMember(p, "code")
			if body, known := first.get(code); known && code != "" && p.status == http.StatusBadRequest {
				p.answer(http.StatusOK, "application/json", string(body))
			} else if p.succeeded() {
				first.put(code, p.body)
			}
		})(next)
	}
}

// redirectFilledIn puts the documented redirect_uri into a token request without one.
func (d *deriver) redirectFilledIn() func(http.Handler) http.Handler {
	op := d.contract.Operation("token")
	documented := ""
	for _, e := range op.Body.Examples {
		if m, ok := decoded(e.Value).(map[string]any); ok && e.Name == "documented" {
			documented, _ = m["redirect_uri"].(string)
		}
	}
	return through(op, func(p *passage) {
		if formMember(p, "redirect_uri") != "" || formMember(p, "code") == "" {
			return
		}
		if strings.Contains(p.request.Header.Get("Content-Type"), "json") {
			p.change(func(m map[string]any) { m["redirect_uri"] = documented })
			return
		}
		p.sent = append(p.sent, "&redirect_uri="+url.QueryEscape(documented)...)
	}, nil)
}

// formMember is a member of a form or of JSON.
func formMember(p *passage, name string) string {
	if text, ok := p.member(name).(string); ok {
		return text
	}
	values, err := url.ParseQuery(string(p.sent))
	if err != nil {
		return ""
	}
	return values.Get(name)
}

// idTokens hold other claims, or are signed otherwise.
func (d *deriver) idTokens() {
	id := func(name, says string, breaks, entails []string, edit func(*forged)) {
		d.flow("id_token/"+name, says, breaks, entails, forging(d.contract, "id_token", edit))
	}
	const pattern = "token.200.id_token.claims.iss.pattern"
	issuer := func(edit func(string) string) func(*forged) {
		return func(t *forged) {
			iss, _ := t.claims["iss"].(string)
			t.claims["iss"] = edit(iss)
		}
	}
	slash := []string{"discovery.issuer"}
	if d.contract.Has(pattern) {
		slash = []string{pattern}
	}
	id("issuer-slash", "the id token's iss has a slash too many or too few", slash, nil, issuer(func(iss string) string {
		if cut, had := strings.CutSuffix(iss, "/"); had {
			return cut
		}
		return iss + "/"
	}))
	id("issuer-elsewhere", "the id token's iss is another server", []string{"discovery.issuer"}, nil, issuer(func(iss string) string { return strings.Replace(iss, "://", "://elsewhere.", 1) }))
	id("audience-list", "the id token's aud is an array", []string{"token.200.id_token.claims.aud.type"}, nil, func(t *forged) { t.claims["aud"] = []any{t.claims["aud"]} })
	id("audience-other", "the id token is for another client", []string{"token.id-audience"}, nil, func(t *forged) { t.claims["aud"] = "somebody-else" })
	id("nonce-altered", "the id token's nonce is in upper case and longer", []string{"token.nonce-echoed"}, nil, func(t *forged) {
		if nonce, ok := t.claims["nonce"].(string); ok {
			t.claims["nonce"] = strings.ToUpper(nonce) + "0"
		}
	})
	id("nonce-always", "the id token holds a nonce though none was sent", []string{"token.nonce-echoed"}, nil, func(t *forged) {
		if t.claims["nonce"] == nil {
			t.claims["nonce"] = "made-up"
		}
	})
	id("at-hash-other", "at_hash is that of another token", []string{"token.at-hash"}, nil, func(t *forged) {
		if t.claims["at_hash"] != nil {
			t.claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA"
		}
	})
	id("auth-time-dropped", "the id token has no auth_time though max_age was sent", []string{"authorize.max-age"}, nil, func(t *forged) { delete(t.claims, "auth_time") })
	id("subject-other", "the id token's sub is not that of userinfo", []string{"userInfo.subject"}, nil, func(t *forged) { t.claims["sub"] = "somebody else" })
	id("key-unknown", "the id token is signed by a key that is in no key set", []string{"token.key-published"}, nil, func(t *forged) { t.whose = strangersKey })
	id("key-not-named-there", "the id token names a key that is not in the key set", []string{"token.key-published"}, nil, func(t *forged) { t.header["kid"] = "another-key" })
	id("unsigned", "the id token is not signed", []string{"token.200.id_token.algorithm"}, nil, func(t *forged) { t.unsigned = true })
	access := func(name, says string, breaks, entails []string, edit func(*forged)) {
		d.flow("access_token/"+name, says, breaks, entails, forging(d.contract, "access_token", edit))
	}
	access("opaque", "the access token is no JWT", []string{"token.200.access_token.algorithm", "token.api-claims"},
		[]string{"token.api-issuer", "token.api-audience", "token.api-lifetime", "token.api-permissions", "token.access-audience"}, func(t *forged) { t.opaque = true })
	access("audience-other", "the access token is for another client", []string{"token.access-audience"}, nil, func(t *forged) {
		if _, single := t.claims["aud"].(string); single {
			t.claims["aud"] = "somebody-else"
		}
	})
	access("audience-single", "the access token's aud is the API alone", []string{"token.api-audience"}, nil, func(t *forged) {
		if list, ok := t.claims["aud"].([]any); ok && len(list) > 0 {
			t.claims["aud"] = list[0]
		}
	})
	access("permissions-as-scope", "the permissions stand in the scope", []string{"token.api-permissions"}, []string{"token.api-claims"}, func(t *forged) {
		if list, ok := t.claims["permissions"].([]any); ok {
			for _, p := range list {
				t.claims["scope"] = asText(t.claims["scope"]) + " " + asText(p)
			}
			delete(t.claims, "permissions")
		}
	})
}

func asText(v any) string {
	s, _ := v.(string)
	return s
}

// resources are userinfo and the API: they tell refusals apart.
func (d *deriver) resources() {
	both := []string{"userInfo", "userInfoByForm", "protectedResource"}
	var guarded []string
	for _, r := range d.contract.Rules {
		if strings.HasPrefix(r.ID, "resource.") || strings.HasPrefix(r.ID, "revoke.") || r.ID == "token.code-reuse-revokes" {
			guarded = append(guarded, r.ID)
		}
	}
	status := func(name, says string, from, to int, breaks []string) {
		d.flow("resource/"+name, says, breaks, guarded, d.onAnswers(func(p *passage) {
			if p.status == from {
				p.status = to
			}
		}, both...))
	}
	status("401-as-403", "who shows no valid token is answered 403", 401, 403, []string{"resource.token-required", "resource.signature"})
	status("401-as-200", "who shows no valid token is answered 200 with an error", 401, 200, []string{"resource.token-required", "resource.signature"})
	status("401-as-302", "who shows no valid token is led to a page", 401, 302, []string{"resource.token-required", "resource.signature"})
	status("403-as-401", "who lacks the permission is answered 401", 403, 401, []string{"resource.permission"})
	status("403-as-200", "who lacks the permission is answered 200 with an error", 403, 200, []string{"resource.permission"})
	status("400-as-401", "a token sent in two ways is answered 401", 400, 401, []string{"resource.one-way"})
	d.flow("resource/challenge-basic", "a resource asks for Basic where it wants Bearer", []string{"resource.challenge"}, nil,
		d.onAnswers(func(p *passage) {
			if p.status == http.StatusUnauthorized {
				p.header.Set("WWW-Authenticate", `Basic realm="api"`)
			}
		}, both...))
	claims := func(name, says, breaks string, edit func(map[string]any)) {
		d.flow("userInfo/"+name, says, []string{breaks}, nil, d.onAnswers(func(p *passage) {
			p.changeAnswer(func(v any) any {
				if m, ok := v.(map[string]any); ok {
					edit(m)
				}
				return v
			})
		}, "userInfo"))
	}
	claims("subject-other", "userinfo's sub is not the id token's", "userInfo.subject", func(m map[string]any) { m["sub"] = asText(m["sub"]) + "0" })
	claims("email-other", "userinfo's email is not the id token's", "userInfo.same-as-id-token", func(m map[string]any) { m["email"] = "another@example.com" })
	claims("updated-later", "updated_at lies an hour ahead", "userInfo.updated-at", func(m map[string]any) { m["updated_at"] = "2099-01-01T00:00:00.000Z" })
}

// giveBacks are revocation, introspection and signing out.
func (d *deriver) giveBacks() {
	d.flow("revoke/only-said", "revoke says yes and does nothing", []string{"revoke.token-dies"}, []string{"revoke.takes-along", "introspect.inactive"}, d.instead("revoke", http.StatusOK, ""))
	d.flow("introspect/more-told", "introspect tells whose a worthless token was", []string{"introspect.inactive"}, nil,
		d.onAnswers(func(p *passage) {
			if m, ok := p.value().(map[string]any); ok && m["active"] == false {
				m["sub"] = "somebody"
				p.body = encoded(m)
			}
		}, "introspect"))
	d.flow("introspect/revoked-active", "introspect calls a revoked token active", []string{"introspect.inactive"}, nil, d.remembersRevoked())
	d.flow("endSession/only-said", "signing out leads on and ends nothing", []string{"logout.session-ends"}, nil, d.staysSignedIn())
	d.flow("discovery/issuer-elsewhere", "the metadata names another issuer", []string{"discovery.issuer"}, nil,
		d.onAnswers(func(p *passage) {
			p.changeAnswer(func(v any) any {
				if m, ok := v.(map[string]any); ok {
					m["issuer"] = "https://elsewhere.example"
				}
				return v
			})
		}, "discovery"))
	d.flow("keySet/renamed", "the key set calls the keys by other names", []string{"token.key-published"}, []string{"resource.alg-hs256"},
		d.onAnswers(func(p *passage) { p.body = []byte(strings.ReplaceAll(string(p.body), `"kid":"`, `"kid":"x`)) }, "keySet"))
	d.flow("keySet/another-key", "the key set holds another key under the name of the one that signs", []string{"token.key-published"}, nil,
		d.onAnswers(func(p *passage) {
			p.changeAnswer(func(v any) any {
				m, _ := v.(map[string]any)
				list, _ := m["keys"].([]any)
				for i, k := range list {
					if key, ok := k.(map[string]any); ok {
						list[i] = publicKey(strangersKey(), asText(key["kid"]))
					}
				}
				return v
			})
		}, "keySet"))
}

// staysSignedIn keeps the session from whoever signs out.
func (d *deriver) staysSignedIn() func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		for _, id := range []string{"endSession", "endSessionByForm", "logOut"} {
			if op := d.contract.Operation(id); op != nil {
				next = through(op, func(p *passage) { p.request.Header.Del("Cookie") }, func(p *passage) { p.header.Del("Set-Cookie") })(next)
			}
		}
		return next
	}
}

// remembersRevoked calls active whatever was active once.
func (d *deriver) remembersRevoked() func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		var given memory[bool]
		next = through(d.contract.Operation("token"), nil, func(p *passage) {
			m, _ := p.value().(map[string]any)
			for _, name := range []string{"access_token", "refresh_token"} {
				given.put(asText(m[name]), true)
			}
		})(next)
		introspect := d.contract.Operation("introspect")
		if introspect == nil {
			return next
		}
		return through(introspect, nil, func(p *passage) {
			if token := formMember(p, "token"); token != "" && p.succeeded() {
				if _, known := given.get(token); known {
					p.body = []byte(`{"active":true}`)
				}
			}
		})(next)
	}
}

// instead answers in the place of an operation.
func (d *deriver) instead(id string, status int, body string) func(http.Handler) http.Handler {
	op := d.contract.Operation(id)
	if op == nil {
		return nil
	}
	return planted(op, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // a client that has gone needs no answer
	})
}

// leaves are values of answers and claims that no edit of the contract can make wrong,
// because the user of the recording has none, or because the mock makes them right.
func (d *deriver) leaves() {
	for _, id := range []string{"userInfo", "userInfoByForm", "token"} {
		op := d.contract.Operation(id)
		if op == nil {
			continue
		}
		for _, p := range answers(op) {
			if p.schema.JWT != nil && p.schema.JWT.Claims != nil {
				d.claimLeaves(p, p.schema.JWT.Claims, p.prefix+".claims", nil)
			}
			if id != "token" && p.name != "" {
				d.leaf(p.prefix, p.schema, answersWith(p, p.subject()), func(bad any) func(http.Handler) http.Handler { return p.rewritten(func(any) any { return bad }) })
			}
		}
	}
}

func (d *deriver) claimLeaves(p *place, claims *contract.Schema, prefix string, path []string) {
	for _, m := range claims.Properties {
		at, below := append(slices.Clone(path), m.Name), prefix+"."+m.Name
		says := answersWith(p, a(p.name)+" whose claim "+strings.Join(at, ".")+" is")
		if m.Name == "exp" || m.Name == "iat" {
			continue // the operator of lifetimes has them
		}
		d.leaf(below, m.Schema, says, func(bad any) func(http.Handler) http.Handler {
			return forging(d.contract, p.name, func(t *forged) { putClaim(t.claims, at, bad) })
		})
		if len(path) > 0 && m.Required {
			d.flow(below+".required/forged", answersWith(p, a(p.name)+" without the claim "+strings.Join(at, ".")), []string{below + ".required"}, nil,
				forging(d.contract, p.name, func(t *forged) { putClaim(t.claims, at, nothing) }))
		}
		d.claimLeaves(p, m.Schema, below, at)
	}
}

// nothing takes a claim out.
var nothing = json.Number("")

// putClaim sets a claim that is there.
func putClaim(claims map[string]any, path []string, v any) {
	for _, step := range path[:len(path)-1] {
		inner, ok := claims[step].(map[string]any)
		if !ok {
			return
		}
		claims = inner
	}
	last := path[len(path)-1]
	if _, there := claims[last]; !there {
		return
	}
	if v == any(nothing) {
		delete(claims, last)
		return
	}
	claims[last] = v
}

// leaf makes a value wrong in each way that its schema forbids.
func (d *deriver) leaf(prefix string, s *contract.Schema, says string, plant func(bad any) func(http.Handler) http.Handler) {
	bad := map[string]any{"string": 20260101, "boolean": "true", "object": "an address", "integer": "12"}[s.Type]
	if bad != nil {
		d.flow(prefix+".type/planted", says+" of another type", []string{prefix + ".type"}, []string{"userInfo.same-as-id-token"}, plant(bad))
	}
	if s.Type == "string" && s.MinLength > 0 {
		d.flow(prefix+".minLength/planted", says+" empty", []string{prefix + ".minLength"}, []string{"userInfo.same-as-id-token"}, plant(""))
	}
	if s.Type == "string" && len(s.Patterns) > 0 {
		d.flow(prefix+".pattern/planted", says+" of another form", []string{prefix + ".pattern"}, []string{"userInfo.same-as-id-token"}, plant("2026"))
	}
}
