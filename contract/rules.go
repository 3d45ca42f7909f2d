package contract

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// deepest is how far rules are derived into nested schemas.
const deepest = 8

// deriveRules fills the ledger: the sentences at the root, then for each
// operation what its keywords and its own sentences say.
func (l *loading) deriveRules(root *yaml.Node) {
	top := place{l.file, root}
	l.rootSources = l.sources(top)
	l.sentences(top, nil)
	items := at(root, "paths")
	for _, o := range l.out.Operations {
		d := &derivation{loading: l, op: o, chain: []sources{o.sources, l.rootSources}}
		d.operation()
		l.sentences(l.operationPlace(items, o), o)
	}
}

func (l *loading) operationPlace(paths *yaml.Node, o *Operation) place {
	for _, key := range keys(paths) {
		if p, dispatch := splitDispatch(key); p == o.Path && dispatch == o.Dispatch {
			here := l.resolve(place{l.file, member(paths, key)}).at(strings.ToLower(o.Method))
			if here.node != nil {
				return here
			}
		}
	}
	return place{file: l.file}
}

// sentences reads x-rules at the root or at an operation.
func (l *loading) sentences(here place, o *Operation) {
	list := member(here.node, "x-rules")
	if list == nil || list.Kind != yaml.SequenceNode {
		return
	}
	for _, n := range list.Content {
		n = unalias(n)
		r := &Rule{ID: scalar(member(n, "id")), Keyword: "sentence", Sentence: strings.Join(strings.Fields(scalar(member(n, "says"))), " "),
			Security: scalar(member(n, "security")) == "true", Slow: scalar(member(n, "slow")) == "true", File: here.file, Line: n.Line}
		chain := []sources{l.sources(place{here.file, n})}
		if o != nil {
			r.Operation, r.Chapter = o.ID, o.Chapter
			chain = append(chain, o.sources)
		}
		for _, key := range keys(n) {
			if !strings.Contains(" id says security slow x-source ", " "+key+" ") {
				l.faults = append(l.faults, Fault{File: here.file, Line: keyLine(n, key), Problem: fmt.Sprintf("a rule has no member %q", key), Hint: "it has id, says, security, slow and x-source"})
			}
		}
		switch {
		case r.ID == "":
			l.faults = append(l.faults, Fault{File: here.file, Line: n.Line, Problem: "a rule in x-rules has no id", Hint: "give it one that reads like a path: logOut.refresh-token-dies"})
			continue
		case r.Sentence == "":
			l.faults = append(l.faults, Fault{File: here.file, Line: n.Line, Problem: fmt.Sprintf("the rule %s says nothing", r.ID), Hint: "add says: and a sentence"})
		case o != nil && !strings.HasPrefix(r.ID, o.ID+"."):
			l.faults = append(l.faults, Fault{File: here.file, Line: n.Line, Problem: fmt.Sprintf("the rule %s stands at the operation %s", r.ID, o.ID), Hint: fmt.Sprintf("begin its id with %s. or move it", o.ID)})
		}
		l.enter(r, chain, "sentence")
	}
}

// enter cites a rule and puts it into the ledger.
func (l *loading) enter(r *Rule, chain []sources, keyword string) {
	if old := l.out.rules[r.ID]; old != nil {
		l.faults = append(l.faults, Fault{File: r.File, Line: r.Line, Problem: fmt.Sprintf("the rule id %s is used twice", r.ID), Hint: fmt.Sprintf("the first stands in line %d", old.Line)})
		return
	}
	l.cite(r, chain, keyword)
	l.out.rules[r.ID] = r
	l.out.Rules = append(l.out.Rules, r)
}

// cite gives a rule the basis and citations of the nearest entries that speak
// for its keyword. Without any the contract itself states the rule.
func (l *loading) cite(r *Rule, chain []sources, keyword string) {
	r.Basis = Stated
	found := nearest(chain, keyword)
	for i, s := range found {
		if i == 0 {
			r.Basis, r.Should, r.Why = s.Basis, s.Level == "SHOULD", s.Why
		}
		if s.At != "" {
			r.Citations = append(r.Citations, l.citation(s))
		}
	}
}

