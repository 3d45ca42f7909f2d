package steps

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v21"

	"assay/contract"
	"assay/reports"
)

// Options say what to verify, and how.
type Options struct {
	Target      string        // base URL, which may carry a path
	Features    []Feature     // the written features; the derived ones are added
	NoDerived   bool          // leave the derived features out
	Seed        int64         // of the data sent
	Shuffle     int64         // other than 0: the scenarios come in the order of this seed
	Concurrency int           // scenarios side by side; 1 when below
	Timeout     time.Duration // per request; 10 s when zero
	Wait        time.Duration // how long to wait until the target answers
	Strict      bool          // advice fails
	Slow        bool          // really wait for what takes minutes
	Selection   Selection
	Settings    map[string]string // what the target needs to be told: username, client_id, token, …
	Version     string            // of the tool, for the report
	Own         bool              // the target is Assay's own mock

	// Advance lets the target's time pass instead of waiting, where somebody
	// can: tests move their mock's clock. Nil waits.
	Advance func(time.Duration) error
	// Observe is told of each scenario when it has ended; it is called by one
	// goroutine at a time. May be nil.
	Observe func(done, all int, s *reports.Scenario)
	// OnRequest is told of each exchange as it was made. May be nil.
	OnRequest func(*contract.Exchange)
}

// ErrUsage is what a wrong selection or target comes back as.
var ErrUsage = errors.New("wrong usage")

// run is one verification under way.
type run struct {
	contract *contract.Contract
	options  Options
	base     string // target without a slash at the end
	nonce    string // tells the data of this run from all others'
	client   *client
	strategy strategy
	features []Feature // written and derived
	plan     []*planned
	selected map[string]*planned // by key

	alone sync.RWMutex // held for writing by a scenario that no other may run beside
	kept  sync.Map     // what a protocol keeps for the whole run, by its name

	mu       sync.Mutex
	worlds   map[*planned]*World
	hidden   []*World // behind the scenes: the sign-in probe, then the controls
	controls map[string]*control
	remarks  map[string]*reports.Remark
	traits   map[string]map[string]bool
	coverage map[string]map[string]int
	done     int
	faulty   []string // steps that mean nothing: faults of the features
}

// Run verifies the target against the contract. An error means that nothing
// was verified: wrong usage, or features that cannot be read. What the target
// did wrong, a target that is not there included, stands in the run.
func Run(ctx context.Context, c *contract.Contract, options Options) (*reports.Run, error) {
	r, err := prepare(c, options)
	if err != nil {
		return nil, err
	}
	defer r.client.close()
	out := r.skeleton()
	if why := r.await(ctx); why != "" {
		out.Unreachable = why
		return r.finish(ctx, out), nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.findOut(ctx)
	if err := r.play(ctx, cancel); err != nil {
		return nil, err
	}
	return r.finish(ctx, out), nil
}

// Plan lists the scenarios that a run would play, without a request.
func Plan(c *contract.Contract, options Options) ([]*reports.Scenario, error) {
	r, err := prepare(c, options)
	if err != nil {
		return nil, err
	}
	r.client.close()
	var out []*reports.Scenario
	for _, p := range r.plan {
		if r.selected[p.key()] != nil {
			out = append(out, p.skeleton())
		}
	}
	return out, nil
}

func prepare(c *contract.Contract, options Options) (*run, error) {
	if options.Timeout <= 0 {
		options.Timeout = 10 * time.Second
	}
	if options.Concurrency < 1 {
		options.Concurrency = 1
	}
	r := &run{contract: c, options: options, base: strings.TrimRight(options.Target, "/"), nonce: fmt.Sprint(time.Now().UnixNano()),
		client: newClient(options.Timeout), selected: map[string]*planned{}, worlds: map[*planned]*World{}, controls: map[string]*control{},
		remarks: map[string]*reports.Remark{}, traits: map[string]map[string]bool{}, coverage: map[string]map[string]int{}}
	if u, err := url.Parse(options.Target); options.Target != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("%w: %q is no address of a target: it looks like http://localhost:3000", ErrUsage, options.Target)
	}
	r.features = append(r.features, options.Features...)
	if !options.NoDerived {
		r.features = append(r.features, Derive(c)...)
	}
	var err error
	if r.plan, err = plan(c, r.features); err != nil {
		return nil, err
	}
	if seed := options.Shuffle; seed != 0 { // played in another order, reported in that of the plan
		rand.New(rand.NewPCG(uint64(seed), 0)).Shuffle(len(r.features), func(i, j int) { r.features[i], r.features[j] = r.features[j], r.features[i] })
	}
	return r, r.choose()
}

