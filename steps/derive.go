package steps

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/contract"
)

// Derive writes the features that follow from the contract's keywords alone:
// for each operation the cases at and beyond every bound, each with a twin
// that must pass, and the doors that must stay shut without a token. An
// operation that has neither is called plainly, so that its answer is judged.
func Derive(c *contract.Contract) []Feature {
	var out []Feature
	for _, o := range c.Operations {
		d := deriver{contract: c, op: o}
		d.security()
		d.cases()
		if d.text.Len() == 0 {
			d.plain()
		}
		if d.text.Len() == 0 {
			continue
		}
		head := fmt.Sprintf("# Derived from %s. Each scenario is tagged with the rule that it judges.\n@derived\nFeature: %s: at the bounds and beyond\n", baseName(c.File), o.ID)
		out = append(out, Feature{File: fmt.Sprintf("%s/derived/%s.feature", c.Name, o.ID), Text: head + d.text.String()})
	}
	return out
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

type deriver struct {
	contract *contract.Contract
	op       *contract.Operation
	text     strings.Builder
}

func (d *deriver) scenario(rule *contract.Rule, name string, steps ...string) {
	fmt.Fprintf(&d.text, "\n  @%s\n  Scenario: %s\n", rule.ID, name)
	for _, s := range steps {
		fmt.Fprintf(&d.text, "    %s\n", s)
	}
}

// given prepares a caller for the operation, and an item where it needs one.
func (d *deriver) given() (steps []string) {
	if d.op.ID == signUp {
		return nil
	}
	if d.contract.Operation(signUp) != nil {
		steps = append(steps, "Given I am signed in as a new user")
	}
	if maker := makerOf(d.contract, d.op); maker != nil {
		steps = append(steps, d.made(steps, maker))
	}
	return steps
}

// made is the step that makes an item, behind others.
func (d *deriver) made(before []string, maker *contract.Operation) string {
	if len(before) == 0 {
		return "Given I have called " + maker.ID
	}
	return "And I have called " + maker.ID
}

// plain calls the operation as it is meant. That of a protocol means nothing by
// itself, and one on an item that nobody makes has nothing to be called on.
func (d *deriver) plain() {
	rule := d.contract.Rule(successRule(d.op))
	if rule == nil || protocolOf(d.contract).steps != nil || needsItem(d.op) && makerOf(d.contract, d.op) == nil {
		return
	}
	steps := d.given()
	if maker := makerIn(d.contract, d.op.Path); maker != nil && d.op.Method == "GET" { // a list shows what it is when something is on it
		steps = append(steps, d.made(steps, maker))
	}
	d.scenario(rule, d.op.ID+" answers as documented", append(steps, d.call(""), succeeds)...)
}

func (d *deriver) call(with string) string {
	return strings.TrimSpace(fmt.Sprintf("When I call %s %s", d.op.ID, with))
}

const (
	succeeds = "Then it succeeds"
	refused  = "Then it is refused"
)

func (d *deriver) security() {
	rule := d.contract.Rule(d.op.ID + ".security")
	if rule == nil {
		return
	}
	if d.op.Public() {
		d.scenario(rule, d.op.ID+" needs no access token", append(d.given(), d.call("with no access token"), succeeds)...)
		return
	}
	steps := d.given()
	for _, token := range d.worthless() {
		steps = append(steps, d.call(token), refused)
	}
	if d.headerScheme() && d.op.Method == "GET" { // names of header fields have no case (RFC 9110 §5.1)
		steps = append(steps, d.call("with its header in other letters"), succeeds)
	}
	d.scenario(rule, d.op.ID+" is for signed-in users", append(steps, d.call(""), succeeds)...)
}

// worthless lists what is no access token.
func (d *deriver) worthless() []string {
	list := []string{"with no access token", "with an empty access token", "with a made-up access token", `with "null" as access token`, `with "undefined" as access token`}
	for _, o := range d.contract.Operations {
		if o.ID == signUp && o.Success != nil && o.Success.Schema.RefreshTokenMember() != nil {
			list = append(list, "with my refresh token as access token")
		}
	}
	return list
}

// headerScheme reports whether the token travels in a header of its own.
func (d *deriver) headerScheme() bool {
	s := d.op.Security[0][0]
	return s.Type == "apiKey" && s.In == "header"
}

// cases writes one scenario a rule: what must be refused first, as it changes
// nothing, then what must pass.
func (d *deriver) cases() {
	var order []*contract.Rule
	byRule := map[string][]contract.Case{}
	for _, c := range d.op.Cases() {
		if byRule[c.Rule.ID] == nil {
			order = append(order, c.Rule)
		}
		byRule[c.Rule.ID] = append(byRule[c.Rule.ID], c)
	}
	for _, rule := range order {
		steps := d.given()
		passes := false
		for _, c := range byRule[rule.ID] {
			if !c.Accept {
				steps = append(steps, d.call(clause(c)), refused)
			}
		}
		for _, c := range byRule[rule.ID] {
			if c.Accept {
				passes = true
				steps = append(steps, d.call(clause(c)), succeeds)
			}
		}
		if !passes {
			steps = append(steps, d.call(""), succeeds)
		}
		d.scenario(rule, fmt.Sprintf("%s (%s)", strings.TrimSuffix(rule.Sentence, "."), rule.Keyword), steps...)
	}
}

// clause says in a step what a case changes.
func clause(c contract.Case) string {
	if c.Absent {
		return fmt.Sprintf("without %q", c.Member)
	}
	return fmt.Sprintf("with %q set to %s", c.Member, literal(c.Value))
}

// literal writes a value as a step reads it: JSON, long texts by their length.
func literal(v any) string {
	if s, ok := v.(string); ok {
		if n := utf8.RuneCountInString(s); n > 40 {
			if strings.Trim(s, "é") == "" {
				return fmt.Sprintf("%d two-byte characters", n)
			}
			return fmt.Sprintf("%d characters", n)
		}
	}
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(raw)
}

// makerOf returns the operation that makes what the operation's path names:
// POST on the collection above {id}. Nil when the path names nothing.
func makerOf(c *contract.Contract, o *contract.Operation) *contract.Operation {
	collection, _, ok := strings.Cut(o.Path, "/{")
	if !ok {
		return nil
	}
	return makerIn(c, collection)
}

// makerIn returns the operation that makes the records of a collection, or nil.
func makerIn(c *contract.Contract, collection string) *contract.Operation {
	for _, maker := range c.Operations {
		if maker.Method == "POST" && maker.Path == collection {
			return maker
		}
	}
	return nil
}
