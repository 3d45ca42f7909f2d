package oidc

import (
	"net/http"
	"slices"
	"strings"
)

// Discovery answers the provider's metadata (OpenID Connect Discovery §3). The issuer is
// that of the URL that was asked for, as clients compare them.
func (p *Provider) Discovery(r *Request, scopes []string) *Answer {
	e, o := p.Current().Personality.Endpoints(), r.Origin
	issuer := p.Current().Personality.Issuer(o)
	if !p.obeys(DiscoveryIssuer) {
		issuer = toggleSlash(issuer)
	}
	methods := []string{"none", "client_secret_basic", "client_secret_post"}
	metadata := Object{
		{"issuer", issuer},
		{"authorization_endpoint", o + e.Authorize},
		{"token_endpoint", o + e.Token},
		{"userinfo_endpoint", o + e.UserInfo},
		{"jwks_uri", o + e.KeySet},
		{"revocation_endpoint", o + e.Revoke},
		{"end_session_endpoint", o + e.EndSession},
		{"scopes_supported", scopes},
		{"response_types_supported", []string{"code"}},
		{"response_modes_supported", Modes},
		{"grant_types_supported", GrantTypes},
		{"subject_types_supported", []string{"public"}},
		{"id_token_signing_alg_values_supported", []string{"RS256"}},
		{"token_endpoint_auth_methods_supported", methods},
		{"code_challenge_methods_supported", []string{s256}},
		{"claims_parameter_supported", false},
		{"request_parameter_supported", false},
		{"request_uri_parameter_supported", false},
	}
	if e.Introspect != "" {
		metadata = append(metadata, Member{"introspection_endpoint", o + e.Introspect})
	}
	return &Answer{Status: http.StatusOK, Value: metadata}
}

// toggleSlash writes an address with its last slash, or without.
func toggleSlash(s string) string {
	if cut, had := strings.CutSuffix(s, "/"); had {
		return cut
	}
	return s + "/"
}

// KeySet answers the public keys (RFC 7517 §5).
func (p *Provider) KeySet(*Request) *Answer {
	set := p.Keys.Set()
	if !p.obeys(KeyPublished) {
		set = Object{{"keys", []Object{}}}
	}
	return &Answer{Status: http.StatusOK, Value: set}
}

// Introspect answers what a token is worth (RFC 7662 §2.2). Of a token that is worth
// nothing it says no more than that.
func (p *Provider) Introspect(r *Request) *Answer {
	if _, fault := p.authenticate(r); fault != nil {
		return fault.challenge(r)
	}
	token := r.Form.Get("token")
	if token == "" {
		return refuse("invalid_request", "token is missing").Answer()
	}
	return uncached(&Answer{Status: http.StatusOK, Value: p.introspect(token, r.Origin)})
}

func (p *Provider) introspect(token, origin string) Object {
	if o, ok := p.introspectRefresh(token); ok {
		return o
	}
	access, fault := p.Check(token, origin, p.Current().Personality.Audiences(p, origin), "")
	if fault != nil {
		return Object{{"active", !p.obeys(IntrospectInactive)}}
	}
	o := Object{{"active", true}, {"sub", access.UserID}, {"client_id", access.ClientID}, {"scope", strings.Join(access.Scope, " ")}, {"token_type", "Bearer"}}
	claims, fault := p.decode(token, origin)
	if fault != nil {
		return o
	}
	for _, name := range []string{"iss", "aud", "iat", "exp", "jti"} {
		if v, has := claims[name]; has {
			o = append(o, Member{name, v})
		}
	}
	return o
}

func (p *Provider) introspectRefresh(token string) (Object, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.refresh.get(token, p.Now())
	g, alive := p.grants.get(t.Grant, p.Now())
	if !ok || !alive || t.Used || g.Revoked {
		return nil, false
	}
	return Object{{"active", true}, {"sub", g.UserID}, {"client_id", g.ClientID}, {"scope", strings.Join(g.Scope, " ")}, {"token_type", "refresh_token"}}, true
}

// Revoke forgets a token of the client (RFC 7009 §2.1): with a refresh token its whole grant dies,
// and so it does with an access token. A token that nobody knows is fine (§2.2).
func (p *Provider) Revoke(r *Request) *Answer {
	client, fault := p.authenticate(r)
	if fault != nil {
		return fault.challenge(r)
	}
	token := r.Form.Get("token")
	if token == "" {
		return refuse("invalid_request", "token is missing").Answer()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var grants []string
	if t, ok := p.refresh.ended(token); ok {
		grants = append(grants, t.Grant)
	}
	if t, ok := p.access.ended(shelfKey(token)); ok {
		grants = append(grants, t.Grant)
	}
	if len(grants) == 0 && !p.obeys(RevokeSilent) {
		return refuse("invalid_request", "token is unknown").Answer()
	}
	mine := func(id string) bool {
		g, _ := p.grants.ended(id)
		return g.ClientID == client.ID || !p.obeys(RevokeOfClient)
	}
	if slices.ContainsFunc(grants, func(id string) bool { return !mine(id) }) {
		return refuse("invalid_grant", "the token was issued to another client").Answer()
	}
	if !p.obeys(RevokedDies) {
		return &Answer{Status: http.StatusOK}
	}
	p.refresh.change(token, func(t *refreshToken) { t.Used = true })
	for _, id := range grants {
		if _, known := p.refresh.ended(token); !known || p.obeys(RevokeTakesAlong) {
			p.revoke(id)
		}
	}
	return &Answer{Status: http.StatusOK}
}
