package oidc

import (
	"bytes"
	"encoding/json"
)

// An Object is a JSON object whose members keep their order, as the recorded tokens show one.
type Object []Member

// A Member of an object.
type Member struct {
	Name  string
	Value any
}

// MarshalJSON writes the members in order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := encode(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := encode(m.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode writes JSON without escaping <, > and &.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Get returns the member of this name.
func (o Object) Get(name string) (any, bool) {
	for _, m := range o {
		if m.Name == name {
			return m.Value, true
		}
	}
	return nil, false
}

// With returns the object with the member set, in place or at the end.
func (o Object) With(name string, value any) Object {
	for i, m := range o {
		if m.Name == name {
			o[i].Value = value
			return o
		}
	}
	return append(o, Member{name, value})
}

// Pick returns the members of these names, in this order; those absent are left out.
func (o Object) Pick(names []string) Object {
	picked := make(Object, 0, len(names))
	for _, name := range names {
		if v, ok := o.Get(name); ok {
			picked = append(picked, Member{name, v})
		}
	}
	return picked
}
