package steps

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"assay/contract"
)

// access and id are the tokens that the application holds.
func (s *signing) access() string { return textOf(s.tokens["access_token"]) }

func (s *signing) id() string { return textOf(s.tokens["id_token"]) }

// readable is the access token taken apart; the scenario is skipped where it is opaque, as
// a token is to its bearer, and no document shows otherwise.
func (s *signing) readable() (*contract.Token, error) {
	if t, ok := contract.ReadToken(s.access()); ok {
		return t, nil
	}
	return nil, s.w.skip("the target's access tokens are opaque")
}

// idToken is the id token taken apart.
func (s *signing) idToken() (*contract.Token, error) {
	if t, ok := contract.ReadToken(s.id()); ok {
		return t, nil
	}
	if r := s.w.run.contract.Rule("token.200.id_token.required"); len(s.w.findings) > 0 || s.counts(r) {
		return nil, s.w.block("no id token came")
	}
	s.breaks("an id token that is a JWT", s.last)
	return nil, s.w.block("no id token came")
}

// publicKey is the key of the target's key set that a token names; nil for none. It blocks
// where the key set cannot be read.
func (s *signing) publicKey(t *contract.Token) (*rsa.PublicKey, error) {
	kid := textOf(t.Header["kid"])
	c := s.send("keySet", http.MethodGet, s.address("keySet"), "", nil)
	if err := s.must(c, "the key set cannot be had"); err != nil {
		return nil, err
	}
	if len(c.breached) > 0 {
		return nil, s.w.block("the key set is malformed")
	}
	set, _ := c.value.(map[string]any)
	list, _ := set["keys"].([]any)
	for _, k := range list {
		m, _ := k.(map[string]any)
		if textOf(m["kty"]) == "RSA" && (textOf(m["kid"]) == kid || kid == "" && len(list) == 1) {
			return rsaKey(textOf(m["n"]), textOf(m["e"])), nil
		}
	}
	return nil, nil
}

func rsaKey(n, e string) *rsa.PublicKey {
	modulus, err1 := base64.RawURLEncoding.DecodeString(strings.TrimRight(n, "="))
	exponent, err2 := base64.RawURLEncoding.DecodeString(strings.TrimRight(e, "="))
	const longest = 2048 // bytes: beyond any key in use
	if err1 != nil || err2 != nil || len(modulus) == 0 || len(modulus) > longest || len(exponent) == 0 || len(exponent) > 4 {
		return nil
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}
}

// verifies reports whether the key signed the token with RS256.
func verifies(token string, key *rsa.PublicKey) bool {
	head, signature, ok := cutLast(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	return ok && err == nil && jwt.SigningMethodRS256.Verify(head, raw, key) == nil
}

// ownKey is a key that no target knows. It is made once a process.
var ownKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("steps: no key can be made: " + err.Error()) // the system's randomness never fails
	}
	return key
})

// forged returns a token that must not be taken, made from the access token.
func (s *signing) forged(how string) (string, error) {
	token := s.access()
	if how == "with a tampered signature" {
		return breakSignature(token), nil
	}
	t, err := s.readable()
	if err != nil {
		return "", err
	}
	switch how {
	case "with a changed payload":
		return changePayload(token), nil
	case "with the algorithm none":
		h := encodeSegment(withMember(t.Header, "alg", "none"))
		return h + "." + strings.Split(token, ".")[1] + ".", nil
	case "signed with HS256 and the public key":
		return s.symmetric(t, token)
	case "of an unknown key":
		input := encodeSegment(withMember(t.Header, "kid", "no-such-key")) + "." + strings.Split(token, ".")[1]
		signature, err := jwt.SigningMethodRS256.Sign(input, ownKey())
		if err != nil {
			return "", err
		}
		return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
	}
	return "", s.w.wrong("no token is forged %q", how)
}

