package contract

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Case is a request that one rule decides: at the limit, and it must pass,
// or one beyond, and it must be refused. All its other members are plain.
type Case struct {
	Rule      *Rule
	Operation *Operation
	In        string // "body" or "query"
	Member    string // name of the member or parameter
	Absent    bool   // leave it out; else send Value
	Value     any    // nil, string, float64, int, bool, []any or map[string]any
	Accept    bool   // must pass; else must be refused
}

// Cases derives the cases of every bound, requirement and type of what the
// operation takes, in the order of its rules. Only members of the body itself
// have cases: what lies deeper has no plain neighbour to differ from.
func (o *Operation) Cases() []Case {
	var out []Case
	for _, p := range o.Params {
		if p.In == "query" {
			out = append(out, o.memberCases("query", p.Name, p.Required, p.Schema)...)
		}
	}
	if o.Body != nil && o.Body.Schema != nil {
		for _, p := range o.Body.Schema.Properties {
			out = append(out, o.memberCases("body", p.Name, p.Required, p.Schema)...)
		}
	}
	return out
}

func (o *Operation) memberCases(in, name string, required bool, s *Schema) []Case {
	b := caseBuilder{op: o, in: in, name: name, prefix: ruleID(o.ID, in, name), schema: s}
	if required {
		b.add("required", Case{Absent: true})
		if in == "body" && !s.Nullable {
			b.add("required", Case{Value: nil})
		}
	}
	switch s.Type {
	case "integer", "number":
		b.numbers()
	case "string":
		b.strings()
	case "array":
		b.arrays()
	}
	if len(s.Enum) > 0 {
		for _, v := range s.Enum {
			b.add("enum", Case{Value: v, Accept: true})
		}
		b.add("enum", Case{Value: "no-such-value"})
	}
	return b.out
}

type caseBuilder struct {
	op               *Operation
	in, name, prefix string
	schema           *Schema
	out              []Case
}

// add keeps the case when the ledger has its rule.
func (b *caseBuilder) add(keyword string, c Case) {
	rule := b.op.contract.rules[ruleID(b.prefix, keyword)]
	if rule == nil {
		return
	}
	if c.Accept && b.op.contract.IsRefreshToken(b.name) {
		return // only one that was given is accepted
	}
	c.Rule, c.Operation, c.In, c.Member = rule, b.op, b.in, b.name
	b.out = append(b.out, c)
}

func (b *caseBuilder) numbers() {
	s := b.schema
	if b.in == "body" && s.Type == "integer" {
		b.add("type", Case{Value: between(s)})
	}
	b.add("type", Case{Value: "abc"})
	if b.in == "body" {
		b.add("type", Case{Value: ""})
	}
	step := 1.0
	if s.MultipleOf != nil {
		step = *s.MultipleOf
	}
	if s.Minimum != nil {
		low := *s.Minimum
		if s.ExclusiveMinimum {
			low += step
		}
		b.add("minimum", Case{Value: low, Accept: true})
		b.add("minimum", Case{Value: low - step})
		if low-step == 0 {
			b.add("minimum", Case{Value: -step})
		}
	}
	if s.Maximum != nil {
		high := *s.Maximum
		if s.ExclusiveMaximum {
			high -= step
		}
		b.add("maximum", Case{Value: high, Accept: true})
		b.add("maximum", Case{Value: high + step})
	}
}

// between is a value that only its fraction makes wrong.
func between(s *Schema) float64 {
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		return float64(int64((*s.Minimum+*s.Maximum)/2)) + 0.5
	case s.Minimum != nil:
		return *s.Minimum + 1.5
	case s.Maximum != nil:
		return *s.Maximum - 1.5
	}
	return 1.5
}

