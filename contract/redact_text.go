package contract

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

// maxNested bounds how deep JSON written inside JSON strings is followed.
const maxNested = 4

// form masks the values of secret names in "a=b&c=d", and leaves the rest byte for byte.
func (m masking) form(text string) string {
	pairs := strings.Split(text, "&")
	for i, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		plain := unescape(value)
		if SecretName(unescape(name)) {
			if replaced := m.named(unescape(name), plain); replaced != plain {
				pairs[i] = name + "=" + m.written(replaced)
			}
		} else if replaced := m.text(plain, 1); replaced != plain {
			pairs[i] = name + "=" + replaced
		}
	}
	return strings.Join(pairs, "&")
}

// written encodes a replacement that is to be sent; private-use characters stand for what the sender fills in.
func (m masking) written(value string) string {
	if !m.encode || strings.Contains(value, open) {
		return value
	}
	return url.QueryEscape(value)
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// text masks what prose, HTML or a broken body may hold.
func (m masking) text(s string, depth int) string {
	if len(s) < 3 {
		return s
	}
	if strings.Contains(s, `"`) && depth < maxNested {
		s = m.json(s, false, depth)
	}
	if strings.Contains(s, "=") {
		s = pair.ReplaceAllStringFunc(s, func(found string) string {
			name, value, _ := strings.Cut(found, "=")
			if !SecretName(name) {
				return found
			}
			return name + "=" + m.named(name, value)
		})
	}
	return m.shapes(s)
}

var (
	pair = regexp.MustCompile(`[A-Za-z0-9_.\-]+=[^\s&"'<>;,#…]+`)
	// RFC 7515 §3.1 and RFC 7516 §3.1: three or five parts, the first an encoded JSON object.
	jwtShape = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){1,3}`)
	bearer   = regexp.MustCompile(`(?i)\b(bearer|basic) +([A-Za-z0-9._~+/=-]{12,})`)
)

// Shortest runs of token characters that look like a token by themselves.
const (
	longHex  = 80
	longText = 120
)

// shapes masks what looks like a token whatever it is called.
func (m masking) shapes(s string) string {
	if len(s) < 12 {
		return s
	}
	if strings.Contains(s, "eyJ") {
		s = jwtShape.ReplaceAllStringFunc(s, func(found string) string { return m.replace("jwt", found) })
	}
	if mentionsScheme(s) {
		s = bearer.ReplaceAllStringFunc(s, func(found string) string {
			scheme, credentials, _ := strings.Cut(found, " ")
			credentials = strings.TrimLeft(credentials, " ")
			unpadded := strings.TrimRight(credentials, "=")
			if !opaqueCode(credentials) || strings.Contains(unpadded, "=") || unpadded != credentials && len(credentials)%4 != 0 {
				return found // "Basic authentication", `Bearer error_description="…"`
			}
			return scheme + " " + m.replace("authorization", credentials)
		})
	}
	return m.longRuns(s)
}

// mentionsScheme spares the regular expression most texts.
func mentionsScheme(s string) bool {
	for i := 0; i+6 < len(s); i++ {
		if s[i]|0x20 == 'b' && (strings.EqualFold(s[i:i+6], "bearer") || strings.EqualFold(s[i:i+5], "basic")) {
			return true
		}
	}
	return false
}

// longRuns masks long runs of token characters that look random.
func (m masking) longRuns(s string) string {
	var out strings.Builder
	written := 0
	for i := 0; i < len(s); {
		from, hex := i, true
		for i < len(s) && tokenByte(s[i]) {
			hex = hex && hexByte(s[i])
			i++
		}
		if n := i - from; (n >= longText || hex && n >= longHex) && diverse(s[from:i]) {
			out.WriteString(s[written:from])
			out.WriteString(m.replace("token", s[from:i]))
			written = i
		}
		i++
	}
	if written == 0 {
		return s
	}
	return out.String() + s[written:]
}

func hexByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func tokenByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("_-+/=", c) >= 0
}

// diverse tells a random text from a long word: a body of 255 times "a" is no secret.
func diverse(s string) bool {
	var seen [256]bool
	kinds, digits := 0, 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			kinds++
		}
		if '0' <= s[i] && s[i] <= '9' {
			digits++
		}
	}
	return kinds >= 10 && digits*20 >= len(s)
}

// json masks string members of secret names, and numbers when strict. It reads
// tokens, not values, so that a body cut short or broken is masked as well, and
// all that is no secret stays byte for byte.
func (m masking) json(text string, strict bool, depth int) string {
	var out strings.Builder
	inside := []string{""} // the secret name each open container stands under; "" for none
	key, written := "", 0
	secret := func() string {
		if key != "" && SecretName(key) {
			return key
		}
		return inside[len(inside)-1]
	}
	put := func(from, to int, replacement string) {
		out.WriteString(text[written:from])
		out.WriteString(replacement)
		written = to
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '{' || c == '[':
			inside, key = append(inside, secret()), ""
			i++
		case c == '}' || c == ']':
			if len(inside) > 1 {
				inside = inside[:len(inside)-1]
			}
			key = ""
			i++
		case c == ',':
			key = ""
			i++
		case c == '"':
			end, closed := stringEnd(text, i)
			if !closed && !strict && secret() == "" {
				i++
				continue
			}
			if next := skipSpace(text, end); closed && next < len(text) && text[next] == ':' {
				key = unquote(text[i:end])
				i = next + 1
				continue
			}
			value := unquote(text[i:end])
			if replaced := m.member(secret(), value, depth); replaced != value {
				put(i, end, quoteJSON(replaced, closed))
			}
			key = ""
			i = end
		case strict && (c == '-' || '0' <= c && c <= '9') && secret() != "":
			end := i + 1
			for end < len(text) && strings.IndexByte("0123456789.eE+-", text[end]) >= 0 {
				end++
			}
			if name := secret(); plainName(name) != "code" { // an error's number is no authorization code
				put(i, end, quoteJSON(m.replace(name, text[i:end]), true))
			}
			i = end
		default:
			i++
		}
	}
	if written == 0 {
		return text
	}
	out.WriteString(text[written:])
	return out.String()
}

// member masks one string member that stands under a secret name, or under none.
func (m masking) member(name, value string, depth int) string {
	switch {
	case name == "":
		return m.text(value, depth+1)
	case plainName(name) == "code" && !opaqueCode(value):
		return m.text(value, depth+1) // {"code": "invalid_grant"}
	}
	return m.named(name, value)
}

// opaqueCode tells an authorization code from an error's name.
func opaqueCode(s string) bool {
	return len(s) >= 12 && strings.ContainsAny(s, "0123456789") && !strings.Contains(s, " ")
}

// stringEnd returns where the string literal that starts at i ends, and whether it was closed.
func stringEnd(text string, i int) (end int, closed bool) {
	for j := i + 1; j < len(text); j++ {
		switch text[j] {
		case '\\':
			j++
		case '"':
			return j + 1, true
		}
	}
	return len(text), false
}

func skipSpace(text string, i int) int {
	for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	return i
}

func unquote(literal string) string {
	var s string
	if json.Unmarshal([]byte(literal), &s) == nil {
		return s
	}
	return strings.TrimSuffix(strings.TrimPrefix(literal, `"`), `"`)
}

func quoteJSON(s string, closed bool) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string always encodes
	literal := strings.TrimSuffix(b.String(), "\n")
	if !closed {
		literal = strings.TrimSuffix(literal, `"`)
	}
	return literal
}
