// Package auth0 is Auth0 on top of the engine of package oidc: its paths, the
// hops of its universal login, tokens for APIs with permissions and rotating
// refresh tokens, in the shapes of the contract openapi/auth0.yaml.
package auth0

import (
	"slices"
	"strings"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/config"
	"assay/mockserver/idp/oidc"
)

// Sentences of the contract that are Auth0's own.
const (
	loginHop       = "authorize.login"
	transaction    = "authorize.transaction"
	pageForm       = "loginPage.form"
	bareForm       = "logIn.bare-form"
	passwordRight  = "logIn.password"
	resumesByTID   = "loginCallback.resumes"
	resultChecked  = "loginCallback.result-checked"
	apiClaims      = "token.api-claims"
	apiIssuer      = "token.api-issuer"
	apiAudience    = "token.api-audience"
	apiLifetime    = "token.api-lifetime"
	apiPermissions = "token.api-permissions"
	jsonOrForm     = "token.json-or-form"
	subject        = "userInfo.subject"
)

// keyIDLength is that of the vendor's key ids, as its public key sets show them.
const keyIDLength = 21

// scopes of OpenID Connect that the tenant knows.
var scopes = []string{"openid", "profile", "email", "address", "phone", "offline_access"}

// A Server serves Auth0 by a contract and a configuration.
type Server struct {
	oidc.Server
	config *config.Config
}

// New returns a server. The contract is followed until another one is served.
func New(c *contract.Contract, cfg *config.Config) *Server {
	copied := *cfg
	s := &Server{config: &copied}
	s.Server = oidc.Server{
		Name: "auth0", KeyIDLength: keyIDLength, Endpoints: s.endpoints(), Terms: s.terms,
		New: func(since time.Time) *oidc.Provider { return s.provider(c, since) },
	}
	return s
}

// Handlers returns what acts for the operations of the contract.
func Handlers(c *contract.Contract, cfg *config.Config) map[string]mockserver.Handler {
	return New(c, cfg).Handlers()
}

func (s *Server) endpoints() map[string]oidc.Endpoint {
	return map[string]oidc.Endpoint{
		"loginPage":         s.loginPage,
		"logIn":             s.logIn,
		"loginCallback":     loginCallback,
		"resume":            resume,
		"token":             token,
		"discovery":         discovery,
		"logOut":            logOut,
		"endSession":        endSession,
		"protectedResource": s.protected,
	}
}

func (s *Server) provider(c *contract.Contract, since time.Time) *oidc.Provider {
	p := &oidc.Provider{Terms: s.terms(c), Clients: oidc.Clients(s.config.Auth0.Clients), AutoLogin: s.config.AutoLogin}
	for _, a := range s.config.Auth0.APIs {
		p.APIs = append(p.APIs, oidc.API{Audience: a.Audience, Scopes: a.Scopes, Permissions: !a.NoPermissions})
	}
	p.SetUsers(oidc.Users("auth0", "auth0|", s.config.Users, since))
	return p
}

// terms are what the contract says.
func (s *Server) terms(c *contract.Contract) oidc.Terms {
	access, id := c.Schema("ApiAccessToken"), oidc.TokenMember(c, "id_token", "IdToken")
	return oidc.Terms{
		Personality: &personality{access: access, id: id},
		Lifetimes:   oidc.LifetimesOf(s.config.Auth0.Lifetimes, access, id),
		Algorithms:  oidc.AlgorithmsOf(access, id),
		Obeys:       c.Has,
	}
}

// personality is what is Auth0's own.
type personality struct {
	access, id *contract.Schema
}

func (*personality) Issuer(origin string) string { return origin + "/" }

func (*personality) Endpoints() oidc.Endpoints {
	return oidc.Endpoints{
		Authorize: "/authorize", Token: "/oauth/token", UserInfo: "/userinfo", KeySet: "/.well-known/jwks.json",
		Revoke: "/oauth/revoke", EndSession: "/oidc/logout",
	}
}

func (*personality) Cookie() string { return "auth0" }

func (*personality) NewTransaction(p *oidc.Provider, tx *oidc.Transaction) {
	tx.ID = p.NewID(32)
	tx.Handle = state{H: p.NewID(32), N: "login", TID: tx.ID, CID: tx.ClientID}.String()
	if !p.Has(transaction) {
		tx.Handle = tx.ID
	}
}

func (*personality) NewCode(p *oidc.Provider) string { return p.NewID(45) }

