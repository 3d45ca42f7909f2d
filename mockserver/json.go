package mockserver

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// appendString writes a JSON string as the documented servers do: <, > and &
// escaped, so that it may stand in HTML, and everything else as it is.
func appendString(dst []byte, s string) []byte {
	plain := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		dst = append(dst, '"')
		dst = append(dst, s...)
		return append(dst, '"')
	}
	text, _ := json.Marshal(s) // a string always marshals; bytes that are no UTF-8 become U+FFFD
	return append(dst, text...)
}

// unquote returns the text of a raw JSON string; other JSON comes back as it stands.
func unquote(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return string(raw)
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

// appendFloat writes a number-typed value: the shortest form that reads back
// the same, and 8 as 8.0.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	form := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		form = 'e'
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, form, -1, 64)
	if form == 'f' && bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendNumber writes a decoded number under a schema's type: 8 as 8.0 where a
// number is documented, 8.0 as 8 and 8.7 as 8 where an integer is.
func appendNumber(dst []byte, n json.Number, typ string) []byte {
	text := string(n)
	switch typ {
	case "number":
		if f, err := n.Float64(); err == nil {
			return appendFloat(dst, f)
		}
	case "integer":
		if strings.ContainsAny(text, ".eE") {
			// Beyond 2^63 a float has no fraction left to lose.
			if f, err := n.Float64(); err == nil && math.Abs(f) < 1<<63 {
				return strconv.AppendInt(dst, int64(math.Floor(f)), 10)
			}
		}
	}
	return append(dst, text...)
}

// A field is one member of a raw JSON object.
type field struct {
	name string
	raw  []byte
}

// itemsOf takes a raw array apart; anything else has no items.
func itemsOf(raw []byte) (items []json.RawMessage) {
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
		return nil
	}
	return items
}

// compact removes the white space of a raw value; nil when it is not valid JSON.
func compact(raw []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return nil
	}
	return b.Bytes()
}