// nearest returns the innermost entries that speak for the keyword: those that
// name it, else those that name none.
func nearest(chain []sources, keyword string) sources {
	for _, level := range chain {
		var named, general sources
		for _, s := range level {
			switch {
			case len(s.For) == 0:
				general = append(general, s)
			case contains(s.For, keyword):
				named = append(named, s)
			}
		}
		if len(named) > 0 {
			return named
		}
		if len(general) > 0 {
			return general
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (l *loading) citation(s source) Citation {
	c := Citation{At: s.At, Says: s.Says, Note: s.Note}
	name, lines, ok := strings.Cut(s.At, ":")
	if ok {
		for _, doc := range l.out.Sources {
			if doc.Name == name {
				c.Source, c.Title = doc.Name, doc.Title
			}
		}
		first, last, isRange := strings.Cut(lines, "-")
		c.Lines[0], _ = strconv.Atoi(first)
		c.Lines[1] = c.Lines[0]
		if isRange {
			c.Lines[1], _ = strconv.Atoi(last)
		}
	}
	if c.Source == "" {
		c.Title, c.Lines = s.At, [2]int{}
	}
	return c
}

// A derivation writes down what one operation's keywords say.
type derivation struct {
	*loading
	op    *Operation
	chain []sources // outer places, innermost first
	stack []*Schema // schemas under way, against recursion
}

func (d *derivation) rule(id, keyword string, line int, sentence string, chain []sources) *Rule {
	r := &Rule{ID: id, Operation: d.op.ID, Chapter: d.op.Chapter, Keyword: keyword, Sentence: sentence, File: d.file, Line: line}
	d.enter(r, chain, keyword)
	return r
}

func (d *derivation) within(s sources) []sources {
	return append([]sources{s}, d.chain...)
}

func (d *derivation) operation() {
	o := d.op
	if !o.Public() {
		r := d.rule(ruleID(o.ID, "security"), "security", o.Line, o.ID+" is refused without a valid token.", d.chain)
		r.Security = true
	} else if s := nearest([]sources{o.sources}, "security"); len(s) > 0 && contains(s[0].For, "security") {
		d.rule(ruleID(o.ID, "security"), "security", o.Line, o.ID+" needs no access token.", d.chain)
	}
	for _, p := range o.Params {
		d.param(p)
	}
	if o.Body != nil && o.Body.Schema != nil {
		inner := *d
		inner.chain = d.within(o.Body.sources)
		inner.input(ruleID(o.ID, "body"), "", o.Body.Schema)
	}
	for _, a := range o.Answers {
		d.answer(a)
	}
}

func (d *derivation) param(p *Param) {
	prefix := ruleID(d.op.ID, p.In, p.Name)
	inner := *d
	inner.chain = d.within(p.sources)
	if p.Required && p.In != "path" {
		d.rule(ruleID(prefix, "required"), "required", p.Line, sentenceRequired(p.Name), append([]sources{p.Schema.sources}, inner.chain...))
	}
	if p.In == "path" {
		return // a path without its parameter is another path
	}
	inner.inputKeywords(prefix, p.Name, p.Schema)
	if p.Schema.Default != nil {
		d.rule(ruleID(prefix, "default"), "default", p.Schema.lineOf("default"), fmt.Sprintf("Without %s it is %v.", p.Name, p.Schema.Default), append([]sources{p.Schema.sources}, inner.chain...))
	}
}

// input derives the rules of what is sent.
func (d *derivation) input(prefix, name string, s *Schema) {
	if len(d.stack) > deepest || inStack(d.stack, s) {
		return
	}
	inner := *d
	inner.stack = append(append([]*Schema{}, d.stack...), s)
	inner.chain = d.within(s.sources)
	if name != "" {
		d.inputKeywords(prefix, name, s)
	}
	for _, p := range s.Properties {
		id := ruleID(prefix, p.Name)
		if p.Required {
			inner.rule(ruleID(id, "required"), "required", p.Line, sentenceRequired(p.Name), inner.within(p.sources))
		}
		inner.input(id, p.Name, p.Schema)
	}
	if s.Items != nil {
		inner.input(prefix+"[]", name, s.Items)
	}
}

// inputKeywords derives one rule a keyword. A string's type has none: what a
// server makes of a number where a text belongs is its own affair.
func (d *derivation) inputKeywords(prefix, name string, s *Schema) {
	chain := d.within(s.sources)
	add := func(keyword, sentence string) {
		d.rule(ruleID(prefix, keyword), keyword, s.lineOf(keyword), sentence, chain)
	}
	whole := sentenceIs(name, s)
	if s.Type == "integer" || s.Type == "number" || s.Type == "boolean" {
		add("type", whole)
	}
	for _, keyword := range s.bounds() {
		add(keyword, whole)
	}
	if s.Format == "email" {
		add("format", whole)
	}
	if len(s.Enum) > 0 {
		add("enum", whole)
	}
	for i, p := range s.Patterns {
		d.rule(ruleID(prefix, p.keyword(i, len(s.Patterns))), "pattern", p.Line, sentenceHas(name, p), append([]sources{p.sources}, chain...))
	}
}

// bounds lists the bounding keywords that the schema has.
func (s *Schema) bounds() (out []string) {
	for _, b := range []struct {
		keyword string
		there   bool
	}{
		{"minimum", s.Minimum != nil}, {"maximum", s.Maximum != nil}, {"minLength", s.MinLength > 0}, {"maxLength", s.MaxLength != nil},
		{"minItems", s.MinItems > 0}, {"maxItems", s.MaxItems != nil},
	} {
		if b.there {
			out = append(out, b.keyword)
		}
	}
	return out
}

// keyword names a pattern in a rule id: by its title where there are several.
func (p Pattern) keyword(i, of int) string {
	switch {
	case p.Title != "":
		words := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(p.Title), "an "), "a ")
		return "pattern-" + strings.Trim(notWord.ReplaceAllString(words, "-"), "-")
	case of == 1:
		return "pattern"
	}
	return fmt.Sprintf("pattern-%d", i+1)
}

// answer derives the rules of one documented answer. A refusal that the
// contract only assumes has none: any 4xx keeps its rule.
func (d *derivation) answer(a *Answer) {
	chain := d.within(a.sources)
	if found := nearest(chain, "status"); len(found) > 0 {
		a.Basis = found[0].Basis
	} else {
		a.Basis = Stated
	}
	if a.Status == 0 || a.Status >= 400 && (a.Basis == Assumed || len(a.sources) == 0) {
		return
	}
	prefix := ruleID(d.op.ID, strconv.Itoa(a.Status))
	d.rule(prefix, "status", a.Line, sentenceAnswers(d.op, a), chain)
	inner := *d
	inner.chain = chain
	if a.Schema != nil {
		inner.output(prefix, "", a.Schema)
	}
	for _, h := range a.Header {
		head := inner
		head.chain = inner.within(h.sources)
		id := ruleID(prefix, "header", h.Name)
		if h.Required {
			head.rule(ruleID(id, "required"), "required", h.Line, fmt.Sprintf("The answer has the header %s.", h.Name), append([]sources{h.Schema.sources}, head.chain...))
		}
		head.outputKeywords(id, h.Name, h.Schema)
	}
}

// output derives the rules of what is answered.
func (d *derivation) output(prefix, name string, s *Schema) {
	if len(d.stack) > deepest || inStack(d.stack, s) {
		return
	}
	inner := *d
	inner.stack = append(append([]*Schema{}, d.stack...), s)
	inner.chain = d.within(s.sources)
	d.outputKeywords(prefix, name, s)
	for _, p := range s.Properties {
		id := ruleID(prefix, p.Name)
		if p.Required {
			inner.rule(ruleID(id, "required"), "required", p.Line, sentenceHolds(prefix, name, p.Name), inner.within(p.sources))
		}
		inner.output(id, p.Name, p.Schema)
	}
	if s.Items != nil {
		inner.output(prefix+"[]", name, s.Items)
	}
	if s.JWT != nil {
		inner.token(prefix, name, s)
	}
}

func (d *derivation) outputKeywords(prefix, name string, s *Schema) {
	chain := d.within(s.sources)
	add := func(keyword, sentence string) {
		d.rule(ruleID(prefix, keyword), keyword, s.lineOf(keyword), sentence, chain)
	}
	whole := sentenceIs(name, s)
	if s.Type != "" {
		add("type", whole)
	}
	for _, keyword := range s.bounds() {
		add(keyword, sentenceBound(d.op, name, keyword, s))
	}
	if len(s.Enum) > 0 {
		add("enum", whole)
	}
	for i, p := range s.Patterns {
		d.rule(ruleID(prefix, p.keyword(i, len(s.Patterns))), "pattern", p.Line, sentenceHas(name, p), append([]sources{p.sources}, chain...))
	}
	if c := s.Computed; c != nil && c.judged() {
		d.rule(ruleID(prefix, "computed"), "computed", c.Line, sentenceComputed(name, c), chain)
	}
	if len(s.Order) > 0 {
		d.rule(ruleID(prefix, "order"), "order", s.lineOf("x-order"), sentenceOrder(s.Order), chain)
	}
}

// judged reports whether an answer alone can break the computation: ids and
// refresh tokens may have any form.
func (c *Computed) judged() bool { return c.Pure() || c.Function == "clock" }

// token derives the rules of a JSON Web Token.
func (d *derivation) token(prefix, name string, s *Schema) {
	chain := append([]sources{s.JWT.sources}, d.chain...)
	if s.JWT.Algorithm != "" {
		d.rule(ruleID(prefix, "algorithm"), "algorithm", s.JWT.Line, fmt.Sprintf("%s is a JWT signed with %s.", title(name), s.JWT.Algorithm), chain)
	}
	if s.JWT.Lifetime > 0 {
		d.rule(ruleID(prefix, "lifetime"), "lifetime", s.JWT.Line, fmt.Sprintf("%s expires %s after its issue.", title(name), seconds(s.JWT.Lifetime)), chain)
	}
	if s.JWT.Claims != nil {
		claims := *d
		claims.chain = chain
		claims.output(ruleID(prefix, "claims"), claimsOf+name, s.JWT.Claims)
	}
}

func inStack(stack []*Schema, s *Schema) bool {
	for _, x := range stack {
		if x.raw == s.raw {
			return true
		}
	}
	return false
}

// lineOf is the line of a keyword in the contract, or the schema's own.
func (s *Schema) lineOf(keyword string) int {
	if k, _ := entry(s.lines, keyword); k != nil {
		return k.Line
	}
	return s.Line
}
