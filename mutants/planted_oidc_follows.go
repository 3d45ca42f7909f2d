package mutants

import "slices"

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
