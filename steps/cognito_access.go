package steps

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"assay/contract"
)

var (
	reCognitoAsk        = regexp.MustCompile(`^I ask for my (attributes|settings) with (.+)$`)
	reCognitoStillOpen  = regexp.MustCompile(`^(my second session|another user's session) still opens its account$`)
	reCognitoHourPassed = regexp.MustCompile(`^the lifetime of my access token has passed$`)
	reCognitoOwnUser    = regexp.MustCompile(`^the answer names me, and my sub first$`)
	reCognitoSame       = regexp.MustCompile(`^the attributes are those of my id token, as strings$`)
	reCognitoOrder      = regexp.MustCompile(`^the attributes stand in the order (.+)$`)
	reCognitoRaw        = regexp.MustCompile(`^the settings take my access token as it is$`)
	reCognitoUnique     = regexp.MustCompile(`^no two settings have one name$`)
)

func (s *cognitoScenario) accessSteps(sc *godog.ScenarioContext) {
	sc.Step(reCognitoAsk, s.ask)
	sc.Step(reCognitoStillOpen, s.stillOpen)
	sc.Step(reCognitoHourPassed, s.accessTokenExpires)
	sc.Step(reCognitoOwnUser, s.namesMe)
	sc.Step(reCognitoSame, s.attributesOfIDToken)
	sc.Step(reCognitoOrder, s.attributeOrder)
	sc.Step(reCognitoRaw, s.takesRawToken)
	sc.Step(reCognitoUnique, s.uniqueSettings)
}

// ask opens what belongs to the user with a token, real or forged.
func (s *cognitoScenario) ask(what, with string) error {
	if err := s.settle(); err != nil {
		return err
	}
	token, err := s.token(with)
	if err != nil {
		return err
	}
	if what == "attributes" {
		return s.did("getUser", request{body: map[string]any{"AccessToken": token}})
	}
	op, err := s.settingsOperation()
	if err != nil {
		return err
	}
	return s.did(op.ID, request{token: &token})
}

// settingsOperation skips the scenario where the pool stands alone.
func (s *cognitoScenario) settingsOperation() (*contract.Operation, error) {
	op := s.run.contract.Operation("listSettings")
	if op == nil {
		return nil, s.wrong("the contract has no listSettings")
	}
	if why := s.run.protocol().absent(s.run, op); why != "" {
		return nil, s.skip(why)
	}
	return op, nil
}

// strangerKey signs what nobody gave out. It is made once in a process.
var strangerKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// token is the access token that a step names.
func (s *cognitoScenario) token(name string) (string, error) {
	if s.mine == nil {
		return "", s.wrong("nobody is signed in to the pool")
	}
	mine := s.mine.access
	switch name {
	case "my access token":
		return mine, nil
	case "my id token":
		return s.mine.id, nil
	case "my refresh token":
		return s.mine.refresh, nil
	case "my access token from before":
		if s.before == nil {
			return "", s.wrong("nothing was refreshed")
		}
		return s.before.access, nil
	case "my other session's access token":
		if s.second == nil {
			return "", s.wrong("there is no other session")
		}
		return s.second.access, nil
	case "a made-up access token":
		return "a.made-up.token", nil
	case "my access token behind Bearer":
		return "Bearer " + mine, nil
	}
	read, ok := contract.ReadToken(mine)
	if !ok {
		return "", s.blockBy("respondToAuthChallenge.200.AuthenticationResult.AccessToken.algorithm")
	}
	return s.forged(name, mine, read)
}

