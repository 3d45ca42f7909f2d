package cognito

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"assay/mockserver/idp/config"
)

// Tokens are what a sign-in or a refresh gives.
type Tokens struct {
	Access, ID string
	Refresh    string // empty where a refresh gives no new one
	ExpiresIn  int64  // seconds
}

// signIn opens a session for a user who proved the password.
func (e *Engine) signIn(client config.CognitoClient, who *user) *Tokens {
	now := e.now()
	s := session{
		origin: e.uuid(), event: e.uuid(), user: who.name, client: client.ID,
		authTime: now.Unix(), expires: now.Add(e.terms.Load().Refresh),
	}
	tokens := e.tokens(s, who)
	tokens.Refresh = e.refreshToken(s)
	s.refresh = sha256.Sum256([]byte(tokens.Refresh))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sessions.add(s, now)
	return tokens
}

// tokens makes the access token and the id token of a session, of this moment.
func (e *Engine) tokens(s session, who *user) *Tokens {
	access, id, _ := e.keys.wait()
	if !e.obeys("token.two-keys") {
		id = access
	}
	now := e.now().Unix()
	return &Tokens{
		Access:    e.sign(access, e.claims(e.terms.Load().Access, "access", s, who, now)),
		ID:        e.sign(id, e.claims(e.terms.Load().ID, "id", s, who, now)),
		ExpiresIn: int64(e.terms.Load().Access.Lifetime / time.Second),
	}
}

// A claim as it is written: a name and a JSON text.
type claim struct {
	name string
	text []byte
}

// claims writes the claims that the contract names, in its order; in an id
// token the user's other attributes follow.
func (e *Engine) claims(t Token, use string, s session, who *user, now int64) []claim {
	values := map[string]any{
		"sub": who.sub(), "iss": e.pool.issuer, "client_id": s.client, "aud": s.client,
		"origin_jti": s.origin, "event_id": s.event, "jti": e.uuid(), "token_use": use,
		"scope": adminScope, "auth_time": s.authTime, "iat": now, "exp": now + int64(t.Lifetime/time.Second),
		"username": s.user, "cognito:username": s.user,
	}
	var claims []claim
	named := map[string]bool{"sub": true}
	for _, c := range t.Claims {
		named[c.Name] = true
		value, ours := values[c.Name]
		if attribute, has := who.attributes.Get(c.Name); has && !ours {
			value, ours = attribute, true
		}
		if ours {
			claims = append(claims, claim{c.Name, typed(value, c.Type)})
		}
	}
	if use == "id" {
		for _, a := range who.attributes {
			if !named[a.Name] {
				claims = append(claims, claim{a.Name, typed(a.Value, naturalType(a.Name))})
			}
		}
	}
	return claims
}

// adminScope is what a sign-in by this API lets a token do: all of the user's own.
const adminScope = "aws.cognito.signin.user.admin"

// naturalType is how Cognito writes an attribute that the contract does not name.
func naturalType(attribute string) string {
	switch {
	case strings.HasSuffix(attribute, "_verified"):
		return "boolean"
	case attribute == "updated_at":
		return "integer"
	}
	return "string"
}

// typed writes a value as JSON of the type asked for, where it can be read as one.
func typed(value any, kind string) []byte {
	if text, is := value.(string); is {
		switch kind {
		case "boolean":
			if b, err := strconv.ParseBool(text); err == nil {
				value = b
			}
		case "integer":
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				value = n
			}
		}
	} else if n, is := value.(int64); is && kind == "string" {
		value = strconv.FormatInt(n, 10)
	}
	return jsonText(value)
}

// jsonText writes JSON as the recorded tokens have it: "/" escaped, "<", ">" and "&" not.
func jsonText(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // strings, booleans and integers can be written
	}
	return bytes.ReplaceAll(bytes.TrimSuffix(b.Bytes(), []byte("\n")), []byte("/"), []byte(`\/`))
}

func claimsObject(claims []claim) []byte {
	b := []byte{'{'}
	for i, c := range claims {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, jsonText(c.name)...)
		b = append(b, ':')
		b = append(b, c.text...)
	}
	return append(b, '}')
}

// sign writes a JWT whose header is the recorded one: kid before alg, and no typ.
func (e *Engine) sign(s signer, claims []claim) string {
	header := `{"kid":"` + s.kid + `","alg":"RS256"}`
	if !e.obeys("token.no-typ") {
		header = `{"kid":"` + s.kid + `","typ":"JWT","alg":"RS256"}`
	}
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(claimsObject(claims))
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err) // the key is of our making and the digest of the right size
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (e *Engine) uuid() string { return uuidOf(e.bytes(16)) }
