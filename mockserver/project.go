package mockserver

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"math"
	"sort"
	"strconv"

	"github.com/tidwall/gjson"

	"assay/contract"
)

// A look gives a member of a record, or of whatever else a computed value may
// be made of, by name; nil for none.
type look func(name string) any

// appendValue writes a decoded JSON value in a shape: members in the order of
// the contract, those it does not name dropped, scalars in the documented type.
func appendValue(dst []byte, v any, s *shape) []byte {
	switch x := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		if s == nil || s.typ == "" || s.typ == "boolean" {
			return strconv.AppendBool(dst, x)
		}
	case json.Number:
		if s == nil || s.typ == "" {
			return append(dst, x...)
		}
		if (s.typ == "integer" || s.typ == "number") && s.step == 0 {
			return appendNumber(dst, x, s.typ)
		}
	case string:
		if s == nil || s.typ == "" || s.typ == "string" {
			return appendString(dst, x)
		}
	case []any:
		if s == nil || s.typ == "" || s.typ == "array" {
			return appendArray(dst, x, s)
		}
	case map[string]any:
		if s == nil || s.typ == "" || s.typ == "object" {
			return appendObject(dst, x, s)
		}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return append(dst, "null"...)
	}
	return appendRaw(dst, raw, s, nil)
}

func appendArray(dst []byte, items []any, s *shape) []byte {
	var inner *shape
	if s != nil {
		inner = s.items
	}
	dst = append(dst, '[')
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(dst, item, inner)
	}
	return append(dst, ']')
}

func appendObject(dst []byte, object map[string]any, s *shape) []byte {
	dst = append(dst, '{')
	start := len(dst)
	if s != nil && len(s.members) > 0 {
		for _, m := range s.members {
			if v, ok := object[m.name]; ok {
				dst = appendKey(dst, start, m.key)
				dst = appendValue(dst, v, m.shape)
			}
		}
		return append(dst, '}')
	}
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		dst = appendKey(dst, start, append(appendString(nil, name), ':'))
		dst = appendValue(dst, object[name], nil)
	}
	return append(dst, '}')
}

// appendKey writes a member's key, after a comma where it is not the first.
func appendKey(dst []byte, start int, key []byte) []byte {
	if len(dst) > start {
		dst = append(dst, ',')
	}
	return append(dst, key...)
}

// appendRaw writes raw JSON, known to be valid, in a shape. Where the value's
// type is another than the documented one it is turned into that: the contract
// is obeyed, whatever it was edited to. Pure computed members are computed
// again from their neighbours, and from more where these do not say.
func appendRaw(dst, raw []byte, s *shape, more look) []byte {
	if s == nil || len(raw) == 0 {
		return append(dst, raw...)
	}
	if raw[0] == 'n' {
		return append(dst, "null"...)
	}
	switch s.typ {
	case "object":
		return appendRawObject(dst, raw, s, more)
	case "array":
		return appendRawArray(dst, raw, s, more)
	case "string":
		return appendRawString(dst, raw)
	case "integer", "number":
		return appendRawNumber(dst, raw, s)
	case "boolean":
		if raw[0] != 't' && raw[0] != 'f' {
			return strconv.AppendBool(dst, !bytes.Equal(raw, []byte("0")) && !bytes.Equal(raw, []byte(`""`)))
		}
	}
	return append(dst, raw...)
}

// fieldsOf takes a raw object apart.
func fieldsOf(raw []byte) []field {
	fields := make([]field, 0, 8)
	gjson.ParseBytes(raw).ForEach(func(key, value gjson.Result) bool {
		fields = append(fields, field{name: key.String(), raw: []byte(value.Raw)})
		return true
	})
	return fields
}

func lookIn(fields []field, more look) look {
	return func(name string) any {
		for _, f := range fields {
			if f.name == name {
				return scalarOf(f.raw)
			}
		}
		if more != nil {
			return more(name)
		}
		return nil
	}
}

