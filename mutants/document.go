package mutants

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"assay/contract"
)

// A document is a contract's text as a tree. Edits change a copy, never the
// text that all mutants start from.
type document struct{ root *yaml.Node }

func parseDocument(text []byte) (*document, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("the contract's text is no mapping")
	}
	return &document{clone(doc.Content[0])}, nil
}

func (d *document) copy() *document { return &document{clone(d.root)} }

func (d *document) text() ([]byte, error) { return yaml.Marshal(d.root) }

// clone copies a tree; aliases become copies of what they stand for, so that
// an edit changes one place alone.
func clone(n *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	out := *n
	out.Anchor, out.Alias = "", nil
	out.Content = make([]*yaml.Node, len(n.Content))
	for i, c := range n.Content {
		out.Content[i] = clone(c)
	}
	return &out
}

// child returns the value of a key in a mapping, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// down follows keys from mapping to mapping.
func down(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		n = child(n, key)
	}
	return n
}

// set gives a key a value, written as YAML.
func set(n *yaml.Node, key, value string) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(value), &doc); err != nil || len(doc.Content) != 1 {
		panic(fmt.Sprintf("%q is no YAML value: %v", value, err)) // values are written in this package
	}
	put(n, key, doc.Content[0])
}

func put(n *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key, Tag: "!!str"}, value)
}

// drop takes a key out; it reports whether it was there.
func drop(n *yaml.Node, key string) bool {
	if n == nil || n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = append(n.Content[:i], n.Content[i+2:]...)
			return true
		}
	}
	return false
}

// rename gives a key another name.
func rename(n *yaml.Node, key, name string) bool {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i] = &yaml.Node{Kind: yaml.ScalarNode, Value: name, Tag: "!!str"}
			return true
		}
	}
	return false
}

// without takes a scalar out of a sequence.
func without(n *yaml.Node, value string) bool {
	if n == nil || n.Kind != yaml.SequenceNode {
		return false
	}
	for i, c := range n.Content {
		if c.Value == value {
			n.Content = append(n.Content[:i], n.Content[i+1:]...)
			return true
		}
	}
	return false
}

// operation returns the operation's own node, made independent of all others:
// what it refers to is copied into it, and so are its path's parameters.
func (d *document) operation(op *contract.Operation) *yaml.Node {
	paths := child(d.root, "paths")
	for i := 0; paths != nil && i+1 < len(paths.Content); i += 2 {
		if paths.Content[i].Value != pathKey(op) {
			continue
		}
		item := d.inline(paths.Content[i+1], nil)
		paths.Content[i+1] = item
		node := child(item, strings.ToLower(op.Method))
		if node != nil {
			shareParameters(item, node)
		}
		return node
	}
	return nil
}

// pathKey is the key of an operation's path, with the selector of a dispatched one.
func pathKey(op *contract.Operation) string {
	if op.Dispatch.Header == "" {
		return op.Path
	}
	key := op.Path + "#" + op.Dispatch.Header
	if op.Dispatch.Value != "" {
		key += "=" + op.Dispatch.Value
	}
	return key
}

// shareParameters gives an operation a copy of its path's parameters, which
// then overrides them.
func shareParameters(item, op *yaml.Node) {
	shared := child(item, "parameters")
	if shared == nil {
		return
	}
	own := child(op, "parameters")
	if own == nil {
		own = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		put(op, "parameters", own)
	}
	for _, p := range shared.Content {
		if parameter(own, scalar(p, "in"), scalar(p, "name")) == nil {
			own.Content = append(own.Content, clone(p))
		}
	}
}

func scalar(n *yaml.Node, key string) string {
	if v := child(n, key); v != nil {
		return v.Value
	}
	return ""
}

func parameter(list *yaml.Node, in, name string) *yaml.Node {
	if list == nil {
		return nil
	}
	for _, p := range list.Content {
		if scalar(p, "in") == in && scalar(p, "name") == name {
			return p
		}
	}
	return nil
}

// inline copies what local references name into their place; a reference
// within what it names itself stays.
func (d *document) inline(n *yaml.Node, within []string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		if ref := scalar(n, "$ref"); strings.HasPrefix(ref, "#/") {
			for _, outer := range within {
				if outer == ref {
					return n
				}
			}
			target := d.find(ref)
			if target == nil {
				return n
			}
			copied := d.inline(clone(target), append(within[:len(within):len(within)], ref))
			for i := 0; i+1 < len(n.Content); i += 2 { // what stands beside the reference speaks for this use
				if n.Content[i].Value != "$ref" {
					put(copied, n.Content[i].Value, n.Content[i+1])
				}
			}
			return copied
		}
	}
	for i, c := range n.Content {
		n.Content[i] = d.inline(c, within)
	}
	return n
}

// find follows a local reference such as "#/components/schemas/Idea".
func (d *document) find(ref string) *yaml.Node {
	n := d.root
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		n = child(n, strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
	}
	return n
}

// withoutExamples takes every example out: an edit may leave them beside the
// schema that they fitted.
func withoutExamples(n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		drop(n, "example")
		drop(n, "examples")
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i > 0 && n.Content[i-1].Value == "properties" && i%2 == 1 {
			for j := 1; j < len(c.Content); j += 2 { // a property may be called example
				withoutExamples(c.Content[j])
			}
			continue
		}
		withoutExamples(c)
	}
}
