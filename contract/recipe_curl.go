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
		lines = append(lines, r.commands(i)...)
	}
	text := strings.Join(lines, "\n")
	if strings.Contains(text, "$"+fresh) {
		text = fresh + "=$(date +%s)\n" + text
	}
	return text
}

// commands is request i as a command, wrapped so that what later ones need is
// kept. Of an answer that nobody needs only the status is shown, except the last.
func (r *Recipe) commands(i int) []string {
	var given []Take
	head := false
	for _, t := range r.Takes {
		if t.From == i {
			given = append(given, t)
			head = head || t.inHeader()
		}
	}
	write := func(flags string) string { return command(&r.Requests[i], flags, expandingWord) }
	switch {
	case i == len(r.Requests)-1:
		return []string{write("-i")}
	case len(given) == 0:
		return []string{write(`-sSo /dev/null -w '%{http_code}\n'`)}
	case len(given) == 1 && !head:
		return []string{given[0].Name + "=$(" + write("-sS") + " | jq -r " + singleQuoted(jqPath(given[0].Path)) + ")"}
	}
	answer, body := "ANSWER=$("+write("-sS")+")", `printf %s "$ANSWER"`
	if head { // head, an empty line, body
		answer, body = "ANSWER=$("+write("-sSi")+" | tr -d '\\r')", `printf '%s\n' "$ANSWER"`
	}
	lines := []string{answer}
	for _, t := range given {
		filter := "jq -r " + singleQuoted(jqPath(t.Path))
		switch {
		case t.inHeader():
			filter = t.filter()
		case head:
			filter = "sed '1,/^$/d' | " + filter
		}
		lines = append(lines, t.Name+"=$("+body+" | "+filter+")")
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
