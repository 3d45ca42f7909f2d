package steps

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"assay/contract"
)

// claimSteps are what the tokens and the claims must say.
func (s *signing) claimSteps(sc *godog.ScenarioContext, ready plainStep, with textStep) {
	sc.Step(reNonce, with(s.nonce))
	sc.Step(reAudience, with(s.tokenFor))
	sc.Step(reAtHash, ready(s.atHash))
	sc.Step(reKeySet, ready(s.keySet))
	sc.Step(reAuthTime, ready(s.authTime))
	sc.Step(reScopeOnly, func(holds, not string) error {
		return ready(func() error { return s.scopes(holds, not) })()
	})
	sc.Step(reRefreshThere, with(func(which string) error {
		if there := textOf(s.tokens["refresh_token"]) != ""; there != (which == "a") {
			s.breaks(which+" refresh token", s.last)
		}
		return nil
	}))
	sc.Step(reNewRefresh, ready(func() error {
		if s.client.secret != "" { // RFC 9700 §2.2.2 asks for rotation where clients are public
			return nil
		}
		if now := textOf(s.tokens["refresh_token"]); now == "" || now == textOf(s.before["refresh_token"]) {
			s.breaks("a refresh token that differs from the one before", s.last)
		}
		return nil
	}))
	sc.Step(reSameSubject, with(s.samePerson))
	sc.Step(reSameClaims, ready(s.sameClaims))
	sc.Step(reUpdatedAt, ready(s.updatedAt))
	sc.Step(reOldUpdated, ready(s.updatedBefore))
	sc.Step(reLoginClaims, ready(s.loginClaims))
	sc.Step(reDiscover, ready(func() error {
		op := s.w.run.contract.Operation("discovery")
		address := s.w.run.base + op.Path
		if s.provider.foreign != "" && s.provider.issuer != "" {
			address = strings.TrimRight(s.here(s.provider.issuer), "/") + "/.well-known/openid-configuration"
		}
		s.metadata = s.send("discovery", http.MethodGet, address, "", nil)
		return s.must(s.metadata, "there is no metadata")
	}))
	sc.Step(reIssuer, ready(s.issuer))
	s.apiSteps(sc, ready, with)
}

// nonce compares the id token's with the one sent (OpenID Connect Core §2).
func (s *signing) nonce(which string) error {
	t, err := s.idToken()
	if err != nil {
		return err
	}
	if s.claimBreached("nonce") {
		return nil
	}
	sent, _ := s.askedFor("nonce")
	got, has := t.Claims["nonce"]
	if which == "my nonce" && textOf(got) != sent || which == "no nonce" && has {
		s.w.find(s.w.rule(), "", which+" "+sent, claimText(t, "nonce"), false)
	}
	return nil
}

// tokenFor compares a token's aud with the client that asked.
func (s *signing) tokenFor(which string) error {
	t, err := s.idToken()
	if which == "access" {
		if err := s.foreigner(); err != nil {
			return err
		}
		t, err = s.readable()
	}
	if err != nil || s.tokenAnswer.breachedAt("/"+which+"_token/aud") {
		return err
	}
	if !slices.Contains(audiencesOf(t), s.client.id) {
		s.w.find(s.w.rule(), "", "aud "+s.client.id, claimText(t, "aud"), false)
	}
	return nil
}

func (s *signing) atHash() error {
	t, err := s.idToken()
	if err != nil {
		return err
	}
	if s.claimBreached("at_hash") {
		return nil
	}
	if _, has := t.Claims["at_hash"]; !has {
		return s.w.skip("the target's id tokens have no at_hash, as the code flow allows")
	}
	if want := accessHash(s.access()); textOf(t.Claims["at_hash"]) != want {
		s.w.find(s.w.rule(), "", "at_hash "+want, claimText(t, "at_hash"), false)
	}
	return nil
}

func (s *signing) keySet() error {
	t, err := s.idToken()
	if err != nil {
		return err
	}
	if alg := textOf(t.Header["alg"]); alg != "RS256" {
		return s.w.skip("the target signs with " + alg)
	}
	key, err := s.publicKey(t)
	switch {
	case err != nil:
		return err
	case key == nil:
		s.breaks(fmt.Sprintf("a key called %s", textOf(t.Header["kid"])), s.last)
	case !verifies(s.id(), key):
		s.w.find(s.w.rule(), "", "a signature that the key "+textOf(t.Header["kid"])+" verifies", "another signature", false)
	}
	return nil
}

