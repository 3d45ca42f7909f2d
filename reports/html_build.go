package reports

import (
	"net/http"
	"sort"
	"strconv"
	"strings"

	"assay/contract"
)

// kinds are the class names and marks of verdicts and outcomes: no colour tells anything alone.
var kinds = map[string][2]string{
	string(contract.Kept): {"kept", "✓"}, string(contract.Broken): {"broken", "×"}, string(contract.Crashed): {"crashed", "!"},
	string(contract.Advised): {"advised", "~"}, string(contract.Blocked): {"blocked", "–"}, string(contract.NotJudged): {"unjudged", "○"},
	string(Passed): {"kept", "✓"}, string(Failed): {"broken", "×"}, string(Skipped): {"unjudged", "○"},
}

func kindOf(verdict string) (kind, mark string) {
	k, ok := kinds[verdict]
	if !ok {
		return "unjudged", "○"
	}
	return k[0], k[1]
}

var verdictHeadlines = map[string]string{
	"kept": "Kept", "broken": "Broken", "blocked": "Not proven", "unreachable": "Unreachable", "interrupted": "Interrupted", "nothing": "Nothing judged",
}

func newPage(run *Run, options Options) *page {
	v := verdict(run)
	p := &page{
		Title: verdictHeadlines[v.Word] + ": " + visible(title(run.Contract)), Word: v.Word, Headline: verdictHeadlines[v.Word], Sentence: visible(v.Sentence),
		Target: visible(run.Target), Contract: visible(title(run.Contract)), When: run.Started.UTC().Format("2 January 2006, 15:04:05 UTC"),
		Took: lasted(run.Duration), Seed: strconv.FormatInt(run.Seed, 10), Asked: thousands(run.Requests),
		Tool: visible(strings.TrimSpace(run.Tool.Name + " " + run.Tool.Version)),
	}
	for _, t := range run.Profile {
		p.Profile = append(p.Profile, Trait{Topic: visible(t.Topic), Choice: visible(t.Choice)})
	}
	for _, r := range run.Remarks {
		p.Remarks = append(p.Remarks, Remark{Operation: visible(r.Operation), Text: visible(r.Text), Times: r.Times})
	}
	p.Kind = map[string]string{"kept": "kept", "broken": "broken", "unreachable": "crashed", "blocked": "blocked", "interrupted": "advised", "nothing": "unjudged"}[v.Word]
	if run.Looks != nil {
		p.Looks = visible(run.Looks.Fault)
	}
	if options.Since != nil {
		for _, part := range options.Since.Parts() {
			if len(part.Rules) > 0 {
				p.Since = append(p.Since, part)
			}
		}
		p.Against = options.Since.Sentence(run)
	}
	b := &pageBuilder{run: run, options: options, anchors: map[string]string{}}
	for i, r := range run.Rules {
		b.anchors[r.Rule.ID] = "rule-" + strconv.Itoa(i+1)
	}
	counts := map[string]int{}
	for verdict, n := range run.Counts() {
		counts[string(verdict)] = n
	}
	names := make([]string, len(verdictOrder))
	for i, v := range verdictOrder {
		names[i] = string(v)
	}
	p.Tallies = tallied(counts, names)
	for _, f := range inOrder(run) {
		p.Findings = append(p.Findings, b.finding(f))
	}
	p.Groups = append(b.groups("Blocked by", contract.Blocked), b.groups("Not judged:", contract.NotJudged)...)
	p.Features = b.features(p.Findings)
	p.Chapters = b.chapters()
	p.Statuses, p.Operations = operations(run.Coverage)
	return p
}

// tallied turns counts into stretches of a bar.
func tallied(counts map[string]int, order []string) []pageTally {
	total := 0
	for _, n := range counts {
		total += n
	}
	var out []pageTally
	x := 0.0
	for _, name := range order {
		if n := counts[name]; n > 0 {
			kind, mark := kindOf(name)
			width := 1000 * float64(n) / float64(total)
			out = append(out, pageTally{Verdict: name, Kind: kind, Mark: mark, Count: n, X: x, Width: width})
			x += width
		}
	}
	return out
}

type pageBuilder struct {
	run     *Run
	options Options
	anchors map[string]string // of rules, by id
}

