package mutants

import "slices"

var flows = operator{
	name: "flows",
	does: "a step of an OpenID Connect flow is done wrong: what RFC 6749, 7636, 6750 and OpenID Connect forbid is done, or what they ask for is not",
	derive: func(d *deriver) {
		if d.contract.Operation("authorize") == nil || d.contract.Operation("token") == nil {
			return
		}
	},
}

// flowsOn lists what cannot hold either where rules of an OpenID Connect flow are broken:
// the steps build on each other.
func flowsOn(breaks []string) (out []string) {
	for _, id := range breaks {
		for _, c := range flowConsequences {
			if c.of == id && !slices.Contains(breaks, c.entails) {
				out = append(out, c.entails)
			}
		}
	}
	return out
}

type consequence struct{ of, entails string }

var flowConsequences = []consequence{
	{"token.verifier-compared", "token.verifier-hashed"},
}
