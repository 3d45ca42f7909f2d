package oidc

import (
	"slices"
	"strings"

	"assay/mockserver/idp/config"
)

// Settings are what a verification must be told of a provider with these clients and
// users, under the names of --set: the second of each is the other client and the guest; the first with a secret is the confidential one.
func Settings(clients []config.OIDCClient, users []config.User) map[string]string {
	settings := map[string]string{}
	client := func(prefix string, c config.OIDCClient) {
		settings[prefix+"client_id"], settings[prefix+"redirect_uri"] = c.ID, c.RedirectURIs[0]
		if c.Secret != "" {
			settings[prefix+"client_secret"] = c.Secret
		}
	}
	for i, prefix := range []string{"", "other_"} {
		if i < len(clients) {
			client(prefix, clients[i])
		}
	}
	if i := slices.IndexFunc(clients, func(c config.OIDCClient) bool { return c.Secret != "" }); i >= 0 {
		client("confidential_", clients[i])
	}
	for i, prefix := range []string{"", "guest_"} {
		if i < len(users) {
			settings[prefix+"username"], settings[prefix+"password"] = users[i].Username, users[i].Password
		}
	}
	return settings
}

// Guide says who can sign in and with which clients.
func Guide(clients []config.OIDCClient, users []config.User, autoLogin string) []string {
	var lines []string
	for _, u := range users {
		line := "account  " + u.Username + "  " + u.Password
		if len(u.Permissions) > 0 {
			line += "  (" + strings.Join(u.Permissions, ", ") + ")"
		}
		lines = append(lines, line)
	}
	if autoLogin != "" {
		lines = append(lines, "signs in "+autoLogin+" without a page")
	}
	for _, c := range clients {
		line := "client   " + c.ID + "  " + strings.Join(c.RedirectURIs, "  ")
		if c.Secret != "" {
			line += "  (secret " + c.Secret + ")"
		}
		lines = append(lines, line)
	}
	return lines
}