// forged makes the token that a step names out of a real one.
func (s *cognitoScenario) forged(name, token string, read *contract.Token) (string, error) {
	switch name {
	case "a changed signature":
		return breakSignature(token), nil
	case "a changed payload":
		return changePayload(token), nil
	case "another user's name in the payload":
		parts := strings.Split(token, ".")
		parts[1] = encodeSegment(changed(read.Claims, "username", textOf(read.Claims["username"])+"2"))
		return strings.Join(parts, "."), nil
	case "no signature":
		head, _, _ := cutLast(token, ".")
		return head + ".", nil
	case "the algorithm none":
		return encodeSegment(changed(read.Header, "alg", "none")) + "." + encodeSegment(read.Claims) + ".", nil
	case "the algorithm HS256 and the public key":
		return s.signedWithPublicKey(read)
	case "a key of nobody's":
		return s.signedByStranger(read.Header, read.Claims)
	case "a key of nobody's that comes along":
		key, err := strangerKey()
		if err != nil {
			return "", err
		}
		jwk := map[string]any{"kty": "RSA", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes())}
		return s.signedByStranger(changed(read.Header, "jwk", jwk), read.Claims)
	case "a key of nobody's under an unknown key id":
		return s.signedByStranger(changed(read.Header, "kid", base64.StdEncoding.EncodeToString(make([]byte, 32))), read.Claims)
	}
	return "", s.wrong("no token is called %q", name)
}

