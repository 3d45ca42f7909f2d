package mutants_test

import (
	"regexp"
	"testing"

	"assay/mutants"
)

// One mutant of each way in which a wrapper makes a pool careless: it asks the
// handler again, answers from memory, changes the request, makes tokens anew.
var samplePools = regexp.MustCompile(`^(initiateAuth\.unknown-user-hidden/salt|respondToAuthChallenge\.password-proven/any|` +
	`accessToken\.not-id-token/globalSignOut-id|token\.claims-of-its-kind/attributes)$`)

func TestCarelessPoolsAreKilled(t *testing.T) {
	m := prove(t, carried(t, "cognito"), mutants.Options{Only: samplePools})
	const want = 4
	if len(m.Mutants) != want {
		t.Errorf("%d mutants were tried, expected %d", len(m.Mutants), want)
	}
	for _, r := range m.Mutants {
		if r.Verdict != mutants.Killed {
			t.Errorf("%s: %s; not found: %v; found too: %v; %s", r.Name, r.Verdict, r.Missed, r.Noise, r.Why)
		}
	}
}
