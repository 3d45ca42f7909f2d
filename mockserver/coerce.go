package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http"

	"assay/contract"
)

// Clients send numbers as text, from the values of HTML forms: what reads as
// the documented type is taken as that, with a remark.

// coerce returns the value in the shape's types where it is text that reads so.
// It changes objects and arrays in place: they were decoded for this request.
func coerce(c *Call, v any, s *shape, pointer string) any {
	if s == nil {
		return v
	}
	switch x := v.(type) {
	case string:
		if s.typ == "string" || s.typ == "" {
			return v
		}
		return coerceText(c, x, s, pointer)
	case map[string]any:
		for _, m := range s.members {
			if inner, ok := x[m.name]; ok && couldChange(inner, m.shape) {
				x[m.name] = coerce(c, inner, m.shape, pointer+"/"+m.name)
			}
		}
	case []any:
		for i, inner := range x {
			x[i] = coerce(c, inner, s.items, fmt.Sprintf("%s/%d", pointer, i))
		}
	}
	return v
}

// couldChange spares values of the right type the longer way.
func couldChange(v any, s *shape) bool {
	switch v.(type) {
	case string:
		return s != nil && s.typ != "string" && s.typ != ""
	case map[string]any, []any:
		return true
	}
	return false
}

func coerceText(c *Call, text string, s *shape, pointer string) any {
	switch s.typ {
	case "integer", "number":
		decoded, err := contract.DecodeStrict([]byte(text))
		if n, ok := decoded.(json.Number); ok && err == nil {
			c.remark(RemarkType, pointer, fmt.Sprintf("%s: %q was sent for %s", pointer, text, n))
			return n
		}
	case "boolean":
		if text == "true" || text == "false" {
			c.remark(RemarkType, pointer, fmt.Sprintf("%s: %q was sent for %s", pointer, text, text))
			return text == "true"
		}
	case "array": // a form has one value where there is one item
		return []any{coerce(c, text, s.items, pointer+"/0")}
	}
	return text
}

// bodyFromQuery takes the members of a body from the query, for an operation
// such as DELETE whose bodies some clients cannot send.
func bodyFromQuery(c *Call, op *operation) {
	if c.hasBody || op.Body == nil || op.body == nil || c.Request.Method != http.MethodDelete {
		return
	}
	var body map[string]any
	for _, m := range op.body.members {
		values, ok := c.Query[m.name]
		if !ok || op.Param("query", m.name) != nil {
			continue
		}
		if body == nil {
			body = map[string]any{}
		}
		body[m.name] = values[0]
		c.remark(RemarkPlace, m.name, m.name+" was sent in the query instead of the body")
	}
	if body != nil {
		c.Body, c.hasBody = body, true
	}
}
