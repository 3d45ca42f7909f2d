package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"assay"
	"assay/contract"
	"assay/mutants"
	"assay/reports"
	"assay/steps"
)

type verifyCommand struct {
	contractFlag
	Target string `arg:"" optional:"" help:"Base URL of the implementation; it may carry a path. Without one Assay verifies its own mock." env:"TARGET"`

	Server      string        `help:"Start the implementation with this command, wait for it, and end it afterwards." placeholder:"CMD"`
	Wait        time.Duration `help:"Wait this long until the target answers." placeholder:"30s"`
	Timeout     time.Duration `help:"Limit for one request." default:"10s"`
	Deadline    time.Duration `help:"Limit for the whole run." placeholder:"15m"`
	Concurrency int           `help:"Scenarios side by side." default:"8"`
	Seed        int64         `help:"Seed of the data that is sent." default:"1"`
	Strict      bool          `help:"Advice fails the run too."`
	Slow        bool          `help:"Really wait for what takes minutes, such as a token's expiry."`

	Tags  string   `help:"Scenarios with these tags: '@a and not (@b or @c)'." placeholder:"EXPR"`
	Rule  []string `help:"Scenarios that judge this rule, or the rules below it." placeholder:"ID" sep:"none"`
	Names []string `help:"Scenarios whose name holds this text." placeholder:"TEXT" sep:"none"`

	Set     map[string]string `help:"What the target needs to be told: username=…, client_id=…." placeholder:"KEY=VALUE" mapsep:"none"`
	SetFile string            `help:"A file of KEY=VALUE lines, for what should not stand in a command line." placeholder:"FILE"`

	Format   string `help:"What is printed: ${enum}." enum:"terminal,json,markdown,github,junit,html,har,ctrf" default:"terminal"`
	Report   string `help:"Folder for the reports." default:"reports/out" placeholder:"DIR"`
	NoReport bool   `help:"Write no reports."`
	Baseline string `help:"Compare with the run in this file: only what broke since then fails." placeholder:"RUN.JSON"`
	Reveal   bool   `help:"Show secrets as they travelled."`
	Verbose  bool   `help:"Print every request." short:"v"`
	Quiet    bool   `help:"Print no progress." short:"q"`
	DryRun   bool   `help:"Print the plan and send nothing."`

	Watch watching `help:"Verify again when the target comes back or is started anew, or when a file changes in a folder named after it (--watch DIR DIR, --watch=DIR); --server is started anew then. What changed since the last run comes first. Ends when interrupted, with 0." placeholder:"DIR"`
}

// Run verifies a target and reports what was found.
func (k *verifyCommand) Run(p *program) error {
	c, err := assay.Load(k.Contract)
	if err != nil {
		return err
	}
	if err := k.known(c); err != nil {
		return err
	}
	options, err := k.options(c)
	if err != nil {
		return err
	}
	if k.DryRun {
		return k.dryRun(p, c, options)
	}
	old, err := k.baseline()
	if err != nil {
		return err
	}
	if !k.NoReport {
		if err := reports.Probe(k.Report); err != nil {
			return err
		}
	}
	if _, err := steps.Plan(c, options); err != nil { // before anything is started
		return err
	}
	if k.Watch.on {
		return k.watch(p, old)
	}
	ctx, cancel := k.deadline(p.ctx)
	defer cancel()
	stop, err := k.provide(ctx, p, c, &options)
	if err != nil {
		return err
	}
	defer stop()
	k.announce(p, c, options)
	run, err := k.verify(ctx, p, c, options)
	if err != nil {
		return err
	}
	return k.report(p, run, old)
}

// known makes sure that there are the rules to be judged: a mistyped id must
// not look like a rule without a scenario.
func (k *verifyCommand) known(c *contract.Contract) error {
	var ids []string
	for _, r := range c.Rules {
		ids = append(ids, r.ID)
	}
	for _, want := range k.Rule {
		if !slices.ContainsFunc(ids, func(id string) bool { return id == want || strings.HasPrefix(id, want+".") }) {
			return noRule(want, ids)
		}
	}
	return nil
}

func (k *verifyCommand) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if k.Deadline > 0 {
		return context.WithTimeout(ctx, k.Deadline)
	}
	return context.WithCancel(ctx)
}

// options turns flags into what the harness wants.
func (k *verifyCommand) options(c *contract.Contract) (steps.Options, error) {
	settings, err := settingsOf(k.SetFile, k.Set)
	if err != nil {
		return steps.Options{}, err
	}
	return steps.Options{Target: address(k.Target), Features: assay.Features(c), Seed: k.Seed, Concurrency: k.Concurrency, Timeout: k.Timeout, Wait: k.Wait,
		Strict: k.Strict, Slow: k.Slow, Settings: settings, Version: assay.Version,
		Selection: steps.Selection{Tags: k.Tags, Rules: k.Rule, Names: k.Names}}, nil
}

// address completes what a person types for a URL.
func address(typed string) string {
	if typed == "" || strings.Contains(typed, "://") {
		return typed
	}
	return "http://" + typed
}

// settingsOf joins the settings of a file with those of the command line,
// which win.
func settingsOf(file string, set map[string]string) (map[string]string, error) {
	settings, err := settingsFile(file)
	if err != nil {
		return nil, err
	}
	for name, value := range set {
		settings[name] = value
	}
	return settings, nil
}

