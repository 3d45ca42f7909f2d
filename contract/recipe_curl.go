package contract

import (
	"fmt"
	"regexp"
	"strings"
)

// CurlChain returns the requests as shell commands to paste in one go, so that
// what the last one shows can be seen again: the [Recipe] of the chain as curl.
func CurlChain(chain []*Exchange, reveal bool) string { return NewRecipe(chain, reveal).Curl() }

// Curl returns the recipe as commands for a POSIX shell, one a line. They need
// curl, and jq where a later request uses something from an earlier answer.
// The last one prints its answer with the status.
func (r *Recipe) Curl() string {
	var lines []string
	for i := range r.Requests {
		flags := "-sS"
		if i == len(r.Requests)-1 {
			flags = "-i"
		}
		lines = append(lines, r.assign(i, command(&r.Requests[i], flags, expandingWord))...)
	}
	text := strings.Join(lines, "\n")
	if strings.Contains(text, "$"+fresh) {
		text = fresh + "=$(date +%s)\n" + text
	}
	return text
}

// assign wraps the command of request i so that what later ones need is kept.
func (r *Recipe) assign(i int, command string) []string {
	var given []Take
	for _, t := range r.Takes {
		if t.From == i {
			given = append(given, t)
		}
	}
	switch len(given) {
	case 0:
		return []string{command}
	case 1:
		return []string{given[0].Name + "=$(" + command + " | jq -r " + singleQuoted(jqPath(given[0].Path)) + ")"}
	}
	lines := []string{"ANSWER=$(" + command + ")"}
	for _, t := range given {
		lines = append(lines, t.Name+`=$(printf %s "$ANSWER" | jq -r `+singleQuoted(jqPath(t.Path))+")")
	}
	return lines
}

// expandingWord quotes a text in which placeholders become expansions of the
// shell: "Bearer $JWT", or piece by piece where the text needs single quotes.
func expandingWord(s string) string {
	if !strings.Contains(s, open) {
		return plainWord(s)
	}
	texts, refs := pieces(s)
	if rest := strings.Join(texts, ""); printable(rest) && !strings.ContainsAny(rest, "\"$`\\!") {
		return `"` + joined(texts, refs) + `"`
	}
	var b strings.Builder
	for i, text := range texts {
		if text != "" {
			b.WriteString(plainWord(text))
		}
		if i < len(refs) {
			b.WriteString(`"` + refs[i] + `"`)
		}
	}
	return b.String()
}

// pieces cuts a text at its placeholders: one text more than expansions.
func pieces(s string) (texts, refs []string) {
	from := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(s, -1) {
		suffix := ""
		if at[4] >= 0 {
			suffix = s[at[4]:at[5]]
		}
		texts, refs = append(texts, s[from:at[0]]), append(refs, expansion(s[at[2]:at[3]], suffix))
		from = at[1]
	}
	return append(texts, s[from:]), refs
}

// joined puts texts and expansions side by side; a name that the text would go on is put in braces.
func joined(texts, refs []string) string {
	out := texts[0]
	for i, ref := range refs {
		next := texts[i+1]
		if next != "" && shellNameGoesOn(next[0]) && !strings.ContainsAny(ref, "{(") {
			ref = "${" + ref[1:] + "}"
		}
		out += ref + next
	}
	return out
}

func shellNameGoesOn(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '['
}

func expansion(name, suffix string) string {
	switch {
	case strings.HasPrefix(name, foreign):
		return "${" + name + ":?is masked here, set it first}"
	case suffix == encoded:
		return `$(printf %s "$` + name + `" | jq -sRr @uri)`
	case suffix == unsigned:
		return "${" + name + "%.*}"
	case suffix == wrong:
		return `$(printf %s "${` + name + `##*.}" | tr A-Za-z N-ZA-Mn-za-m)`
	case strings.HasPrefix(suffix, partOf):
		return fmt.Sprintf(`$(printf %%s "$%s" | cut -d. -f%s)`, name, suffix[len(partOf):])
	}
	return "$" + name
}

var jqName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// jqPath writes a path as jq reads it: .items[0]["odd name"].
func jqPath(path []any) string {
	var b strings.Builder
	for _, step := range path {
		switch v := step.(type) {
		case string:
			if jqName.MatchString(v) {
				b.WriteString("." + v)
				continue
			}
			b.WriteString("[" + quoteJSON(v, true) + "]")
		case int:
			fmt.Fprintf(&b, "[%d]", v)
		case float64:
			fmt.Fprintf(&b, "[%d]", int(v))
		}
	}
	text := b.String()
	if !strings.HasPrefix(text, ".") {
		return "." + text
	}
	return text
}
