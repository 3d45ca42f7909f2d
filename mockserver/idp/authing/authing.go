// Package authing is Authing on top of the engine of package oidc: its paths,
// the hops of its sign-in, its twenty profile claims and its tokens, in the
// shapes of the contract openapi/authing.yaml.
package authing

import (
	"strings"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/config"
	"assay/mockserver/idp/oidc"
)

// Sentences of the contract that are Authing's own.
const (
	interactionHop  = "authorize.interaction"
	queryRepeated   = "authorize.query-repeated"
	loginPageHop    = "interaction.login-page"
	pageForm        = "loginPage.form"
	passwordChecked = "logIn.password"
	tokenClaims     = "logIn.token-claims"
	tokenFromBefore = "logIn.updated-at"
	resumesAbsolute = "finishLogin.resumes"
	tokenChecked    = "finishLogin.token-checked"
	sameAsIDToken   = "userInfo.same-as-id-token"
	momentOfSignIn  = "userInfo.updated-at"
	subject         = "userInfo.subject"
)

// keyIDLength is that of the recorded kid: the whole thumbprint.
const keyIDLength = 43

// scopes that the provider knows, in the order in which the recorded answer grants them.
var scopes = []string{"openid", "email", "profile", "phone", "address", "offline_access"}

// A Server serves Authing by a contract and a configuration.
type Server struct {
	oidc.Server
	config *config.Config
}

// New returns a server. The contract is followed until another one is served.
func New(c *contract.Contract, cfg *config.Config) *Server {
	copied := *cfg
	s := &Server{config: &copied}
	s.Server = oidc.Server{
		Name: "authing", KeyIDLength: keyIDLength, Endpoints: s.endpoints(), Terms: s.terms,
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
		"interaction":       interaction,
		"loginPage":         loginPage,
		"logIn":             s.logIn,
		"finishLogin":       finishLogin,
		"resume":            resume,
		"discovery":         discovery,
		"introspect":        (*oidc.Provider).Introspect,
		"endSession":        endSession,
		"endSessionByForm":  endSession,
		"protectedResource": s.protected,
	}
}

func (s *Server) provider(c *contract.Contract, since time.Time) *oidc.Provider {
	p := &oidc.Provider{Terms: s.terms(c), Clients: oidc.Clients(s.config.Authing.Clients), AutoLogin: s.config.AutoLogin}
	p.SetUsers(oidc.Users("authing", "", s.config.Users, since))
	return p
}

// terms are what the contract says.
func (s *Server) terms(c *contract.Contract) oidc.Terms {
	own := s.config.Authing
	access, id := oidc.TokenMember(c, "access_token", "AccessToken"), oidc.TokenMember(c, "id_token", "IdToken")
	return oidc.Terms{
		Personality: &personality{pool: own.UserPool, login: c.Schema("LoginToken"), access: access, id: id, clients: ids(own.Clients)},
		Lifetimes:   oidc.LifetimesOf(own.Lifetimes, access, id),
		Algorithms:  oidc.AlgorithmsOf(access, id),
		Obeys:       c.Has,
	}
}

func ids(clients []config.OIDCClient) []string {
	all := make([]string, len(clients))
	for i, c := range clients {
		all[i] = c.ID
	}
	return all
}

// personality is what is Authing's own.
type personality struct {
	pool              string // id of the user pool
	login, access, id *contract.Schema
	clients           []string // their ids: an access token's audience is its client
}

func (*personality) Issuer(origin string) string { return origin + "/oidc" }

func (*personality) Endpoints() oidc.Endpoints {
	return oidc.Endpoints{
		Authorize: "/oidc/auth", Token: "/oidc/token", UserInfo: "/oidc/me", KeySet: "/oidc/.well-known/jwks.json",
		Introspect: "/oidc/token/introspection", Revoke: "/oidc/token/revocation", EndSession: "/oidc/session/end",
	}
}

func (*personality) Cookie() string { return "_session" }

func (*personality) NewTransaction(p *oidc.Provider, tx *oidc.Transaction) { tx.ID = p.NewID(21) }

func (*personality) NewCode(p *oidc.Provider) string { return p.NewID(43) }

// SignIn sends the browser to the interaction, with the whole query again.
func (*personality) SignIn(p *oidc.Provider, tx *oidc.Transaction) string {
	if !p.Has(interactionHop) {
		return loginURL(p, tx)
	}
	location := "/interaction/oidc/" + tx.ID
	if p.Has(queryRepeated) && tx.Query != "" {
		location += "?" + oidc.CleanQuery(tx.Query)
	}
	return location
}

// loginURL is the sign-in page's, with its four parameters in the recorded order.
func loginURL(p *oidc.Provider, tx *oidc.Transaction) string {
	location := "/login?app_id=" + oidc.Escape(tx.ClientID) + "&uuid=" + tx.ID + "&finish_login_url=" + finishURL(tx.ID)
	if p.Has(loginPageHop) {
		location += "&tenant_id="
	}
	return location
}

func finishURL(uid string) string { return "/interaction/oidc/" + uid + "/login" }

// Scope grants what is known, in the provider's own order.
func (*personality) Scope(asked []string, _ *oidc.API) []string { return oidc.Known(scopes, asked) }

// AccessToken has neither client_id nor nonce nor permissions: its audience is the client.
func (a *personality) AccessToken(p *oidc.Provider, s *oidc.Subject) any {
	return oidc.Shape(oidc.ClaimsOf(a.access), oidc.Object{
		{Name: "jti", Value: p.NewID(21)},
		{Name: "sub", Value: s.User.ID},
		{Name: "iat", Value: s.Now.Unix()},
		{Name: "exp", Value: s.Expires.Unix()},
		{Name: "scope", Value: strings.Join(s.Scope, " ")},
		{Name: "iss", Value: s.Issuer},
		{Name: "aud", Value: p.Audience(oidc.AccessAudience, s)},
	})
}

// IDToken holds the whole profile first, and then what the protocol asks for.
func (a *personality) IDToken(p *oidc.Provider, s *oidc.Subject) any {
	claims := profile(&s.User, s.User.UpdatedAt, s.Scope)
	for _, m := range p.Protocol(s) {
		claims = claims.With(m.Name, m.Value)
	}
	return oidc.Shape(oidc.ClaimsOf(a.id), claims)
}

func (*personality) UserInfo(p *oidc.Provider, u *oidc.User, scope []string) oidc.Object {
	shown := *u
	if !p.Has(sameAsIDToken) {
		shown.Claims = nil
	}
	if !p.Has(momentOfSignIn) {
		shown.UpdatedAt = u.Before
	}
	if !p.Has(subject) {
		shown.ID = u.Username
	}
	return profile(&shown, shown.UpdatedAt, scope)
}

// Audiences are the clients: their access tokens are all that the userinfo endpoint knows.
func (a *personality) Audiences(*oidc.Provider, string) []string { return a.clients }

func (*personality) ErrorPage(e *oidc.Error) *oidc.Answer { return oidc.Fault(e) }