// choose keeps the scenarios that the selection selects and that can be
// played: one that waits for minutes only when asked to, or when time can be
// moved.
func (r *run) choose() error {
	selects, err := r.options.Selection.selector()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	selects = r.widen(selects)
	for _, p := range r.plan {
		if selects(p) && (!p.slow || r.canWait()) {
			r.selected[p.key()] = p
		}
	}
	if len(r.selected) == 0 {
		return fmt.Errorf("%w: the selection selects none of %d scenarios", ErrUsage, len(r.plan))
	}
	return nil
}

// widen lets a rule that no scenario is tagged with select those that call its
// operation: their answers are judged by it.
func (r *run) widen(selects func(*planned) bool) func(*planned) bool {
	operations := map[string]bool{}
	for _, want := range r.options.Selection.Rules {
		found := false
		for _, p := range r.plan {
			for _, rule := range p.rules {
				found = found || rule.ID == want || strings.HasPrefix(rule.ID, want+".")
			}
		}
		if rule := r.contract.Rule(want); !found && rule != nil && rule.Operation != "" {
			operations[rule.Operation] = true
		}
	}
	if len(operations) == 0 {
		return selects
	}
	narrow := r.options.Selection
	narrow.Rules = nil
	others, err := narrow.selector()
	return func(p *planned) bool {
		if selects(p) {
			return true
		}
		for op := range operations {
			if p.calls(op) && err == nil && others(p) {
				return true
			}
		}
		return false
	}
}

func (r *run) canWait() bool { return r.options.Slow || r.options.Advance != nil }

func (r *run) skeleton() *reports.Run {
	c := r.contract
	return &reports.Run{Schema: "assay.run/1", Tool: reports.Tool{Name: "assay", Version: r.options.Version},
		Contract: reports.ContractRef{Name: c.Name, Title: c.Title, Version: c.Version, File: c.File},
		Target:   r.options.Target, Own: r.options.Own, Seed: r.options.Seed, Strict: r.options.Strict, Started: time.Now()}
}

// await waits until something answers at the target, whatever it says, and
// returns why nothing did.
func (r *run) await(ctx context.Context) string {
	deadline := time.Now().Add(r.options.Wait)
	for {
		ex := &contract.Exchange{Request: contract.Request{Method: "GET", URL: r.base + "/"}}
		r.client.once(ctx, ex)
		if ex.Response != nil {
			return ""
		}
		if !strings.HasPrefix(ex.Failure, "no connection") && !strings.HasPrefix(ex.Failure, "no answer") {
			return "" // something is there, and its failure is a finding
		}
		if ctx.Err() != nil {
			return "" // the run was stopped, and finish says so
		}
		if !time.Now().Before(deadline) {
			return ex.Failure
		}
		sleep(ctx, 100*time.Millisecond)
	}
}

// play runs the selected scenarios: first those that need no time to pass,
// then, one by one where a clock is moved, the slow ones.
func (r *run) play(ctx context.Context, cancel context.CancelFunc) error {
	concurrency := r.options.Concurrency
	if r.strategy.shared {
		concurrency = 1
	}
	if err := r.godog(ctx, cancel, false, concurrency); err != nil {
		return err
	}
	if !r.options.Slow {
		concurrency = 1
	}
	return r.godog(ctx, cancel, true, concurrency)
}