func (s *signing) authTime() error {
	t, err := s.idToken()
	if err != nil {
		return err
	}
	if s.claimBreached("auth_time") || s.claimBreached("iat") {
		return nil
	}
	at, ok := contract.Number(t.Claims["auth_time"])
	issued, _ := contract.Number(t.Claims["iat"])
	const margin = 120 // seconds between a sign-in and its tokens, at most
	if !ok || math.Abs(issued-at) > margin {
		s.w.find(s.w.rule(), "", "auth_time, the moment of the sign-in", claimText(t, "auth_time"), false)
	}
	return nil
}

// scopes compares sets: two recordings contradict any order.
func (s *signing) scopes(holds, not string) error {
	if s.tokenAnswer != nil && s.tokenAnswer.breachedAt("/scope") {
		return nil
	}
	granted := strings.Fields(textOf(s.tokens["scope"]))
	if _, has := s.tokens["scope"]; !has {
		granted = strings.Fields(first(s.askedFor("scope"))) // RFC 6749 §5.1: as asked for
	}
	for _, want := range strings.Fields(holds) {
		if !slices.Contains(granted, want) && s.provider.foreign == "" {
			s.breaks("a scope that holds "+want, s.last)
		}
	}
	if slices.Contains(granted, not) {
		s.breaks("a scope without "+not, s.last)
	}
	return nil
}

func first(v string, _ bool) string { return v }

// samePerson compares sub of userinfo, or of a refreshed id token, with that of the first one.
func (s *signing) samePerson(what string) error {
	if what == "the id token" && s.id() == "" { // OpenID Connect Core §12.2: a refresh need not give one
		return nil
	}
	t, err := s.idToken()
	if err != nil {
		return err
	}
	if what == "the id token" {
		before, ok := contract.ReadToken(textOf(s.before["id_token"]))
		if ok && textOf(before.Claims["sub"]) != textOf(t.Claims["sub"]) {
			s.w.find(s.w.rule(), "", "sub "+textOf(before.Claims["sub"]), claimText(t, "sub"), false)
		}
		return nil
	}
	m, _ := s.last.value.(map[string]any)
	if s.last.breachedAt("/sub") || s.claimBreached("sub") {
		return nil
	}
	if textOf(m["sub"]) != textOf(t.Claims["sub"]) || textOf(m["sub"]) == "" {
		s.breaks("sub "+contract.Show(t.Claims["sub"]), s.last)
	}
	return nil
}

// claimBreached reports whether a claim of the id token broke a rule of its own.
func (s *signing) claimBreached(name string) bool {
	return s.tokenAnswer != nil && s.tokenAnswer.breachedAt("/id_token/"+name)
}

// sameClaims compares every member of userinfo with the id token's; but for sub, which has
// a rule of its own, and updated_at, which the same person may move by signing in elsewhere.
func (s *signing) sameClaims() error {
	if err := s.foreigner(); err != nil {
		return err
	}
	t, err := s.idToken()
	if err != nil {
		return err
	}
	m, _ := s.last.value.(map[string]any)
	if len(m) == 0 && !s.last.breachedAt("") {
		s.breaks("the claims of the id token", s.last)
	}
	for _, name := range sortedKeys(m) {
		if s.last.breachedAt("/"+name) || s.claimBreached(name) {
			continue
		}
		if name != "updated_at" && name != "sub" && contract.Show(m[name]) != contract.Show(t.Claims[name]) {
			s.w.find(s.w.rule(), "/"+name, name+" "+contract.Show(t.Claims[name])+", as in the id token", contract.Show(m[name]), false)
		}
	}
	return nil
}

func (s *signing) updatedAt() error {
	if err := s.foreigner(); err != nil {
		return err
	}
	if s.last.breachedAt("/updated_at") {
		return nil
	}
	m, _ := s.last.value.(map[string]any)
	at, err := time.Parse(time.RFC3339, textOf(m["updated_at"]))
	now, within := targetTime(s.last.exchange)
	began := now.Add(-time.Since(s.began))
	if err != nil || at.Before(began.Add(-within)) || at.After(now.Add(within)) {
		s.breaks("updated_at between "+began.UTC().Format(time.RFC3339)+" and "+now.UTC().Format(time.RFC3339), s.last)
	}
	return nil
}

