package contract

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// boundedTree refuses texts whose aliases or depth make them explode.
func boundedTree(root *yaml.Node) error {
	const mostNodes, mostDepth = 1 << 20, 200
	count := 0
	var walk func(n *yaml.Node, depth int) error
	walk = func(n *yaml.Node, depth int) error {
		if count++; count > mostNodes {
			return errors.New("is too large: over a million nodes, aliases counted each time")
		}
		if depth > mostDepth {
			return fmt.Errorf("is nested deeper than %d levels", mostDepth)
		}
		if n.Kind == yaml.AliasNode {
			return walk(n.Alias, depth+1)
		}
		for _, child := range n.Content {
			if err := walk(child, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(root, 0)
}

// duplicateKeys reports keys that stand twice in one mapping.
func (l *loading) duplicateKeys(file string, n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		first := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if before, ok := first[key.Value]; ok && key.Value != "<<" {
				l.faults = append(l.faults, Fault{File: file, Line: key.Line, Problem: fmt.Sprintf("the key %q stands here for the second time", key.Value), Hint: fmt.Sprintf("the first stands in line %d: keep one", before)})
			}
			first[key.Value] = key.Line
		}
	}
	for _, child := range n.Content {
		l.duplicateKeys(file, child)
	}
}

// member returns the value of a key in a mapping, or nil.
func member(n *yaml.Node, key string) *yaml.Node {
	_, v := entry(n, key)
	return v
}

// entry returns a mapping's key node and value node, or nils.
func entry(n *yaml.Node, key string) (k, v *yaml.Node) {
	n = unalias(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], unalias(n.Content[i+1])
		}
	}
	return nil, nil
}

func unalias(n *yaml.Node) *yaml.Node {
	for i := 0; n != nil && n.Kind == yaml.AliasNode && i < 10; i++ {
		n = n.Alias
	}
	return n
}

// at follows keys downwards.
func at(n *yaml.Node, keys ...string) *yaml.Node {
	for _, k := range keys {
		n = member(n, k)
	}
	return n
}

// keys lists a mapping's keys in the order written.
func keys(n *yaml.Node) []string {
	n = unalias(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	out := make([]string, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, n.Content[i].Value)
	}
	return out
}

func lineOf(n *yaml.Node) int {
	if n == nil {
		return 0
	}
	return n.Line
}

// keyLine is the line of a key in a mapping, or the mapping's own.
func keyLine(n *yaml.Node, key string) int {
	if k, _ := entry(n, key); k != nil {
		return k.Line
	}
	return lineOf(n)
}

func scalar(n *yaml.Node) string {
	if n = unalias(n); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}

// place is a node and the file it stands in.
type place struct {
	file string
	node *yaml.Node
}

func (p place) at(key string) place { return place{p.file, member(p.node, key)} }

func (p place) line() int { return lineOf(p.node) }

// resolve follows a $ref, in this file or another; what cannot be followed
// comes back empty, as the OpenAPI library has reported it already.
func (l *loading) resolve(p place) place {
	for range 20 {
		ref := scalar(member(p.node, "$ref"))
		if ref == "" {
			return p
		}
		file, fragment, _ := strings.Cut(ref, "#")
		if file == "" {
			file = p.file
		} else {
			file = path.Join(path.Dir(p.file), file)
		}
		node := l.trees[file]
		for _, part := range strings.Split(strings.Trim(fragment, "/"), "/") {
			if part != "" {
				node = member(node, strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
			}
		}
		p = place{file, node}
	}
	return place{}
}

// badReference reports that a referenced file is of no use, at the reference.
func (l *loading) badReference(target, problem, hint string) {
	at := Fault{File: l.file, Problem: fmt.Sprintf("the referenced %s %s", target, problem), Hint: hint}
	for file, tree := range l.trees {
		if n := findReference(tree, path.Base(target)); n != nil {
			at.File, at.Line = file, n.Line
		}
	}
	l.faults = append(l.faults, at)
}

// findReference finds a $ref to a file of this base name.
func findReference(n *yaml.Node, base string) *yaml.Node {
	if ref := scalar(member(n, "$ref")); ref != "" {
		if file, _, _ := strings.Cut(ref, "#"); path.Base(file) == base {
			return member(n, "$ref")
		}
	}
	for _, child := range n.Content {
		if found := findReference(child, base); found != nil {
			return found
		}
	}
	return nil
}