// scalarOf decodes a raw scalar, and anything else as encoding/json does.
func scalarOf(raw []byte) any {
	if len(raw) == 0 {
		return nil
	}
	switch c := raw[0]; {
	case c == '"':
		return unquote(raw)
	case c == '-' || c >= '0' && c <= '9':
		return json.Number(raw)
	}
	v, err := contract.DecodeStrict(raw)
	if err != nil {
		return nil
	}
	return v
}

func appendRawObject(dst, raw []byte, s *shape, more look) []byte {
	if raw[0] != '{' {
		return appendWrapped(dst, raw, s, more)
	}
	if len(s.members) == 0 {
		return append(dst, raw...)
	}
	fields := fieldsOf(raw)
	around := lookIn(fields, more)
	dst = append(dst, '{')
	start := len(dst)
	for _, m := range s.members {
		if m.computed != nil && m.computed.Pure() {
			if v, ok := m.computed.Evaluate(around); ok {
				dst = appendComputed(appendKey(dst, start, m.key), v, m.shape)
				continue
			}
		}
		if i := indexOf(fields, m.name); i >= 0 {
			dst = appendRaw(appendKey(dst, start, m.key), fields[i].raw, m.shape, more)
		}
	}
	return append(dst, '}')
}

func indexOf(fields []field, name string) int {
	for i, f := range fields {
		if f.name == name {
			return i
		}
	}
	return -1
}

// appendComputed writes what a named function gave.
func appendComputed(dst []byte, v any, s *shape) []byte {
	switch x := v.(type) {
	case float64:
		return appendRaw(dst, appendFloat(nil, x), s, nil)
	case int64:
		return appendRaw(dst, strconv.AppendInt(nil, x, 10), s, nil)
	case string:
		return appendRaw(dst, appendString(nil, x), s, nil)
	}
	return appendValue(dst, v, s)
}

// appendWrapped writes something that is no object as one: under the member
// that is an array for a list, else under the first.
func appendWrapped(dst, raw []byte, s *shape, more look) []byte {
	if len(s.members) == 0 {
		return append(dst, "{}"...)
	}
	at := s.members[0]
	for _, m := range s.members {
		if (m.shape != nil && m.shape.typ == "array") == (raw[0] == '[') {
			at = m
			break
		}
	}
	dst = append(append(dst, '{'), at.key...)
	return append(appendRaw(dst, raw, at.shape, more), '}')
}

func appendRawArray(dst, raw []byte, s *shape, more look) []byte {
	dst = append(dst, '[')
	if raw[0] != '[' {
		return append(appendRaw(dst, raw, s.items, more), ']')
	}
	start := len(dst)
	gjson.ParseBytes(raw).ForEach(func(_, item gjson.Result) bool {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = appendRaw(dst, []byte(item.Raw), s.items, more)
		return true
	})
	return append(dst, ']')
}

func appendRawString(dst, raw []byte) []byte {
	if raw[0] == '"' {
		return append(dst, raw...)
	}
	return appendString(dst, string(raw))
}

func appendRawNumber(dst, raw []byte, s *shape) []byte {
	n := json.Number(raw)
	if c := raw[0]; c != '-' && (c < '0' || c > '9') {
		n = numberFor(raw)
	}
	if s.step > 0 {
		if f, err := n.Float64(); err == nil {
			return appendFloat(dst, roundTo(f, s.step))
		}
	}
	return appendNumber(dst, n, s.typ)
}

// numberFor makes a number of something else: of a numeric text its number, of
// any other text or value a number of its own.
func numberFor(raw []byte) json.Number {
	text := unquote(raw)
	if v, err := contract.DecodeStrict([]byte(text)); err == nil {
		if n, ok := v.(json.Number); ok {
			return n
		}
	}
	if text == "true" {
		return "1"
	}
	if text == "false" {
		return "0"
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(text)) // a hash never fails
	return json.Number(strconv.FormatUint(uint64(sum.Sum32()>>1), 10))
}

// roundTo rounds to a multiple of a step such as 0.01.
func roundTo(f, step float64) float64 {
	if inverse := math.Round(1 / step); step < 1 && math.Abs(1/step-inverse) < 1e-9 {
		return math.Round(f*inverse) / inverse
	}
	return math.Round(f/step) * step
}
