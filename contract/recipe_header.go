package contract

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// walkHeader calls visit for what a redirect and the cookies of an answer hold.
func walkHeader(header http.Header, visit func(name, value string, take Take)) {
	location := header.Get("Location")
	path, rest := cutLocation(location)
	for _, pair := range strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune("?&#", r) }) {
		// The shell does not decode, and a name becomes part of a pattern.
		if name, value, ok := strings.Cut(pair, "="); ok && unescape(value) == value && plainParameter.MatchString(name) {
			visit(name, value, Take{Location: name})
		}
	}
	for i, segment := range strings.Split(path, "/") {
		if len(segment) >= 12 && opaqueCode(segment) && !strings.Contains(segment, ":") { // no host
			visit("segment", segment, Take{Segment: i + 1})
		}
	}
	for _, set := range header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(set, ";")
		if name, value, ok := strings.Cut(pair, "="); ok && plainParameter.MatchString(name) {
			visit(name+"_token", strings.TrimSpace(value), Take{Cookie: name})
		}
	}
}

var plainParameter = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// cutLocation cuts before the query or the fragment.
func cutLocation(location string) (path, rest string) {
	if at := strings.IndexAny(location, "?#"); at >= 0 {
		return location[:at], location[at:]
	}
	return location, ""
}

// value returns what an answer gives for the take.
func (t Take) value(r *Response) (string, bool) {
	path, rest := cutLocation(r.Header.Get("Location"))
	switch {
	case t.Location != "":
		for _, pair := range strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune("?&#", r) }) {
			if name, value, _ := strings.Cut(pair, "="); name == t.Location {
				return unescape(value), true
			}
		}
		return "", false
	case t.Segment > 0:
		segments := strings.Split(path, "/")
		if t.Segment > len(segments) {
			return "", false
		}
		return segments[t.Segment-1], true
	case t.Cookie != "":
		for _, c := range (&http.Response{Header: r.Header}).Cookies() {
			if c.Name == t.Cookie {
				return c.Value, true
			}
		}
		return "", false
	}
	return valueAt(r.Body, t.Path)
}

// inHeader reports whether the value stands in the head of the answer.
func (t Take) inHeader() bool { return t.Location != "" || t.Segment > 0 || t.Cookie != "" }

// filter is the pipeline that finds the value in the head of an answer.
func (t Take) filter() string {
	switch {
	case t.Location != "":
		return "sed -n " + singleQuoted(`s/^[Ll]ocation:.*[?&#]`+pattern(t.Location)+`=\([^&#]*\).*/\1/p`)
	case t.Segment > 0:
		return "sed -n " + singleQuoted(`s/^[Ll]ocation: *\([^?#]*\).*/\1/p`) + " | cut -d/ -f" + strconv.Itoa(t.Segment)
	}
	return "sed -n " + singleQuoted(`s/^[Ss]et-[Cc]ookie: *`+pattern(t.Cookie)+`=\([^;]*\).*/\1/p`)
}

// pattern writes a plain parameter's name for sed.
func pattern(name string) string { return strings.ReplaceAll(name, ".", `\.`) }

func verifierName(name string) bool { return strings.Contains(plainName(name), "verifier") }

// freshVerifiers makes the code challenge of a request fit the stand-in of the
// verifier that a later request sends (RFC 7636 §4.2): revealed, both stay.
func (b *recipeBuilder) freshVerifiers(r *Request) {
	if b.reveal {
		return
	}
	for _, verifier := range b.verifiers() {
		shape := sameShape(verifier)
		swap := strings.NewReplacer(challenge(verifier), challenge(shape), "code_challenge="+verifier, "code_challenge="+shape,
			`"code_challenge":"`+verifier+`"`, `"code_challenge":"`+shape+`"`)
		r.URL, r.Body = swap.Replace(r.URL), swap.Replace(r.Body)
	}
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// verifiers returns the code verifiers that the chain sends.
func (b *recipeBuilder) verifiers() []string {
	var found []string
	for _, e := range b.chain {
		if !strings.Contains(e.Request.Body, "verifier") {
			continue
		}
		walkJSON(e.Request.Body, func(path []any, value string, _ bool) {
			if verifierName(memberName(path)) && value != "" {
				found = append(found, value)
			}
		})
		if values, err := url.ParseQuery(e.Request.Body); err == nil && values.Get("code_verifier") != "" {
			found = append(found, values.Get("code_verifier"))
		}
	}
	return found
}
