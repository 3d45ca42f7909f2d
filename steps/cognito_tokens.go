package steps

import (
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/cucumber/godog"

	"assay/contract"
)

var (
	reCognitoSignedIn  = regexp.MustCompile(`^I am signed in to the pool$`)
	reCognitoOwn       = regexp.MustCompile(`^I am signed in to the pool in a session of my own$`)
	reCognitoTwice     = regexp.MustCompile(`^I am signed in to the pool a second time$`)
	reCognitoOther     = regexp.MustCompile(`^another user is signed in to the pool$`)
	reCognitoTwoKeys   = regexp.MustCompile(`^my tokens name two different keys$`)
	reCognitoHeader    = regexp.MustCompile(`^the headers of my tokens hold kid and alg alone$`)
	reCognitoKeyIDs    = regexp.MustCompile(`^the key ids of my tokens are standard base64 of 32 bytes$`)
	reCognitoAgree     = regexp.MustCompile(`^my tokens agree in (.+)$`)
	reCognitoDiffer    = regexp.MustCompile(`^my tokens differ in (.+)$`)
	reCognitoMoment    = regexp.MustCompile(`^auth_time and iat of my tokens are the moment of the sign-in$`)
	reCognitoWho       = regexp.MustCompile(`^my tokens name the user and the client$`)
	reCognitoNoAud     = regexp.MustCompile(`^my access token has no aud$`)
	reCognitoIssuer    = regexp.MustCompile(`^the issuer of my tokens is the pool's$`)
	reCognitoExpiresIn = regexp.MustCompile(`^ExpiresIn is the lifetime of my access token$`)
	reCognitoVerify    = regexp.MustCompile(`^my tokens verify with the published keys$`)
	reCognitoOfKind    = regexp.MustCompile(`^each of my tokens holds the claims of its kind$`)
	reCognitoKeySize   = regexp.MustCompile(`^my tokens are signed with keys of 2048 bits or more$`)
	reCognitoJWE       = regexp.MustCompile(`^my refresh token is a JWE of RSA-OAEP and A256GCM$`)
)

func (s *cognitoScenario) tokenSteps(sc *godog.ScenarioContext) {
	sc.Step(reCognitoSignedIn, func() error {
		session, err := s.cognitoShared(s.i())
		s.mine = &session
		return err
	})
	sc.Step(reCognitoOwn, func() error {
		session, err := s.cognitoOwn(s.i())
		s.mine = &session
		return err
	})
	sc.Step(reCognitoTwice, func() error {
		session, err := s.cognitoOwn(s.i())
		s.second = &session
		return err
	})
	sc.Step(reCognitoOther, s.otherSignedIn)
	sc.Step(reCognitoTwoKeys, s.twoKeys)
	sc.Step(reCognitoHeader, s.plainHeaders)
	sc.Step(reCognitoKeyIDs, s.keyIDs)
	sc.Step(reCognitoAgree, func(names string) error { return s.compare(names, true) })
	sc.Step(reCognitoDiffer, func(names string) error { return s.compare(names, false) })
	sc.Step(reCognitoMoment, s.momentOfSignIn)
	sc.Step(reCognitoWho, s.namesUserAndClient)
	sc.Step(reCognitoNoAud, s.noAudience)
	sc.Step(reCognitoIssuer, s.issuerOfPool)
	sc.Step(reCognitoExpiresIn, s.expiresIn)
	sc.Step(reCognitoVerify, s.tokensVerify)
	sc.Step(reCognitoOfKind, s.claimsOfKind)
	sc.Step(reCognitoKeySize, s.keySize)
	sc.Step(reCognitoJWE, s.refreshTokenIsJWE)
}

func (s *cognitoScenario) otherSignedIn() error {
	pool, err := s.cognitoPool()
	if err != nil {
		return err
	}
	if pool.other.name == "" || pool.other.password == "" {
		return s.skip("it takes another user: --set second_username=… --set second_password=…")
	}
	s.theirs, err = s.cognitoSignIn(&actor{name: actorSomebody}, pool.other, pool.client)
	return err
}

// tokens reads both tokens of the session that the scenario speaks of.
func (s *cognitoScenario) tokens() (access, id *contract.Token, err error) {
	if s.mine == nil {
		return nil, nil, s.wrong("nobody is signed in to the pool")
	}
	op := s.run.contract.Operation("respondToAuthChallenge")
	for _, t := range []struct {
		member, text string
		to           **contract.Token
	}{{"AccessToken", s.mine.access, &access}, {"IdToken", s.mine.id, &id}} {
		read, ok := contract.ReadToken(t.text)
		if !ok {
			return nil, nil, s.blockBy(successRule(op) + ".AuthenticationResult." + t.member + ".algorithm")
		}
		*t.to = read
	}
	return access, id, nil
}

func (s *cognitoScenario) twoKeys() error {
	access, id, err := s.tokens()
	if err != nil {
		return err
	}
	a, i := textOf(access.Header["kid"]), textOf(id.Header["kid"])
	s.demandOf("token.two-keys", a != i, "two key ids", fmt.Sprintf("both tokens name %q", a))
	return nil
}

