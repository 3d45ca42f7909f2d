package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"assay/contract"
)

// defaultStatuses are tried in order where a contract does not say which
// status refuses a kind; the first that the operation documents is taken, and
// the first of all when it documents none.
var defaultStatuses = map[contract.Kind][]int{
	contract.Malformed:       {400, 422},
	contract.Missing:         {400, 422},
	contract.Invalid:         {422, 400},
	contract.Unknown:         {404, 410},
	contract.Unauthenticated: {401, 403},
	contract.Forbidden:       {403},
	contract.Credentials:     {401, 403, 409, 400},
	contract.Taken:           {409, 422, 400},
}

// A refusal is how one kind is refused: with which status and which body.
type refusal struct {
	status      int
	contentType string
	body        *errorBody
}

// refusalFor compiles how an operation refuses a kind.
func refusalFor(op *contract.Operation, kind contract.Kind, otherwise *errorBody) *refusal {
	answer := op.Refusal(kind)
	status := 0
	if answer != nil {
		status = answer.Status
	}
	if answer == nil || status == 0 {
		candidates := defaultStatuses[kind]
		if len(candidates) == 0 {
			candidates = []int{http.StatusBadRequest}
		}
		status = candidates[0]
		if answer == nil {
			for _, candidate := range candidates {
				if a := op.Answer(candidate); a != nil {
					answer, status = a, candidate
					break
				}
			}
		}
	}
	r := &refusal{status: status, body: otherwise, contentType: jsonType}
	if answer != nil && answer.Schema != nil {
		r.body = errorBodyOf(answer, kind)
	}
	if answer != nil && len(answer.Types) > 0 {
		r.contentType = contentType(answer.Types)
	}
	return r
}

// An errorBody is the form of a refusal's body: its members in the contract's
// order, the one that holds the text among them.
type errorBody struct {
	members []errorMember
}

type errorMember struct {
	key  []byte
	raw  []byte // fixed value; nil for the text or the status
	what errorValue
}

type errorValue int

const (
	fixedValue errorValue = iota
	reasonText
	statusNumber
	statusText
	reasonList // the text in an array, as some APIs have it
)

// plainErrorBody is used where no contract says another form.
var plainErrorBody = &errorBody{members: []errorMember{{key: []byte(`"reason":`), what: reasonText}}}

// textNames are the members that usually hold an error's text, best first.
var textNames = []string{"reason", "message", "error_description", "detail", "error_message", "errorMessage", "description", "msg", "title", "error", "errors"}

// errorBodyOf reads the form from the answer's schema, and what is fixed in it
// from its example: the one named after the kind, else the first.
func errorBodyOf(a *contract.Answer, kind contract.Kind) *errorBody {
	example := map[string][]byte{}
	for _, e := range a.Examples {
		named := e.Name == string(kind)
		if len(e.Value) > 0 && e.Value[0] == '{' && (len(example) == 0 || named) {
			for _, f := range fieldsOf(e.Value) {
				example[f.name] = f.raw
			}
		}
		if named {
			break
		}
	}
	text := textMember(a.Schema)
	if text == "" {
		return plainErrorBody
	}
	body := &errorBody{}
	for _, p := range a.Schema.Properties {
		m := errorMember{key: append(appendString(nil, p.Name), ':')}
		switch {
		case p.Name == text && len(p.Enum) == 1: // a text that the contract fixes
			m.raw, _ = json.Marshal(p.Enum[0])
		case p.Name == text && p.Type == "array":
			m.what = reasonList
		case p.Name == text:
			m.what = reasonText
		case p.Type == "integer" && (p.Name == "status" || strings.HasSuffix(strings.ToLower(p.Name), "code")):
			m.what = statusNumber
		case example[p.Name] != nil:
			m.raw = example[p.Name]
		case p.Example != nil:
			m.raw, _ = json.Marshal(p.Example) // it came from JSON or YAML
		case len(p.Enum) > 0:
			m.raw, _ = json.Marshal(p.Enum[0])
		case p.Required && p.Type == "string":
			m.what = statusText
		default:
			continue
		}
		body.members = append(body.members, m)
	}
	return body
}

func textMember(s *contract.Schema) string {
	for _, name := range textNames {
		if p := s.Property(name); p != nil && (p.Type == "string" || p.Type == "" || p.Type == "array") {
			return name
		}
	}
	for _, p := range s.Properties {
		if p.Type == "string" {
			return p.Name
		}
	}
	return ""
}

func (b *errorBody) append(dst []byte, status int, reason string) []byte {
	dst = append(dst, '{')
	for i, m := range b.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, m.key...)
		switch {
		case m.raw != nil:
			dst = append(dst, m.raw...)
		case m.what == reasonText:
			dst = appendString(dst, reason)
		case m.what == reasonList:
			dst = append(appendString(append(dst, '['), reason), ']')
		case m.what == statusNumber:
			dst = strconv.AppendInt(dst, int64(status), 10)
		case m.what == statusText:
			dst = appendString(dst, http.StatusText(status))
		default:
			dst = append(dst, "null"...)
		}
	}
	return append(dst, '}')
}

// failure is the reply when the mock itself cannot do what it should.
func failure(err error) Reply {
	return Reply{Status: http.StatusInternalServerError, Reason: fmt.Sprintf("the mock failed: %v", err)}
}
