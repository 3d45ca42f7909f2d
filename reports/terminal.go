package reports

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"assay/contract"
)

// Terminal writes the run for a person at a terminal: the findings in full,
// then what was not judged and why, and the verdict last, where the eye is.
func Terminal(w io.Writer, run *Run, options Options) error {
	t := &terminal{out: bufio.NewWriter(w), run: view(run, options), options: options, width: options.Width}
	if t.width <= 0 {
		t.width = 100
	}
	t.width = max(t.width, minWidth)
	t.write()
	return t.out.Flush() // a bufio.Writer keeps the first error until here
}

type terminal struct {
	out     *bufio.Writer
	run     *Run
	options Options
	width   int
}

// Indents of the report: of a block's lines, and of what stands beside a label.
const (
	block = "        "
	label = 10 // columns of "expected  "
)

// minWidth is the narrowest terminal that is written for, in columns.
const minWidth = 50

// longChain is the most commands shown for a finding whose chain can be replayed from a saved run.
const longChain = 8

func (t *terminal) write() {
	if t.options.Verbose {
		t.requests()
	}
	t.findings()
	t.groups("blocked", contract.Blocked)
	t.groups("not judged", contract.NotJudged)
	if t.options.Verbose {
		t.coverage()
	}
	t.remarks()
	t.profile()
	t.since()
	t.summary()
}

func (t *terminal) line(parts ...string) {
	t.out.WriteString(strings.TrimRight(strings.Join(parts, ""), " ") + "\n")
}

