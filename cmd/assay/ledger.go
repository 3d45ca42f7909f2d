package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"assay"
	"assay/contract"
	"assay/steps"
)

type contractFlag struct {
	Contract string `help:"Contract: ${contracts}, or a file." placeholder:"NAME|FILE" env:"ASSAY_CONTRACT" short:"c"`
}

type checkCommand struct {
	Contract string `arg:"" optional:"" help:"Contract: ${contracts}, or a file."`
	Sources  string `help:"Folder with the cited documents." placeholder:"DIR" env:"SOURCES" default:"../shared/documents"`
}

// Run proves the contract, and compares its quotations with the documents that
// are at hand.
func (k checkCommand) Run(p *program) error {
	c, err := assay.Load(k.Contract)
	if err != nil {
		return err
	}
	faults, missing := c.CheckCitations(os.DirFS(k.Sources))
	if len(faults) > 0 {
		return faults
	}
	quotations := fmt.Sprintf("every quotation stands where it is cited in %s", k.Sources)
	if len(missing) > 0 {
		quotations = fmt.Sprintf("quotations not compared: %s not found in %s", strings.Join(missing, ", "), k.Sources)
	}
	if len(c.Sources) == 0 {
		quotations = "it cites no document"
	}
	fmt.Fprintf(p.stdout, "%s: %s, %s; %s\n", c.File, plural(len(c.Operations), "operation"), plural(len(c.Rules), "rule"), quotations)
	return nil
}

type rulesCommand struct {
	contractFlag
	Markdown bool `help:"Write the ledger as a Markdown page."`
}

func (k rulesCommand) Run(p *program) error {
	c, err := assay.Load(k.Contract)
	if err != nil {
		return err
	}
	if k.Markdown {
		return contract.WriteLedger(p.stdout, c)
	}
	for _, r := range c.Rules {
		fmt.Fprintf(p.stdout, "%s  %s\n    %s\n    %s; %s:%d\n", r.ID, r.Marks(), r.Sentence, r.From(), r.File, r.Line)
	}
	return nil
}

type explainCommand struct {
	contractFlag
	Rule string `arg:"" help:"A rule's id: createIdea.body.impact.maximum."`
}

// Run explains one rule: what it says, where from, by example, which scenarios
// judge it and which mutants prove that they do.
func (k explainCommand) Run(p *program) error {
	c, r, err := findRule(k.Contract, k.Rule)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s  %s\n\n    %s\n\n", r.ID, r.Marks(), r.Sentence)
	for _, cited := range r.Citations {
		fmt.Fprintf(p.stdout, "from      %s (%s)\n", cited.Place(), r.Basis)
		if cited.Note != "" {
			fmt.Fprintf(p.stdout, "          %s\n", cited.Note)
		}
	}
	if r.Why != "" {
		fmt.Fprintf(p.stdout, "assumed   %s\n", r.Why)
	}
	fmt.Fprintf(p.stdout, "contract  %s:%d\n", r.File, r.Line)
	fmt.Fprintf(p.stdout, "weighs    %s\n", weighs(r))
	explainExamples(p, c, r)
	if err := explainChecks(p, c, r); err != nil {
		return err
	}
	return explainMutants(p, c, k.Contract, r)
}

func weighs(r *contract.Rule) string {
	if r.Fails() {
		return "a breach fails the run"
	}
	return "a breach is advice, and fails under --strict"
}

func explainChecks(p *program, c *contract.Contract, r *contract.Rule) error {
	plan, err := steps.Plan(c, steps.Options{Features: assay.Features(c), Advance: anyTime, Selection: steps.Selection{Rules: []string{r.ID}}})
	if err != nil {
		fmt.Fprintln(p.stdout, "checked   by no scenario")
		return nil
	}
	tagged := false
	for _, s := range plan {
		for _, id := range s.Rules {
			tagged = tagged || id == r.ID
		}
	}
	if !tagged {
		fmt.Fprintf(p.stdout, "checked   with every answer of %s, in %s\n", r.Operation, plural(len(plan), "scenario"))
		return nil
	}
	for _, s := range plan {
		fmt.Fprintf(p.stdout, "\nchecked by %s\n    Scenario: %s\n", s.ID, s.Name)
		for _, step := range s.Steps {
			fmt.Fprintf(p.stdout, "      %s %s\n", step.Keyword, step.Text)
		}
	}
	return nil
}

// findRule finds a rule in the contract, or, where none is named, in any that
// Assay carries.
func findRule(name, id string) (*contract.Contract, *contract.Rule, error) {
	names := []string{name}
	if name == "" {
		names = assay.Contracts()
	}
	var ids []string
	for _, n := range names {
		c, err := assay.Load(n)
		if err != nil {
			return nil, nil, err
		}
		if r := c.Rule(id); r != nil {
			return c, r, nil
		}
		for _, r := range c.Rules {
			ids = append(ids, r.ID)
		}
	}
	return nil, nil, noRule(id, ids)
}

// noRule says that there is no such rule, and which one may be meant.
func noRule(id string, ids []string) error {
	err := fmt.Errorf("no rule has the id %q", id)
	if close := nearest(id, ids); close != "" {
		return hinted{err, "did you mean " + close + "?"}
	}
	return hinted{err, "assay rules lists them"}
}

// nearest is the id that shares the longest part with what was typed.
func nearest(typed string, ids []string) string {
	best, most := "", 3
	for _, id := range ids {
		if n := shared(strings.ToLower(typed), strings.ToLower(id)); n > most {
			best, most = id, n
		}
	}
	return best
}

// shared is how many characters two words have in common at their start and end.
func shared(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	j := 0
	for j < len(a)-i && j < len(b)-i && a[len(a)-1-j] == b[len(b)-1-j] {
		j++
	}
	return i + j
}

type featuresCommand struct {
	contractFlag
	Derived bool `help:"Only what follows from the contract's keywords."`
}

func (k featuresCommand) Run(p *program) error {
	c, err := assay.Load(k.Contract)
	if err != nil {
		return err
	}
	var all []steps.Feature
	if !k.Derived {
		all = assay.Features(c)
	}
	all = append(all, steps.Derive(c)...)
	if len(all) == 0 {
		return errors.New("the contract has no scenario: nothing in it can be judged by a request")
	}
	for i, f := range all {
		if i > 0 {
			fmt.Fprintln(p.stdout)
		}
		fmt.Fprintf(p.stdout, "# %s\n%s", f.File, f.Text)
	}
	return nil
}
