package contract

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// prove finds what the OpenAPI library lets pass.
func (l *loading) prove(root *yaml.Node) {
	for file, tree := range l.trees {
		l.proveTree(file, tree)
	}
	l.proveTokens()
	for _, o := range l.out.Operations {
		l.proveOperation(o)
	}
	if len(l.out.Operations) == 0 && len(l.faults) == 0 {
		l.fault(keyLine(root, "paths"), "documents no operation", "add a path with a method")
	}
}

// proveTree walks every mapping of a text: whatever looks like a schema or
// carries a key of the vocabulary is proven where it stands.
func (l *loading) proveTree(file string, n *yaml.Node) {
	n = unalias(n)
	if n == nil {
		return
	}
	complain := func(line int, problem, hint string) {
		l.faults = append(l.faults, Fault{File: file, Line: line, Problem: problem, Hint: hint})
	}
	if n.Kind == yaml.MappingNode {
		proveBounds(n, complain)
		proveRequired(n, complain)
		l.proveSources(n, complain)
		proveVocabulary(n, complain)
	}
	for _, child := range n.Content {
		if child.Kind != yaml.AliasNode {
			l.proveTree(file, child)
		}
	}
}

type complaint func(line int, problem, hint string)

// proveBounds demands that a lower bound is not above its upper one.
func proveBounds(n *yaml.Node, complain complaint) {
	for _, pair := range [][2]string{{"minimum", "maximum"}, {"minLength", "maxLength"}, {"minItems", "maxItems"}, {"minProperties", "maxProperties"}} {
		low, high := member(n, pair[0]), member(n, pair[1])
		if low == nil || high == nil {
			continue
		}
		var a, b float64
		if low.Decode(&a) == nil && high.Decode(&b) == nil && a > b {
			complain(low.Line, fmt.Sprintf("%s %s is above %s %s", pair[0], low.Value, pair[1], high.Value), "no value can fit: exchange or mend the bounds")
		}
	}
}

// proveRequired demands that every required name is a property.
func proveRequired(n *yaml.Node, complain complaint) {
	required, properties := member(n, "required"), member(n, "properties")
	if required == nil || required.Kind != yaml.SequenceNode || properties == nil || member(n, "allOf") != nil {
		return
	}
	for _, name := range required.Content {
		if member(properties, name.Value) == nil {
			complain(name.Line, fmt.Sprintf("required names %q, which is no property", name.Value), "the properties are "+list(keys(properties), "and"))
		}
	}
}

// proveSources demands that every citation names a known document.
func (l *loading) proveSources(n *yaml.Node, complain complaint) {
	v := member(n, "x-source")
	if v == nil {
		return
	}
	entries := []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode {
		entries = v.Content
	}
	for _, e := range entries {
		e = unalias(e)
		if e.Kind != yaml.MappingNode {
			complain(e.Line, "x-source is neither an entry nor a list of entries", `write {at: "document:line", says: "a few words"}`)
			continue
		}
		basis := scalar(member(e, "basis"))
		if basis == string(Spec) || basis == string(Assumed) {
			continue
		}
		at := member(e, "at")
		name, lines, ok := strings.Cut(scalar(at), ":")
		if at == nil {
			continue
		}
		if !ok || !lineRange(lines) {
			complain(at.Line, fmt.Sprintf("%q names no line", scalar(at)), `write the document's short name and the line, as in "pool:294" or "pool:290-294"`)
			continue
		}
		if !l.knowsSource(name) {
			complain(at.Line, fmt.Sprintf("no document is called %q", name), "x-sources has "+l.sourceNames())
		}
	}
}

func lineRange(s string) bool {
	first, last, isRange := strings.Cut(s, "-")
	return digits(first) && (!isRange || digits(last))
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func (l *loading) knowsSource(name string) bool {
	for _, s := range l.out.Sources {
		if s.Name == name {
			return true
		}
	}
	return false
}

func (l *loading) sourceNames() string {
	if len(l.out.Sources) == 0 {
		return "no document at all: add x-sources at the root"
	}
	names := make([]string, len(l.out.Sources))
	for i, s := range l.out.Sources {
		names[i] = s.Name
	}
	return list(names, "and")
}

// proveVocabulary finds misspelt keys of the vocabulary.
func proveVocabulary(n *yaml.Node, complain complaint) {
	for _, key := range keys(n) {
		if !strings.HasPrefix(key, "x-") || contains(vocabularyKeys, key) {
			continue
		}
		for _, known := range vocabularyKeys {
			if near(key, known) {
				complain(keyLine(n, key), fmt.Sprintf("the key %q is unknown", key), fmt.Sprintf("did you mean %s?", known))
			}
		}
	}
}

// near reports whether two words differ by one letter dropped, added or changed.
func near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return i < len(a) && a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}

func (l *loading) proveTokens() {
	for _, j := range l.tokens {
		if j.claims != "" && j.Claims == nil {
			l.fault(j.Line, fmt.Sprintf("x-jwt names the claims schema %q, which is not in components", j.claims), "name a schema by its plain name, without #/components/schemas/")
		}
	}
}

func (l *loading) proveOperation(o *Operation) {
	if o.Success == nil {
		l.fault(o.Line, fmt.Sprintf("%s documents no answer of success", o.ID), "add a 2xx or 3xx response")
	}
	for _, a := range o.Answers {
		if a.Schema != nil && len(a.Schema.Order) > 0 {
			l.proveOrder(a.Schema)
		}
	}
}

func (l *loading) proveOrder(s *Schema) {
	for _, key := range s.Order {
		if s.Type != "array" || s.Items == nil {
			l.fault(s.Line, "x-order stands at a schema that is no array", "move it beside type: array")
			return
		}
		if len(s.Items.Properties) > 0 && s.Items.Property(key.Name) == nil {
			l.fault(s.lineOf("x-order"), fmt.Sprintf("x-order sorts by %q, which the items do not have", key.Name), "name a property of the items")
		}
	}
}
