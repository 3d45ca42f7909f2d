package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"strings"

	"assay"
	"assay/contract"
	"assay/mockserver"
	"assay/mutants"
	"assay/reports"
)

type proveCommand struct {
	Contract    string `arg:"" optional:"" help:"Contract: ${contracts}, or a file." env:"ASSAY_CONTRACT"`
	Only        string `help:"Mutants whose name matches this regular expression." placeholder:"REGEX"`
	Concurrency int    `help:"Mutants side by side; 0 for two a processor." placeholder:"N"`
	JSON        string `help:"Write the matrix as JSON." placeholder:"FILE"`
	Markdown    string `help:"Write the matrix as a Markdown page." placeholder:"FILE"`
	Equivalent  string `help:"Mutants that cannot be killed, each with its reason." placeholder:"FILE"`
	Seeds       int    `help:"Verify the sound mock first, with this many seeds, one scenario at a time and eight." default:"20" placeholder:"N"`
	List        bool   `help:"Print the mutants and try none."`
	Quiet       bool   `help:"Print no progress." short:"q"`
}

// Help says what the command does beside its flags.
func (proveCommand) Help() string {
	return `Makes a faulty server for each rule, by an edit of the contract or a wrapper
around the mock, verifies it against the true contract, and expects the findings
to name the rule that it breaks. Before, the sound mock is verified in many
random orders: nothing may be found.

Exit statuses: 0 every mutant killed or listed as equivalent, and no stated or
shown rule without a mutant; 1 a survivor or such a rule; 2 wrong usage; 3 the
contract is invalid; 130 interrupted.`
}

// garbagePercent lets the heap grow to five times what lives before it is
// collected: hundreds of runs in one process make much that dies at once.
const garbagePercent = 400

// Run proves that the checks check.
func (k *proveCommand) Run(p *program) error {
	subject, err := k.subject()
	if err != nil {
		return err
	}
	options, err := k.options(p)
	if err != nil {
		return err
	}
	if k.List {
		return k.list(p, subject, options)
	}
	debug.SetGCPercent(garbagePercent)
	if err := k.acquit(p, subject); err != nil {
		return err
	}
	matrix, err := mutants.Prove(p.ctx, subject, options)
	if err != nil {
		return err
	}
	if err := k.write(matrix); err != nil {
		return err
	}
	if err := mutants.Table(p.stdout, matrix); err != nil {
		return err
	}
	if !matrix.Proven() || k.Only == "" && len(matrix.Uncovered()) > 0 {
		return exit(1)
	}
	return nil
}

// acquit sees that the sound mock is never blamed. A selection of mutants does
// without it.
func (k *proveCommand) acquit(p *program, subject mutants.Subject) error {
	if k.Only != "" || k.Seeds <= 0 {
		return nil
	}
	runs, flakes, err := mutants.Acquit(p.ctx, subject, k.Seeds)
	if err != nil {
		return err
	}
	if len(flakes) == 0 {
		fmt.Fprintf(p.stdout, "%d runs of the sound mock, in random order: nothing found\n\n", runs)
		return nil
	}
	fmt.Fprintf(p.stdout, "%d of %d runs of the sound mock found what is not there:\n", len(flakes), runs)
	for _, f := range flakes {
		fmt.Fprintf(p.stdout, "  %s\n", f)
	}
	return exit(reports.ExitBroken)
}

// subject loads the contract and all that its verification needs.
func (k *proveCommand) subject() (mutants.Subject, error) {
	c, err := assay.Load(k.Contract)
	if err != nil {
		return mutants.Subject{}, err
	}
	return subjectOf(c, k.Contract)
}

func subjectOf(c *contract.Contract, nameOrFile string) (mutants.Subject, error) {
	text, err := assay.Source(c.Name)
	if err != nil || nameOrFile != "" && nameOrFile != c.Name {
		if text, err = os.ReadFile(nameOrFile); err != nil {
			return mutants.Subject{}, usage{err}
		}
	}
	return mutants.Subject{Contract: c, Text: text, Features: assay.Features(c),
		Settings: assay.Settings(c, nil),
		Equip: func(o mockserver.Options, served *contract.Contract) mockserver.Options {
			return assay.Equip(o, served, nil)
		}}, nil
}

func (k *proveCommand) options(p *program) (mutants.Options, error) {
	options := mutants.Options{Concurrency: k.Concurrency}
	if k.Only != "" {
		only, err := regexp.Compile(k.Only)
		if err != nil {
			return options, usage{fmt.Errorf("--only: %w", err)}
		}
		options.Only = only
	}
	var err error
	if options.Equivalent, err = k.equivalent(); err != nil {
		return options, err
	}
	if _, is := terminal(p.stderr); is && !k.Quiet {
		options.Observe = func(done, all int, r *mutants.Result) {
			fmt.Fprintf(p.stderr, "\r\x1b[K%d/%d  %s %s", done, all, r.Verdict, r.Name)
			if done == all {
				fmt.Fprint(p.stderr, "\r\x1b[K")
			}
		}
	}
	return options, nil
}

// equivalent reads the list of mutants that cannot be killed: the one given,
// else Assay's own.
func (k *proveCommand) equivalent() (map[string]string, error) {
	if k.Equivalent == "" {
		return mutants.OwnEquivalent(), nil
	}
	text, err := os.ReadFile(k.Equivalent)
	if err != nil {
		return nil, usage{err}
	}
	list, err := mutants.ReadEquivalent(text)
	if err != nil {
		return nil, usage{fmt.Errorf("%s: %w", k.Equivalent, err)}
	}
	return list, nil
}

func (k *proveCommand) list(p *program, s mutants.Subject, o mutants.Options) error {
	all, err := mutants.Derive(s)
	if err != nil {
		return err
	}
	for _, m := range all {
		if o.Only == nil || o.Only.MatchString(m.Name) {
			fmt.Fprintf(p.stdout, "%s\n    %s; breaks %s\n", m.Name, m.Says, strings.Join(m.Breaks, ", "))
		}
	}
	return nil
}

// write writes the matrix into the files asked for.
func (k *proveCommand) write(m *mutants.Matrix) error {
	for _, to := range []struct {
		file  string
		write func(io.Writer, *mutants.Matrix) error
	}{{k.JSON, mutants.JSON}, {k.Markdown, mutants.Markdown}} {
		if to.file == "" {
			continue
		}
		f, err := os.Create(to.file)
		if err != nil {
			return usage{err}
		}
		if err := to.write(f, m); err != nil {
			f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}
