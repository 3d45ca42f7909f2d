package oidc

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"assay/mockserver"
)

// accounts are the provider's users as one looks at a world from outside,
// in the order of their names.
func (p *Provider) accounts() []*mockserver.User {
	p.mu.Lock()
	defer p.mu.Unlock()
	users := slices.SortedFunc(maps.Values(p.users), func(a, b User) int { return strings.Compare(a.Username, b.Username) })
	out := make([]*mockserver.User, 0, len(users))
	for _, u := range users {
		doc, err := json.Marshal(u.Claims)
		if err != nil || u.Claims == nil {
			doc = []byte("{}")
		}
		out = append(out, &mockserver.User{ID: u.ID, Login: u.Username, Doc: doc})
	}
	return out
}
