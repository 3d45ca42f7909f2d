package oidc

import (
	"strings"

	"assay/mockserver/idp/config"
)

// Settings are what a verification must be told of a provider with these clients and
// users, under the names of --set: the second of each is the other client and the guest.
func Settings(clients []config.OIDCClient, users []config.User) map[string]string {
	settings := map[string]string{}
	for i, prefix := range []string{"", "other_"} {
		if i < len(clients) {
			settings[prefix+"client_id"], settings[prefix+"redirect_uri"] = clients[i].ID, clients[i].RedirectURIs[0]
			if clients[i].Secret != "" {
				settings[prefix+"client_secret"] = clients[i].Secret
			}
		}
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
		lines = append(lines, "client   "+c.ID+"  "+strings.Join(c.RedirectURIs, "  "))
	}
	return lines
}
