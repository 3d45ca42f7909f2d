package reports

import (
	"fmt"
	"net/http"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"assay/contract"
)

// A numbered finding keeps the number it bears in Run.Findings.
type numbered struct {
	*contract.Finding
	Number int
}

// inOrder returns the findings as reports show them: security first, then
// crashed, broken, advised, and in the order of the run within each.
func inOrder(run *Run) []numbered {
	found := make([]numbered, len(run.Findings))
	for i, f := range run.Findings {
		found[i] = numbered{f, i + 1}
	}
	sort.SliceStable(found, func(i, j int) bool { return weight(found[i].Finding) < weight(found[j].Finding) })
	return found
}

func weight(f *contract.Finding) int {
	switch {
	case f.Rule.Security:
		return 0
	case f.Verdict == contract.Crashed:
		return 1
	case f.Verdict == contract.Broken:
		return 2
	}
	return 3
}

// verdictOrder is the order in which verdicts are told.
var verdictOrder = []contract.Verdict{
	contract.Kept, contract.Broken, contract.Crashed, contract.Advised, contract.Blocked, contract.NotJudged,
}

// A group is the rules that share a cause.
type group struct {
	Because string
	Rules   []*contract.Rule
}

// grouped returns the rules of one verdict by what stood in the way, in the order met.
func grouped(run *Run, verdict contract.Verdict) []group {
	var groups []group
	at := map[string]int{}
	for _, r := range run.Rules {
		if r.Verdict != verdict {
			continue
		}
		because := r.Because
		if because == "" {
			because = unexplained(r)
		}
		i, ok := at[because]
		if !ok {
			i = len(groups)
			at[because] = i
			groups = append(groups, group{Because: because})
		}
		groups[i].Rules = append(groups[i].Rules, r.Rule)
	}
	return groups
}

func unexplained(r RuleResult) string {
	switch {
	case r.Planned:
		return "a scenario set out to judge it and never came to it"
	case r.Rule.Slow:
		return "judging it means waiting"
	}
	return "no selected scenario judges it"
}

// cited words where a source says what the rule says, one line a citation.
func cited(rule *contract.Rule) []string {
	var lines []string
	for _, c := range rule.Citations {
		line := place(c)
		if c.Says != "" {
			line += `: "` + c.Says + `"`
		}
		lines = append(lines, strings.TrimPrefix(line, ": ")+" ("+basis(rule)+")")
	}
	if len(lines) == 0 || rule.Basis == contract.Assumed && rule.Why != "" {
		why := rule.Why
		if why == "" {
			why = "no source says it"
		}
		if rule.Basis == contract.Assumed {
			why = "assumed: " + why
		}
		lines = append(lines, why)
	}
	return lines
}

func place(c contract.Citation) string {
	name := c.Title
	if name == "" {
		name = c.Source
	}
	switch {
	case c.Lines[0] > 0 && c.Lines[1] > c.Lines[0]:
		return fmt.Sprintf("%s, lines %d to %d", name, c.Lines[0], c.Lines[1])
	case c.Lines[0] > 0:
		return fmt.Sprintf("%s, line %d", name, c.Lines[0])
	case c.At != "":
		return c.At
	}
	return name
}

func basis(rule *contract.Rule) string {
	if rule.Basis != contract.Spec {
		return string(rule.Basis)
	}
	if rule.Should {
		return "spec, SHOULD"
	}
	return "spec, MUST"
}

// located is the rule's line in the contract: "openapi.yaml:141".
func located(rule *contract.Rule) string {
	if rule.File == "" {
		return ""
	}
	return rule.File + ":" + strconv.Itoa(rule.Line)
}

// answered words how an exchange ended: "201 Created", "no answer: connection refused".
func answered(e *contract.Exchange) string {
	switch {
	case e == nil:
		return ""
	case e.Response == nil && e.Failure == "":
		return "no answer"
	case e.Response == nil:
		return "no answer: " + e.Failure
	}
	return status(e.Response.Status)
}

func status(code int) string {
	return strings.TrimSpace(strconv.Itoa(code) + " " + http.StatusText(code))
}

// title names the contract with its version: "Idea Pool 1.0".
func title(c ContractRef) string {
	name := c.Title
	if name == "" {
		name = c.Name
	}
	if name == "" {
		name = c.File
	}
	return strings.TrimSpace(name + " " + c.Version)
}

// A verdictLine is the run in a word and a sentence.
type verdictLine struct {
	Word     string // "kept", "broken", "unreachable", "interrupted", "nothing"
	Sentence string
}

// judged counts the rules of which the run says how the target keeps them.
func judged(run *Run) int {
	counts := run.Counts()
	return counts[contract.Kept] + counts[contract.Broken] + counts[contract.Crashed] + counts[contract.Advised]
}

// verdict words how the run ended.
func verdict(run *Run) verdictLine {
	counts := run.Counts()
	failing := counts[contract.Broken] + counts[contract.Crashed]
	what := title(run.Contract)
	who := run.Target
	if run.Own {
		who = "Assay's own mock"
	}
	switch {
	case run.Interrupted != "":
		return verdictLine{"interrupted", "The run ended early: " + run.Interrupted + "."}
	case run.Unreachable != "" && judged(run) == 0:
		return verdictLine{"unreachable", who + " cannot be reached: " + run.Unreachable + "."}
	case run.Unreachable != "":
		return verdictLine{"unreachable", who + " could no longer be reached: " + run.Unreachable + "."}
	case len(run.Scenarios) == 0:
		return verdictLine{"nothing", "Nothing was selected, so nothing was judged."}
	case failing > 0:
		return verdictLine{"broken", fmt.Sprintf("%s breaks %d of the %s judged of %s.", who, failing, count(judged(run), "rule"), what)}
	case counts[contract.Blocked] > 0:
		return verdictLine{"blocked", fmt.Sprintf("No rule is broken, but %s of %s could not be judged.", count(counts[contract.Blocked], "rule"), what)}
	case run.Strict && counts[contract.Advised] > 0:
		return verdictLine{"broken", fmt.Sprintf("%s departs from %s of %s, and the run is strict.", who, count(counts[contract.Advised], "reading"), what)}
	case run.Exit() != ExitKept:
		return verdictLine{"blocked", "Fewer rules were judged than planned."}
	case counts[contract.Advised] > 0:
		return verdictLine{"kept", fmt.Sprintf("%s keeps %s, with %s of advice.", who, what, count(counts[contract.Advised], "piece"))}
	}
	return verdictLine{"kept", fmt.Sprintf("%s keeps every rule judged of %s.", who, what)}
}

// replay is the command that sends a finding's chain again.
func replay(saved string, finding int, target string) string {
	return "assay replay " + shellWord(saved) + " --finding " + strconv.Itoa(finding) + " " + shellWord(target)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:][A-Za-z0-9_./:@%+,-]*$`)

func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
