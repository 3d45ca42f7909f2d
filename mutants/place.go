package mutants

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"assay/contract"
)

// A place is a schema at one use: what an operation takes or answers, or a
// member of that. Its rules' ids begin with prefix.
type place struct {
	op       *contract.Operation
	answer   *contract.Answer // nil for what is sent
	in       string           // "body" or "query"
	prefix   string           // createIdea.body.impact
	name     string           // of the member; empty for the whole body
	path     []string         // from the operation's node; see find
	schema   *contract.Schema
	required bool
	parent   *place // nil for the whole body and for parameters
}

func (p *place) rule(keyword string) string { return p.prefix + "." + keyword }

// subject names the place in a sentence: "impact", "the answer", "each item".
func (p *place) subject() string {
	name := strings.TrimSuffix(p.name, "[]")
	switch {
	case name != "":
		return name
	case strings.HasSuffix(p.prefix, "[]"):
		return "each item"
	case p.answer == nil:
		return "the body"
	}
	return "the answer"
}

// deepest is how far places are looked for in nested schemas, as the ledger does.
const deepest = 8

// requests lists the places of what the operation takes.
func requests(op *contract.Operation) (out []*place) {
	for _, param := range op.Params {
		if param.In == "query" {
			out = append(out, &place{op: op, in: "query", prefix: op.ID + ".query." + param.Name, name: param.Name, schema: param.Schema, required: param.Required,
				path: []string{"parameters", "?query:" + param.Name, "schema"}})
		}
	}
	if op.Body != nil && op.Body.Schema != nil {
		whole := &place{op: op, in: "body", prefix: op.ID + ".body", schema: op.Body.Schema, path: []string{"requestBody", "content", "*", "schema"}}
		whole.members(&out)
	}
	return out
}

// answers lists the places of what the operation answers with success, the
// whole answer first.
func answers(op *contract.Operation) (out []*place) {
	a := op.Success
	if a == nil || a.Schema == nil || a.Status == 0 {
		return nil
	}
	status := strconv.Itoa(a.Status)
	whole := &place{op: op, answer: a, in: "body", prefix: op.ID + "." + status, schema: a.Schema, path: []string{"responses", status, "content", "*", "schema"}}
	out = append(out, whole)
	whole.members(&out)
	return out
}

func (p *place) members(out *[]*place) {
	if strings.Count(p.prefix, ".") > deepest+2 {
		return
	}
	for _, m := range p.schema.Properties {
		inner := &place{op: p.op, answer: p.answer, in: p.in, prefix: p.prefix + "." + m.Name, name: m.Name, schema: m.Schema, required: m.Required,
			path: append(slices.Clone(p.path), "."+m.Name), parent: p}
		*out = append(*out, inner)
		inner.members(out)
	}
	if p.schema.Items != nil && p.schema.Items != p.schema {
		inner := &place{op: p.op, answer: p.answer, in: p.in, prefix: p.prefix + "[]", name: p.name, schema: p.schema.Items, path: append(slices.Clone(p.path), "[]"), parent: p}
		if p.answer != nil && len(*out) < 10000 {
			*out = append(*out, inner)
		}
		inner.members(out)
	}
}

// find returns the nodes at a path below an operation's node. A step is a key;
// "*" stands for every value of a mapping, "?in:name" for a parameter, ".name"
// for a property, wherever allOf holds it, and "[]" for the items.
func find(n *yaml.Node, path []string) []*yaml.Node {
	found := []*yaml.Node{n}
	for _, step := range path {
		var next []*yaml.Node
		for _, at := range found {
			next = append(next, walk(at, step)...)
		}
		found = next
	}
	return found
}

func walk(n *yaml.Node, step string) (out []*yaml.Node) {
	if n == nil {
		return nil
	}
	switch {
	case step == "*":
		for i := 1; i < len(n.Content); i += 2 {
			out = append(out, n.Content[i])
		}
		return out
	case strings.HasPrefix(step, "?"):
		in, name, _ := strings.Cut(step[1:], ":")
		if p := parameter(n, in, name); p != nil {
			out = append(out, p)
		}
		return out
	case strings.HasPrefix(step, "."):
		for _, owner := range owners(n, step[1:]) {
			out = append(out, down(owner, "properties", step[1:]))
		}
		return out
	case step == "[]":
		step = "items"
	}
	if c := child(n, step); c != nil {
		out = append(out, c)
	}
	return out
}

// owners returns the schema nodes that list the property: the schema itself,
// or the parts of its allOf.
func owners(n *yaml.Node, property string) (out []*yaml.Node) {
	if down(n, "properties", property) != nil {
		out = append(out, n)
	}
	if parts := child(n, "allOf"); parts != nil {
		for _, part := range parts.Content {
			out = append(out, owners(part, property)...)
		}
	}
	return out
}

// change edits the schema at the place.
func (p *place) change(edit func(schema *yaml.Node)) edit {
	return func(d *document) bool {
		nodes := find(d.operation(p.op), p.path)
		for _, n := range nodes {
			edit(n)
		}
		return len(nodes) > 0
	}
}

// changeOwner edits the object schemas that list the member.
func (p *place) changeOwner(edit func(owner *yaml.Node)) edit {
	return func(d *document) bool {
		changed := false
		for _, n := range find(d.operation(p.op), p.path[:len(p.path)-1]) {
			for _, owner := range owners(n, p.name) {
				edit(owner)
				changed = true
			}
			without(child(n, "required"), p.name) // beside an allOf
		}
		return changed
	}
}
