package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// A Fault is one thing wrong in a file.
type Fault struct {
	File    string
	Line    int // from 1
	Problem string
	Hint    string
}

func (f Fault) Error() string {
	text := fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Problem)
	if f.Hint != "" {
		text += "\n\t" + f.Hint
	}
	return text
}

// Faults are all that is wrong in a file, in the order of its lines.
type Faults []Fault

func (f Faults) Error() string {
	texts := make([]string, len(f))
	for i, fault := range f {
		texts[i] = fault.Error()
	}
	return strings.Join(texts, "\n")
}

// A reader fills structs from YAML nodes and remembers what is wrong.
type reader struct {
	file   string
	faults Faults
}

func (r *reader) fault(n *yaml.Node, hint, format string, args ...any) {
	r.faults = append(r.faults, Fault{r.file, n.Line, fmt.Sprintf(format, args...), hint})
}

// into fills what target points to from a node; name is what to call the node in a fault.
func (r *reader) into(target any, n *yaml.Node, name string) {
	if n.Kind == yaml.AliasNode {
		r.fault(n, "write it out", "%s is an alias", name)
		return
	}
	switch t := target.(type) {
	case *time.Duration:
		r.duration(t, n, name)
		return
	case *Attributes:
		r.attributes(t, n, name)
		return
	}
	v := reflect.ValueOf(target).Elem()
	switch v.Kind() {
	case reflect.Struct:
		r.structure(v, n, name)
	case reflect.Slice:
		r.list(v, n, name)
	default:
		r.scalar(v, n, name)
	}
}

func (r *reader) structure(v reflect.Value, n *yaml.Node, name string) {
	r.members(n, name, func(key, value *yaml.Node) {
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("yaml") == key.Value {
				r.into(v.Field(i).Addr().Interface(), value, key.Value)
				return
			}
		}
		r.fault(key, knownKeys(v.Type()), "%s has no key %q", name, key.Value)
	})
}

func knownKeys(t reflect.Type) string {
	if t.NumField() == 0 {
		return "nothing can be said there yet"
	}
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("yaml")
	}
	return "its keys are " + strings.Join(names, ", ")
}

// members calls do for every member of a mapping, each key once.
func (r *reader) members(n *yaml.Node, name string, do func(key, value *yaml.Node)) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // "cognito:" with nothing after it
	}
	if n.Kind != yaml.MappingNode {
		r.fault(n, "write it as key: value", "%s is %s, not a mapping", name, kind(n))
		return
	}
	var seen []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if slices.Contains(seen, key.Value) {
			r.fault(key, "", "%s says %q twice", name, key.Value)
			continue
		}
		seen = append(seen, key.Value)
		do(key, value)
	}
}

func (r *reader) list(v reflect.Value, n *yaml.Node, name string) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "write it as [one, two], or one entry a line after a dash", "%s is %s, not a list", name, kind(n))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, entry := range n.Content {
		r.into(list.Index(i).Addr().Interface(), entry, "an entry of "+name)
	}
	v.Set(list)
}

func (r *reader) scalar(v reflect.Value, n *yaml.Node, name string) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fault(n, "", "%s is %s, not %s", name, kind(n), wanted(v.Kind()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value) // a number or a boolean is taken as its text
	case reflect.Bool:
		if n.Tag != "!!bool" {
			r.fault(n, "write true or false", "%s is %q, not a boolean", name, n.Value)
			return
		}
		v.SetBool(n.Value == "true" || n.Value == "True" || n.Value == "TRUE")
	case reflect.Int:
		number, err := strconv.Atoi(n.Value)
		if err != nil {
			r.fault(n, "", "%s is %q, not a whole number", name, n.Value)
			return
		}
		v.SetInt(int64(number))
	default:
		panic("config: a field of kind " + v.Kind().String() + " cannot be read")
	}
}

func (r *reader) duration(t *time.Duration, n *yaml.Node, name string) {
	d, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || d < time.Second {
		r.fault(n, "write it as 30s, 10m or 720h; a second is the shortest", "%s is %s, not a lifetime", name, told(n))
		return
	}
	*t = d
}

func (r *reader) attributes(t *Attributes, n *yaml.Node, name string) {
	*t = nil
	r.members(n, name, func(key, value *yaml.Node) {
		if value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
			r.fault(value, "an attribute is one text", "attribute %q is %s", key.Value, kind(value))
			return
		}
		*t = append(*t, Attribute{key.Value, value.Value})
	})
}

func kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case n.Tag == "!!null":
		return "empty"
	}
	return "a single value"
}

func wanted(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	}
	return "a text"
}

func told(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Value != "" {
		return strconv.Quote(n.Value)
	}
	return kind(n)
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)

// unreadable words the parser's own error, which begins with "yaml: line N: ".
func unreadable(file string, err error) Fault {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		return Fault{File: file, Line: line, Problem: "this is no YAML: " + m[2]}
	}
	return Fault{File: file, Line: 1, Problem: "this is no YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
}
