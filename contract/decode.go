package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// MaxDepth is how deep a JSON text may be nested.
const MaxDepth = 128

// A DecodeError says why a text is not acceptable JSON, and where.
type DecodeError struct {
	Offset  int // in bytes, from 0
	Problem string
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("%s at byte %d", e.Problem, e.Offset)
}

// DecodeStrict decodes one JSON text (RFC 8259) into nil, bool, string,
// json.Number, []any and map[string]any. Other than encoding/json it refuses
// what two readers may understand differently: equal keys, bytes after the
// value, invalid UTF-8, a byte-order mark, nesting beyond MaxDepth.
// The caller bounds the size.
func DecodeStrict(text []byte) (any, error) {
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		return nil, &DecodeError{0, "a byte-order mark stands before the JSON"}
	}
	d := decoder{text: text}
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.space()
	if d.pos < len(text) {
		return nil, d.fail("more bytes stand after the JSON value")
	}
	return v, nil
}

type decoder struct {
	text []byte
	pos  int
}

func (d *decoder) fail(problem string) error { return &DecodeError{d.pos, problem} }

func (d *decoder) space() {
	for d.pos < len(d.text) {
		switch d.text[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}

func (d *decoder) value(depth int) (any, error) {
	d.space()
	if d.pos >= len(d.text) {
		return nil, d.fail("the JSON ends too early")
	}
	switch c := d.text[d.pos]; {
	case c == '{':
		return d.object(depth + 1)
	case c == '[':
		return d.array(depth + 1)
	case c == '"':
		return d.string()
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	}
	for word, v := range map[string]any{"true": true, "false": false, "null": nil} {
		if bytes.HasPrefix(d.text[d.pos:], []byte(word)) {
			d.pos += len(word)
			return v, nil
		}
	}
	return nil, d.fail(fmt.Sprintf("%s is not JSON", d.here()))
}

// here shows the character at the position.
func (d *decoder) here() string {
	if d.pos >= len(d.text) {
		return "the end"
	}
	r, _ := utf8.DecodeRune(d.text[d.pos:])
	return fmt.Sprintf("%q", r)
}

func (d *decoder) object(depth int) (any, error) {
	if depth > MaxDepth {
		return nil, d.fail(fmt.Sprintf("the JSON is nested deeper than %d levels", MaxDepth))
	}
	d.pos++
	m := map[string]any{}
	for first := true; ; first = false {
		d.space()
		if first && d.eat('}') {
			return m, nil
		}
		if d.pos >= len(d.text) || d.text[d.pos] != '"' {
			return nil, d.fail(fmt.Sprintf("%s stands where a member's name is due", d.here()))
		}
		at := d.pos
		name, err := d.string()
		if err != nil {
			return nil, err
		}
		if _, twice := m[name]; twice {
			return nil, &DecodeError{at, fmt.Sprintf("the member %s stands twice", clip(fmt.Sprintf("%q", name)))}
		}
		d.space()
		if !d.eat(':') {
			return nil, d.fail(fmt.Sprintf("%s stands where a colon is due", d.here()))
		}
		if m[name], err = d.value(depth); err != nil {
			return nil, err
		}
		d.space()
		if d.eat('}') {
			return m, nil
		}
		if !d.eat(',') {
			return nil, d.fail(fmt.Sprintf("%s stands where a comma or } is due", d.here()))
		}
	}
}

func (d *decoder) array(depth int) (any, error) {
	if depth > MaxDepth {
		return nil, d.fail(fmt.Sprintf("the JSON is nested deeper than %d levels", MaxDepth))
	}
	d.pos++
	list := []any{}
	for first := true; ; first = false {
		d.space()
		if first && d.eat(']') {
			return list, nil
		}
		v, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		d.space()
		if d.eat(']') {
			return list, nil
		}
		if !d.eat(',') {
			return nil, d.fail(fmt.Sprintf("%s stands where a comma or ] is due", d.here()))
		}
	}
}

func (d *decoder) eat(c byte) bool {
	if d.pos < len(d.text) && d.text[d.pos] == c {
		d.pos++
		return true
	}
	return false
}

func (d *decoder) string() (string, error) {
	start := d.pos
	escaped := false
	for d.pos++; d.pos < len(d.text); d.pos++ {
		switch c := d.text[d.pos]; {
		case c == '\\':
			escaped = true
			d.pos++
		case c == '"':
			d.pos++
			return d.unquote(start, escaped)
		case c < 0x20:
			return "", d.fail("a control character stands in a string")
		}
	}
	return "", &DecodeError{start, "a string does not end"}
}

func (d *decoder) unquote(start int, escaped bool) (string, error) {
	quoted := d.text[start:d.pos]
	if !utf8.Valid(quoted) {
		return "", &DecodeError{start, "a string is not valid UTF-8"}
	}
	if !escaped {
		return string(quoted[1 : len(quoted)-1]), nil
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return "", &DecodeError{start, "a string has an invalid escape"}
	}
	return s, nil
}

func (d *decoder) number() (any, error) {
	start := d.pos
	for d.pos < len(d.text) && bytes.IndexByte([]byte("+-.eE0123456789"), d.text[d.pos]) >= 0 {
		d.pos++
	}
	text := d.text[start:d.pos]
	if !json.Valid(text) {
		return nil, &DecodeError{start, fmt.Sprintf("%s is not a JSON number", clip(string(text)))}
	}
	return json.Number(text), nil
}

// isInteger reports whether the number has an integral value: 8, 8.0 and 8e0 do.
func isInteger(n json.Number) bool {
	mantissa, exponent := string(n), 0
	for i, c := range mantissa {
		if c == 'e' || c == 'E' {
			if _, err := fmt.Sscan(mantissa[i+1:], &exponent); err != nil {
				return false
			}
			mantissa = mantissa[:i]
			break
		}
	}
	point := bytes.IndexByte([]byte(mantissa), '.')
	if point < 0 {
		return exponent >= 0 || integralAfterShift(mantissa, -exponent)
	}
	fraction := bytes.TrimRight([]byte(mantissa[point+1:]), "0")
	if len(fraction) <= exponent {
		return true
	}
	return len(fraction) == 0 && exponent >= 0
}

// integralAfterShift reports whether the digits end in at least n zeros.
func integralAfterShift(digits string, n int) bool {
	zeros := len(digits) - len(bytes.TrimRight([]byte(digits), "0"))
	return zeros >= n || bytes.Trim([]byte(digits), "-0") == nil || len(bytes.Trim([]byte(digits), "-0")) == 0
}
