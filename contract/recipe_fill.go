package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Fill returns request i ready to be sent: its placeholders are filled from the
// answers to the requests before it, e-mail addresses with run (letters and
// digits that were never used), and foreign secrets with what given holds under
// their name. It fails when an answer that is needed does not hold the value.
func (r *Recipe) Fill(i int, answers []*Exchange, run string, given map[string]string) (Request, error) {
	if i < 0 || i >= len(r.Requests) {
		return Request{}, fmt.Errorf("the recipe has no request %d", i+1)
	}
	values := map[string]string{fresh: run}
	for name, value := range given {
		values[name] = value
	}
	for _, t := range r.Takes {
		if t.From < len(answers) && answers[t.From] != nil && answers[t.From].Response != nil {
			if value, ok := t.value(answers[t.From].Response); ok {
				values[t.Name] = value
			}
		}
	}
	f := filler{values: values}
	request := r.Requests[i]
	filled := Request{Method: request.Method, URL: f.fill(request.URL), Body: f.fill(request.Body), Header: http.Header{}}
	for name, list := range request.Header {
		for _, value := range list {
			filled.Header[name] = append(filled.Header[name], f.fill(value))
		}
	}
	if f.missing != "" {
		return Request{}, fmt.Errorf("request %d needs %s, which no answer gave", i+1, f.missing)
	}
	return filled, nil
}

type filler struct {
	values  map[string]string
	missing string
}

func (f *filler) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		match := placeholder.FindStringSubmatch(found)
		value, ok := f.values[match[1]]
		if !ok && (f.missing == "" || match[1] < f.missing) {
			f.missing = match[1]
		}
		return derived(value, match[2])
	})
}

// derived makes of a value what a placeholder's suffix asks for.
func derived(value, suffix string) string {
	dot := strings.LastIndexByte(value, '.')
	switch {
	case suffix == encoded:
		return url.QueryEscape(value)
	case suffix == unsigned && dot >= 0:
		return value[:dot]
	case suffix == wrong:
		return strings.Map(turned, value[dot+1:])
	case strings.HasPrefix(suffix, partOf):
		parts := strings.Split(value, ".")
		if n := int(suffix[len(partOf)]) - '1'; 0 <= n && n < len(parts) {
			return parts[n]
		}
		return ""
	}
	return value
}

// turned moves a letter by 13 places, so that a signature keeps its length and alphabet.
func turned(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	case 'a' <= r && r <= 'z':
		return 'a' + (r-'a'+13)%26
	}
	return r
}
