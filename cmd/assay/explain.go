package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"assay/contract"
	"assay/mutants"
)

// maxExample is how much of an example is shown, in characters.
const maxExample = 160

// explainExamples shows requests that the rule decides or, where it decides
// none, the documented bodies that it speaks of.
func explainExamples(p *program, c *contract.Contract, r *contract.Rule) {
	op := c.Operation(r.Operation)
	if op == nil {
		return
	}
	shown := false
	for _, k := range op.Cases() {
		if k.Rule.ID != r.ID {
			continue
		}
		word := "refused"
		if k.Accept {
			word = "passes"
		}
		fmt.Fprintf(p.stdout, "%-9s %s %s\n", word, op.ID, sends(k))
		shown = true
	}
	if shown {
		return
	}
	body := strings.HasPrefix(r.ID, op.ID+".body")
	if e := documented(op, body); e != nil {
		fmt.Fprintf(p.stdout, "example   %s\n", shorten(compact(e.Value)))
	}
}

// sends is what a case sends of the member that it is about.
func sends(k contract.Case) string {
	if k.Absent {
		return "without " + k.Member
	}
	value, err := json.Marshal(k.Value)
	if err != nil {
		return k.Member
	}
	text := fmt.Sprintf("with %s: %s", k.Member, shorten(string(value)))
	if s, ok := k.Value.(string); ok && len([]rune(s)) > maxExample {
		text += fmt.Sprintf(" (%d characters)", len([]rune(s)))
	}
	return text
}

// documented is the body that a source shows: of the request, or of the answer
// to a good one.
func documented(op *contract.Operation, body bool) *contract.Example {
	var all []contract.Example
	switch {
	case body && op.Body != nil:
		all = op.Body.Examples
	case !body && op.Success != nil:
		all = op.Success.Examples
	}
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}

func compact(raw contract.Raw) string {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return string(raw)
	}
	return strings.Join(strings.Fields(string(raw)), " ")
}

func shorten(s string) string {
	if r := []rune(s); len(r) > maxExample {
		return string(r[:maxExample]) + "…"
	}
	return s
}

// explainMutants tells which faulty servers prove that the rule is checked.
func explainMutants(p *program, c *contract.Contract, name string, r *contract.Rule) error {
	if name == "" {
		name = c.Name
	}
	subject, err := subjectOf(c, name)
	if err != nil {
		return err
	}
	all, err := mutants.Derive(subject)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stdout)
	first := ""
	for _, m := range all {
		for _, id := range m.Breaks {
			if id == r.ID {
				fmt.Fprintf(p.stdout, "proven by %s\n          %s\n", m.Name, m.Says)
				if first == "" {
					first = m.Name
				}
			}
		}
	}
	if first == "" {
		fmt.Fprintln(p.stdout, "proven by no mutant")
		return nil
	}
	fmt.Fprintf(p.stdout, "try       assay prove %s --only '%s'\n", name, regexp.QuoteMeta(first))
	return nil
}
