package oidc

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay/mockserver"
)

// A Grant is what a person gave an application by signing in; every token
// that came of it dies with it.
type Grant struct {
	ID            string
	UserID        string
	ClientID      string
	Scope         []string
	Audience      string
	Nonce         string
	AuthTime      time.Time
	WantsAuthTime bool
	SessionID     string
	Revoked       bool
}

// A Subject is whom and what tokens are made for.
type Subject struct {
	Grant
	User    User
	API     *API // nil when no audience was asked for
	Issuer  string
	Origin  string
	Now     time.Time
	Expires time.Time // of the token being made
	// AccessHash is at_hash of the access token beside an id token (OpenID Connect Core §3.1.3.6).
	AccessHash string
}

// code is an authorization code.
type code struct {
	Ask
	Session session
	Grant   string // the grant that the first use made; empty before
}

type accessToken struct{ Grant string }

type refreshToken struct {
	Grant string
	Used  bool
}

// issue makes a code for an ask of the one who is signed in.
func (p *Provider) issue(ask *Ask, s session) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	value := p.Current().Personality.NewCode(p)
	p.codes.put(value, code{Ask: *ask, Session: s}, p.Now(), p.Now().Add(p.lifetimes().Code))
	return value
}

// A redeemer turns what a token request holds into a grant, and says whether a
// refresh token comes with it. It fills in one grant type; the phases are Token's.
type redeemer func(p *Provider, client *Client, r *Request) (grant Grant, refresh string, fault *Error)

var redeemers = map[string]redeemer{
	"authorization_code": (*Provider).redeemCode,
	"refresh_token":      (*Provider).redeemRefresh,
}

// GrantTypes are the grant types of the token endpoint, for discovery.
var GrantTypes = []string{"authorization_code", "refresh_token"}

// Token answers the token endpoint (RFC 6749 §3.2): read, client, grant type, redeem, issue.
func (p *Provider) Token(r *Request) *Answer {
	answer := p.token(r)
	if p.obeys(NoStore) {
		answer.header().Set("Cache-Control", "no-store")
		answer.header().Set("Pragma", "no-cache")
	}
	return answer
}

func (p *Provider) token(r *Request) *Answer {
	if name, is := repeated(r.Form); is && p.obeys(TokenParameterOnce) {
		return refuse("invalid_request", name+" is given more than once").Answer()
	}
	client, fault := p.authenticate(r)
	if fault != nil {
		return fault.challenge(r)
	}
	kind := r.Form.Get("grant_type")
	redeem, known := redeemers[kind]
	switch {
	case kind == "" && p.obeys(GrantTypeKnown):
		return refuse("invalid_request", "grant_type is missing").Answer()
	case !known && p.obeys(GrantTypeKnown):
		return refuse("unsupported_grant_type", "grant_type must be one of "+strings.Join(GrantTypes, ", ")).Answer()
	case !known:
		redeem = redeemers["authorization_code"]
	case client.SignInOnly && kind == "refresh_token":
		return refuse("unauthorized_client", "this client may not refresh").Answer()
	}
	grant, refresh, fault := redeem(p, client, r)
	if fault != nil {
		return fault.Answer()
	}
	return p.answerTokens(r, client, grant, refresh)
}

// challenge adds the header that RFC 6749 §5.2 asks for when the client used it to authenticate.
func (e *Error) challenge(r *Request) *Answer {
	answer := e.Answer()
	if e.Status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		answer.header().Set("WWW-Authenticate", "Basic")
	}
	return answer
}

// authenticate finds the client and checks its secret (RFC 6749 §2.3.1).
func (p *Provider) authenticate(r *Request) (*Client, *Error) {
	id, secret := r.Form.Get("client_id"), r.Form.Get("client_secret")
	if user, password, ok := (&http.Request{Header: r.Header}).BasicAuth(); ok && p.obeys(SecretByBasic) {
		if secret != "" {
			return nil, refuse("invalid_request", "the client authenticates in two ways at once")
		}
		if plain, err := url.QueryUnescape(user); err == nil {
			user = plain
		}
		if plain, err := url.QueryUnescape(password); err == nil {
			password = plain
		}
		if id != "" && id != user {
			return nil, refuse("invalid_request", "client_id differs from the one that authenticates")
		}
		id, secret = user, password
	}
	client := p.Client(id)
	switch {
	case client != nil && (equal(client.Secret, secret) || !client.Public() && !p.obeys(SecretChecked)):
		return client, nil
	case client == nil && !p.obeys(ClientAuthenticated):
		return &Client{ID: id}, nil
	case id == "":
		return nil, refuse("invalid_request", "client_id is missing")
	}
	return nil, &Error{http.StatusUnauthorized, "invalid_client", "the client is unknown or its secret is wrong"}
}

