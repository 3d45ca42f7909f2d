package reports

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"assay/contract"
)

// A frame is the part of a body around the value that a finding is about.
type frame struct {
	Of    string // "answer" or "request"
	Lines []frameLine
	More  int // lines of the body beyond the frame
}

type frameLine struct {
	Number int
	Text   string
	// From and To are the columns, in runes of Text, of the value pointed at; equal for none.
	From, To int
	Note     string // said at the mark: "avatar_url is missing here"
}

const (
	frameAround = 2         // lines shown before and after the value
	frameHead   = 6         // lines shown when nothing is pointed at
	frameLimit  = 256 << 10 // bytes of a body looked at
	maxDepth    = 64        // of a body that is indented
)

// framed returns the frame of a finding, or nil when no body shows it.
func framed(f *contract.Finding) *frame {
	e := f.Exchange()
	if e == nil {
		return nil
	}
	answer := ""
	if e.Response != nil {
		answer = e.Response.Body
	}
	if f.Verdict != contract.Crashed || f.Pointer != "" { // a crash is told by what it printed
		if found := pointed(f, answer, e.Request.Body); found != nil {
			return found
		}
	}
	if answer == "" || f.Rule.Keyword == "status" { // the body says nothing about its status
		return nil
	}
	head := &frame{Of: "answer"}
	for i, line := range pretty(answer) {
		if i >= frameHead {
			head.More++
			continue
		}
		head.Lines = append(head.Lines, frameLine{Number: i + 1, Text: line})
	}
	return head
}

// pointed looks for the value in the answer, then, for a rule of the request's
// body, in the request, and at last for the place where the value is missing.
func pointed(f *contract.Finding, answer, request string) *frame {
	asked, ofRequest := requestPointer(f.Rule)
	if f.Pointer == "" && ofRequest {
		return firstFrame(look{"request", request, asked, true}, look{"request", request, asked, false})
	}
	if f.Pointer == "" {
		return nil
	}
	looks := []look{{"answer", answer, f.Pointer, true}, {"request", request, f.Pointer, true}, {"answer", answer, f.Pointer, false}}
	if !ofRequest {
		looks = append(looks[:1], looks[2])
	}
	return firstFrame(looks...)
}

// A look is an attempt to find a value in a body.
type look struct {
	of, body, pointer string
	exact             bool
}

func firstFrame(looks ...look) *frame {
	for _, l := range looks {
		if found := point(l.body, l.pointer, l.exact); found != nil {
			found.Of = l.of
			return found
		}
	}
	return nil
}

// requestPointer returns where in a request's body the value stands that a
// rule such as createIdea.body.impact.maximum speaks of.
func requestPointer(rule *contract.Rule) (pointer string, ok bool) {
	_, path, ok := strings.Cut(rule.ID, ".body.")
	if !ok {
		return "", false
	}
	if at := strings.LastIndexByte(path, '.'); at >= 0 {
		path = path[:at]
	}
	return "/" + strings.ReplaceAll(path, ".", "/"), true
}

// pretty returns a body as lines to read: JSON indented, its numbers and the
// order of its members as they came; anything else as it is, made visible.
func pretty(body string) []string {
	text := body
	if len(text) > frameLimit {
		text = text[:frameLimit]
	}
	if indented, ok := indent(text); ok {
		text = indented
	}
	return visibleLines(text)
}

func indent(text string) (string, bool) {
	var b bytes.Buffer
	if len(text) > frameLimit || depth(text) > maxDepth || json.Indent(&b, []byte(strings.TrimSpace(text)), "", "  ") != nil {
		return text, false
	}
	return b.String(), true
}

// depth returns how deep the brackets of a text nest, those in strings among
// them: indented, a body of a thousand brackets would be a million spaces.
func depth(text string) int {
	deepest, now := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			now++
			deepest = max(deepest, now)
		case ']', '}':
			now--
		}
	}
	return deepest
}

// point returns the frame around the value at a JSON pointer; when not exact,
// around the object in which it is missing.
func point(body, pointer string, exact bool) *frame {
	text, ok := indent(body)
	if !ok {
		return nil
	}
	path := tokens(pointer)
	start, end, found := locate(text, path)
	note := ""
	if !found {
		if exact || len(path) == 0 {
			return nil
		}
		missing := path[len(path)-1]
		if start, _, found = locate(text, path[:len(path)-1]); !found {
			return nil
		}
		end = start + 1
		note = visible(missing) + " is missing here"
	}
	return cut(text, start, end, note)
}

// cut takes the lines around text[start:end] and marks the value in its first line.
func cut(text string, start, end int, note string) *frame {
	lines := visibleLines(text)
	at := strings.Count(text[:start], "\n")
	lineStart := strings.LastIndexByte(text[:start], '\n') + 1
	value, _, _ := strings.Cut(text[start:end], "\n")
	from := len([]rune(visible(text[lineStart:start])))
	f := &frame{}
	for i := max(0, at-frameAround); i <= min(len(lines)-1, at+frameAround); i++ {
		line := frameLine{Number: i + 1, Text: lines[i]}
		if i == at {
			line.From, line.To, line.Note = from, from+len([]rune(visible(value))), note
		}
		f.Lines = append(f.Lines, line)
	}
	f.More = len(lines) - len(f.Lines)
	return f
}

// tokens splits a JSON pointer (RFC 6901 §4).
func tokens(pointer string) []string {
	if pointer == "" || pointer == "/" && len(pointer) == 1 {
		return nil
	}
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for i, part := range parts {
		parts[i] = unescape.Replace(part)
	}
	return parts
}

// locate returns where the value at path starts and ends in a JSON text.
func locate(text string, path []string) (start, end int, found bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	for _, want := range path {
		token, err := d.Token()
		if err != nil {
			return 0, 0, false
		}
		open, ok := token.(json.Delim)
		if !ok || !enter(d, open, want) {
			return 0, 0, false
		}
	}
	start = valueStart(text, int(d.InputOffset()))
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return 0, 0, false
	}
	return start, int(d.InputOffset()), start < len(text)
}

// enter moves the decoder to the member or element wanted, before its value.
func enter(d *json.Decoder, open json.Delim, want string) bool {
	for i := 0; d.More(); i++ {
		name := strconv.Itoa(i)
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return false
			}
			name, _ = key.(string)
		}
		if name == want {
			return true
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return false
		}
	}
	return false
}

// valueStart skips what may stand between a decoder's offset and the next value.
func valueStart(text string, i int) int {
	for i < len(text) && strings.IndexByte(" \t\r\n:,", text[i]) >= 0 {
		i++
	}
	return i
}
