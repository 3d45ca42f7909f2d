package mutants_test

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"assay/mutants"
)

// `make generate` writes the matrix anew after a change of the operators.
func TestTheRecordedMatrixIsOfTheMutantsThereAre(t *testing.T) {
	all, err := mutants.Derive(carried(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]*mutants.Result{}
	for _, r := range mutants.Recorded("idea-pool").Mutants {
		recorded[r.Name] = r
	}
	for _, m := range all {
		r := recorded[m.Name]
		switch {
		case r == nil:
			t.Errorf("%s is not in the recorded matrix", m.Name)
		case r.Says != m.Says || !slices.Equal(r.Breaks, m.Breaks):
			t.Errorf("%s is recorded as: %s, breaks %v", m.Name, r.Says, r.Breaks)
		case r.Verdict == mutants.Survived || r.Verdict == mutants.Failed:
			t.Errorf("%s is recorded as %s", m.Name, r.Verdict)
		}
		delete(recorded, m.Name)
	}
	for name := range recorded {
		t.Errorf("the recorded matrix has %s, which no operator makes", name)
	}
}

func TestTheMutantsPageIsMadeFromTheRecordedMatrix(t *testing.T) {
	page, err := os.ReadFile("../docs/mutants.md")
	if err != nil {
		t.Fatal(err)
	}
	var made bytes.Buffer
	if err := mutants.Markdown(&made, mutants.Recorded("idea-pool")); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, made.Bytes()) {
		t.Error("docs/mutants.md is not what `make generate` writes")
	}
}

// Four orders here, forty in `assay prove`.
func TestTheSoundMockIsNeverBlamed(t *testing.T) {
	runs, flakes, err := mutants.Acquit(t.Context(), carried(t, ""), 2)
	if err != nil {
		t.Fatal(err)
	}
	if runs == 0 {
		t.Error("nothing was run")
	}
	for _, f := range flakes {
		t.Error(f)
	}
}
