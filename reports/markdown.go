package reports

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"assay/contract"
)

// maxMarkdown keeps a summary below the megabyte at which a job drops it whole, in bytes.
const maxMarkdown = 900_000

// maxBlock is the longest curl chain shown, in bytes.
const maxBlock = 16 << 10

// Markdown writes the run for a job's summary: the verdict, then the findings,
// security first. What a target answered stands in code only, so that it can
// be neither a link nor a tag. It is less than one megabyte however long the run is.
func Markdown(w io.Writer, run *Run, options Options) error {
	v := view(run, options)
	m := &markdown{run: v}
	m.head()
	m.since(options.Since)
	m.findings()
	m.groups("Blocked", contract.Blocked)
	m.groups("Not judged", contract.NotJudged)
	m.notes()
	_, err := io.WriteString(w, m.b.String())
	return err
}

type markdown struct {
	b   strings.Builder
	run *Run
}

// add appends a part whole, or not at all when it does not fit.
func (m *markdown) add(format string, args ...any) bool {
	part := fmt.Sprintf(format, args...)
	if m.b.Len()+len(part) > maxMarkdown {
		return false
	}
	m.b.WriteString(part)
	return true
}

// short bounds a text of one line that a target may have made long.
func short(s string) string { return shorten(visible(s), 1000) }

func (m *markdown) head() {
	r := m.run
	m.add("# %s: %s\n\n", prose(short(title(r.Contract))), verdict(r).Word)
	sentence := strings.Replace(verdict(r).Sentence, r.Target, "\x00", 1)
	before, after, found := strings.Cut(sentence, "\x00")
	if found {
		m.add("%s%s%s\n\n", prose(short(before)), code(short(r.Target)), prose(short(after)))
	} else {
		m.add("%s\n\n", prose(short(sentence)))
	}
	if r.Looks != nil {
		m.add("Looks like: %s (%.0f %% of the rules in common).\n\n", prose(short(r.Looks.Fault)), 100*r.Looks.Score)
	}
	m.add("| rules | %s |\n|---:|---:|---:|---:|---:|---:|---:|\n| %d |", strings.Join(verdictNames(), " | "), len(r.Rules))
	counts := r.Counts()
	for _, v := range verdictOrder {
		m.add(" %d |", counts[v])
	}
	m.add("\n\n%s in %s, %s, seed %d, %s\n\n", count(r.Requests, "request"), lasted(r.Duration), count(len(r.Scenarios), "scenario"),
		r.Seed, prose(short(strings.TrimSpace(r.Tool.Name+" "+r.Tool.Version))))
}

func verdictNames() []string {
	names := make([]string, len(verdictOrder))
	for i, v := range verdictOrder {
		names[i] = string(v)
	}
	return names
}

func (m *markdown) since(d *Delta) {
	if d == nil {
		return
	}
	m.add("## Since the baseline\n\n%s\n\n", d.Sentence(m.run))
	for _, part := range d.Parts() {
		if len(part.Rules) > 0 {
			m.add("- %s %s: %s\n", count(len(part.Rules), "rule"), part.Word, codes(part.Rules))
		}
	}
	m.add("\n")
}

func (m *markdown) findings() {
	found := inOrder(m.run)
	if len(found) == 0 {
		return
	}
	m.add("## Findings\n\n")
	for i, f := range found {
		if !m.add("%s", m.finding(f)) {
			m.b.WriteString(fmt.Sprintf("%s more did not fit here: the other reports hold them.\n\n", count(len(found)-i, "finding")))
			return
		}
	}
}

func (m *markdown) finding(f numbered) string {
	var b strings.Builder
	mark := ""
	if f.Rule.Security {
		mark = "security, "
	}
	fmt.Fprintf(&b, "### %s%s: %s\n\n%s  \n", mark, f.Verdict, code(short(f.Rule.ID)), prose(short(f.Rule.Sentence)))
	for _, c := range cited(f.Rule) {
		fmt.Fprintf(&b, "%s  \n", prose(short(c)))
	}
	places := whereabouts(f)
	for i, p := range places {
		places[i] = code(short(p))
	}
	fmt.Fprintf(&b, "%s\n\n", strings.Join(places, " · "))
	b.WriteString(fence("expected  " + short(f.Expected) + "\nactual    " + short(f.Actual)))
	if f.Exchange() == nil {
		return b.String()
	}
	b.WriteString("<details><summary>Body and curl</summary>\n\n")
	if fr := framed(f.Finding); fr != nil {
		b.WriteString(fence(strings.Join(frameText(fr), "\n")))
	}
	if curl := m.run.Recipes[f.Number-1].Curl(); len(curl) <= maxBlock {
		b.WriteString(fence(curl))
	}
	b.WriteString("</details>\n\n")
	return b.String()
}

// frameText is a frame in plain text.
func frameText(f *frame) []string {
	var lines []string
	gutter := len(strconv.Itoa(f.Lines[len(f.Lines)-1].Number))
	for _, l := range f.Lines {
		lines = append(lines, fmt.Sprintf("%*d │ %s", gutter, l.Number, shorten(l.Text, 300)))
		if mark := marked(l, 300); mark != "" {
			lines = append(lines, strings.Repeat(" ", gutter)+" │ "+mark)
		}
	}
	return lines
}

func (m *markdown) groups(heading string, verdict contract.Verdict) {
	groups := grouped(m.run, verdict)
	if len(groups) == 0 {
		return
	}
	m.add("## %s\n\n", heading)
	for _, g := range groups {
		ids := make([]string, len(g.Rules))
		for i, r := range g.Rules {
			ids[i] = r.ID
		}
		m.add("- %s: %s  \n  %s\n", count(len(g.Rules), "rule"), code(short(g.Because)), codes(ids))
	}
	m.add("\n")
}

func (m *markdown) notes() {
	if len(m.run.Remarks) > 0 {
		m.add("## Remarks\n\n")
		for _, r := range m.run.Remarks {
			m.add("- %s (%d)\n", code(short(strings.TrimSpace(r.Operation+" "+r.Text))), r.Times)
		}
		m.add("\n")
	}
	if len(m.run.Profile) > 0 {
		m.add("## Where the document is silent, this target chose\n\n")
		for _, p := range m.run.Profile {
			m.add("- %s: %s\n", prose(short(p.Topic)), code(short(p.Choice)))
		}
	}
}

func codes(ids []string) string {
	marked := make([]string, len(ids))
	for i, id := range ids {
		marked[i] = code(short(id))
	}
	return strings.Join(marked, ", ")
}

// prose escapes what Markdown or HTML would read.
func prose(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&' || r == '<' || r == '>' || r == '@': // no tag, no entity, nobody mentioned
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_[]#|~$", r):
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// code is an inline code span that s cannot end.
func code(s string) string {
	ticks := strings.Repeat("`", longestRun(s)+1)
	if s == "" || strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		return ticks + " " + s + " " + ticks
	}
	return ticks + s + ticks
}

// fence is a block of code that s cannot end.
func fence(s string) string {
	ticks := strings.Repeat("`", max(3, longestRun(s)+1))
	return ticks + "text\n" + s + "\n" + ticks + "\n\n"
}

func longestRun(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
