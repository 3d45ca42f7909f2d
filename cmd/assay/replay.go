package main

import (
	"fmt"
	"slices"
	"time"

	"assay"
	"assay/contract"
	"assay/reports"
	"assay/steps"
)

type replayCommand struct {
	Saved  string `arg:"" name:"run.json" help:"A run that verify saved: reports/out/run.json."`
	Target string `arg:"" optional:"" help:"Base URL of the implementation; the run's own when left out." env:"TARGET"`

	Finding  int           `help:"Number of the finding, as the reports count them." required:"" placeholder:"N"`
	Contract string        `help:"Contract: ${contracts}, or a file; the run's own when unset." placeholder:"NAME|FILE" env:"ASSAY_CONTRACT" short:"c"`
	Wait     time.Duration `help:"Wait this long until the target answers." placeholder:"30s"`
	Timeout  time.Duration `help:"Limit for one request." default:"10s"`

	Set     map[string]string `help:"What the target needs to be told: username=…, client_id=…." placeholder:"KEY=VALUE" mapsep:"none"`
	SetFile string            `help:"A file of KEY=VALUE lines, for what should not stand in a command line." placeholder:"FILE"`
	Reveal  bool              `help:"Show secrets as they travelled."`
	Verbose bool              `help:"Print every request." short:"v"`
}

// Help says what the command does beside its flags.
func (replayCommand) Help() string {
	return `Plays the scenario again that led to the finding, and says whether its rule still
breaks. A saved run holds no secrets and its users are used up, so nothing is sent
as it was recorded: the scenario signs up users of new names and takes tokens and
ids from the new answers. Where it keeps the rule now, every other scenario that
met the finding is played too. A scenario that waits for an expiry waits again.

Exit statuses: 0 mended, 1 still broken or not decided, 2 wrong usage or no such
finding, 3 the contract is invalid, 4 the target cannot be reached, 130 interrupted.`
}

// Run plays a finding again and tells whether it is mended.
func (k *replayCommand) Run(p *program) error {
	old, err := readRun(k.Saved)
	if err != nil {
		return err
	}
	if k.Finding < 1 || k.Finding > len(old.Findings) {
		return hinted{fmt.Errorf("%s has no finding %d", k.Saved, k.Finding), holds(old)}
	}
	c, err := k.load(old)
	if err != nil {
		return err
	}
	rule := old.Findings[k.Finding-1].Rule
	if c.Rule(rule.ID) == nil {
		return usage{fmt.Errorf("%s no longer states the rule %s", c.File, rule.ID)}
	}
	options, stop, err := k.options(c, old)
	if err != nil {
		return err
	}
	defer stop()
	run, err := k.play(p, c, old, options)
	if err != nil {
		return err
	}
	return k.tell(p, run, c.Rule(rule.ID))
}

func holds(run *reports.Run) string {
	if len(run.Findings) == 0 {
		return "the run has no findings"
	}
	return fmt.Sprintf("its findings are 1 to %d", len(run.Findings))
}

// load finds the run's contract: the one that Assay carries under its name,
// unless the run was made with a file that stands where it stood.
func (k *replayCommand) load(old *reports.Run) (*contract.Contract, error) {
	name := k.Contract
	switch {
	case name != "":
	case slices.Contains(assay.Contracts(), old.Contract.Name):
		name = old.Contract.Name
	default:
		name = old.Contract.File
	}
	c, err := assay.Load(name)
	if err != nil {
		return nil, err
	}
	if c.Name != old.Contract.Name {
		return nil, usage{fmt.Errorf("%s was verified against %s, and %s is %s", k.Saved, old.Contract.Name, name, c.Name)}
	}
	return c, nil
}

// options repeat those of the run, for the target that is asked for.
func (k *replayCommand) options(c *contract.Contract, old *reports.Run) (steps.Options, func(), error) {
	nothing := func() {}
	settings, err := settingsOf(k.SetFile, k.Set)
	if err != nil {
		return steps.Options{}, nothing, err
	}
	o := steps.Options{Target: address(k.Target), Features: assay.Features(c), Seed: old.Seed, Timeout: k.Timeout, Wait: k.Wait,
		Strict: old.Strict, Slow: true, Settings: settings, Version: assay.Version}
	switch {
	case o.Target != "":
		return o, nothing, nil
	case !old.Own:
		o.Target = old.Target
		return o, nothing, nil
	}
	stop, err := provideOwn(c, &o)
	o.Slow = false // its clock is moved
	return o, stop, err
}