func (b *caseBuilder) strings() {
	s := b.schema
	if n := s.MinLength; n > 0 {
		if fit, ok := text(s, n, ""); ok {
			b.add("minLength", Case{Value: fit, Accept: true})
			if turned := reversed(fit); len(s.Patterns) > 0 && turned != fit && matchesAll(s, turned) {
				b.add("minLength", Case{Value: turned, Accept: true})
			}
		}
		if short, ok := text(s, n-1, "length"); ok {
			b.add("minLength", Case{Value: short})
		}
	}
	if s.MaxLength != nil {
		n := *s.MaxLength
		const longest = 1 << 16 // beyond this a body says nothing about the bound
		if n <= longest {
			if fit, ok := text(s, n, ""); ok {
				b.add("maxLength", Case{Value: fit, Accept: true})
			}
			if len(s.Patterns) == 0 { // characters are no bytes
				b.add("maxLength", Case{Value: strings.Repeat("é", n), Accept: true})
			}
			if long, ok := text(s, n+1, "length"); ok {
				b.add("maxLength", Case{Value: long})
			}
		}
	}
	for i, p := range s.Patterns {
		keyword := p.keyword(i, len(s.Patterns))
		if bad, ok := text(s, max(s.MinLength, 10), keyword); ok {
			b.add(keyword, Case{Value: bad})
		}
	}
	if len(s.Patterns) > 0 {
		if good, ok := text(s, max(s.MinLength, 10), ""); ok {
			for i, p := range s.Patterns {
				b.add(p.keyword(i, len(s.Patterns)), Case{Value: good, Accept: true})
			}
		}
	}
	if s.Format == "email" {
		b.add("format", Case{Value: "not-an-e-mail-address"})
		b.add("format", Case{Value: ""})
	}
}

// alphabets are what texts of a wanted kind are made of; a text starts with
// one of each and goes on with the last.
var alphabets = [][]string{
	{"S", "7", "e"}, {"S", "e"}, {"7", "e"}, {"S", "7"}, {"e"}, {"S"}, {"7"}, {"S", "7", "-", "e"}, {"0"}, {"a"}, {"A", "a"}, {"@", "a"},
}

// text finds a text of n characters that matches every pattern of the schema
// but the one named by broken. Broken may be "length", when n itself is the
// fault and every pattern must match, unless there is no room for that.
func text(s *Schema, n int, broken string) (string, bool) {
	if n <= 0 {
		return "", n == 0
	}
	var fallback string
	for _, letters := range alphabets {
		t := compose(letters, n)
		if utf8.RuneCountInString(t) != n {
			continue
		}
		wrong := ""
		faults := 0
		for i, p := range s.Patterns {
			if !p.Regexp.MatchString(t) {
				wrong = p.keyword(i, len(s.Patterns))
				faults++
			}
		}
		switch {
		case faults == 0 && (broken == "" || broken == "length"):
			return t, true
		case faults == 1 && wrong == broken:
			return t, true
		}
		fallback = t
	}
	return fallback, broken == "length" && fallback != "" && n < len(alphabets[0])
}

// reversed writes a text backwards: where a rule asks what stands in it, the
// order is free.
func reversed(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

func matchesAll(s *Schema, text string) bool {
	for _, p := range s.Patterns {
		if !p.Regexp.MatchString(text) {
			return false
		}
	}
	return true
}

func compose(letters []string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(letters[min(i, len(letters)-1)])
	}
	return b.String()
}

func (b *caseBuilder) arrays() {
	s := b.schema
	if s.Items == nil || s.Items.Example == nil && s.Items.Type != "string" {
		return
	}
	fill := func(n int) []any {
		items := make([]any, n)
		for i := range items {
			if items[i] = s.Items.Example; items[i] == nil {
				items[i] = fmt.Sprintf("item-%d", i+1)
			}
		}
		return items
	}
	const most = 1000
	if s.MinItems > 0 && s.MinItems <= most {
		b.add("minItems", Case{Value: fill(s.MinItems), Accept: true})
		b.add("minItems", Case{Value: fill(s.MinItems - 1)})
	}
	if s.MaxItems != nil && *s.MaxItems <= most {
		b.add("maxItems", Case{Value: fill(*s.MaxItems), Accept: true})
		b.add("maxItems", Case{Value: fill(*s.MaxItems + 1)})
	}
}
