package cognito

import (
	"encoding/json"
	"maps"
	"slices"

	"assay/mockserver"
)

// accounts are the pool's users as one looks at a world from outside, in the
// order of their names.
func (e *Engine) accounts() []*mockserver.User {
	var out []*mockserver.User
	for _, name := range slices.Sorted(maps.Keys(e.pool.users)) {
		u := e.pool.users[name]
		doc := map[string]string{}
		for _, a := range u.attributes {
			doc[a.Name] = a.Value
		}
		text, err := json.Marshal(doc)
		if err != nil {
			panic(err) // texts can be written
		}
		out = append(out, &mockserver.User{ID: u.sub(), Login: u.name, Doc: text})
	}
	return out
}
