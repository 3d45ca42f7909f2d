package oidc

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// longestToken bounds a token that is looked at, in bytes.
const longestToken = 16 << 10

// A Guard is the check that stands before a resource (RFC 6750, RFC 8725, RFC 9068 §4).
// It serves any provider whose access tokens are JWTs.
type Guard struct {
	Key     func(id string) *rsa.PublicKey // by kid; nil for an unknown one
	Issuers []string
	// Audiences are those that the resource answers for, compared with aud, or with
	// client_id where tokens have no aud. Empty takes any.
	Audiences  []string
	Algorithms []string // that tokens may be signed with; empty for RS256 alone
	Permission string   // that the permissions claim must hold; empty for none
	Now        func() time.Time
	Obeys      func(rule string) bool // nil obeys all
}

// Claims are those of a verified token.
type Claims = jwt.MapClaims

func (g *Guard) obeys(rule string) bool { return g.Obeys == nil || g.Obeys(rule) }

func invalidToken(why string) *Error { return &Error{http.StatusUnauthorized, "invalid_token", why} }

// Check verifies an access token and what it may.
func (g *Guard) Check(token string) (Claims, *Error) {
	claims, fault := g.verify(token)
	if fault != nil {
		return nil, fault
	}
	switch {
	case g.obeys(ResourceIssuer) && !slices.ContainsFunc(g.Issuers, func(known string) bool { return sameIssuer(known, text(claims["iss"])) }):
		return nil, invalidToken("the token is of another issuer")
	case g.obeys(ResourceExpiry) && !g.living(claims):
		return nil, invalidToken("the token has expired or never does")
	case g.obeys(ResourceIDToken) && !isAccess(claims):
		return nil, invalidToken("this is no access token")
	case g.obeys(ResourceAudience) && isAccess(claims) && !g.meant(claims):
		return nil, invalidToken("the token is for another audience")
	case g.Permission != "" && g.obeys(ResourcePermission) && !slices.Contains(list(claims["permissions"]), g.Permission):
		return claims, &Error{http.StatusForbidden, "insufficient_scope", "the permission " + g.Permission + " is missing"}
	}
	return claims, nil
}

// verify checks the signature. The algorithm is the guard's to choose, never the
// token's (RFC 8725 §3.1).
func (g *Guard) verify(token string) (Claims, *Error) {
	if len(token) > longestToken {
		return nil, invalidToken("the token is too long")
	}
	claims := Claims{}
	parsed, parts, err := jwt.NewParser(jwt.WithJSONNumber()).ParseUnverified(token, claims)
	if err != nil {
		return nil, invalidToken("the token is no JWT")
	}
	alg := parsed.Method.Alg()
	switch {
	case slices.Contains(g.Algorithms, alg), len(g.Algorithms) == 0 && alg == rs256:
	case alg == "none" && !g.obeys(ResourceUnsigned):
	case strings.HasPrefix(alg, "HS") && !g.obeys(ResourceSymmetric):
	default:
		return nil, invalidToken("the token is signed with " + alg)
	}
	kid, _ := parsed.Header["kid"].(string)
	key := g.Key(kid)
	if key == nil && !g.obeys(ResourceKey) {
		return claims, nil
	}
	if key == nil {
		return nil, invalidToken("the token names no known key")
	}
	signature, err := jwt.NewParser().DecodeSegment(parts[2])
	if err != nil {
		return nil, invalidToken("the token's signature cannot be decoded")
	}
	if err := parsed.Method.Verify(parts[0]+"."+parts[1], signature, keyFor(alg, key)); err != nil && g.obeys(ResourceSignature) {
		return nil, invalidToken("the token's signature is wrong")
	}
	return claims, nil
}

// keyFor hands a method the key it asks for, as a library would that lets the token choose.
func keyFor(alg string, key *rsa.PublicKey) any {
	switch {
	case alg == "none":
		return jwt.UnsafeAllowNoneSignatureType
	case strings.HasPrefix(alg, "HS"):
		return PublicPEM(key)
	}
	return key
}

