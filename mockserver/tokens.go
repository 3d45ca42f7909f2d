package mockserver

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"assay/contract"
)

// tokens issues and checks the access tokens of a contract. What it remembers
// follows from a token alone, never from a world, so that all worlds of a mock
// share it.
type tokens struct {
	keys     *Keys
	obeys    obeyed
	methods  []string      // the algorithms of the contract's x-jwt
	lifetime *atomic.Int64 // of new tokens, in nanoseconds, where it is not the contract's; 0 else
	parser   *jwt.Parser

	verified sync.Map // token → *Token
	count    atomic.Int64
	// What was issued by its parts, kept only where a sentence about tokens is
	// missing: then one part is taken on trust when the other is known.
	payloads   sync.Map // "header.payload" → *Token
	signatures sync.Map // signature → *Token
}

// mostVerified bounds how many tokens are remembered, about a kilobyte each.
// Beyond it all are forgotten: checking one again costs 50 µs.
const mostVerified = 1 << 14

// tokenSpec is the x-jwt of one answer.
type tokenSpec struct {
	method   jwt.SigningMethod
	header   string // encoded
	lifetime time.Duration
	claims   []*member // nil when the contract names none
}

// defaultLifetime holds where neither the contract nor the options say one.
const defaultLifetime = time.Hour

// hasKeyFor reports whether the mock has a key for the algorithm.
func hasKeyFor(method jwt.SigningMethod) bool {
	switch method.(type) {
	case *jwt.SigningMethodRSA, *jwt.SigningMethodRSAPSS, *jwt.SigningMethodHMAC:
		return true
	}
	return false
}

func newTokenSpec(s *contract.Schema, all shapes) (*tokenSpec, error) {
	spec := &tokenSpec{method: jwt.SigningMethodRS256, lifetime: defaultLifetime}
	if s.JWT == nil {
		return spec.finish(), nil
	}
	if s.JWT.Algorithm != "" {
		spec.method = jwt.GetSigningMethod(s.JWT.Algorithm)
		if spec.method == nil || !hasKeyFor(spec.method) {
			return nil, fmt.Errorf("line %d: tokens signed with %q cannot be made: choose RS256, RS384, RS512, PS256, PS384, PS512, HS256, HS384 or HS512", s.JWT.Line, s.JWT.Algorithm)
		}
	}
	if s.JWT.Lifetime > 0 {
		spec.lifetime = time.Duration(min(s.JWT.Lifetime, int64(maxLifetime/time.Second))) * time.Second
	}
	if s.JWT.Claims != nil {
		spec.claims = all.of(s.JWT.Claims).members
	}
	return spec.finish(), nil
}

// maxLifetime keeps a moment in the future within what a time can hold.
const maxLifetime = 100 * 365 * 24 * time.Hour

