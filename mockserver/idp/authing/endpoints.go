package authing

import (
	"time"

	"assay/mockserver/idp/oidc"
)

// recordedLoginLifetime holds where the contract states none.
const recordedLoginLifetime = 14 * 24 * time.Hour

func loginLifetime(a *personality) time.Duration {
	if a.login == nil || a.login.JWT == nil || a.login.JWT.Lifetime == 0 {
		return recordedLoginLifetime
	}
	return time.Duration(a.login.JWT.Lifetime) * time.Second
}

func discovery(p *oidc.Provider, r *oidc.Request) *oidc.Answer { return p.Discovery(r, scopes) }

// endSession signs out: /oidc/session/end by GET and by POST.
func endSession(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	return p.EndSession(r, oidc.Logout{
		ClientID: r.Value("client_id"), Hint: r.Value("id_token_hint"), Return: r.Value("post_logout_redirect_uri"), State: r.Value("state"),
	})
}

// protected is the API behind the access token. It asks for no permission: the tokens hold none.
func (s *Server) protected(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	var audiences []string
	for _, c := range s.config.Authing.Clients {
		if !c.NoResource {
			audiences = append(audiences, c.ID)
		}
	}
	return p.Protect(r, audiences, "")
}