func (s *cognitoScenario) plainHeaders() error {
	access, id, err := s.tokens()
	if err != nil {
		return err
	}
	for _, t := range []struct {
		name  string
		token *contract.Token
	}{{"access token", access}, {"id token", id}} {
		got := strings.Join(sortedKeys(t.token.Header), ", ")
		s.demandOf("token.no-typ", got == "alg, kid", "the members alg and kid in the header of the "+t.name, got)
	}
	return nil
}

func (s *cognitoScenario) keyIDs() error {
	access, id, err := s.tokens()
	if err != nil {
		return err
	}
	for _, token := range []*contract.Token{access, id} {
		kid := textOf(token.Header["kid"])
		raw, err := base64.StdEncoding.DecodeString(kid)
		s.demandOf("token.key-ids", err == nil && len(raw) == 32, "a key id of 32 bytes in standard base64, with padding", contract.Show(token.Header["kid"]))
	}
	return nil
}

// words splits "sub, iss and exp".
func words(list string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(list, " and ", ","), func(r rune) bool { return r == ',' || r == ' ' })
}

func (s *cognitoScenario) compare(names string, equal bool) error {
	access, id, err := s.tokens()
	if err != nil {
		return err
	}
	for _, name := range words(names) {
		a, i := contract.Show(access.Claims[name]), contract.Show(id.Claims[name])
		_, thereA := access.Claims[name]
		_, thereI := id.Claims[name]
		if !thereA || !thereI {
			continue // a finding of its own
		}
		if equal {
			s.demandOf("token.one-sign-in", a == i, "the same "+name+" in both tokens", a+" in the access token, "+i+" in the id token")
		} else {
			s.demandOf("token.one-sign-in", a != i, "two different "+name, a+" in both tokens")
		}
	}
	return nil
}

func (s *cognitoScenario) momentOfSignIn() error {
	access, id, err := s.tokens()
	if err != nil {
		return err
	}
	now, within := targetTime(s.mine.at)
	const reading = 2 // seconds between signing and answering, and of rounding
	for _, token := range []*contract.Token{access, id} {
		for _, name := range []string{"auth_time", "iat"} {
			at, ok := contract.Number(token.Claims[name])
			off := at - float64(now.Unix())
			most := within.Seconds() + reading
			if ok && (off > most || off < -most) {
				s.demand(false, fmt.Sprintf("%s %d, the moment of the sign-in", name, now.Unix()), contract.Show(token.Claims[name]))
			}
		}
	}
	return nil
}

func (s *cognitoScenario) namesUserAndClient() error {
	access, id, err := s.tokens()
	if err != nil {
		return err
	}
	pool, err := s.cognitoPool()
	if err != nil {
		return err
	}
	for _, claim := range []struct {
		token      *contract.Token
		name, want string
	}{
		{access, "username", pool.user.name},
		{access, "client_id", pool.client},
		{id, "cognito:username", pool.user.name},
		{id, "aud", pool.client},
	} {
		s.demandOf("token.names-user-and-client", textOf(claim.token.Claims[claim.name]) == claim.want, claim.name+" "+contract.Show(claim.want), contract.Show(claim.token.Claims[claim.name]))
	}
	return nil
}

func (s *cognitoScenario) noAudience() error {
	access, _, err := s.tokens()
	if err != nil {
		return err
	}
	aud, there := access.Claims["aud"]
	s.demandOf("token.access-without-aud", !there, "an access token without aud", contract.Show(aud))
	return nil
}

// accessClaims are the claims of an access token: the recorded ones, and those
// that AWS documents beside them.
var accessClaims = map[string]bool{
	"sub": true, "iss": true, "client_id": true, "origin_jti": true, "event_id": true, "token_use": true, "scope": true, "auth_time": true,
	"exp": true, "iat": true, "jti": true, "username": true, "version": true, "cognito:groups": true, "device_key": true,
}

func (s *cognitoScenario) claimsOfKind() error {
	access, id, err := s.tokens()
	if err != nil {
		return err
	}
	const rule = "token.claims-of-its-kind"
	for _, name := range sortedKeys(access.Claims) {
		if name != "aud" { // a finding of its own
			s.demandOf(rule, accessClaims[name], "the claims of an access token", "the claim "+name)
		}
	}
	for _, name := range []string{"client_id", "scope", "username"} {
		_, there := id.Claims[name]
		s.demandOf(rule, !there, "an id token without "+name, contract.Show(id.Claims[name]))
	}
	return nil
}

func (s *cognitoScenario) keySize() error {
	access, id, err := s.tokens()
	if err != nil {
		return err
	}
	for _, token := range []*contract.Token{access, id} {
		const least = 2048 // bits: a signature is as long as the key that made it
		bits := 8 * len(token.Signature)
		s.demandOf("token.key-size", bits >= least || token.Header["alg"] != "RS256", fmt.Sprintf("a signature of %d bits", least), fmt.Sprintf("one of %d", bits))
	}
	return nil
}

