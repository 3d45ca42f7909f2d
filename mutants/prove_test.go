package mutants_test

import (
	"regexp"
	"testing"

	"assay"
	"assay/contract"
	"assay/mutants"
)

// The whole matrix is `assay prove`; here stands one mutant an operator, and
// the smallest faults that a careless check would let pass.
var sample = regexp.MustCompile(`^(createIdea\.body\.impact\.maximum/11|signUp\.body\.password\.pattern-number/removed|logIn\.body\.email\.required/absent|` +
	`updateIdea\.200\.id\.type/integer|me\.200\.name\.required/absent|deleteIdea\.204/200|refresh\.security/token-asked-for|` +
	`signUp\.201\.jwt\.lifetime/3600|createIdea\.201\.average_score\.computed/2-decimals|listIdeas\.200\.maxItems/11|listIdeas\.200\.order/none|` +
	`updateIdea\.touches-no-other/struck|every-answer/byte-order-mark|createIdea\.refusals/500|createIdea\.body\.content\.maxLength/bytes|` +
	`listIdeas\.every-item-once/ties-lost|refresh\.unknown-token/null-after-logout|token\.expiry/deleteIdea|logOut/missing)$`)

func TestOneMutantAnOperatorIsKilled(t *testing.T) {
	m := prove(t, carried(t, ""), mutants.Options{Only: sample})
	const want = 19
	if len(m.Mutants) != want {
		t.Errorf("%d mutants were tried, expected %d", len(m.Mutants), want)
	}
	for _, r := range m.Mutants {
		if r.Verdict != mutants.Killed && r.Verdict != mutants.Noisy {
			t.Errorf("%s: %s; not found: %v; %s", r.Name, r.Verdict, r.Missed, r.Why)
		}
	}
}

// An operator must offer something for a contract that Assay carries: one that
// does not shows nothing.
func TestEveryOperatorMakesMutants(t *testing.T) {
	count := map[string]int{}
	var ofIdeaPool int
	for _, name := range assay.Contracts() {
		all, err := mutants.Derive(carried(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "idea-pool" {
			ofIdeaPool = len(all)
		}
		for _, m := range all {
			count[m.Operator]++
		}
	}
	for _, name := range mutants.Operators() {
		if count[name] == 0 {
			t.Errorf("the operator %s makes no mutant", name)
		}
	}
	const least = 200
	if ofIdeaPool < least {
		t.Errorf("only %d mutants of the Idea Pool, expected %d at least", ofIdeaPool, least)
	}
}

// Every rule that the document states or shows is broken by some mutant, else
// nothing would show that it is checked.
func TestEveryRuleOfTheDocumentHasAMutant(t *testing.T) {
	s := carried(t, "")
	all, err := mutants.Derive(s)
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string]bool{}
	for _, m := range all {
		for _, id := range m.Breaks {
			broken[id] = true
		}
	}
	for _, r := range s.Contract.Rules {
		if r.Basis != contract.Assumed && !broken[r.ID] {
			t.Errorf("no mutant breaks %s", r.ID)
		}
	}
}
