package mutants_test

import (
	"os"
	"testing"

	"assay/contract"
	"assay/mutants"
)

// A contract without a word of the vocabulary, for which nobody wrote features:
// what is derived from it alone notices every mutant.
func TestThePlainContractsMutantsAreKilled(t *testing.T) {
	const file = "testdata/shelf.yaml"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := contract.Parse(file, text)
	if err != nil {
		t.Fatal(err)
	}
	m := prove(t, mutants.Subject{Contract: c, Text: text}, mutants.Options{})
	const least = 70
	if len(m.Mutants) < least {
		t.Errorf("%d mutants were tried, expected %d at least", len(m.Mutants), least)
	}
	for _, r := range m.Mutants {
		if r.Verdict != mutants.Killed && r.Verdict != mutants.Noisy {
			t.Errorf("%s: %s; not found: %v; %s", r.Name, r.Verdict, r.Missed, r.Why)
		}
	}
	for _, c := range m.Uncovered() {
		t.Errorf("no killed mutant breaks %s", c.Rule)
	}
}
