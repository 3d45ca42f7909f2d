package mutants

import (
	"context"
	"fmt"
	"strings"

	"assay/reports"
	"assay/steps"
)

// A Flake is a run of the sound mock that blamed it.
type Flake struct {
	Seed        int64    `json:"seed"`
	Concurrency int      `json:"concurrency"`
	Rules       []string `json:"rules"` // found broken, or advised
}

func (f Flake) String() string {
	return fmt.Sprintf("seed %d, %d at a time: %s", f.Seed, f.Concurrency, strings.Join(f.Rules, ", "))
}

// unlike are the numbers of scenarios played at a time that a run must not depend on.
var unlike = []int{1, 8}

// Acquit verifies the sound mock again and again: with each seed other values
// in another order, one scenario at a time and many. It returns the runs that
// found anything, advice too: nothing that they found is there.
func Acquit(ctx context.Context, s Subject, seeds int) (runs int, flakes []Flake, err error) {
	for n := range seeds {
		for _, concurrency := range unlike {
			seed := int64(n + 1)
			run, err := verify(ctx, s, s.Contract, nil, steps.Options{Seed: seed, Shuffle: seed, Concurrency: concurrency, Strict: true})
			if err != nil {
				return runs, flakes, err
			}
			if err := ctx.Err(); err != nil {
				return runs, flakes, err
			}
			runs++
			if run.Exit() != reports.ExitKept || len(run.Findings) > 0 {
				flakes = append(flakes, Flake{Seed: seed, Concurrency: concurrency, Rules: blamed(run)})
			}
		}
	}
	return runs, flakes, nil
}

func blamed(run *reports.Run) (ids []string) {
	for _, f := range run.Findings {
		ids = append(ids, f.Rule.ID)
	}
	return ids
}
