package mutants

import (
	_ "embed" // the list of equivalent mutants
	"fmt"

	"go.yaml.in/yaml/v3"
)

//go:embed equivalent.yaml
var equivalentText []byte

// OwnEquivalent returns the mutants of the contracts that Assay carries which
// cannot be killed, by name, and why: what they do breaks no rule.
func OwnEquivalent() map[string]string {
	list, err := ReadEquivalent(equivalentText)
	if err != nil {
		panic(err) // the file is embedded, and a test reads it
	}
	return list
}

// ReadEquivalent reads a list of equivalent mutants: a YAML mapping of the
// mutant's name to the reason.
func ReadEquivalent(text []byte) (map[string]string, error) {
	list := map[string]string{}
	if err := yaml.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	for name, why := range list {
		if why == "" {
			return nil, fmt.Errorf("%s: says no reason", name)
		}
	}
	return list, nil
}