// symmetric takes the public key, as PEM, for the secret of an HMAC (RFC 8725 §2.1).
func (s *signing) symmetric(t *contract.Token, token string) (string, error) {
	if alg := textOf(t.Header["alg"]); strings.HasPrefix(alg, "HS") {
		return "", s.w.skip("the target signs its access tokens with " + alg)
	}
	key, err := s.publicKey(t)
	if err != nil {
		return "", err
	}
	if key == nil {
		return "", s.w.skip("the access token's key is not in the key set")
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", s.w.skip("the access token's key is no RSA key that can be written")
	}
	input := encodeSegment(withMember(t.Header, "alg", "HS256")) + "." + strings.Split(token, ".")[1]
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

func withMember(m map[string]any, name string, value any) map[string]any {
	out := make(map[string]any, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	out[name] = value
	return out
}

// show calls a resource with a token, in one or more of the ways of RFC 6750 §2.
func (s *signing) show(resource, what string) error {
	if err := s.meantFor(resource); err != nil {
		return err
	}
	header, query, body, method := map[string]string{"Accept": "application/json"}, "", "", http.MethodGet
	token := s.access()
	bearer := "Bearer "
	if what == "my access token" && s.byQuery(resource) {
		bearer, query = "", "?access_token="+url.QueryEscape(token)
	}
	kind, how, _ := strings.Cut(what, " token ")
	switch {
	case what == "no token":
		s.send(resource, method, s.address(resource), "", header)
		return nil
	case what == "my id token":
		token = s.id()
	case kind == "a" && strings.HasPrefix(what, "a token "):
		forged, err := s.forged(how)
		if err != nil {
			return err
		}
		token = forged
	case how == "under the scheme bearer":
		bearer = "bearer "
	case how == "in the query":
		bearer, query = "", "?access_token="+token
	case how == "by POST":
		method = http.MethodPost
	case how == "in the form":
		bearer, body, method = "", "access_token="+token, http.MethodPost
	case how == "in the header and the form":
		body, method = "access_token="+token, http.MethodPost
	case how == "in the header and the query":
		query = "?access_token=" + token
	case what != "my access token" && how != "in the header":
		return s.w.wrong("nothing is shown as %q", what)
	}
	if bearer != "" {
		header["Authorization"] = bearer + token
	}
	op := resource
	if method == http.MethodPost {
		header["Content-Type"] = formType
		op = ""
		if s.w.run.contract.Operation(resource+"ByForm") != nil {
			op = resource + "ByForm"
		}
	}
	s.send(op, method, s.address(resource)+query, body, header)
	s.plain = what == "my access token"
	return nil
}

// letIn demands that the token just shown was taken. A plain call that fails is a fault of
// the resource's own rule, and stands in the way of all others.
func (s *signing) letIn() error {
	c := s.last
	if err := s.w.there(c); err != nil {
		return err
	}
	switch {
	case c.class() == success:
		s.examine(c)
	case s.plain:
		return s.must(c, c.op.ID+" does not answer a plain call")
	default:
		s.notThere(c)
		s.breaks("an answer of success", c)
	}
	return nil
}

// apiThere skips the scenario where the target has no API behind its tokens, and blocks it
// where a valid token is not let in: what the API refuses then says nothing.
func (s *signing) apiThere() error {
	if err := s.show("protectedResource", "my access token"); err != nil {
		return err
	}
	c := s.last
	missing := c.status() == http.StatusNotFound || c.status() == http.StatusMethodNotAllowed
	own := s.w.run.options.Own || s.w.run.options.Settings["resource"] != ""
	switch {
	case s.provider.foreign != "" && c.status() != http.StatusOK, missing && !own: // the recorded API is an application of its own
		return s.w.skip("the target has no " + c.op.Path)
	case s.judgesAPI():
		return nil
	}
	return s.must(c, "the API does not let in who has a valid token")
}

// judgesAPI reports whether the scenario is about the API letting in at all.
func (s *signing) judgesAPI() bool {
	r := s.w.rule()
	return r != nil && r.Operation == "protectedResource"
}

// byQuery reports whether the contract documents the token in the query.
func (s *signing) byQuery(resource string) bool {
	op := s.w.run.contract.Operation(resource)
	return s.provider.foreign == "" && op != nil && slices.ContainsFunc(op.Params, func(p *contract.Param) bool { return p.In == "query" && p.Name == "access_token" })
}

// meantFor skips the scenario where another provider's access token says itself that it is
// for another resource than userinfo: nobody must take it there (RFC 9068 §4).
func (s *signing) meantFor(resource string) error {
	t, ok := contract.ReadToken(s.access())
	if !ok || resource != "userInfo" || s.provider.foreign == "" {
		return nil
	}
	for _, audience := range audiencesOf(t) {
		if audience == s.client.id || audience == s.provider.issuer || audience == s.address("userInfo") {
			return nil
		}
	}
	return s.w.skip("the target's access tokens are for " + strings.Join(audiencesOf(t), ", "))
}

func audiencesOf(t *contract.Token) []string {
	list, ok := t.Claims["aud"].([]any)
	if !ok {
		list = []any{t.Claims["aud"]}
	}
	var out []string
	for _, v := range list {
		out = append(out, textOf(v))
	}
	return out
}

// accessHash is at_hash of an access token (OpenID Connect Core §3.1.3.6).
func accessHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// claimText words a claim for a finding.
func claimText(t *contract.Token, name string) string {
	v, ok := t.Claims[name]
	if !ok {
		return name + " is not there"
	}
	return fmt.Sprintf("%s is %s", name, contract.Show(v))
}