// The few colours there are.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (t *terminal) paint(colour, s string) string {
	if !t.options.Color || s == "" {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

func colourOf(v contract.Verdict) string {
	switch v {
	case contract.Kept:
		return green
	case contract.Broken, contract.Crashed:
		return red
	case contract.Advised, contract.Blocked:
		return yellow
	}
	return dim
}

// heading is a rule across the page with a word in it.
func (t *terminal) heading(word string) {
	t.line(t.paint(dim, "── ")+t.paint(bold, word)+" ", t.paint(dim, strings.Repeat("─", max(3, t.width-columns(word)-4))))
}

var sections = []string{"security", "crashed", "broken", "advice"}

func (t *terminal) findings() {
	section := -1
	for _, f := range inOrder(t.run) {
		if w := weight(f.Finding); w != section {
			section = w
			t.heading(sections[w])
			t.line()
		}
		t.finding(f)
	}
}

func (t *terminal) finding(f numbered) {
	t.title(f)
	for _, c := range cited(f.Rule) {
		t.wrapped(block, visible(c), "")
	}
	t.line(block, t.paint(dim, visible(strings.Join(whereabouts(f), " · "))))
	t.labelled("expected", visible(f.Expected))
	t.labelled("actual", visible(f.Actual))
	t.frame(framed(f.Finding))
	t.curl(f)
	t.line()
}

// title is the line that names verdict, rule and sentence, on two lines when they do not fit.
func (t *terminal) title(f numbered) {
	id, sentence := visible(f.Rule.ID), visible(f.Rule.Sentence)
	word := fmt.Sprintf("%-8s", f.Verdict)
	head := t.paint(bold+";"+colourOf(f.Verdict), word) + t.paint(bold, id)
	if columns(word+id)+3+columns(sentence) <= t.width {
		t.line(head, "   ", sentence)
		return
	}
	t.line(head)
	t.wrapped(block, sentence, "")
}

// whereabouts says where to look: in the contract, in the features, in the report.
func whereabouts(f numbered) []string {
	places := []string{located(f.Rule)}
	if f.Rule.File == "" {
		places = nil
	}
	if f.Scenario != "" {
		places = append(places, f.Scenario)
	}
	places = append(places, "finding "+strconv.Itoa(f.Number))
	if f.Times > 1 {
		places = append(places, "seen "+thousands(f.Times)+" times")
	}
	return places
}

func (t *terminal) wrapped(indent, text, colour string) {
	for _, line := range wrap(text, t.width-columns(indent)) {
		t.line(indent, t.paint(colour, line))
	}
}

func (t *terminal) labelled(name, text string) {
	lead := fmt.Sprintf("%-*s", label, name)
	for _, line := range wrap(text, t.width-len(block)-label) {
		t.line(block, t.paint(bold, lead), line)
		lead = strings.Repeat(" ", label)
	}
}

// frame shows the body around the value, and points at it.
func (t *terminal) frame(f *frame) {
	if f == nil {
		return
	}
	gutter := len(strconv.Itoa(f.Lines[len(f.Lines)-1].Number))
	room := t.width - len(block) - gutter - 3
	if f.Of == "request" {
		t.line(block, t.paint(dim, "in the request"))
	}
	for _, l := range f.Lines {
		number := fmt.Sprintf("%*d │ ", gutter, l.Number)
		t.line(block, t.paint(dim, number), shorten(l.Text, room))
		if mark := marked(l, room); mark != "" {
			t.line(block, t.paint(dim, strings.Repeat(" ", gutter)+" │ "), t.paint(red, mark))
		}
	}
}

// marked is the line under a frame's line that points at the value, or "" when
// nothing is pointed at or the value lies beyond the edge.
func marked(l frameLine, room int) string {
	runes := []rune(l.Text)
	if l.From >= l.To || l.To > len(runes) {
		return ""
	}
	start := columns(string(runes[:l.From]))
	long := min(columns(string(runes[l.From:l.To])), room-start)
	if start >= room {
		return ""
	}
	return strings.Repeat(" ", start) + strings.TrimRight(strings.Repeat("^", max(1, long))+" "+l.Note, " ")
}

// curl prints the chain to paste. It is never wrapped or indented within a command.
func (t *terminal) curl(f numbered) {
	commands := strings.Split(t.run.Recipes[f.Number-1].Curl(), "\n")
	if f.Exchange() == nil || commands[0] == "" {
		return
	}
	if len(commands) > longChain && t.options.Saved != "" {
		t.line(block, t.paint(dim, count(len(f.Chain), "request")+" lead here, the last of them:"))
		t.line(block, f.Exchange().Curl(t.options.Reveal))
		t.line(block, t.paint(dim, "all of them again:"))
		t.line(block, visible(replay(t.options.Saved, f.Number, t.run.Target)))
		return
	}
	for _, c := range commands {
		t.line(block, c)
	}
}

// groups lists the rules of a verdict under what stood in their way.
func (t *terminal) groups(word string, verdict contract.Verdict) {
	groups := grouped(t.run, verdict)
	if len(groups) == 0 || t.run.Unreachable != "" && judged(t.run) == 0 {
		return // where nobody answered, all rules wait for the same
	}
	t.heading(word)
	t.line()
	for _, g := range groups {
		t.wrapped("", fmt.Sprintf("%s: %s", count(len(g.Rules), "rule"), visible(g.Because)), "")
		t.wrapped(block, t.someOf(g.Rules), dim)
	}
	t.line()
}

// mostNamed is how many rules of one cause are named where nobody asked for all.
const mostNamed = 12

func (t *terminal) someOf(rules []*contract.Rule) string {
	ids := make([]string, len(rules))
	for i, r := range rules {
		ids[i] = visible(r.ID)
	}
	if more := len(ids) - mostNamed; more > 1 && !t.options.Verbose {
		return strings.Join(ids[:mostNamed], ", ") + fmt.Sprintf(" and %d more (--verbose names them)", more)
	}
	return strings.Join(ids, ", ")
}

func (t *terminal) remarks() {
	if len(t.run.Remarks) == 0 {
		return
	}
	t.heading("remarks")
	t.line()
	for _, r := range t.run.Remarks {
		times := ""
		if r.Times > 1 {
			times = " (" + thousands(r.Times) + " times)"
		}
		t.wrapped("", visible(strings.TrimSpace(r.Operation+" "+r.Text))+times, "")
	}
	t.line()
}

func (t *terminal) profile() {
	if len(t.run.Profile) == 0 {
		return
	}
	t.heading("where the document is silent, this target chose")
	t.line()
	widest := 0
	for _, p := range t.run.Profile {
		widest = max(widest, columns(visible(p.Topic)))
	}
	widest = min(widest, t.width/2)
	for _, p := range t.run.Profile {
		topic := visible(p.Topic)
		t.line(topic, strings.Repeat(" ", max(1, widest-columns(topic)+2)), shorten(visible(p.Choice), max(10, t.width-widest-2)))
	}
	t.line()
}

// since tells what changed against a baseline.
func (t *terminal) since() {
	if t.options.Since == nil {
		return
	}
	t.heading("since the baseline")
	t.line()
	for _, part := range t.options.Since.Parts() {
		if len(part.Rules) == 0 {
			continue
		}
		t.line(fmt.Sprintf("%s %s", count(len(part.Rules), "rule"), part.Word))
		for _, id := range part.Rules {
			t.line(block, visible(id))
		}
	}
	t.line(t.options.Since.Sentence(t.run))
	t.line()
}

func (t *terminal) summary() {
	if t.run.Looks != nil {
		t.wrapped("", fmt.Sprintf("Looks like: %s (%.0f %% of the rules in common)", visible(t.run.Looks.Fault), 100*t.run.Looks.Score), bold)
	}
	t.line(t.counts())
	t.line(fmt.Sprintf("%s in %s, %s, seed %d", count(t.run.Requests, "request"), lasted(t.run.Duration), count(len(t.run.Scenarios), "scenario"), t.run.Seed))
	v := verdict(t.run)
	colour := red
	switch v.Word {
	case "kept":
		colour = green
	case "blocked", "interrupted", "nothing":
		colour = yellow
	}
	t.wrapped("", visible(v.Sentence), bold+";"+colour)
}

// counts is the ledger in a line: "94 rules: 78 kept, 4 broken, …".
func (t *terminal) counts() string {
	counts := t.run.Counts()
	var parts []string
	for _, v := range verdictOrder {
		if n := counts[v]; n > 0 {
			parts = append(parts, t.paint(colourOf(v), thousands(n)+" "+string(v)))
		}
	}
	if len(parts) == 0 {
		return "no rules"
	}
	return count(len(t.run.Rules), "rule") + ": " + strings.Join(parts, ", ")
}