// SignIn sends the browser to the sign-in page: the application's state gives way to the
// transaction, client_id is called client, and the other parameters follow as they came.
func (*personality) SignIn(p *oidc.Provider, tx *oidc.Transaction) string {
	client := "client"
	if !p.Has(loginHop) {
		client = "client_id"
	}
	params := oidc.Object{{Name: "state", Value: tx.Handle}, {Name: client, Value: tx.ClientID}, {Name: "protocol", Value: "oauth2"}}
	for _, m := range oidc.Ordered(tx.Query) {
		if m.Name != "client_id" && m.Name != "state" {
			params = append(params, m)
		}
	}
	return "/login?" + oidc.Encode(params)
}

// Scope grants what OpenID Connect or the API knows, in the order in which it was asked for.
func (*personality) Scope(asked []string, api *oidc.API) []string {
	granted := []string{}
	for _, s := range asked {
		known := slices.Contains(scopes, s) || api != nil && slices.Contains(api.Scopes, s)
		if known && !slices.Contains(granted, s) {
			granted = append(granted, s)
		}
	}
	return granted
}

// AccessToken is opaque but for an API: then it is for the API and for the userinfo endpoint.
func (a *personality) AccessToken(p *oidc.Provider, s *oidc.Subject) any {
	if s.API == nil {
		return nil
	}
	issuer, expires := s.Issuer, s.Expires
	if !p.Has(apiIssuer) {
		issuer = strings.TrimSuffix(issuer, "/")
	}
	if !p.Has(apiLifetime) {
		expires = expires.Add(time.Hour)
	}
	audience := []string{s.API.Audience}
	if slices.Contains(s.Grant.Scope, "openid") && p.Has(apiAudience) {
		audience = append(audience, userInfoOf(s.Origin))
	}
	claims := oidc.Object{
		{Name: "iss", Value: issuer},
		{Name: "sub", Value: s.User.ID},
		{Name: "aud", Value: audience},
		{Name: "iat", Value: s.Now.Unix()},
		{Name: "exp", Value: expires.Unix()},
	}
	if p.Has(apiClaims) {
		claims = append(claims, oidc.Member{Name: "azp", Value: s.ClientID})
	}
	claims = append(claims, oidc.Member{Name: "scope", Value: strings.Join(s.Grant.Scope, " ")})
	if s.API.Permissions && p.Has(apiPermissions) {
		claims = append(claims, oidc.Member{Name: "permissions", Value: append([]string{}, s.User.Permissions...)})
	}
	return oidc.Shape(oidc.ClaimsOf(a.access), claims)
}

func userInfoOf(origin string) string { return origin + "/userinfo" }

// IDToken holds the profile that the scope lets see and what the protocol asks for; sid names the session.
func (a *personality) IDToken(p *oidc.Provider, s *oidc.Subject) any {
	claims := append(profile(&s.User, s.Grant.Scope), oidc.Member{Name: "sid", Value: s.SessionID})
	for _, m := range p.Protocol(s) {
		claims = claims.With(m.Name, m.Value)
	}
	return oidc.Shape(oidc.ClaimsOf(a.id), claims)
}

func (*personality) UserInfo(p *oidc.Provider, u *oidc.User, scope []string) oidc.Object {
	sub := u.ID
	if !p.Has(subject) {
		sub = u.Username
	}
	return profile(u, scope).With("sub", sub)
}

// Audiences of the userinfo endpoint: itself.
func (*personality) Audiences(_ *oidc.Provider, origin string) []string {
	return []string{userInfoOf(origin)}
}

func (*personality) ErrorPage(e *oidc.Error) *oidc.Answer { return oidc.Fault(e) }

// avatar is a picture without an address, so that no page of an application reaches out for it.
const avatar = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='%23889'/%3E%3C/svg%3E"

// profile are the claims of a user that the scope lets see (OpenID Connect Core §5.4).
// What a person did not say follows from the name that they sign in with.
func profile(u *oidc.User, scope []string) oidc.Object {
	claims := oidc.Object{{Name: "sub", Value: u.ID}}
	email, _ := u.Claims["email"].(string)
	if slices.Contains(scope, "profile") {
		nickname, _, _ := strings.Cut(firstOf(email, u.Username), "@")
		for _, m := range []struct{ name, otherwise string }{
			{"nickname", nickname}, {"name", firstOf(email, u.Username)}, {"picture", avatar},
		} {
			said, _ := u.Claims[m.name].(string)
			claims = append(claims, oidc.Member{Name: m.name, Value: firstOf(said, m.otherwise)})
		}
		claims = append(claims, oidc.Member{Name: "updated_at", Value: u.UpdatedAt.UTC().Format("2006-01-02T15:04:05.000Z")})
	}
	if slices.Contains(scope, "email") && email != "" {
		claims = append(claims, oidc.Member{Name: "email", Value: email}, oidc.Member{Name: "email_verified", Value: u.Claims["email_verified"] == true})
	}
	return claims
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
