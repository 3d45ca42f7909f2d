package cognito

import (
	"fmt"
	"strings"

	"assay/mockserver/idp/config"
)

// Settings are what a verification of this pool must be told, under the names
// of --set.
func Settings(c *config.Config) map[string]string {
	settings := map[string]string{"pool_id": c.Cognito.Pool, "client_id": c.Cognito.Clients[0].ID}
	if len(c.Cognito.Clients) > 1 {
		settings["second_client_id"] = c.Cognito.Clients[1].ID
	}
	for i, prefix := range []string{"", "second_"} {
		if i < len(c.Users) {
			settings[prefix+"username"], settings[prefix+"password"] = c.Users[i].Username, c.Users[i].Password
		}
	}
	return settings
}

// Guide tells a person what to configure in an SDK to sign in to the pool that
// is served at this address.
func Guide(c *config.Config, url string) []string {
	pool, client := c.Cognito.Pool, c.Cognito.Clients[0].ID
	region, _, _ := strings.Cut(pool, "_")
	lines := []string{
		fmt.Sprintf("pool     %s", pool),
		fmt.Sprintf("client   %s", client),
		fmt.Sprintf("browser  new CognitoUserPool({UserPoolId: '%s', ClientId: '%s', endpoint: '%s/'})", pool, client, url),
		fmt.Sprintf("AWS SDK  region %s, endpoint %s, no credentials", region, url),
		fmt.Sprintf("keys     %s/%s/.well-known/jwks.json", url, pool),
		fmt.Sprintf("settings %s/v1/settings/  (header authorization: the access token, as it is)", url),
	}
	if len(c.Users) > 0 {
		lines = append([]string{fmt.Sprintf("account  %s  %s", c.Users[0].Username, c.Users[0].Password)}, lines...)
	}
	return lines
}