// PublicPEM writes a public key as PKIX PEM.
func PublicPEM(key *rsa.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// living reports whether the token is within its time; at exp it is not.
func (g *Guard) living(claims Claims) bool {
	exp, err := claims.GetExpirationTime()
	if err != nil || exp == nil || !g.Now().Before(exp.Time) {
		return false
	}
	nbf, err := claims.GetNotBefore()
	return err == nil && (nbf == nil || !g.Now().Before(nbf.Time))
}

// isAccess tells an access token from an id token that is signed with the same key (RFC 8725 §3.12):
// it has a scope or says that it is one, and has nothing that only an id token has.
func isAccess(claims Claims) bool {
	if use, says := claims["token_use"]; says {
		return use == "access"
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "email_verified"} {
		if _, has := claims[name]; has {
			return false
		}
	}
	_, has := claims["scope"].(string)
	return has
}

func (g *Guard) meant(claims Claims) bool {
	named := list(claims["aud"])
	if len(named) == 0 {
		named = list(claims["client_id"])
	}
	return len(g.Audiences) == 0 || slices.ContainsFunc(named, func(a string) bool {
		return slices.ContainsFunc(g.Audiences, func(known string) bool { return sameIssuer(known, a) })
	})
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// list reads a string or an array of strings.
func list(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// sameIssuer compares issuers; the names of this machine are one, since a mock is
// reached by any of them.
func sameIssuer(a, b string) bool { return a == b || b != "" && loopback(a) == loopback(b) }

func loopback(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer
	}
	switch u.Hostname() {
	case "127.0.0.1", "::1":
		u.Host = strings.TrimSuffix("localhost:"+u.Port(), ":")
	}
	return u.String()
}

// Bearer finds the token of a request (RFC 6750 §2): in the header, the form body or the query.
// Two ways at once are refused.
func (p *Provider) Bearer(r *Request) (string, *Error) {
	var found []string
	for _, header := range r.Header.Values("Authorization") {
		scheme, token, _ := strings.Cut(header, " ")
		if scheme == "Bearer" || strings.EqualFold(scheme, "Bearer") && p.obeys(ResourceScheme) {
			found = append(found, strings.TrimSpace(token))
		}
	}
	found = append(found, r.Form["access_token"]...)
	found = append(found, r.Query["access_token"]...)
	switch {
	case len(found) == 0:
		return "", &Error{http.StatusUnauthorized, "", "no access token is given"}
	case len(found) > 1 && p.obeys(ResourceOneWay):
		return "", refuse("invalid_request", "the access token is given in more than one way")
	}
	return found[0], nil
}

// Challenge answers a refusal at a resource (RFC 6750 §3): the header names the error,
// but not to one who gave no token at all.
func (p *Provider) Challenge(e *Error) *Answer {
	shown := *e
	if shown.Code == "" {
		shown.Code = "unauthorized"
	}
	answer := shown.Answer()
	if p.obeys(ResourceChallenge) {
		challenge := `Bearer realm="api"`
		if e.Code != "" {
			challenge += `, error="` + e.Code + `", error_description="` + strings.ReplaceAll(e.Description, `"`, "'") + `"`
		}
		answer.header().Set("WWW-Authenticate", challenge)
	}
	return answer
}

// guard is the provider's own check, at its userinfo endpoint and before its APIs.
func (p *Provider) guard(origin string, audiences []string, permission string) *Guard {
	return &Guard{
		Key: func(id string) *rsa.PublicKey {
			if key := p.Keys.ByID(id); key != nil {
				return &key.Private.PublicKey
			}
			return nil
		},
		Algorithms: []string{orRS256(p.Current().Algorithms.Access)},
		Issuers:    []string{p.Current().Personality.Issuer(origin)}, Audiences: audiences, Permission: permission, Now: p.Now, Obeys: p.obeys,
	}
}

// An Access is what a valid access token lets do. UserID is empty where nobody was asked for a token.
type Access struct {
	UserID      string
	ClientID    string
	Scope       []string
	Permissions []string
}

// Check verifies an access token, JWT or opaque, that was not revoked.
func (p *Provider) Check(token, origin string, audiences []string, permission string) (*Access, *Error) {
	if p.Ledger != nil && p.Ledger.Denies(token) != "" {
		return nil, invalidToken("the token was made to expire")
	}
	key := shelfKey(token)
	p.mu.Lock()
	t, remembered := p.access.ended(key)
	_, living := p.access.get(key, p.Now())
	grant, _ := p.grants.ended(t.Grant)
	p.mu.Unlock()
	if remembered && grant.Revoked {
		return nil, invalidToken("the token was revoked")
	}
	if remembered && strings.Count(token, ".") != 2 {
		return p.checkOpaque(grant, living, origin, audiences, permission)
	}
	claims, fault := p.guard(origin, audiences, permission).Check(token)
	if claims == nil {
		return nil, fault
	}
	return &Access{text(claims["sub"]), grant.ClientID, words(text(claims["scope"])), list(claims["permissions"])}, fault
}

// checkOpaque lets an opaque token in at the provider itself only: no other can read it.
func (p *Provider) checkOpaque(g Grant, living bool, origin string, audiences []string, permission string) (*Access, *Error) {
	switch {
	case !living && p.obeys(ResourceExpiry):
		return nil, invalidToken("the token has expired")
	case p.obeys(ResourceAudience) && !slices.Equal(audiences, p.Current().Personality.Audiences(p, origin)):
		return nil, invalidToken("the token is for another audience")
	case permission != "" && p.obeys(ResourcePermission):
		return nil, &Error{http.StatusForbidden, "insufficient_scope", "the permission " + permission + " is missing"}
	}
	return &Access{UserID: g.UserID, ClientID: g.ClientID, Scope: g.Scope}, nil
}

// Protect answers a resource: 401 without a valid token, 403 without the permission,
// else whom and what the token speaks for. It is an API of its own: tokens come by header alone.
func (p *Provider) Protect(r *Request, audiences []string, permission string) *Answer {
	access := &Access{}
	token, fault := p.Bearer(r)
	if fault == nil {
		access, fault = p.Check(token, r.Origin, audiences, permission)
	} else if fault.Code == "" && !p.obeys(ResourceToken) {
		fault = nil
	}
	if fault == nil && !p.obeys(LetIn) {
		fault = &Error{http.StatusForbidden, "insufficient_scope", "nobody is let in"}
	}
	if fault != nil {
		return p.Challenge(fault)
	}
	return &Answer{Status: http.StatusOK, Value: Object{
		{"sub", access.UserID}, {"scope", strings.Join(access.Scope, " ")}, {"permissions", append([]string{}, access.Permissions...)},
	}}
}

// UserInfo answers the userinfo endpoint (OpenID Connect Core §5.3).
func (p *Provider) UserInfo(r *Request) *Answer {
	if !p.obeys(UserInfoByHeader) || r.Method == http.MethodPost && !p.obeys(UserInfoByPost) {
		r.Header, r.Form = nil, nil
	}
	token, fault := p.Bearer(r)
	var access *Access
	if fault == nil {
		access, fault = p.Check(token, r.Origin, p.Current().Personality.Audiences(p, r.Origin), "")
	}
	if fault != nil {
		return p.Challenge(fault)
	}
	user, ok := p.User(access.UserID)
	switch {
	case !ok:
		return p.Challenge(invalidToken("the user is gone"))
	case !slices.Contains(access.Scope, "openid"):
		return p.Challenge(&Error{http.StatusForbidden, "insufficient_scope", "the token lacks the scope openid"})
	}
	return &Answer{Status: http.StatusOK, Value: p.Current().Personality.UserInfo(p, &user, access.Scope), Header: http.Header{"Cache-Control": {"no-store"}}}
}

// decode verifies a token of ours whatever its age, as a hint of who was signed in.
func (p *Provider) decode(token, origin string) (Claims, *Error) {
	g := p.guard(origin, nil, "")
	g.Algorithms, g.Obeys = []string{rs256, orRS256(p.Current().Algorithms.ID)}, nil // what a resource obeys is not what the provider itself does
	claims, fault := g.verify(token)
	if fault == nil && !sameIssuer(g.Issuers[0], text(claims["iss"])) {
		return nil, invalidToken("the token is of another issuer")
	}
	return claims, fault
}

// Verify decodes a living token of ours, whatever it is for.
func (p *Provider) Verify(token, origin string) (Claims, *Error) {
	claims, fault := p.decode(token, origin)
	if fault == nil && !p.guard(origin, nil, "").living(claims) {
		return nil, invalidToken("the token has expired")
	}
	return claims, fault
}

// hinted is the user of an id_token_hint, or "".
func (p *Provider) hinted(token, origin string) string {
	claims, fault := p.decode(token, origin)
	if fault != nil {
		return ""
	}
	return text(claims["sub"])
}

// audienceOf is the single audience of a token, or "".
func audienceOf(claims Claims) string {
	if all := list(claims["aud"]); len(all) == 1 {
		return all[0]
	}
	return ""
}
