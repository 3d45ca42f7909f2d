package mutants

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/reports"
	"assay/steps"
)

// Options say which mutants are tried, and how.
type Options struct {
	Only        *regexp.Regexp    // names of mutants; nil for all
	Concurrency int               // mutants side by side; 0 for two a processor
	Equivalent  map[string]string // mutants that cannot be killed, and why: see [ReadEquivalent]
	Observe     func(done, all int, r *Result)
}

// seed is the same for every mutant: they share one key then, and whoever runs
// one again gets the same.
const seed = 1

// Prove serves each mutant, verifies it against the true contract, and returns
// the matrix. It fails when no mutant is selected, and when the context ends.
func Prove(ctx context.Context, s Subject, options Options) (*Matrix, error) {
	all, err := Derive(s)
	if err != nil {
		return nil, err
	}
	doc, err := parseDocument(s.Text)
	if err != nil {
		return nil, err
	}
	var chosen []*Mutant
	for _, m := range all {
		if options.Only == nil || options.Only.MatchString(m.Name) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("%w: none of %d mutants is selected", steps.ErrUsage, len(all))
	}
	sound, err := verify(ctx, s, s.Contract, nil, steps.Options{Seed: seed, Concurrency: 2})
	if err != nil {
		return nil, err
	}
	if len(sound.Findings) > 0 {
		return nil, fmt.Errorf("the mock itself breaks %s: without a mutant nothing may be found", sound.Findings[0].Rule.ID)
	}
	if options.Concurrency < 1 {
		options.Concurrency = 2 * runtime.GOMAXPROCS(0)
	}
	results := make([]*Result, len(chosen))
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	next := make(chan int)
	for range min(options.Concurrency, len(chosen)) {
		wait.Go(func() {
			for i := range next {
				r := try(ctx, s, doc, sound, chosen[i], options)
				mu.Lock()
				results[i] = r
				done++
				if options.Observe != nil {
					options.Observe(done, len(chosen), r)
				}
				mu.Unlock()
			}
		})
	}
	for i := range chosen {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &Matrix{Schema: "assay.matrix/1", Contract: s.Contract.Name, Version: s.Contract.Version, Partial: len(chosen) < len(all), Mutants: results, Rules: cover(s.Contract, results)}, nil
}

// try serves one mutant and verifies it.
func try(ctx context.Context, s Subject, doc *document, sound *reports.Run, m *Mutant, options Options) *Result {
	started := time.Now()
	run, err := m.run(ctx, s, doc, sound)
	var r *Result
	if err != nil {
		r = &Result{Name: m.Name, Operator: m.Operator, Says: m.Says, Breaks: m.Breaks, Missed: m.Breaks, Verdict: Failed, Why: err.Error()}
	} else {
		r = judge(m, run)
	}
	if why := options.Equivalent[m.Name]; why != "" && r.Verdict == Survived {
		r.Verdict, r.Why = Equivalent, why
	}
	r.duration = time.Since(started)
	return r
}

// run verifies the mutant against the true contract, with the scenarios that
// can meet it.
func (m *Mutant) run(ctx context.Context, s Subject, doc *document, sound *reports.Run) (*reports.Run, error) {
	served, err := m.contract(s, doc)
	if err != nil {
		return nil, err
	}
	concurrency := 2
	if m.alone {
		concurrency = 1
	}
	return verify(ctx, s, served, m.plant, steps.Options{Seed: seed, Concurrency: concurrency, Selection: steps.Selection{IDs: m.meeting(sound)}})
}

// meeting returns the scenarios that call one of the operations that the mutant
// is about, as the run of the sound mock shows: each begins with users of its
// own, so that the others go as they went there. What was skipped there may go
// on here. It is nil for all.
func (m *Mutant) meeting(sound *reports.Run) (ids []string) {
	if m.reach == nil {
		return nil
	}
	for _, scenario := range sound.Scenarios {
		if scenario.Outcome != reports.Passed || slices.ContainsFunc(scenario.Exchanges, func(ex *contract.Exchange) bool { return slices.Contains(m.reach, ex.Operation) }) {
			ids = append(ids, scenario.ID)
		}
	}
	return ids
}

// verify serves a contract in this process and verifies it against the
// subject's.
func verify(ctx context.Context, s Subject, served *contract.Contract, plant func(http.Handler) http.Handler, options steps.Options) (*reports.Run, error) {
	mock := mockserver.Options{Seed: seed, Empty: true, KeyBits: smallKey, QuickPasswords: true, Wrap: plant}
	if s.Equip != nil {
		mock = s.Equip(mock, served)
	}
	server, err := mockserver.Start(served, mock)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	options.Target, options.Features, options.Settings = server.URL, s.Features, s.Settings
	options.Timeout = 30 * time.Second // a busy machine is no fault of a mutant
	options.Advance = func(d time.Duration) error { server.Advance(d); return nil }
	return steps.Run(ctx, s.Contract, options)
}

// smallKey is the size of the mocks' RSA keys, in bits: the smallest that Go
// signs with. Nobody's secret hangs on it.
const smallKey = 1024
