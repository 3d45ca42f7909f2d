package authing

import (
	"fmt"

	"assay/mockserver"
	"assay/mockserver/idp/config"
	"assay/mockserver/idp/oidc"
)

// Equip returns the options with all that a mock of Authing's contract needs.
func (s *Server) Equip(o mockserver.Options) mockserver.Options {
	l := &s.config.Authing.Lifetimes
	if l.AccessToken == 0 {
		l.AccessToken = o.TokenLifetime
	}
	return s.Server.Equip(o)
}

// Settings are what a verification of this provider must be told, under the names of --set.
func Settings(c *config.Config) map[string]string {
	return oidc.Settings(c.Authing.Clients, c.Users)
}

// Guide tells a person what to configure in a client of the provider that is served at this address.
func Guide(c *config.Config, url string) []string {
	lines := oidc.Guide(c.Authing.Clients, c.Users, c.AutoLogin)
	client := c.Authing.Clients[0]
	return append(
		lines,
		fmt.Sprintf("issuer   %s/oidc", url),
		fmt.Sprintf("browser  new UserManager({authority: '%s/oidc', client_id: '%s', redirect_uri: '%s', scope: 'openid profile email'})", url, client.ID, client.RedirectURIs[0]),
		fmt.Sprintf("API      %s/api/protected  (header Authorization: Bearer and the access token)", url),
		fmt.Sprintf("keys     %s/oidc/.well-known/jwks.json  (a fresh one: curl -X POST %s%s/rotate)", url, url, oidc.KeysPath),
	)
}