func (b *pageBuilder) finding(f numbered) pageFinding {
	kind, mark := kindOf(string(f.Verdict))
	out := pageFinding{
		Number: f.Number, Kind: kind, Verdict: string(f.Verdict), Mark: mark, Security: f.Rule.Security,
		ID: visible(f.Rule.ID), Sentence: visible(f.Rule.Sentence), Located: visible(located(f.Rule)), Rule: b.anchors[f.Rule.ID],
		Step: visible(f.Step), Times: f.Times, Expected: visible(f.Expected), Actual: visible(f.Actual),
	}
	for _, c := range cited(f.Rule) {
		out.Sources = append(out.Sources, visible(c))
	}
	if len(f.Rule.Citations) > 0 {
		c := f.Rule.Citations[0]
		out.Quote, out.Source = visible(c.Says), visible(place(c))
	} else {
		out.Source = visible(cited(f.Rule)[0])
	}
	for i, s := range b.run.Scenarios {
		if s.ID == f.Scenario {
			out.Scenario, out.ScenarioName = "scenario-"+strconv.Itoa(i+1), visible(s.Name)
		}
	}
	if fr := framed(f.Finding); fr != nil {
		out.FrameOf = fr.Of
		for _, l := range fr.Lines {
			out.Frame = append(out.Frame, lineOf(l))
		}
	}
	for i, e := range f.Chain {
		out.Chain = append(out.Chain, exchangeOf(e, i == len(f.Chain)-1))
	}
	if len(f.Chain) > 0 {
		out.Curl = b.run.Recipes[f.Number-1].Curl()
		if b.options.Saved != "" {
			out.Replay = visible(replay(b.options.Saved, f.Number, b.run.Target))
		}
	}
	return out
}

// lineOf cuts a line of a frame around the value pointed at.
func lineOf(l frameLine) pageLine {
	line := pageLine{Number: l.Number, Hit: l.From < l.To, Note: l.Note}
	runes := []rune(l.Text)
	if len(runes) > maxLine {
		runes = append(runes[:maxLine:maxLine], '…')
	}
	from, to := min(l.From, len(runes)), min(l.To, len(runes))
	if !line.Hit {
		line.Spans = highlighted(string(runes))
		return line
	}
	line.Spans = append(highlighted(string(runes[:from])), span{"hit", string(runes[from:to])})
	line.Spans = append(line.Spans, highlighted(string(runes[to:]))...)
	return line
}

// How much of a body the page shows: lines, and characters of a line.
const (
	maxLines = 120
	maxLine  = 2000
)

func exchangeOf(e *contract.Exchange, open bool) pageExchange {
	out := pageExchange{
		Method: visible(e.Request.Method), Path: pathOf(e.Request.URL), Answer: visible(answered(e)), Kind: statusKind(e),
		Who: visible(e.Who), Took: lasted(e.Duration), Open: open,
		Request: messageOf(visible(e.Request.Method+" "+e.Request.URL), e.Request.Header, e.Request.Body),
	}
	if e.Response == nil {
		out.Failure = visible(answered(e))
		return out
	}
	out.Response = messageOf(visible(strings.TrimSpace(e.Response.Proto+" "+status(e.Response.Status))), e.Response.Header, e.Response.Body)
	out.Response.Cut = e.Response.Truncated
	return out
}

func statusKind(e *contract.Exchange) string {
	switch {
	case e.Response == nil || e.Response.Status >= 500:
		return "crashed"
	case e.Response.Status >= 400:
		return "unjudged"
	}
	return "kept"
}

func messageOf(start string, header http.Header, body string) pageMessage {
	m := pageMessage{Start: start}
	for _, h := range pairs(header) {
		m.Headers = append(m.Headers, harPair{visible(h.Name), visible(h.Value)})
	}
	if body == "" {
		return m
	}
	lines := pretty(body)
	if len(lines) > maxLines {
		m.More = len(lines) - maxLines
		lines = lines[:maxLines]
	}
	for _, l := range lines {
		m.Body = append(m.Body, highlighted(shorten(l, maxLine)))
	}
	return m
}

func (b *pageBuilder) groups(heading string, verdict contract.Verdict) []pageGroup {
	kind, _ := kindOf(string(verdict))
	var out []pageGroup
	for _, g := range grouped(b.run, verdict) {
		group := pageGroup{Kind: kind, Heading: heading, Because: visible(g.Because)}
		for _, r := range g.Rules {
			group.Rules = append(group.Rules, pageRule{Anchor: b.anchors[r.ID], ID: visible(r.ID)})
		}
		out = append(out, group)
	}
	return out
}

