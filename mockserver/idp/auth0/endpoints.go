package auth0

import (
	"net/http"
	"strings"

	"assay/mockserver/idp/oidc"
)

// token takes JSON and forms; its answer puts the members in the contract's order.
func token(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	if !p.Has(jsonOrForm) && !strings.Contains(r.Header.Get("Content-Type"), "json") {
		return (&oidc.Error{Status: http.StatusBadRequest, Code: "invalid_request", Description: "a token request is JSON"}).Answer()
	}
	return p.Token(r)
}

func discovery(p *oidc.Provider, r *oidc.Request) *oidc.Answer { return p.Discovery(r, scopes) }

// logOut signs out as the vendor's SDKs ask for it: /v2/logout.
func logOut(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	return p.EndSession(r, oidc.Logout{ClientID: r.Value("client_id"), Return: r.Value("returnTo")})
}

// endSession signs out as OpenID Connect says it: /oidc/logout.
func endSession(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	return p.EndSession(r, oidc.Logout{
		ClientID: r.Value("client_id"), Hint: r.Value("id_token_hint"), Return: r.Value("post_logout_redirect_uri"), State: r.Value("state"),
	})
}

// protected is an API of the tenant: it asks for its audience and its permission.
func (s *Server) protected(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	var audiences []string
	if len(p.APIs) > 0 {
		audiences = []string{p.APIs[0].Audience}
	}
	return p.Protect(r, audiences, s.config.Auth0.Permission)
}
