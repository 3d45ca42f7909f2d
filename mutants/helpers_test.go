package mutants_test

import (
	"context"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay"
	"assay/contract"
	"assay/mockserver"
	"assay/mutants"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// carried is a contract that Assay carries, with its features and handlers.
func carried(t testing.TB, name string) mutants.Subject {
	t.Helper()
	c, err := assay.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := assay.Source(c.Name)
	if err != nil {
		t.Fatal(err)
	}
	return mutants.Subject{Contract: c, Text: text, Features: assay.Features(c),
		Settings: assay.Settings(c, nil),
		Equip:    func(o mockserver.Options, c *contract.Contract) mockserver.Options { return assay.Equip(o, c, nil) }}
}

func prove(t testing.TB, s mutants.Subject, o mutants.Options) *mutants.Matrix {
	t.Helper()
	if o.Equivalent == nil {
		o.Equivalent = mutants.OwnEquivalent()
	}
	m, err := mutants.Prove(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}