// features groups the scenarios by file, in the order of the run.
func (b *pageBuilder) features(findings []pageFinding) []pageFeature {
	byNumber := map[int]pageFinding{}
	for _, f := range findings {
		byNumber[f.Number] = f
	}
	var out []pageFeature
	var counts []map[string]int
	at := map[string]int{}
	for i, s := range storiesOf(b.run) {
		k, ok := at[s.File]
		if !ok {
			k = len(out)
			at[s.File], counts = k, append(counts, map[string]int{})
			out = append(out, pageFeature{Name: nonEmpty(visible(s.Feature), visible(s.File)), File: visible(s.File)})
		}
		out[k].Scenarios = append(out[k].Scenarios, scenarioOf(i, s, byNumber))
		out[k].Open = out[k].Open || s.Ended == Failed || s.Ended == Blocked
		counts[k][string(s.Ended)]++
	}
	for i := range out {
		out[i].Marks = tallied(counts[i], outcomeOrder)
	}
	return out
}

var outcomeOrder = []string{string(Passed), string(Failed), string(Advised), string(Blocked), string(Skipped)}

func scenarioOf(i int, s story, findings map[int]pageFinding) pageScenario {
	kind, mark := kindOf(string(s.Ended))
	out := pageScenario{
		Anchor: "scenario-" + strconv.Itoa(i+1), Kind: kind, Mark: mark, Outcome: string(s.Ended), Name: visible(s.Name),
		Chapter: visible(s.Chapter), ID: visible(s.ID), Took: lasted(s.Duration), Because: visible(s.Because),
	}
	for _, f := range s.Own {
		out.Findings = append(out.Findings, findings[f.Number])
	}
	for _, f := range s.Again {
		out.Again = append(out.Again, findings[f.Number])
	}
	for _, r := range s.Rules {
		out.Rules = append(out.Rules, visible(r))
	}
	for _, st := range s.Steps {
		kind, mark := kindOf(string(st.Outcome))
		step := pageStep{Kind: kind, Mark: mark, Outcome: string(st.Outcome), Keyword: visible(st.Keyword), Text: visible(st.Text), Because: visible(st.Because)}
		from, to := max(0, st.Exchanges[0]), min(st.Exchanges[1], len(s.Exchanges))
		for k := from; k < to; k++ {
			e := s.Exchanges[k]
			step.Requests = append(step.Requests, pageExchange{
				Method: visible(e.Request.Method), Path: pathOf(e.Request.URL), Answer: visible(answered(e)), Kind: statusKind(e), Took: lasted(e.Duration),
			})
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

// chapters is the ledger by chapter of the document.
func (b *pageBuilder) chapters() []pageChapter {
	var out []pageChapter
	at := map[string]int{}
	for _, r := range b.run.Rules {
		name := nonEmpty(visible(r.Rule.Chapter), "All chapters")
		k, ok := at[name]
		if !ok {
			k = len(out)
			at[name] = k
			out = append(out, pageChapter{Name: name})
		}
		kind, mark := kindOf(string(r.Verdict))
		if r.Verdict == contract.Kept {
			out[k].Kept++
		}
		because := r.Because
		if because == "" && (r.Verdict == contract.NotJudged || r.Verdict == contract.Blocked) {
			because = unexplained(r)
		}
		out[k].Rules = append(out[k].Rules, pageRule{
			Anchor: b.anchors[r.Rule.ID], ID: visible(r.Rule.ID), Sentence: visible(r.Rule.Sentence), Kind: kind, Mark: mark, Verdict: string(r.Verdict),
			Basis: basis(r.Rule), Because: visible(because), Located: visible(located(r.Rule)), Source: visible(cited(r.Rule)[0]),
			Security: r.Rule.Security, Judged: r.Judged, Finding: r.Finding,
		})
	}
	return out
}

// statusClass names the class of a status: "status-5" for "500".
func statusClass(status string) string {
	if len(status) == 3 && '1' <= status[0] && status[0] <= '5' {
		return "status-" + status[:1]
	}
	return ""
}

// operations is the table of operations and the statuses met, a column each.
func operations(coverage []Coverage) ([]string, []pageOperation) {
	met := map[string]bool{}
	for _, c := range coverage {
		for s := range c.Statuses {
			met[s] = true
		}
	}
	statuses := make([]string, 0, len(met))
	for s := range met {
		statuses = append(statuses, s)
	}
	sort.Strings(statuses)
	var out []pageOperation
	for _, c := range coverage {
		op := pageOperation{Name: visible(c.Operation), Method: visible(c.Method), Path: visible(c.Path)}
		for _, s := range statuses {
			op.Cells = append(op.Cells, pageCell{Status: visible(s), Kind: statusClass(s), Count: c.Statuses[s]})
		}
		out = append(out, op)
	}
	for i, s := range statuses {
		statuses[i] = visible(s)
	}
	return statuses, out
}
