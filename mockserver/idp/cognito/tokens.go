package cognito

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"assay/mockserver"
	"assay/mockserver/idp/config"
)

// Tokens are what a sign-in or a refresh gives.
type Tokens struct {
	Access, ID string
	Refresh    string // empty where a refresh gives no new one
	ExpiresIn  int64  // seconds
}

// The operations that give tokens; each may have terms of its own.
const (
	answerOfSignIn   = "respondToAuthChallenge"
	answerOfRefresh  = "initiateAuth"
	answerOfExchange = "getTokensFromRefreshToken"
)

// signIn opens a session for a user who proved the password.
func (e *Engine) signIn(client config.CognitoClient, who *user) *Tokens {
	now := e.now()
	s := session{
		origin: e.uuid(), event: e.uuid(), user: who.name, client: client.ID,
		authTime: now.Unix(), expires: now.Add(e.terms.Load().Refresh),
	}
	tokens := e.tokens(s, who, answerOfSignIn)
	tokens.Refresh = e.refreshToken(s)
	s.refresh = sha256.Sum256([]byte(tokens.Refresh))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sessions.add(s, now)
	return tokens
}

// tokens makes the access token and the id token of a session, of this moment.
func (e *Engine) tokens(s session, who *user, answer string) *Tokens {
	access, id := e.signers()
	if !e.obeys("token.two-keys") {
		id = access
	}
	terms := e.terms.Load().Answers[answer]
	now := e.now().Unix()
	if e.ledger != nil {
		if set := e.ledger.TokenLifetime(); set > 0 {
			terms.Access.Lifetime = set
		}
	}
	lifetime := int64(terms.Access.Lifetime / time.Second)
	tokens := &Tokens{
		Access:    e.sign(access, terms.Access, e.claims(terms.Access, "access", answer, s, who, now)),
		ID:        e.sign(id, terms.ID, e.claims(terms.ID, "id", answer, s, who, now)),
		ExpiresIn: lifetime,
	}
	if e.ledger != nil {
		e.ledger.Gave(&mockserver.Token{Raw: tokens.Access, User: who.sub(), Expires: time.Unix(now+lifetime, 0).UTC()})
	}
	return e.unsaidOfTokens(tokens, answer)
}

// claims writes the claims that the contract names, in its order and types; in
// an id token the user's other attributes follow.
func (e *Engine) claims(t Token, use, answer string, s session, who *user, now int64) []byte {
	values := []claim{
		{"sub", who.sub()},
		{"iss", e.issuer()},
		{"client_id", s.client},
		{"aud", s.client},
		{"origin_jti", s.origin},
		{"event_id", s.event},
		{"jti", e.uuid()},
		{"token_use", use},
		{"scope", adminScope},
		{"auth_time", s.authTime},
		{"iat", now},
		{"exp", now + int64(t.Lifetime/time.Second)},
		{"username", s.user},
		{"cognito:username", s.user},
	}
	if use == "id" {
		for _, a := range who.attributes[1:] { // sub stands there already
			values = append(values, claim{a.Name, natural(a)})
		}
	}
	values = e.unsaidOfClaims(values, use, answer)
	payload := mockserver.Shaped(t.Claims, claimsObject(values))
	if use == "access" && !e.obeys("token.access-without-aud") {
		payload = beside(payload, claimsObject([]claim{{"aud", s.client}}))
	}
	if use == "access" && !e.obeys("token.claims-of-its-kind") {
		payload = beside(payload, claimsObject([]claim{{"cognito:username", s.user}}))
	}
	if use == "id" {
		payload = beside(payload, claimsObject(e.unnamed(t, who)))
	}
	return bytes.ReplaceAll(payload, []byte("/"), []byte(`\/`)) // as the recorded tokens have it; no "/" stands outside a string
}

// unnamed are the attributes that the contract does not name.
func (e *Engine) unnamed(t Token, who *user) (claims []claim) {
	for _, a := range who.attributes[1:] {
		if t.Claims != nil && t.Claims.Property(a.Name) == nil && !t.Claims.Closed && !recorded[a.Name] {
			claims = append(claims, claim{a.Name, natural(a)})
		}
	}
	return claims
}

// recorded are the attributes of the recorded user: where the contract does
// not name one of them any more, it is meant to be gone.
var recorded = map[string]bool{"custom:identity_pool": true, "email_verified": true, "email": true}

// adminScope is what a sign-in by this API lets a token do: all of the user's own.
const adminScope = "aws.cognito.signin.user.admin"

// natural is an attribute's value as Cognito writes it into an id token.
func natural(a config.Attribute) any {
	switch {
	case strings.HasSuffix(a.Name, "_verified"):
		return a.Value == "true"
	case a.Name == "updated_at":
		if n, err := strconv.ParseInt(a.Value, 10, 64); err == nil {
			return n
		}
	}
	return a.Value
}

// A claim of a token.
type claim struct {
	name  string
	value any // string, bool or int64
}

// claimsObject writes claims as a JSON object, in their order.
func claimsObject(claims []claim) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	write := func(v any) {
		if err := encoder.Encode(v); err != nil {
			panic(err) // strings, booleans and integers can be written
		}
		b.Truncate(b.Len() - 1) // the encoder ends with a newline
	}
	b.WriteByte('{')
	for i, c := range claims {
		if i > 0 {
			b.WriteByte(',')
		}
		write(c.name)
		b.WriteByte(':')
		write(c.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// beside writes the members of two objects as one.
func beside(first, second []byte) []byte {
	switch {
	case len(second) == len("{}"):
		return first
	case len(first) == len("{}"):
		return second
	}
	return append(append(first[:len(first)-1:len(first)-1], ','), second[1:]...)
}

// sign writes a JWT whose header is the recorded one: kid before alg, and no typ.
func (e *Engine) sign(s signer, t Token, payload []byte) string {
	header := e.unsaidOfHeader(`{"kid":"` + e.kid(s) + `","alg":"` + t.Algorithm + `"}`)
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return input + "." + base64.RawURLEncoding.EncodeToString(e.signature(s, t.Algorithm, input))
}

func (e *Engine) signature(s signer, algorithm, input string) []byte {
	if algorithm == "HS256" {
		mac := hmac.New(sha256.New, e.tokenKey)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err) // the key is of our making and the digest of the right size
	}
	return signature
}

func (e *Engine) uuid() string { return uuidOf(e.bytes(16)) }
