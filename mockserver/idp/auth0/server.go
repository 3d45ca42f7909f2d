package auth0

import (
	"fmt"

	"assay/mockserver"
	"assay/mockserver/idp/config"
	"assay/mockserver/idp/oidc"
)

// Equip returns the options with all that a mock of Auth0's contract needs.
func (s *Server) Equip(o mockserver.Options) mockserver.Options {
	l := &s.config.Auth0.Lifetimes
	if l.AccessToken == 0 {
		l.AccessToken = o.TokenLifetime
	}
	return s.Server.Equip(o)
}

// Settings are what a verification of this provider must be told, under the names of --set.
func Settings(c *config.Config) map[string]string {
	return oidc.Settings(c.Auth0.Clients, c.Users)
}

// Guide tells a person what to configure in a client of the provider that is served at this address.
func Guide(c *config.Config, url string) []string {
	lines := oidc.Guide(c.Auth0.Clients, c.Users, c.AutoLogin)
	client := c.Auth0.Clients[0]
	lines = append(
		lines,
		fmt.Sprintf("issuer   %s/", url),
		fmt.Sprintf("browser  <Auth0Provider domain=\"%s\" clientId=\"%s\" redirectUri=\"%s\">", url, client.ID, client.RedirectURIs[0]),
	)
	for _, api := range c.Auth0.APIs {
		lines = append(lines, "audience "+api.Audience)
	}
	return append(
		lines,
		fmt.Sprintf("API      %s/api/protected  (header Authorization: Bearer and an access token with the first audience)", url),
		fmt.Sprintf("keys     %s/.well-known/jwks.json  (a fresh one: curl -X POST %s%s/rotate)", url, url, oidc.KeysPath),
	)
}
