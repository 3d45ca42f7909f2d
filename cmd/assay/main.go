// Command assay serves a documented API as a stateful mock, and verifies any
// implementation of it.
//
// How it speaks: results go to standard output, everything else to standard
// error. An error is one line, lower case, without a full stop, that begins
// with "assay: "; where there is a way out, a second line begins with
// "hint: ". Exit statuses are those of package reports.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"assay"
	"assay/contract"
	"assay/reports"
	"assay/steps"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := &program{ctx: ctx, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	os.Exit(p.run(os.Args[1:]))
}

// program is the world of the command: what it reads and writes.
type program struct {
	ctx            context.Context
	stdout, stderr io.Writer
	getenv         func(string) string
}

// commands are what assay can do.
type commands struct {
	Verify   verifyCommand   `cmd:"" help:"Verify an implementation against a contract."`
	Mock     mockCommand     `cmd:"" help:"Serve contracts as stateful mocks."`
	Check    checkCommand    `cmd:"" help:"Prove a contract, and its quotations where the documents are at hand."`
	Rules    rulesCommand    `cmd:"" help:"Print the ledger: every rule, its basis and where the document says it."`
	Explain  explainCommand  `cmd:"" help:"Explain one rule: what it says, where from, how it is checked and proven."`
	Prove    proveCommand    `cmd:"" help:"Prove that the checks check: make faulty servers, and expect them to be found."`
	Replay   replayCommand   `cmd:"" help:"Play a finding of a saved run again, and say whether it still breaks."`
	Features featuresCommand `cmd:"" help:"Print the scenarios, written and derived, as Gherkin."`
	Health   healthCommand   `cmd:"" help:"Ask whether a server answers: the health check of a container."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

const about = `Assay tries APIs. One OpenAPI document drives both sides: a stateful mock that
obeys it, and scenarios that check any implementation of it.

Exit statuses: 0 every rule kept, 1 a rule broken, 2 wrong usage or a selection
that selects nothing, 3 the contract is invalid, 4 the target cannot be reached,
130 interrupted. A run that judged fewer rules than it planned is never 0.`

// run executes the command line and returns its exit status.
func (p *program) run(args []string) (status int) {
	exited := -1
	parser, err := kong.New(&commands{}, kong.Name("assay"), kong.Description(about), kong.UsageOnError(),
		kong.Writers(p.stdout, p.stderr), kong.Exit(func(code int) { exited = code; panic(exited) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}), kong.Bind(p),
		kong.Vars{"contracts": strings.Join(assay.Contracts(), ", ")})
	if err != nil {
		return p.fail(err)
	}
	defer func() { // kong asks to exit in the middle of its work: after --help
		if r := recover(); r != nil {
			if exited < 0 {
				panic(r)
			}
			status = exited
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		return p.fail(usage{err})
	}
	if err := command.Run(); err != nil {
		return p.fail(err)
	}
	return reports.ExitKept
}

// usage is an error of whoever typed the command.
type usage struct{ error }

// exit is a status that was explained already.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// hinted is an error with a way out.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// fail says what went wrong and returns the exit status that it deserves.
func (p *program) fail(err error) int {
	var status exit
	if errors.As(err, &status) {
		return int(status)
	}
	var faults contract.Faults
	if errors.As(err, &faults) {
		fmt.Fprintf(p.stderr, "assay: the contract is invalid: %s\n%v\n", plural(len(faults), "fault"), faults)
		return reports.ExitContract
	}
	text := strings.TrimPrefix(err.Error(), steps.ErrUsage.Error()+": ")
	fmt.Fprintf(p.stderr, "assay: %s\n", text)
	var h hinted
	var u usage
	switch {
	case errors.As(err, &h):
		fmt.Fprintf(p.stderr, "hint: %s\n", h.hint)
	case errors.As(err, &u):
		fmt.Fprintln(p.stderr, "hint: assay --help lists the commands, assay COMMAND --help its flags")
	}
	return reports.ExitUsage
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// terminal reports whether w is a terminal, and its width.
func terminal(w io.Writer) (columns int, is bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	return columns, err == nil
}

// colour reports whether to write colours to w (https://no-color.org).
func (p *program) colour(w io.Writer) bool {
	_, is := terminal(w)
	return is && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}

type versionCommand struct{}

func (versionCommand) Run(p *program) error {
	fmt.Fprintln(p.stdout, "assay", assay.Version)
	return nil
}