// settingsFile reads KEY=VALUE lines; an empty name reads nothing.
func settingsFile(name string) (map[string]string, error) {
	settings := map[string]string{}
	if name == "" {
		return settings, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, usage{err}
	}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, usage{fmt.Errorf("%s:%d: %q is not KEY=VALUE", name, i+1, line)}
		}
		settings[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	return settings, nil
}

func (k *verifyCommand) baseline() (*reports.Run, error) {
	if k.Baseline == "" {
		return nil, nil
	}
	return readRun(k.Baseline)
}

func readRun(name string) (*reports.Run, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usage{err}
	}
	defer f.Close()
	run, err := reports.Read(f)
	if err != nil {
		return nil, usage{fmt.Errorf("%s: %w", name, err)}
	}
	return run, nil
}

func (k *verifyCommand) dryRun(p *program, c *contract.Contract, options steps.Options) error {
	options.Target = ""
	if !k.Slow {
		options.Advance = nil
	}
	plan, err := steps.Plan(c, options)
	if err != nil {
		return err
	}
	feature := ""
	for _, s := range plan {
		if s.Feature != feature {
			feature = s.Feature
			fmt.Fprintf(p.stdout, "%s  (%s)\n", feature, s.File)
		}
		fmt.Fprintf(p.stdout, "  %-72s %s\n", s.Name, strings.Join(s.Rules, " "))
	}
	fmt.Fprintf(p.stdout, "%s, nothing was sent\n", plural(len(plan), "scenario"))
	return nil
}

// provide sees to a target: the one named, one started by --server, or, where
// none is named, our own mock.
func (k *verifyCommand) provide(ctx context.Context, p *program, c *contract.Contract, options *steps.Options) (stop func(), err error) {
	nothing := func() {}
	switch {
	case k.Server != "":
		if options.Target == "" {
			return nothing, usage{errors.New("--server starts an implementation, but TARGET does not say where it will answer")}
		}
		if options.Wait == 0 {
			options.Wait = 30 * time.Second
		}
		return startServer(p, k.Server)
	case options.Target != "":
		return nothing, nil
	}
	return provideOwn(c, options)
}

// provideOwn starts our own mock as the target.
func provideOwn(c *contract.Contract, options *steps.Options) (stop func(), err error) {
	own, err := startOwn(c, options)
	if err != nil {
		return func() {}, err
	}
	options.Target, options.Own = own.URL, true
	options.Advance = func(d time.Duration) error { own.Advance(d); return nil }
	options.Concurrency = max(options.Concurrency, runtime.NumCPU()*2)
	return own.Close, nil
}

// announce says, before the first request, what will happen to the target.
func (k *verifyCommand) announce(p *program, c *contract.Contract, options steps.Options) {
	if k.Quiet {
		return
	}
	what := options.Target
	if options.Own {
		what = "Assay's own mock (no TARGET was given)"
	}
	fmt.Fprintf(p.stderr, "verifying %s against %s (%s)\n", what, c.Title, c.File)
	if !options.Own {
		fmt.Fprintln(p.stderr, "it will sign up users under example.com and make records of theirs; the records are deleted again through the documented API, the users stay")
	}
}

func (k *verifyCommand) verify(ctx context.Context, p *program, c *contract.Contract, options steps.Options) (*reports.Run, error) {
	progress := k.progress(p)
	begun := false
	options.Observe = func(_, all int, s *reports.Scenario) {
		if !begun {
			begun = true
			progress.Begin(all)
		}
		progress.Ended(s)
	}
	run, err := steps.Run(ctx, c, options)
	progress.Finish()
	if err == nil {
		run.Looks = mutants.Diagnose(run)
	}
	return run, err
}

func (k *verifyCommand) progress(p *program) reports.Progress {
	if k.Quiet {
		return reports.NoProgress{}
	}
	columns, is := terminal(p.stderr)
	return reports.NewProgress(p.stderr, is, columns)
}

// report prints the run, writes its reports and returns the exit status.
func (k *verifyCommand) report(p *program, run, old *reports.Run) error {
	columns, _ := terminal(p.stdout)
	options := reports.Options{Color: p.colour(p.stdout), Width: columns, Reveal: k.Reveal, Verbose: k.Verbose}
	status := run.Exit()
	if old != nil {
		delta := reports.Compare(old, run)
		options.Since = &delta
		status = delta.Exit(run)
	}
	var paths []string
	if !k.NoReport {
		var err error
		if paths, err = reports.WriteAll(k.Report, run, options); err != nil {
			return err
		}
		options.Saved = k.Report + "/run.json"
	}
	if err := reports.Formats[k.Format](p.stdout, run, options); err != nil {
		return err
	}
	if err := p.summary(run, options); err != nil {
		return err
	}
	if len(paths) > 0 && !k.Quiet {
		fmt.Fprintf(p.stderr, "reports: %s\n", strings.Join(paths, " "))
	}
	if status != reports.ExitKept {
		return exit(status)
	}
	return nil
}

// summary adds the Markdown report to a workflow's job summary, where one is
// asked for by $GITHUB_STEP_SUMMARY.
func (p *program) summary(run *reports.Run, options reports.Options) error {
	name := p.getenv("GITHUB_STEP_SUMMARY")
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("cannot write the job summary: %w", err)
	}
	err = reports.Markdown(f, run, options)
	return errors.Join(err, f.Close())
}

// anyTime stands for a clock that can be moved, where nothing is sent.
func anyTime(time.Duration) error { return nil }