// redeemCode is the authorization code grant (RFC 6749 §4.1.3).
func (p *Provider) redeemCode(client *Client, r *Request) (Grant, string, *Error) {
	value := r.Form.Get("code")
	if value == "" {
		return Grant{}, "", refuse("invalid_request", "code is missing")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c, known := p.codes.ended(value)
	if !known {
		if p.obeys(CodeKnown) || !p.anyone(&c, client, r.Form.Get("code_verifier")) {
			return Grant{}, "", refuse("invalid_grant", "code is unknown")
		}
	}
	if fault := p.checkCode(value, &c, client, r); fault != nil {
		return Grant{}, "", fault
	}
	g := Grant{
		ID: p.NewID(21), UserID: c.Session.UserID, ClientID: client.ID, Scope: c.Scope, Audience: c.Audience, Nonce: c.Nonce,
		AuthTime: c.Session.AuthTime, WantsAuthTime: c.WantsAuthTime, SessionID: c.Session.ID,
	}
	p.codes.change(value, func(c *code) { c.Grant = g.ID })
	l := p.lifetimes()
	p.grants.put(g.ID, g, p.Now(), p.Now().Add(max(l.Access, l.ID, l.Refresh)))
	if client.SignInOnly || p.obeys(RefreshAsked) && !slices.Contains(g.Scope, "offline_access") {
		return g, "", nil
	}
	return g, p.newRefresh(g), nil
}

// anyone stands in for a code that nobody issued, where the contract does not ask for a known one.
func (p *Provider) anyone(c *code, client *Client, verifier string) bool {
	if len(client.RedirectURIs) == 0 {
		return false
	}
	for id := range p.users {
		if c.Session.UserID == "" || id < c.Session.UserID {
			c.Session.UserID = id
		}
	}
	c.ClientID, c.RedirectURI, c.Scope, c.Session.AuthTime = client.ID, client.RedirectURIs[0], []string{"openid"}, p.Now()
	c.Challenge = Challenge(verifier)
	return c.Session.UserID != ""
}

// checkCode compares a code with the request that presents it; the lock is held.
func (p *Provider) checkCode(value string, c *code, client *Client, r *Request) *Error {
	redirect := r.Form.Get("redirect_uri")
	_, living := p.codes.get(value, p.Now())
	switch {
	case c.ClientID != client.ID && p.obeys(CodeOfClient):
		return refuse("invalid_grant", "code was issued to another client")
	case c.Grant != "" && p.obeys(CodeSingleUse):
		if p.obeys(CodeReuseRevokes) {
			p.revoke(c.Grant)
		}
		return refuse("invalid_grant", "code was used before")
	case c.Grant == "" && !living && p.obeys(CodeExpires) && c.Session.ID != "":
		return refuse("invalid_grant", "code has expired")
	case p.obeys(CodeOfRedirect) && !SameURI(redirect, c.RedirectURI):
		return refuse("invalid_grant", "redirect_uri is missing or differs from that of the authorization request")
	}
	return p.checkVerifier(c.Challenge, r.Form.Get("code_verifier"))
}

// revoke kills a grant and all that came of it; the lock is held.
func (p *Provider) revoke(grant string) {
	p.grants.change(grant, func(g *Grant) { g.Revoked = true })
}

func (p *Provider) newRefresh(g Grant) string {
	value := p.NewID(45)
	p.refresh.put(value, refreshToken{Grant: g.ID}, p.Now(), p.Now().Add(p.lifetimes().Refresh))
	return value
}

// redeemRefresh is the refresh token grant (RFC 6749 §6), with the rotation that RFC 9700 §2.2.2
// asks for where clients are public: a token used twice kills the whole family.
func (p *Provider) redeemRefresh(client *Client, r *Request) (Grant, string, *Error) {
	const unknown = "Unknown or invalid refresh token." // the words by which auth0-spa-js knows that it must sign in again
	value := r.Form.Get("refresh_token")
	if value == "" {
		return Grant{}, "", refuse("invalid_request", "refresh_token is missing")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	token, ok := p.refresh.get(value, p.Now())
	g, alive := p.grants.get(token.Grant, p.Now())
	switch {
	case !ok, !alive, g.Revoked:
		return Grant{}, "", refuse("invalid_grant", unknown)
	case g.ClientID != client.ID && p.obeys(RefreshOfClient):
		return Grant{}, "", refuse("invalid_grant", unknown)
	case token.Used:
		if p.obeys(RefreshReuse) {
			p.revoke(g.ID)
		}
		return Grant{}, "", refuse("invalid_grant", unknown)
	}
	asked := words(r.Form.Get("scope"))
	if i := slices.IndexFunc(asked, func(s string) bool { return !slices.Contains(g.Scope, s) }); i >= 0 && p.obeys(RefreshScope) {
		return Grant{}, "", refuse("invalid_scope", asked[i]+" was not granted")
	}
	if len(asked) > 0 {
		g.Scope = asked
	}
	g.Nonce = "" // OpenID Connect Core §12.2: a refreshed id token SHOULD NOT have a nonce
	if !p.obeys(RefreshRotates) {
		return g, value, nil
	}
	p.refresh.change(value, func(t *refreshToken) { t.Used = true })
	return g, p.newRefresh(g), nil
}

// answerTokens makes the tokens of a grant (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
func (p *Provider) answerTokens(r *Request, client *Client, g Grant, refresh string) *Answer {
	user, ok := p.User(g.UserID)
	if !ok {
		return refuse("invalid_grant", "the user is gone").Answer()
	}
	l, now := p.lifetimes(), p.Now()
	s := &Subject{
		Grant: g, User: user, API: p.api(g.Audience), Origin: r.Origin, Issuer: p.Current().Personality.Issuer(r.Origin),
		Now: now, Expires: now.Add(l.Access),
	}
	access, err := p.accessToken(s)
	if err != nil {
		return serverError(err)
	}
	answer := Object{{"access_token", access}, {"expires_in", int64(l.Access / time.Second)}}
	if slices.Contains(g.Scope, "openid") {
		s.Expires = now.Add(l.ID)
		s.AccessHash = p.accessHash(access)
		id, err := p.sign(p.Current().Algorithms.ID, p.Current().Personality.IDToken(p, s))
		if err != nil {
			return serverError(err)
		}
		answer = append(answer, Member{"id_token", id})
	}
	if refresh != "" {
		answer = append(answer, Member{"refresh_token", refresh})
	}
	answer = append(answer, Member{"scope", strings.Join(g.Scope, " ")}, Member{"token_type", "Bearer"})
	return &Answer{Status: http.StatusOK, Value: answer}
}

func serverError(err error) *Answer {
	return (&Error{http.StatusInternalServerError, "server_error", err.Error()}).Answer()
}

// accessToken makes an access token and remembers of which grant it came.
func (p *Provider) accessToken(s *Subject) (string, error) {
	value := p.NewID(32)
	if claims := p.Current().Personality.AccessToken(p, s); claims != nil {
		signed, err := p.sign(p.Current().Algorithms.Access, claims)
		if err != nil {
			return "", err
		}
		value = signed
	}
	if p.Ledger != nil {
		p.Ledger.Gave(&mockserver.Token{Raw: value, User: s.User.ID, Expires: s.Expires})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.access.put(shelfKey(value), accessToken{s.Grant.ID}, s.Now, s.Expires)
	return value, nil
}

func (p *Provider) sign(algorithm string, claims any) (string, error) {
	key, err := p.Keys.Signing()
	if err != nil {
		return "", err
	}
	return key.signWith(orRS256(algorithm), claims)
}

// Sign makes a token of the provider's own, such as the one that ends a sign-in page.
func (p *Provider) Sign(claims any) (string, error) { return p.sign(rs256, claims) }

// shelfKey is how a token is remembered: not by itself.
func shelfKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return string(sum[:])
}

// accessHash is at_hash: the left half of the hash (OpenID Connect Core §3.1.3.6).
func (p *Provider) accessHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	half := len(sum) / 2
	if !p.obeys(AccessHash) {
		half = len(sum)
	}
	return base64.RawURLEncoding.EncodeToString(sum[:half])
}

// Audience is the client, which a sentence of the contract says to be a token's audience.
func (p *Provider) Audience(rule string, s *Subject) string {
	if !p.obeys(rule) {
		return "somebody-else"
	}
	return s.ClientID
}

// Protocol returns the id token claims that the protocol rules, those that are due, by name:
// nonce, at_hash and auth_time come only when they have a value.
func (p *Provider) Protocol(s *Subject) Object {
	claims := Object{{"iss", s.Issuer}, {"sub", s.User.ID}, {"aud", p.Audience(IDAudience, s)}, {"iat", s.Now.Unix()}, {"exp", s.Expires.Unix()}}
	if s.Nonce != "" && p.obeys(NonceEchoed) {
		claims = append(claims, Member{"nonce", s.Nonce})
	}
	if s.AccessHash != "" {
		claims = append(claims, Member{"at_hash", s.AccessHash})
	}
	if s.WantsAuthTime {
		claims = append(claims, Member{"auth_time", s.AuthTime.Unix()})
	}
	return claims
}
