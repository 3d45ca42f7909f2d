package reports

import (
	"regexp"
	"strings"
)

// A span is a piece of a line with a class name; the template escapes its text.
type span struct{ Class, Text string }

// A token of JSON: a string with what may follow it, a number, a word, or anything else.
var jsonToken = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[^"\d\-tfn]+|.`)

// highlighted cuts a line of pretty-printed JSON into spans. What is no JSON
// comes out as one plain span.
func highlighted(line string) []span {
	trimmed := strings.TrimLeft(line, " ")
	if trimmed == "" || !strings.ContainsAny(trimmed[:1], `"{}[]-0123456789tfn`) {
		return []span{{"", line}}
	}
	var spans []span
	found := jsonToken.FindAllStringIndex(line, -1)
	for i, at := range found {
		text := line[at[0]:at[1]]
		class := ""
		switch {
		case text[0] == '"' && i+1 < len(found) && line[found[i+1][0]] == ':':
			class = "key"
		case text[0] == '"':
			class = "text"
		case text[0] == '-' && len(text) > 1, '0' <= text[0] && text[0] <= '9':
			class = "number"
		case text == "true" || text == "false" || text == "null":
			class = "word"
		}
		if n := len(spans); n > 0 && spans[n-1].Class == class {
			spans[n-1].Text += text
			continue
		}
		spans = append(spans, span{class, text})
	}
	return spans
}