func (s *cognitoScenario) issuerOfPool() error {
	access, id, err := s.tokens()
	if err != nil {
		return err
	}
	pool, err := s.cognitoPool()
	if err != nil {
		return err
	}
	for _, token := range []*contract.Token{access, id} {
		iss := textOf(token.Claims["iss"])
		s.demandOf("token.issuer-of-pool", strings.HasSuffix(iss, "/"+pool.id), "an issuer that ends in /"+pool.id, contract.Show(token.Claims["iss"]))
	}
	s.demandOf("token.issuer-of-pool", textOf(access.Claims["iss"]) == textOf(id.Claims["iss"]), "one issuer in both tokens", contract.Show(access.Claims["iss"])+" and "+contract.Show(id.Claims["iss"]))
	return nil
}

func (s *cognitoScenario) expiresIn() error {
	access, _, err := s.tokens()
	if err != nil {
		return err
	}
	told, isNumber := contract.Number(s.mine.value["ExpiresIn"])
	exp, _ := contract.Number(access.Claims["exp"])
	iat, _ := contract.Number(access.Claims["iat"])
	const reading = 2 // seconds that the answer may be late
	if isNumber {
		off := told - (exp - iat)
		s.demandOf("token.expires-in", off <= reading && off >= -reading, fmt.Sprintf("ExpiresIn %v, as exp and iat have it", exp-iat), contract.Show(s.mine.value["ExpiresIn"]))
	}
	return nil
}

// keySet fetches the pool's keys: by key id, and whole.
func (s *cognitoScenario) keySet() (map[string]*rsa.PublicKey, []any, error) {
	pool, err := s.cognitoPool()
	if err != nil {
		return nil, nil, err
	}
	c, err := s.cognitoDo("getKeySet", s.i(), request{id: pool.id})
	if err != nil {
		return nil, nil, err
	}
	m, _ := c.value.(map[string]any)
	list, _ := m["keys"].([]any)
	keys := map[string]*rsa.PublicKey{}
	for _, entry := range list {
		jwk, _ := entry.(map[string]any)
		n, errN := base64.RawURLEncoding.DecodeString(strings.TrimRight(textOf(jwk["n"]), "="))
		e, errE := base64.RawURLEncoding.DecodeString(strings.TrimRight(textOf(jwk["e"]), "="))
		const longest, longestExponent = 2048, 4 // bytes: a key of 16384 bits, beyond which a check would take minutes
		if errN == nil && errE == nil && len(n) > 0 && len(n) <= longest && len(e) > 0 && len(e) <= longestExponent {
			keys[textOf(jwk["kid"])] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		}
	}
	return keys, list, nil
}

func (s *cognitoScenario) tokensVerify() error {
	access, id, err := s.tokens()
	if err != nil {
		return err
	}
	keys, _, err := s.keySet()
	if err != nil {
		return err
	}
	for _, t := range []struct {
		name, text string
		token      *contract.Token
	}{{"access token", s.mine.access, access}, {"id token", s.mine.id, id}} {
		kid := textOf(t.token.Header["kid"])
		key := keys[kid]
		if key == nil {
			s.demandOf("token.keys-published", false, fmt.Sprintf("the key %q of the %s in the key set", kid, t.name), "it is not there")
			continue
		}
		signed, _, _ := cutLast(t.text, ".")
		err := rsa.VerifyPKCS1v15(key, crypto.SHA256, srpHash([]byte(signed)), t.token.Signature)
		s.demandOf("token.keys-published", err == nil, "a signature of the "+t.name+" that verifies with the key "+kid, "it does not")
	}
	return nil
}

func (s *cognitoScenario) refreshTokenIsJWE() error {
	if s.mine == nil {
		return s.wrong("nobody is signed in to the pool")
	}
	if s.mine.refresh == "" {
		return s.blockBy("respondToAuthChallenge.200.AuthenticationResult.RefreshToken.required")
	}
	parts := strings.Split(s.mine.refresh, ".")
	const want = "five parts, the header naming RSA-OAEP and A256GCM, then a key, 12 bytes, the content and 16 bytes"
	if len(parts) != 5 {
		s.demand(false, want, fmt.Sprintf("%d parts", len(parts)))
		return nil
	}
	raw := make([][]byte, len(parts))
	for i, part := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			s.demand(false, want, fmt.Sprintf("part %d is no base64url", i+1))
			return nil
		}
	}
	header, err := contract.DecodeStrict(raw[0])
	m, _ := header.(map[string]any)
	s.demand(err == nil && m["alg"] == "RSA-OAEP" && m["enc"] == "A256GCM" && m["cty"] == "JWT", `the header {"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}`, string(raw[0]))
	const smallestKey = 256 // bytes of a wrapped key: RSA of 2048 bits
	s.demand(len(raw[1]) >= smallestKey && len(raw[2]) == 12 && len(raw[3]) > 0 && len(raw[4]) == 16, want,
		fmt.Sprintf("parts of %d, %d, %d and %d bytes behind the header", len(raw[1]), len(raw[2]), len(raw[3]), len(raw[4])))
	return nil
}
