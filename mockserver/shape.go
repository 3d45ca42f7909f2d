package mockserver

import (
	"slices"

	"assay/contract"
)

// A shape is a schema compiled for writing: which members, in which order, of
// which type. It refers to itself where the schema does.
type shape struct {
	schema   *contract.Schema
	typ      string // "object", "array", "string", "integer", "number", "boolean"; "" for any
	nullable bool
	members  []*member // of an object; none means that any are let through
	items    *shape    // of an array
	step     float64   // multipleOf of a number; 0 for none
}

// A member of an object.
type member struct {
	name     string
	key      []byte // `"name":`
	shape    *shape
	required bool
	computed *contract.Computed
}

func (s *shape) member(name string) *member {
	if s != nil {
		for _, m := range s.members {
			if m.name == name {
				return m
			}
		}
	}
	return nil
}

// shapes compiles schemas, each once.
type shapes map[*contract.Schema]*shape

func (all shapes) of(schema *contract.Schema) *shape {
	if schema == nil {
		return nil
	}
	if s, ok := all[schema]; ok {
		return s
	}
	s := &shape{schema: schema, typ: schema.Type, nullable: schema.Nullable}
	all[schema] = s
	if s.typ == "" {
		switch {
		case len(schema.Properties) > 0:
			s.typ = "object"
		case schema.Items != nil:
			s.typ = "array"
		}
	}
	if schema.MultipleOf != nil && schema.Type == "number" {
		s.step = *schema.MultipleOf
	}
	for _, p := range schema.Properties {
		s.members = append(s.members, newMember(p.Name, p.Required, all.of(p.Schema)))
	}
	s.items = all.of(schema.Items)
	return s
}

func newMember(name string, required bool, s *shape) *member {
	m := &member{name: name, key: append(appendString(nil, name), ':'), shape: s, required: required}
	if s != nil && s.schema != nil {
		m.computed = s.schema.Computed
	}
	return m
}

// same reports whether both shapes write the same bytes for the same value.
func same(a, b *shape) bool { return sameWithin(a, b, 0) }

func sameWithin(a, b *shape, depth int) bool {
	if a == b {
		return true
	}
	const deepest = 16 // a schema that refers to itself is not followed for ever
	if a == nil || b == nil || depth > deepest || a.typ != b.typ || a.nullable != b.nullable || a.step != b.step || len(a.members) != len(b.members) {
		return false
	}
	for i, m := range a.members {
		n := b.members[i]
		if m.name != n.name || !sameComputed(m.computed, n.computed) || !sameWithin(m.shape, n.shape, depth+1) {
			return false
		}
	}
	return sameWithin(a.items, b.items, depth+1)
}

func sameComputed(a, b *contract.Computed) bool {
	if a == nil || b == nil || a == b {
		return a == b
	}
	if a.Function != b.Function || !slices.Equal(a.Args, b.Args) || len(a.Options) != len(b.Options) {
		return false
	}
	for k, v := range a.Options {
		if b.Options[k] != v {
			return false
		}
	}
	return true
}