func init() {
	godog.Format("assay", "keeps quiet: the run model says everything", func(string, io.Writer) godog.Formatter { return silent{} })
}

// godog plays the scenarios of one kind.
func (r *run) godog(ctx context.Context, cancel context.CancelFunc, slow bool, concurrency int) error {
	contents := r.contents(slow)
	if len(contents) == 0 || ctx.Err() != nil {
		return nil
	}
	options := &godog.Options{Format: "assay", Output: io.Discard, Concurrency: concurrency, Strict: true, NoColors: true, DefaultContext: ctx,
		FeatureContents: contents, Randomize: r.options.Shuffle}
	suite := godog.TestSuite{Name: r.contract.Name, Options: options, ScenarioInitializer: func(sc *godog.ScenarioContext) { r.scenario(sc, cancel, slow) }}
	suite.Run() // its own verdict is of no interest
	if len(r.faulty) > 0 {
		return fmt.Errorf("the features cannot be played:\n  %s", strings.Join(r.faulty, "\n  "))
	}
	return nil
}

// contents are the features with the scenarios to be played. The others are
// blanked: godog prepares and records whatever it reads, chosen or not.
func (r *run) contents(slow bool) (out []godog.Feature) {
	play := map[string]map[lines]bool{} // by file
	for _, p := range r.plan {
		if play[p.file] == nil {
			play[p.file] = map[lines]bool{}
		}
		play[p.file][p.lines] = play[p.file][p.lines] || r.selected[p.key()] != nil && p.slow == slow
	}
	for _, f := range r.features {
		var blank []lines
		for part, chosen := range play[f.File] {
			if !chosen {
				blank = append(blank, part)
			}
		}
		if len(blank) < len(play[f.File]) {
			out = append(out, godog.Feature{Name: f.File, Contents: []byte(blanked(f.Text, blank))})
		}
	}
	return out
}

// scenario prepares one scenario: a world of its own, and the vocabulary.
func (r *run) scenario(sc *godog.ScenarioContext, cancel context.CancelFunc, slow bool) {
	w := &World{}
	unlock := func() {}
	sc.Before(func(ctx context.Context, s *godog.Scenario) (context.Context, error) {
		texts := make([]string, len(s.Steps))
		for i, step := range s.Steps {
			texts[i] = step.Text
		}
		p := r.selected[scenarioKey(s.Uri, s.Name, texts)]
		if p == nil || p.slow != slow || ctx.Err() != nil {
			return ctx, godog.ErrSkip
		}
		if r.isAlone(p) {
			r.alone.Lock()
			unlock = r.alone.Unlock
		} else {
			r.alone.RLock()
			unlock = r.alone.RUnlock
		}
		*w = *r.world(ctx, p.id, p)
		w.report = p.skeleton()
		w.started = time.Now()
		w.step = -1
		return ctx, nil
	})
	sc.StepContext().Before(func(ctx context.Context, _ *godog.Step) (context.Context, error) {
		if w.run != nil {
			w.beginStep()
		}
		return ctx, nil
	})
	sc.StepContext().After(func(ctx context.Context, s *godog.Step, status godog.StepResultStatus, err error) (context.Context, error) {
		if w.run != nil {
			w.endStep(s.Text, status, err)
		}
		return ctx, nil
	})
	sc.After(func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) {
		if w.run != nil {
			w.end(cancel)
		}
		unlock()
		return ctx, nil
	})
	vocabulary(sc, w)
	if own := r.protocol().steps; own != nil {
		own(sc, w)
	}
}

// beginStep notes which step is under way.
func (w *World) beginStep() {
	w.step++
	if w.step < len(w.report.Steps) {
		w.report.Steps[w.step].Exchanges = [2]int{len(w.exchanges), len(w.exchanges)}
	}
}

