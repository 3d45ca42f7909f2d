package contract

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A Fault is something wrong with a contract, with the place and the way out.
type Fault struct {
	File    string
	Line    int // from 1; 0 when the fault has no line
	Problem string
	Hint    string // what to do about it; may be empty
}

func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	b.WriteString(": " + f.Problem)
	if f.Hint != "" {
		b.WriteString("\n    hint: " + f.Hint)
	}
	return b.String()
}

// Faults is everything wrong with a contract.
type Faults []Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted orders by place and drops repetitions.
func (fs Faults) sorted() Faults {
	sort.SliceStable(fs, func(i, j int) bool {
		if fs[i].File != fs[j].File {
			return fs[i].File < fs[j].File
		}
		return fs[i].Line < fs[j].Line
	})
	kept := fs[:0]
	seen := map[string]bool{}
	for _, f := range fs {
		if key := f.Error(); !seen[key] {
			seen[key] = true
			kept = append(kept, f)
		}
	}
	return kept
}

// modelFaults words the OpenAPI library's error tree: one fault a leaf.
func modelFaults(file string, err error) Faults {
	var out Faults
	walkErrors(err, nil, func(leaf error, origin *openapi3.Origin) {
		f := Fault{File: file, Problem: firstLine(leaf.Error())}
		if origin != nil && origin.Key != nil {
			f.Line = origin.Key.Line
			if origin.Key.File != "" {
				f.File = origin.Key.File
			}
		} else {
			f.Line = yamlErrorLine(leaf)
		}
		var schemaErr *openapi3.SchemaError
		if errors.As(leaf, &schemaErr) {
			f.Problem = "does not fit its schema: " + schemaErr.Reason
			if at := strings.Join(schemaErr.JSONPointer(), "/"); at != "" {
				f.Problem = fmt.Sprintf("/%s does not fit its schema: %s", at, schemaErr.Reason)
			}
			f.Hint = "mend the example or default, or the schema that it contradicts"
		}
		out = append(out, f)
	})
	return out
}

func walkErrors(err error, origin *openapi3.Origin, visit func(error, *openapi3.Origin)) {
	if err == nil {
		return
	}
	if o := originOf(err); o != nil {
		origin = o
	}
	if many, ok := err.(openapi3.MultiError); ok {
		for _, e := range many {
			walkErrors(e, origin, visit)
		}
		return
	}
	if _, leaf := err.(*openapi3.SchemaError); !leaf {
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range many.Unwrap() {
				walkErrors(e, origin, visit)
			}
			return
		}
		if inner := errors.Unwrap(err); inner != nil {
			walkErrors(inner, origin, visit)
			return
		}
	}
	visit(err, origin)
}

// originOf reads the Origin field that many of the library's errors have.
func originOf(err error) *openapi3.Origin {
	v := reflect.ValueOf(err)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil
	}
	f := v.FieldByName("Origin")
	if !f.IsValid() || !f.CanInterface() {
		return nil
	}
	o, _ := f.Interface().(*openapi3.Origin)
	return o
}

var lineInError = regexp.MustCompile(`line (\d+)`)

func yamlErrorLine(err error) int {
	if m := lineInError.FindStringSubmatch(err.Error()); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

func yamlErrorText(err error) string {
	text := strings.TrimPrefix(firstLine(err.Error()), "yaml: ")
	if _, after, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(text, "line ") {
		return after
	}
	return text
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	const most = 300
	if len(line) > most {
		line = line[:most] + "…"
	}
	return line
}