func (spec *tokenSpec) finish() *tokenSpec {
	spec.header = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"typ":"JWT","alg":%q}`, spec.method.Alg()))
	return spec
}

func newTokens(keys *Keys, obeys obeyed, specs []*tokenSpec) *tokens {
	t := &tokens{keys: keys, obeys: obeys}
	for _, s := range specs {
		t.methods = append(t.methods, s.method.Alg())
	}
	// What is found here is remembered whatever the time: exp is judged by each
	// world's clock whenever the token comes, see check and tokenOf.
	t.parser = jwt.NewParser(jwt.WithValidMethods(t.methods), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	return t
}

// needsRSA reports whether a key must be made.
func (t *tokens) needsRSA() bool {
	for _, m := range t.methods {
		if !strings.HasPrefix(m, "HS") {
			return true
		}
	}
	return false
}

func (t *tokens) key(method jwt.SigningMethod) (sign, verify any, err error) {
	if _, ok := method.(*jwt.SigningMethodHMAC); ok {
		return t.keys.Secret(), t.keys.Secret(), nil
	}
	key, err := t.keys.RSA()
	if err != nil {
		return nil, nil, err
	}
	return key, &key.PublicKey, nil
}

// issue signs an access token for a user. The first one waits for the key.
func (t *tokens) issue(w *World, spec *tokenSpec, u *User) (*Token, error) {
	return t.issueFor(w, spec, u, t.lifetimeOf(spec))
}

func (t *tokens) lifetimeOf(spec *tokenSpec) time.Duration {
	if set := t.lifetime.Load(); set > 0 {
		return time.Duration(set)
	}
	return spec.lifetime
}

func (t *tokens) issueFor(w *World, spec *tokenSpec, u *User, lifetime time.Duration) (*Token, error) {
	now := w.Now()
	for expires := now.Add(lifetime); ; expires = expires.Add(time.Second) {
		payload := spec.payload(w, u, now, expires)
		signing := spec.header + "." + base64.RawURLEncoding.EncodeToString(payload)
		key, _, err := t.key(spec.method)
		if err != nil {
			return nil, err
		}
		signed, err := spec.method.Sign(signing, key)
		if err != nil {
			return nil, fmt.Errorf("the access token cannot be signed: %w", err)
		}
		sealed := base64.RawURLEncoding.EncodeToString(signed)
		token := &Token{Raw: signing + "." + sealed, User: u.ID, Expires: time.Unix(expires.Unix(), 0).UTC()}
		// Two tokens of one user and second are the same text. Where that text
		// is revoked already, the next second gives another.
		if w.denies(token.Raw) != "" {
			continue
		}
		token.Claims, _ = decodedObject(payload)
		t.remember(token)
		w.gave(token)
		if t.trusts() {
			t.payloads.Store(signing, token)
			t.signatures.Store(sealed, token)
		}
		return token, nil
	}
}

// trusts reports whether a missing sentence makes the mock take one part of a
// token on trust.
func (t *tokens) trusts() bool { return !t.obeys[saySignature] || !t.obeys[sayPayload] }

func decodedObject(raw []byte) (map[string]any, bool) {
	v, err := contract.DecodeStrict(raw)
	m, ok := v.(map[string]any)
	return m, ok && err == nil
}

// payload writes the claims in the contract's order.
func (spec *tokenSpec) payload(w *World, u *User, now, expires time.Time) []byte {
	members := spec.claims
	if members == nil {
		members = defaultClaims
	}
	fields := fieldsOf(u.Doc)
	out := []byte{'{'}
	for _, m := range members {
		mark := len(out)
		out = appendKey(out, 1, m.key)
		var ok bool
		if out, ok = appendClaim(out, m, w, u, fields, now, expires); !ok {
			out = out[:mark]
		}
	}
	return append(out, '}')
}

var defaultClaims = []*member{
	newMember("exp", true, &shape{typ: "integer"}), newMember("iat", true, &shape{typ: "integer"}), newMember("sub", true, &shape{typ: "string"}),
}

// appendClaim writes one claim: the registered ones of RFC 7519 §4.1 by their
// meaning, others from the user's record, the schema's default or example.
func appendClaim(dst []byte, m *member, w *World, u *User, fields []field, now, expires time.Time) ([]byte, bool) {
	switch m.name {
	case "exp":
		return appendComputed(dst, expires.Unix(), m.shape), true
	case "iat", "nbf", "auth_time":
		return appendComputed(dst, now.Unix(), m.shape), true
	case "jti":
		return appendComputed(dst, w.NewID(), m.shape), true
	}
	if i := indexOf(fields, m.name); i >= 0 {
		return appendRaw(dst, fields[i].raw, m.shape, nil), true
	}
	if m.computed != nil {
		switch m.computed.Function {
		case "newid":
			return appendComputed(dst, u.ID, m.shape), true
		case "clock":
			return clockForm(m.shape.schema).append(dst, now), true
		}
		if v, ok := m.computed.Evaluate(lookIn(fields, nil)); ok {
			return appendComputed(dst, v, m.shape), true
		}
	}
	switch m.name {
	case "sub", "id", "uid", "user_id", "userId":
		return appendComputed(dst, u.ID, m.shape), true
	}
	if s := m.shape.schema; s != nil {
		switch {
		case s.Default != nil:
			return append(dst, canonical(s.Default, m.shape)...), true
		case len(s.Enum) > 0:
			return append(dst, canonical(s.Enum[0], m.shape)...), true
		case s.Example != nil && m.required:
			return append(dst, canonical(s.Example, m.shape)...), true
		}
	}
	return dst, false
}

// remember keeps a token that is known to be good.
func (t *tokens) remember(token *Token) {
	if t.count.Add(1) > mostVerified {
		t.verified.Clear()
		t.payloads.Clear()
		t.signatures.Clear()
		t.count.Store(1)
	}
	t.verified.Store(token.Raw, token)
}

// Why a token does not count, in words that end a sentence.
var (
	errNoToken     = errors.New("an access token is required")
	errMalformed   = errors.New("the access token is no JSON Web Token")
	errAlgorithm   = errors.New("the access token names another algorithm than ours")
	errSignature   = errors.New("the access token's signature is not ours")
	errExpired     = errors.New("the access token has expired")
	errNoExpiry    = errors.New("the access token has no exp")
	errEarly       = errors.New("the access token has expired") // to its bearer it is the same
	errRevoked     = errors.New("the access token was revoked")
	errUnknownUser = errors.New("the access token's user is unknown")
)

// check returns the token if it is good at this moment of the world.
func (t *tokens) check(w *World, raw string) (*Token, error) {
	token, err := t.verify(raw)
	if err != nil {
		return nil, err
	}
	if t.obeys[sayExpiry] && !token.Expires.IsZero() && !w.Now().Before(token.Expires) {
		return nil, errExpired // at exactly exp it is, RFC 7519 §4.1.4
	}
	if !t.obeys[sayLivesOn] && !w.Now().Add(time.Minute).Before(token.Expires) {
		return nil, errExpired
	}
	switch w.denies(raw) {
	case DeniedEarly:
		return nil, errEarly
	case DeniedRevoked:
		return nil, errRevoked
	}
	return token, nil
}

// verify checks what does not change: form, algorithm, signature.
func (t *tokens) verify(raw string) (*Token, error) {
	if known, ok := t.verified.Load(raw); ok {
		return known.(*Token), nil
	}
	const longest = 16 << 10
	first, last := strings.IndexByte(raw, '.'), strings.LastIndexByte(raw, '.')
	if first < 0 || first == last || len(raw) > longest || strings.Count(raw, ".") != 2 {
		return nil, errMalformed
	}
	if t.trusts() {
		if token, ok := t.trusted(raw, first, last); ok {
			return token, nil
		}
	}
	if token, ok := t.otherAlgorithm(raw); ok {
		return token, nil
	}
	claims := jwt.MapClaims{}
	_, err := t.parser.ParseWithClaims(raw, claims, func(parsed *jwt.Token) (any, error) {
		_, verify, err := t.key(parsed.Method)
		return verify, err
	})
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid) && !t.signsWith(raw[:first]):
		return nil, errAlgorithm
	case errors.Is(err, jwt.ErrTokenMalformed):
		return nil, errMalformed
	case err != nil:
		return nil, errSignature
	}
	token, err := t.tokenOf(raw, claims)
	if err != nil {
		return nil, err
	}
	t.remember(token)
	return token, nil
}

// signsWith reports whether the encoded header names an algorithm of ours.
func (t *tokens) signsWith(header string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		return false
	}
	var h struct {
		Alg string `json:"alg"`
	}
	if json.NewDecoder(bytes.NewReader(raw)).Decode(&h) != nil {
		return false
	}
	for _, m := range t.methods {
		if m == h.Alg {
			return true
		}
	}
	return false
}

// trusted takes a token whose one part was issued, where the sentence about
// the other part is missing.
func (t *tokens) trusted(raw string, first, last int) (*Token, bool) {
	if !t.obeys[saySignature] {
		if issued, ok := t.payloads.Load(raw[:last]); ok {
			return issued.(*Token), true
		}
	}
	if !t.obeys[sayPayload] {
		if _, ok := t.signatures.Load(raw[last+1:]); ok {
			return t.unverified(raw, raw[first+1:last])
		}
	}
	if !t.obeys[saySignature] && !t.obeys[sayPayload] {
		return t.unverified(raw, raw[first+1:last])
	}
	return nil, false
}

// otherAlgorithm takes a token that names an algorithm other than ours, "none"
// too, unverified, where the sentence about it is missing.
func (t *tokens) otherAlgorithm(raw string) (*Token, bool) {
	if t.obeys[sayAlgorithm] {
		return nil, false
	}
	parts := strings.Split(raw, ".")
	if t.signsWith(parts[0]) {
		return nil, false
	}
	return t.unverified(raw, parts[1])
}

func (t *tokens) unverified(raw, payload string) (*Token, bool) {
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(payload, "="))
	if err != nil {
		return nil, false
	}
	claims, ok := decodedObject(text)
	if !ok {
		return nil, false
	}
	token, err := t.tokenOf(raw, claims)
	return token, err == nil
}

// tokenOf reads who a token stands for and until when.
func (t *tokens) tokenOf(raw string, claims map[string]any) (*Token, error) {
	token := &Token{Raw: strings.Clone(raw), Claims: claims}
	exp, ok := contract.Number(claims["exp"])
	switch {
	case ok:
		token.Expires = time.Unix(int64(exp), 0).UTC()
	case t.obeys[sayExpiry]:
		return nil, errNoExpiry
	}
	for _, name := range []string{"sub", "id", "uid", "user_id", "userId"} {
		if id, ok := claims[name].(string); ok && id != "" {
			token.User = id
			return token, nil
		}
	}
	return token, nil
}

// broken returns the token's text with another signature.
func (token *Token) broken() string {
	at := strings.LastIndexByte(token.Raw, '.') + 1
	flipped := byte('A')
	if token.Raw[at] == flipped {
		flipped = 'B'
	}
	return token.Raw[:at] + string(flipped) + token.Raw[at+1:]
}