// loginToken is the token that ended the latest sign-in; the scenario is skipped where none did.
func (s *signing) loginToken() (*contract.Token, error) {
	if err := s.foreigner(); err != nil {
		return nil, err
	}
	for _, ex := range slices.Backward(s.w.exchanges) {
		if ex.Operation != "finishLogin" {
			continue
		}
		token, _ := valueIn(decodePairs(ex.Request.Body), "token")
		if login, ok := contract.ReadToken(token); ok {
			return login, nil
		}
		s.w.find(s.w.rule(), "", "a login token that is a JWT", "another value of token", false)
		return nil, s.w.block("the login token cannot be read")
	}
	return nil, s.w.skip("the sign-in was not ended by a login token")
}

// updatedBefore compares the login token's updated_at with the moment at which it was made.
func (s *signing) updatedBefore() error {
	login, err := s.loginToken()
	if err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, textOf(login.Claims["updated_at"]))
	iat, dated := contract.Number(login.Claims["iat"])
	if err != nil || !dated || at.Unix() >= int64(iat) {
		s.w.find(s.w.rule(), "", "an updated_at before the token's own iat", claimText(login, "updated_at")+", "+claimText(login, "iat"), false)
	}
	return nil
}

// loginClaims compares what the recorded login token says twice or of things that are known.
func (s *signing) loginClaims() error {
	login, err := s.loginToken()
	if err != nil {
		return err
	}
	data, _ := login.Claims["data"].(map[string]any)
	iat, _ := contract.Number(login.Claims["iat"])
	exp, _ := contract.Number(login.Claims["exp"])
	pool := textOf(login.Claims["userpool_id"])
	const life = 14 * 24 * 60 * 60 // seconds
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"aud", textOf(login.Claims["aud"]), s.client.id},
		{"data.type", textOf(data["type"]), "user"},
		{"data.appId", textOf(data["appId"]), s.client.id},
		{"data.userId", textOf(data["userId"]), textOf(login.Claims["sub"])},
		{"data.userPoolId", textOf(data["userPoolId"]), pool},
		{"data.clientId", textOf(data["clientId"]), pool},
		{"exp, two seconds off at most, less iat", math.Abs(exp-iat-life) <= 2, true},
	} {
		if c.got != c.want || c.got == "" {
			s.w.find(s.w.rule(), "", fmt.Sprintf("%s: %v", c.name, c.want), fmt.Sprintf("%s: %v", c.name, c.got), false)
		}
	}
	return nil
}

// issuer compares the metadata's with its own address and with the tokens (OpenID Connect Discovery §4.3).
func (s *signing) issuer() error {
	m, _ := s.metadata.value.(map[string]any)
	issuer := textOf(m["issuer"])
	address := s.metadata.exchange.Request.URL
	want := strings.TrimSuffix(address, ".well-known/openid-configuration")
	if s.metadata.breachedAt("/issuer") || s.claimBreached("iss") {
		return nil
	}
	if issuer == "" {
		s.breaks("an issuer", s.metadata)
		return nil
	}
	t, err := s.idToken()
	if err != nil {
		return err
	}
	if strings.TrimSuffix(issuer, "/") != strings.TrimSuffix(want, "/") || textOf(t.Claims["iss"]) != issuer {
		s.w.find(s.w.rule(), "/issuer", "the issuer "+strings.TrimSuffix(want, "/")+", with or without a slash, in the metadata and in the id token alike",
			contract.Show(issuer)+" in the metadata, "+contract.Show(t.Claims["iss"])+" in the id token", false)
	}
	return nil
}

