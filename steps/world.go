package steps

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"assay/contract"
	"assay/reports"
	"assay/samples"
)

// World is one scenario under way: who acts, what they made, what came back
// and what was found.
type World struct {
	run     *run
	ctx     context.Context
	planned *planned // nil for a world behind the scenes
	report  *reports.Scenario
	started time.Time
	samples *samples.Source

	actors    map[string]*actor
	items     []*item
	exchanges []*contract.Exchange
	last      *call // the last call of a step
	pending   *call // the last call, while no step has asked for its outcome
	held      map[string]any

	step     int // index of the step under way
	judged   map[string]int
	findings []*contract.Finding
	blocked  string // what stands in the way
	skipped  string // why the scenario does not apply to this target
}

var (
	errBlocked = errors.New("blocked")
	errSkipped = errors.New("does not apply")
)

func (r *run) world(ctx context.Context, name string, p *planned) *World {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s\x00%s", r.options.Seed, r.nonce, name)
	return &World{run: r, ctx: ctx, planned: p, samples: samples.New(h.Sum64()), actors: map[string]*actor{}, held: map[string]any{}, judged: map[string]int{}}
}

// wrong is a step that cannot mean anything: a fault of the feature, not of
// the target.
func (w *World) wrong(format string, args ...any) error {
	return fmt.Errorf(format, args...)
}

// block ends the scenario: it could not be judged.
func (w *World) block(why string) error {
	if w.blocked == "" {
		w.blocked = why
	}
	return errBlocked
}

// blockBy blocks with the rule that stands in the way.
func (w *World) blockBy(id string) error {
	if rule := w.run.contract.Rule(id); rule != nil {
		return w.block(fmt.Sprintf("%s: %s", id, strings.TrimSuffix(rule.Sentence, ".")))
	}
	return w.block(id)
}

// skip ends the scenario: it does not apply to this target.
func (w *World) skip(why string) error {
	if w.skipped == "" {
		w.skipped = why
	}
	return errSkipped
}

// rule is the rule that the scenario sets out to judge; the first of them
// where it has several.
func (w *World) rule() *contract.Rule {
	if w.planned == nil || len(w.planned.rules) == 0 {
		return nil
	}
	return w.planned.rules[0]
}

func (w *World) judgedRules(ids []string) {
	for _, id := range ids {
		w.judged[id]++
	}
}

// find records that a rule does not hold, once a scenario.
func (w *World) find(rule *contract.Rule, pointer, expected, actual string, crash bool) {
	if rule == nil {
		return
	}
	for _, f := range w.findings {
		if f.Rule == rule {
			f.Times++
			return
		}
	}
	f := &contract.Finding{Rule: rule, Verdict: contract.Broken, Pointer: pointer, Expected: expected, Actual: actual, Times: 1,
		Chain: append([]*contract.Exchange{}, w.exchanges...)}
	switch {
	case crash:
		f.Verdict = contract.Crashed
	case !rule.Fails():
		f.Verdict = contract.Advised
	}
	if w.planned != nil {
		f.Scenario = w.planned.id
		if w.step < len(w.planned.steps) {
			f.Step = w.planned.steps[w.step].text
		}
	}
	w.findings = append(w.findings, f)
	if w.report != nil && w.step < len(w.report.Steps) {
		outcome := reports.Failed
		if f.Verdict == contract.Advised {
			outcome = reports.Advised
		}
		w.report.Steps[w.step].Outcome = outcome
	}
}

// breaks records that the scenario's own rule does not hold.
func (w *World) breaks(expected, actual string) {
	w.find(w.rule(), "", expected, actual, false)
}