// play plays the scenario that found it first and, where that keeps the rule
// now, the others that met it.
func (k *replayCommand) play(p *program, c *contract.Contract, old *reports.Run, options steps.Options) (*reports.Run, error) {
	plan, err := steps.Plan(c, options)
	if err != nil {
		return nil, err
	}
	first, others := met(old, k.Finding, plan)
	rule := old.Findings[k.Finding-1].Rule.ID
	if len(first) == 0 { // found behind the scenes: whatever calls its operation shows it
		options.Selection = steps.Selection{Rules: []string{rule}}
		return steps.Run(p.ctx, c, options)
	}
	options.Selection = steps.Selection{IDs: first}
	run, err := steps.Run(p.ctx, c, options)
	if err != nil || len(others) == 0 || verdictOf(run, rule) != contract.Kept {
		return run, err
	}
	options.Selection.IDs = others
	return steps.Run(p.ctx, c, options)
}

// met finds, in the features as they are now, the scenario that found it first
// and the others that met it again.
func met(old *reports.Run, number int, plan []*reports.Scenario) (first, others []string) {
	found := old.Findings[number-1].Scenario
	for _, s := range old.Scenarios {
		if s.ID != found && !slices.Contains(s.Findings, number) {
			continue
		}
		id := sameScenario(s, plan)
		switch {
		case id == "":
		case s.ID == found || found == "" && first == nil:
			first = append(first, id)
		default:
			others = append(others, id)
		}
	}
	if first == nil && others != nil {
		return others, nil
	}
	return first, others
}

// sameScenario finds a scenario again that may have moved to another line.
func sameScenario(s *reports.Scenario, plan []*reports.Scenario) string {
	moved := ""
	for _, now := range plan {
		if now.File != s.File || now.Name != s.Name {
			continue
		}
		if now.ID == s.ID {
			return now.ID
		}
		if moved == "" || sameSteps(now, s) {
			moved = now.ID
		}
	}
	return moved
}

func sameSteps(a, b *reports.Scenario) bool {
	return slices.EqualFunc(a.Steps, b.Steps, func(x, y reports.Step) bool { return x.Text == y.Text })
}

func resultOf(run *reports.Run, id string) *reports.RuleResult {
	for i := range run.Rules {
		if run.Rules[i].Rule.ID == id {
			return &run.Rules[i]
		}
	}
	return nil
}

func verdictOf(run *reports.Run, id string) contract.Verdict {
	if r := resultOf(run, id); r != nil {
		return r.Verdict
	}
	return contract.NotJudged
}

// tell prints the finding, where there is one again, and the answer.
func (k *replayCommand) tell(p *program, run *reports.Run, rule *contract.Rule) error {
	if run.Interrupted != "" {
		fmt.Fprintln(p.stderr, "assay: "+run.Interrupted)
		return exit(reports.ExitInterrupted)
	}
	if run.Unreachable != "" {
		fmt.Fprintf(p.stderr, "assay: %s cannot be reached: %s\nhint: start it, or give --wait time to come up\n", run.Target, run.Unreachable)
		return exit(reports.ExitUnreachable)
	}
	sent := plural(run.Requests, "request")
	switch verdictOf(run, rule.ID) {
	case contract.Kept:
		fmt.Fprintf(p.stdout, "mended: %s  %s\n%s sent to %s\n", rule.ID, rule.Sentence, sent, run.Target)
		return nil
	case contract.Broken, contract.Crashed, contract.Advised:
		columns, _ := terminal(p.stdout)
		options := reports.Options{Color: p.colour(p.stdout), Width: columns, Reveal: k.Reveal, Verbose: k.Verbose}
		if err := reports.Terminal(p.stdout, only(run, rule.ID), options); err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "still broken: %s\n", rule.ID)
	default:
		fmt.Fprintf(p.stdout, "not decided: %s: %s\n", rule.ID, resultOf(run, rule.ID).Because)
	}
	return exit(reports.ExitBroken)
}

// only is the run as far as one rule goes, for a report of that alone.
func only(run *reports.Run, id string) *reports.Run {
	narrowed := *run
	result := *resultOf(run, id)
	narrowed.Findings = []*contract.Finding{run.Findings[result.Finding-1]}
	result.Finding = 1
	narrowed.Rules = []reports.RuleResult{result}
	narrowed.Remarks, narrowed.Profile, narrowed.Recipes = nil, nil, nil
	narrowed.Scenarios = nil
	for _, s := range run.Scenarios {
		alone := *s
		alone.Findings = nil
		narrowed.Scenarios = append(narrowed.Scenarios, &alone)
	}
	return &narrowed
}