// changed copies an object with one member set.
func changed(m map[string]any, name string, value any) map[string]any {
	out := make(map[string]any, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	out[name] = value
	return out
}

func (s *cognitoScenario) signedByStranger(header, claims map[string]any) (string, error) {
	key, err := strangerKey()
	if err != nil {
		return "", err
	}
	input := encodeSegment(header) + "." + encodeSegment(claims)
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// signedWithPublicKey is what a server takes that believes the header: an HMAC
// keyed with the public key that everybody can fetch.
func (s *cognitoScenario) signedWithPublicKey(read *contract.Token) (string, error) {
	keys, _, err := s.keySet()
	if err != nil {
		return "", err
	}
	key := keys[textOf(read.Header["kid"])]
	if key == nil {
		return "", s.blockBy("token.keys-published")
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", err
	}
	input := encodeSegment(changed(read.Header, "alg", "HS256")) + "." + encodeSegment(read.Claims)
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

// stillOpen demands that a session which was not signed out goes on.
func (s *cognitoScenario) stillOpen(which string) error {
	if err := s.settle(); err != nil {
		return err
	}
	session := s.second
	if which == "another user's session" {
		session = s.theirs
	}
	if session == nil {
		return s.wrong("%s was never opened", which)
	}
	c, err := s.cognitoCall("getUser", s.i(), request{body: map[string]any{"AccessToken": session.access}})
	if err != nil {
		return err
	}
	s.demand(c.class() == success, "that "+which+" still opens its account", c.actual())
	return nil
}

// accessLifetime is what the token itself says, and a margin for the target's clock.
func (s *cognitoScenario) accessTokenExpires() error {
	if s.mine == nil {
		return s.wrong("nobody is signed in to the pool")
	}
	read, ok := contract.ReadToken(s.mine.access)
	if !ok {
		return s.blockBy("respondToAuthChallenge.200.AuthenticationResult.AccessToken.algorithm")
	}
	exp, _ := contract.Number(read.Claims["exp"])
	now, within := targetTime(s.mine.at)
	left := time.Unix(int64(exp), 0).Sub(now) + within + 2*time.Second
	const longest = 24 * time.Hour // AWS allows an access token no more
	s.cognitoForget()
	return s.pass(s.ctx, min(max(left, time.Second), longest))
}

// attributes reads the answer of getUser.
func (s *cognitoScenario) attributes() (names []string, values map[string]string, err error) {
	if err := s.settle(); err != nil {
		return nil, nil, err
	}
	m, _ := s.last.value.(map[string]any)
	list, _ := m["UserAttributes"].([]any)
	values = map[string]string{}
	for _, entry := range list {
		attribute, _ := entry.(map[string]any)
		name := textOf(attribute["Name"])
		names = append(names, name)
		values[name], _ = attribute["Value"].(string)
	}
	return names, values, nil
}

func (s *cognitoScenario) namesMe() error {
	names, values, err := s.attributes()
	if err != nil {
		return err
	}
	access, _, err := s.tokens()
	if err != nil {
		return err
	}
	m, _ := s.last.value.(map[string]any)
	const rule = "getUser.own"
	s.demandOf(rule, textOf(m["Username"]) == textOf(access.Claims["username"]), "Username "+contract.Show(access.Claims["username"]), contract.Show(m["Username"]))
	s.demandOf(rule, len(names) > 0 && names[0] == "sub", `the attribute "sub" first`, strings.Join(names, ", "))
	s.demandOf(rule, values["sub"] == textOf(access.Claims["sub"]), "sub "+contract.Show(access.Claims["sub"]), contract.Show(values["sub"]))
	return nil
}

// protocolClaims are the claims of an id token that are no attributes.
var protocolClaims = map[string]bool{
	"iss": true, "aud": true, "token_use": true, "auth_time": true, "exp": true, "iat": true, "jti": true, "nonce": true,
	"at_hash": true, "event_id": true, "origin_jti": true, "identities": true,
}

func (s *cognitoScenario) attributesOfIDToken() error {
	_, values, err := s.attributes()
	if err != nil {
		return err
	}
	_, id, err := s.tokens()
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(id.Claims) {
		if protocolClaims[name] || strings.HasPrefix(name, "cognito:") {
			continue
		}
		got, there := values[name]
		s.demand(there && got == textOf(id.Claims[name]), fmt.Sprintf("the attribute %s as the string %q", name, textOf(id.Claims[name])), contract.Show(got))
	}
	for _, name := range sortedKeys(values) {
		if _, there := id.Claims[name]; !there {
			s.demand(false, "a claim "+name+" in the id token, as there is such an attribute", "it is not there")
		}
	}
	return nil
}

func (s *cognitoScenario) attributeOrder(list string) error {
	names, _, err := s.attributes()
	if err != nil {
		return err
	}
	place := map[string]int{}
	for i, name := range words(list) {
		place[name] = i + 1
	}
	last := 0
	for _, name := range names {
		if at := place[name]; at > 0 {
			s.demand(at > last, "the order "+list, strings.Join(names, ", "))
			last = at
		}
	}
	return nil
}

// takesRawToken is not settled by a plain call, which sends the token raw too.
func (s *cognitoScenario) takesRawToken() error {
	if err := s.ask("settings", "my access token"); err != nil {
		return err
	}
	c, err := s.outcome()
	if err != nil {
		return err
	}
	if c.class() == success {
		s.judge(c)
	}
	s.demand(c.class() == success, "the settings, for an access token that stands in the header as it is", c.actual())
	return nil
}

func (s *cognitoScenario) uniqueSettings() error {
	if err := s.settle(); err != nil {
		return err
	}
	list, _ := s.last.value.([]any)
	seen := map[string]bool{}
	for _, entry := range list {
		setting, _ := entry.(map[string]any)
		name := textOf(setting["name"])
		s.demand(!seen[name], "a name that no other setting has", contract.Show(setting["name"])+", twice")
		seen[name] = true
	}
	return nil
}

var (
	reCognitoRefresh    = regexp.MustCompile(`^I refresh my tokens with (REFRESH_TOKEN_AUTH|REFRESH_TOKEN|GetTokensFromRefreshToken)( .+)?$`)
	reCognitoNewTokens  = regexp.MustCompile(`^the new access token opens my account$`)
	reCognitoKept       = regexp.MustCompile(`^the new tokens keep (.+)$`)
	reCognitoRefreshed  = regexp.MustCompile(`^I have refreshed my tokens with (REFRESH_TOKEN_AUTH|GetTokensFromRefreshToken)$`)
	reCognitoRenewed    = regexp.MustCompile(`^the new tokens have another (.+)$`)
	reCognitoRevoke     = regexp.MustCompile(`^I revoke (my refresh token|a refresh token that nobody was given|my access token)( for another client)?$`)
	reCognitoEverywhere = regexp.MustCompile(`^I sign out everywhere(?: with (.+))?$`)
	reCognitoAgain      = regexp.MustCompile(`^I can sign in again$`)
	reCognitoMonth      = regexp.MustCompile(`^the lifetime of my refresh token has passed$`)
)

func (s *cognitoScenario) refreshSteps(sc *godog.ScenarioContext) {
	sc.Step(reCognitoRefresh, s.refresh)
	sc.Step(reCognitoNewTokens, s.newTokensOpen)
	sc.Step(reCognitoKept, func(names string) error { return s.afterRefresh(names, true) })
	sc.Step(reCognitoRefreshed, func(flow string) error {
		if err := s.refresh(flow, ""); err != nil {
			return err
		}
		return s.refreshed()
	})
	sc.Step(reCognitoRenewed, func(names string) error { return s.afterRefresh(names, false) })
	sc.Step(reCognitoRevoke, s.revoke)
	sc.Step(reCognitoEverywhere, s.signOutEverywhere)
	sc.Step(reCognitoAgain, s.signInAgain)
	sc.Step(reCognitoMonth, func() error {
		if s.run.options.Advance == nil {
			return s.skip("a refresh token lives for 30 days")
		}
		s.cognitoForget()
		return s.pass(s.ctx, 3651*24*time.Hour) // AWS allows ten years at most
	})
}

func (s *cognitoScenario) refresh(flow, with string) error {
	if err := s.settle(); err != nil {
		return err
	}
	pool, err := s.cognitoPool()
	if err != nil {
		return err
	}
	if s.mine == nil {
		return s.wrong("nobody is signed in to the pool")
	}
	token, client := s.mine.refresh, pool.client
	switch strings.TrimSpace(with) {
	case "":
	case "with a changed refresh token":
		token = breakSignature(token)
	case "with a refresh token that nobody was given":
		token = "a-refresh-token-that-nobody-was-given"
	case "with my access token":
		token = s.mine.access
	case "with my other session's refresh token":
		token = s.second.refresh
	case "for another client":
		if client = pool.second; client == "" {
			return s.skip("it takes another client: --set second_client_id=…")
		}
	case "for a client whom nobody knows":
		client = strings.Repeat("0nobody0", 3) + "00"
	case "without REFRESH_TOKEN":
		return s.did("initiateAuth", request{body: map[string]any{"AuthFlow": flow, "ClientId": client, "AuthParameters": map[string]any{}}})
	default:
		return s.wrong("nothing is refreshed%s", with)
	}
	if flow == "GetTokensFromRefreshToken" {
		err = s.did("getTokensFromRefreshToken", request{body: map[string]any{"RefreshToken": token, "ClientId": client}})
	} else {
		err = s.did("initiateAuth", request{body: map[string]any{"AuthFlow": flow, "ClientId": client, "AuthParameters": map[string]any{"REFRESH_TOKEN": token}}})
	}
	if err == nil && s.last.class() == success && token == s.mine.refresh {
		s.rotated()
	}
	return err
}

// rotated keeps the refresh token of a pool that gives another for each one used.
func (s *cognitoScenario) rotated() {
	m, _ := s.last.value.(map[string]any)
	result, _ := m["AuthenticationResult"].(map[string]any)
	if next, _ := result["RefreshToken"].(string); next != "" {
		mine := *s.mine
		mine.refresh = next
		s.mine = &mine
	}
}

// refreshed takes the tokens of the last answer for those of the scenario.
func (s *cognitoScenario) refreshed() error {
	if s.before != nil {
		return nil
	}
	if err := s.settle(); err != nil {
		return err
	}
	fresh, err := s.cognitoTake(s.last)
	if err != nil {
		return err
	}
	if fresh.refresh == "" {
		fresh.refresh = s.mine.refresh
	}
	s.before, s.mine = s.mine, fresh
	return nil
}

func (s *cognitoScenario) newTokensOpen() error {
	if err := s.refreshed(); err != nil {
		return err
	}
	c, err := s.cognitoCall("getUser", s.i(), request{body: map[string]any{"AccessToken": s.mine.access}})
	if err != nil {
		return err
	}
	if c.class() != success {
		s.demandOf("refresh.usable-token", false, "the new access token opens the account", c.actual())
		return nil
	}
	s.judge(c)
	old, _ := contract.ReadToken(s.before.access)
	m, _ := c.value.(map[string]any)
	if old != nil {
		s.demandOf("refresh.usable-token", textOf(m["Username"]) == textOf(old.Claims["username"]), "the account of "+contract.Show(old.Claims["username"]), contract.Show(m["Username"]))
	}
	return nil
}

func (s *cognitoScenario) afterRefresh(names string, kept bool) error {
	if err := s.refreshed(); err != nil {
		return err
	}
	access, _, err := s.tokens()
	if err != nil {
		return err
	}
	old, ok := contract.ReadToken(s.before.access)
	if !ok {
		return nil
	}
	for _, name := range words(names) {
		before, after := contract.Show(old.Claims[name]), contract.Show(access.Claims[name])
		if kept {
			s.demand(before == after, name+" "+before+", as before the refresh", after)
		} else {
			s.demand(before != after, "another "+name+" than before the refresh", after)
		}
	}
	return nil
}

func (s *cognitoScenario) revoke(what, forAnother string) error {
	if err := s.settle(); err != nil {
		return err
	}
	pool, err := s.cognitoPool()
	if err != nil {
		return err
	}
	if s.mine == nil {
		return s.wrong("nobody is signed in to the pool")
	}
	token, client := s.mine.refresh, pool.client
	switch what {
	case "a refresh token that nobody was given":
		token = "a-refresh-token-that-nobody-was-given"
	case "my access token":
		token = s.mine.access
	}
	if forAnother != "" {
		if client = pool.second; client == "" {
			return s.skip("it takes another client: --set second_client_id=…")
		}
	}
	return s.did("revokeToken", request{body: map[string]any{"Token": token, "ClientId": client}})
}

func (s *cognitoScenario) signOutEverywhere(with string) error {
	if err := s.settle(); err != nil {
		return err
	}
	if with == "" {
		with = "my access token"
	}
	token, err := s.token(with)
	if err != nil {
		return err
	}
	return s.did("globalSignOut", request{body: map[string]any{"AccessToken": token}})
}

// signInAgain plays a sign-in whose failure is a finding of the scenario's rule.
func (s *cognitoScenario) signInAgain() error {
	if err := s.settle(); err != nil {
		return err
	}
	body, err := s.started("")
	if err != nil {
		return err
	}
	c, err := s.cognitoCall("initiateAuth", s.i(), request{body: body})
	if err != nil {
		return err
	}
	if c.class() == success {
		if err := s.attempt.take(c); err != nil {
			return err
		}
		if body, err = s.attempt.answer(); err != nil {
			return err
		}
		if c, err = s.cognitoCall("respondToAuthChallenge", s.i(), request{body: body}); err != nil {
			return err
		}
	}
	s.demand(c.class() == success, "another sign-in", c.actual())
	return nil
}

var (
	reCognitoKeySet      = regexp.MustCompile(`^every published key tells its id, its algorithm and its use$`)
	reCognitoDiscovery   = regexp.MustCompile(`^the discovery document names the issuer of my tokens$`)
	reCognitoKeySetAt    = regexp.MustCompile(`^the key set stands where the discovery document says$`)
	reCognitoPreflight   = regexp.MustCompile(`^a browser asks whether it may call the pool with (.+)$`)
	reCognitoPreflightOf = regexp.MustCompile(`^a browser asks whether it may call the settings with (.+)$`)
	reCognitoMay         = regexp.MustCompile(`^it may$`)
	reCognitoReadable    = regexp.MustCompile(`^a page of another origin is refused a sign-in$`)
	reCognitoCanRead     = regexp.MustCompile(`^it can read why$`)
	reCognitoInPage      = regexp.MustCompile(`^a page of another origin starts a sign-in$`)
	reCognitoCanReadIt   = regexp.MustCompile(`^it can read the answer$`)
	reCognitoMediaType   = regexp.MustCompile(`^it comes as application/x-amz-json-1\.1$`)
	reCognitoNamedInWire = regexp.MustCompile(`^the refusal names its type in the body and in the header$`)
)

// otherOrigin is where a page could be that signs its users in.
const otherOrigin = "http://app.example.com:8080"

func (s *cognitoScenario) publicSteps(sc *godog.ScenarioContext) {
	sc.Step(reCognitoKeySet, s.completeKeys)
	sc.Step(reCognitoDiscovery, s.discoveryNamesIssuer)
	sc.Step(reCognitoKeySetAt, s.keySetWhereDiscovered)
	sc.Step(reCognitoPreflight, s.preflight)
	sc.Step(reCognitoPreflightOf, s.preflightOfSettings)
	sc.Step(reCognitoInPage, s.startedInPage)
	sc.Step(reCognitoCanReadIt, s.canReadAnswer)
	sc.Step(reCognitoMediaType, s.mediaType)
	sc.Step(reCognitoMay, s.mayCall)
	sc.Step(reCognitoReadable, s.refusedInPage)
	sc.Step(reCognitoCanRead, s.canRead)
	sc.Step(reCognitoNamedInWire, s.namesType)
}

func (s *cognitoScenario) completeKeys() error {
	_, list, err := s.keySet()
	if err != nil {
		return err
	}
	for _, entry := range list {
		jwk, _ := entry.(map[string]any)
		s.demand(textOf(jwk["kid"]) != "" && jwk["alg"] == "RS256" && jwk["use"] == "sig", "a kid, alg RS256 and use sig",
			fmt.Sprintf("kid %s, alg %s, use %s", contract.Show(jwk["kid"]), contract.Show(jwk["alg"]), contract.Show(jwk["use"])))
	}
	return nil
}

func (s *cognitoScenario) discovery() (map[string]any, error) {
	pool, err := s.cognitoPool()
	if err != nil {
		return nil, err
	}
	c, err := s.cognitoDo("discover", s.i(), request{id: pool.id})
	if err != nil {
		return nil, err
	}
	m, _ := c.value.(map[string]any)
	return m, nil
}

func (s *cognitoScenario) discoveryNamesIssuer() error {
	_, id, err := s.tokens()
	if err != nil {
		return err
	}
	d, err := s.discovery()
	if err != nil {
		return err
	}
	s.demand(textOf(d["issuer"]) == textOf(id.Claims["iss"]), "the issuer "+contract.Show(id.Claims["iss"]), contract.Show(d["issuer"]))
	return nil
}

func (s *cognitoScenario) keySetWhereDiscovered() error {
	d, err := s.discovery()
	if err != nil {
		return err
	}
	url := textOf(d["jwks_uri"])
	ex := s.raw("GET", url, nil, "")
	held := ex.Response != nil && ex.Response.Status == http.StatusOK && strings.Contains(ex.Response.Body, `"keys"`)
	s.demand(held, "a key set at "+contract.Show(d["jwks_uri"]), answered(ex))
	return nil
}

// raw makes an exchange that belongs to no plain call.
func (s *cognitoScenario) raw(method, url string, header http.Header, body string) *contract.Exchange {
	ex := &contract.Exchange{Who: actorI, Request: contract.Request{Method: method, URL: url, Header: header, Body: body}}
	s.run.client.send(s.ctx, ex)
	s.exchanges = append(s.exchanges, ex)
	return ex
}

func answered(ex *contract.Exchange) string {
	if ex.Response == nil {
		return ex.Failure
	}
	return contract.ShowStatus(ex.Response.Status)
}

func (s *cognitoScenario) preflight(headers string) error {
	s.mayPage("POST", s.run.base+"/", headers)
	return nil
}

func (s *cognitoScenario) preflightOfSettings(headers string) error {
	op, err := s.settingsOperation()
	if err != nil {
		return err
	}
	s.mayPage(op.Method, s.run.baseOf(op)+op.Path, headers)
	return nil
}

// mayPage asks as a browser does before a page of another origin may call.
func (s *cognitoScenario) mayPage(method, url, headers string) {
	s.raw(http.MethodOptions, url, http.Header{
		"Origin": {otherOrigin}, "Access-Control-Request-Method": {method}, "Access-Control-Request-Headers": {strings.Join(words(headers), ",")},
	}, "")
}

func (s *cognitoScenario) mayCall() error {
	ex := s.exchanges[len(s.exchanges)-1]
	if ex.Response == nil {
		return s.block(ex.Failure)
	}
	h := ex.Response.Header
	s.demand(ex.Response.Status/100 == 2, "an answer of 2xx", answered(ex))
	s.demand(allowsOrigin(h), "Access-Control-Allow-Origin: "+otherOrigin+" or *", contract.Show(h.Get("Access-Control-Allow-Origin")))
	allowed := strings.ToLower(strings.Join(h.Values("Access-Control-Allow-Headers"), ","))
	for _, name := range strings.Split(ex.Request.Header.Get("Access-Control-Request-Headers"), ",") {
		s.demand(strings.Contains(allowed, "*") || strings.Contains(","+strings.ReplaceAll(allowed, " ", "")+",", ","+strings.ToLower(name)+","),
			name+" among the headers allowed", allowed)
	}
	return nil
}

func allowsOrigin(h http.Header) bool {
	origin := h.Get("Access-Control-Allow-Origin")
	return origin == "*" || origin == otherOrigin
}

// refusedInPage is a refusal as a page gets it.
func (s *cognitoScenario) refusedInPage() error {
	body, err := s.started(" for a client whom nobody knows")
	if err != nil {
		return err
	}
	return s.did("initiateAuth", request{body: body, header: map[string]string{"Origin": otherOrigin}})
}

func (s *cognitoScenario) startedInPage() error {
	body, err := s.started("")
	if err != nil {
		return err
	}
	return s.did("initiateAuth", request{body: body, header: map[string]string{"Origin": otherOrigin}})
}

func (s *cognitoScenario) canReadAnswer() error {
	if err := s.settle(); err != nil {
		return err
	}
	h := s.last.exchange.Response.Header
	s.demand(allowsOrigin(h), "Access-Control-Allow-Origin: "+otherOrigin+" or * with the answer", contract.Show(h.Get("Access-Control-Allow-Origin")))
	return nil
}

// mediaType is that of an answer as much as of a refusal.
func (s *cognitoScenario) mediaType() error {
	c, err := s.outcome()
	if err != nil {
		return err
	}
	if c.class() != success && c.class() != refusal {
		return nil // what came instead, the step before has found
	}
	kind, _, _ := strings.Cut(c.exchange.Response.Header.Get("Content-Type"), ";")
	const want = "application/x-amz-json-1.1"
	s.demand(strings.EqualFold(strings.TrimSpace(kind), want), "Content-Type: "+want, contract.Show(c.exchange.Response.Header.Get("Content-Type")))
	return nil
}

func (s *cognitoScenario) canRead() error {
	c, err := s.outcome()
	if err != nil {
		return err
	}
	if err := s.itIsRefused(0); err != nil || c.class() != refusal {
		return err
	}
	h := c.exchange.Response.Header
	s.demand(allowsOrigin(h), "Access-Control-Allow-Origin: "+otherOrigin+" or * with the refusal", contract.Show(h.Get("Access-Control-Allow-Origin")))
	return nil
}

func (s *cognitoScenario) namesType() error {
	c, err := s.outcome()
	if err != nil {
		return err
	}
	if err := s.itIsRefused(0); err != nil || c.class() != refusal {
		return err
	}
	m, _ := c.value.(map[string]any)
	s.demand(textOf(m["__type"]) != "", "__type in the body", c.actual())
	s.demand(c.exchange.Response.Header.Get("X-Amzn-Errortype") != "", "the header x-amzn-errortype", "it is not there")
	return nil
}