// apiSteps are what the recorded token for an API shows.
func (s *signing) apiSteps(sc *godog.ScenarioContext, ready plainStep, with textStep) {
	judge := func(f func(t *contract.Token) (expected, actual string)) error {
		if err := s.foreigner(); err != nil {
			return err
		}
		t, ok := contract.ReadToken(s.access())
		if !ok {
			s.breaks("an access token that is a JWT", s.last)
			return nil
		}
		if expected, actual := f(t); expected != "" {
			s.w.find(s.w.rule(), "", expected, actual, false)
		}
		return nil
	}
	sc.Step(reHasClaims, with(func(names string) error {
		return judge(func(t *contract.Token) (string, string) {
			for _, name := range strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' }) {
				if _, has := t.Claims[name]; !has && name != "and" {
					return "the claim " + name, claimText(t, name)
				}
			}
			return "", ""
		})
	}))
	sc.Step(reIssEnds, with(func(end string) error {
		return judge(func(t *contract.Token) (string, string) {
			if strings.HasSuffix(textOf(t.Claims["iss"]), end) {
				return "", ""
			}
			return "an iss that ends with " + end, claimText(t, "iss")
		})
	}))
	sc.Step(reAudienceOf, ready(func() error {
		return judge(func(t *contract.Token) (string, string) {
			list, _ := t.Claims["aud"].([]any)
			if len(list) == 2 && textOf(list[0]) == s.audience() && strings.HasSuffix(textOf(list[1]), "/userinfo") {
				return "", ""
			}
			return fmt.Sprintf("aud, an array of %s and …/userinfo", s.audience()), claimText(t, "aud")
		})
	}))
	sc.Step(reLives, with(func(seconds string) error {
		return judge(func(t *contract.Token) (string, string) {
			iat, _ := contract.Number(t.Claims["iat"])
			exp, _ := contract.Number(t.Claims["exp"])
			var want float64
			if _, err := fmt.Sscan(seconds, &want); err == nil && math.Abs(exp-iat-want) <= 2 {
				return "", ""
			}
			return "exp " + seconds + " seconds after iat (± 2)", fmt.Sprintf("%v seconds", exp-iat)
		})
	}))
	sc.Step(rePermission, with(func(name string) error {
		return judge(func(t *contract.Token) (string, string) {
			if list, _ := t.Claims["permissions"].([]any); slices.ContainsFunc(list, func(v any) bool { return textOf(v) == name }) {
				return "", ""
			}
			return "permissions that hold " + name, claimText(t, "permissions")
		})
	}))
}

// handle reads the state of the sign-in page: a msgpack map of four texts.
func (s *signing) handle() error {
	if err := s.foreigner(); err != nil {
		return err
	}
	if len(s.hops) == 0 {
		s.breaks("a redirect to the sign-in page", s.last)
		return nil
	}
	location := s.hops[0].location
	u, err := url.Parse(location)
	if err != nil {
		return nil
	}
	m := msgpackTexts(u.Query().Get("state"))
	if len(m) != 4 || m["n"] != "login" || m["cid"] != s.client.id || len(m["h"]) != 32 || len(m["tid"]) != 32 {
		s.w.find(s.w.rule(), "", fmt.Sprintf("a state that holds h and tid, 32 characters each, n, which is login, and cid, which is %s", s.client.id), "it leads to "+location, false)
	}
	return nil
}

// msgpackTexts reads base64url of a msgpack map of texts; nil when it is none.
func msgpackTexts(encoded string) map[string]string {
	const longest = 1024
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil || len(raw) == 0 || len(raw) > longest || raw[0]&0xf0 != 0x80 {
		return nil
	}
	members, rest := int(raw[0]&0x0f), raw[1:]
	text := func() (string, bool) {
		n := 0
		switch {
		case len(rest) > 0 && rest[0]&0xe0 == 0xa0:
			n, rest = int(rest[0]&0x1f), rest[1:]
		case len(rest) > 1 && rest[0] == 0xd9:
			n, rest = int(rest[1]), rest[2:]
		default:
			return "", false
		}
		if n > len(rest) {
			return "", false
		}
		out := string(rest[:n])
		rest = rest[n:]
		return out, true
	}
	m := map[string]string{}
	for range members {
		name, ok1 := text()
		value, ok2 := text()
		if !ok1 || !ok2 {
			return nil
		}
		m[name] = value
	}
	return m
}

// bareForm judges what auth0-js puts into its page.
func (s *signing) bareForm() error {
	if err := s.foreigner(); err != nil {
		return err
	}
	body := strings.TrimSpace(strings.TrimPrefix(s.kept["logIn"], "\ufeff"))
	f := onwardForm(readForms(body))
	fits := f != nil && strings.HasPrefix(strings.ToLower(body), "<form") && strings.HasSuffix(f.action, "/login/callback")
	for _, name := range []string{"wa", "wresult", "wctx"} {
		if f == nil {
			break
		}
		if _, has := valueIn(f.fields, name); !has {
			fits = false
		}
	}
	if !fits {
		s.breaks("a form as first element, with wa, wresult and wctx, that goes to /login/callback", s.last)
	}
	return nil
}

// loginError judges how a wrong password is told.
func (s *signing) loginError() error {
	if err := s.foreigner(); err != nil {
		return err
	}
	m, _ := s.last.value.(map[string]any)
	for _, name := range []string{"name", "code", "description", "statusCode"} {
		if _, has := m[name]; !has {
			s.breaks("401 with "+name, s.last)
			return nil
		}
	}
	return nil
}