// endStep notes how a step ended.
func (w *World) endStep(text string, status godog.StepResultStatus, err error) {
	if w.step >= len(w.report.Steps) {
		return
	}
	s := &w.report.Steps[w.step]
	s.Exchanges[1] = len(w.exchanges)
	switch {
	case errors.Is(err, errBlocked):
		s.Outcome, s.Because = reports.Blocked, w.blocked
	case errors.Is(err, errSkipped):
		s.Outcome, s.Because = reports.Skipped, w.skipped
	case status == godog.StepPassed:
		if s.Outcome == reports.Skipped {
			s.Outcome = reports.Passed
		}
	case status == godog.StepUndefined, status == godog.StepPending, status == godog.StepAmbiguous, err != nil && status == godog.StepFailed:
		w.run.mu.Lock()
		w.run.faulty = append(w.run.faulty, fmt.Sprintf("%s: %q %s", w.planned.id, text, faultOf(status, err)))
		w.run.mu.Unlock()
	}
}

func faultOf(status godog.StepResultStatus, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("is %s: no step reads like this", status)
}

// end closes the scenario: the last call's outcome, the verdict, the cleaning up.
func (w *World) end(cancel context.CancelFunc) {
	defer func() {
		if p := recover(); p != nil { // godog does not recover hooks
			w.run.mu.Lock()
			w.run.faulty = append(w.run.faulty, fmt.Sprintf("%s: panic: %v", w.planned.id, p))
			w.run.mu.Unlock()
		}
	}()
	if w.blocked == "" && w.skipped == "" {
		_ = w.settle() // being blocked here is noted in the world
	}
	w.conclude()
	w.cleanUp()
	w.run.ended(w, cancel)
}

// conclude gives the scenario its outcome, and its rules their verdict.
func (w *World) conclude() {
	s := w.report
	s.Duration = time.Since(w.started)
	w.lighten(0, len(w.exchanges))
	s.Exchanges = w.exchanges
	s.Outcome = reports.Passed
	for _, f := range w.findings {
		if f.Verdict != contract.Advised {
			s.Outcome = reports.Failed
		} else if s.Outcome == reports.Passed {
			s.Outcome = reports.Advised
		}
	}
	switch {
	case w.skipped != "":
		s.Outcome, s.Because = reports.Skipped, w.skipped
	case w.blocked != "":
		s.Because = w.blocked
		if s.Outcome == reports.Passed {
			s.Outcome = reports.Blocked
		}
	default:
		for _, rule := range w.planned.rules {
			w.judged[rule.ID]++
		}
	}
}

// ended takes a scenario's world into the run. When the target is gone, or the
// run was stopped, no further scenario starts.
func (r *run) ended(w *World, cancel context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.worlds[w.planned] = w
	r.done++
	if r.options.Observe != nil {
		r.options.Observe(r.done, len(r.selected), w.report)
	}
	const mostRefusedDials = 20
	if r.client.gone.Load() >= mostRefusedDials {
		cancel()
	}
}

// silent is the formatter that godog insists on.
type silent struct{}

func (silent) TestRunStarted()                                                                {}
func (silent) Feature(*messages.GherkinDocument, string, []byte)                              {}
func (silent) Pickle(*messages.Pickle)                                                        {}
func (silent) Defined(*messages.Pickle, *messages.PickleStep, *godog.StepDefinition)          {}
func (silent) Failed(*messages.Pickle, *messages.PickleStep, *godog.StepDefinition, error)    {}
func (silent) Passed(*messages.Pickle, *messages.PickleStep, *godog.StepDefinition)           {}
func (silent) Skipped(*messages.Pickle, *messages.PickleStep, *godog.StepDefinition)          {}
func (silent) Undefined(*messages.Pickle, *messages.PickleStep, *godog.StepDefinition)        {}
func (silent) Pending(*messages.Pickle, *messages.PickleStep, *godog.StepDefinition)          {}
func (silent) Ambiguous(*messages.Pickle, *messages.PickleStep, *godog.StepDefinition, error) {}
func (silent) Summary()                                                                       {}
