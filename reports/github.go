package reports

import (
	"fmt"
	"io"
	"strings"

	"assay/contract"
)

// maxAnnotations is how many annotations of a step a workflow shows.
const maxAnnotations = 10

// GitHub writes workflow commands that annotate the contract's lines: at most
// ten, one a cause, the gravest first; the last one counts those left out.
func GitHub(w io.Writer, run *Run, options Options) error {
	notes := annotations(view(run, options))
	if left := len(notes) - maxAnnotations; left > 0 {
		notes[maxAnnotations-1] = annotation{Level: "error", Title: "More findings", Message: count(left+1, "more cause") + " in the report"}
		notes = notes[:maxAnnotations]
	}
	for _, n := range notes {
		if _, err := io.WriteString(w, n.String()+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// An annotation is one workflow command.
type annotation struct {
	Level   string // "error", "warning"
	File    string
	Line    int
	Title   string
	Message string
}

func (a annotation) String() string {
	var properties []string
	if a.File != "" {
		properties = append(properties, "file="+property(a.File), fmt.Sprintf("line=%d", max(1, a.Line)))
	}
	properties = append(properties, "title="+property(a.Title))
	return "::" + a.Level + " " + strings.Join(properties, ",") + "::" + data(a.Message)
}

// data and property escape as the workflow's runner unescapes.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// annotations returns one for each cause. Crashes of one operation have one
// cause; so has all that one thing blocked.
func annotations(run *Run) []annotation {
	var notes []annotation
	if run.Unreachable != "" || run.Interrupted != "" {
		notes = append(notes, annotation{Level: "error", Title: "The run did not reach its end", Message: short(verdict(run).Sentence)})
	}
	crashes := map[string]int{}
	for _, f := range inOrder(run) {
		if f.Verdict == contract.Crashed && f.Rule.Operation != "" && !f.Rule.Security {
			if at, known := crashes[f.Rule.Operation]; known {
				notes[at].Message += "\nalso: " + short(f.Rule.ID)
				continue
			}
			crashes[f.Rule.Operation] = len(notes)
		}
		notes = append(notes, annotationOf(f, run.Strict))
	}
	for _, g := range grouped(run, contract.Blocked) {
		first := g.Rules[0]
		notes = append(notes, annotation{
			Level: "error", File: first.File, Line: first.Line, Title: "blocked: " + short(g.Because),
			Message: count(len(g.Rules), "rule") + " could not be judged, first " + short(first.ID),
		})
	}
	return notes
}

func annotationOf(f numbered, strict bool) annotation {
	level, kind := "error", string(f.Verdict)
	if f.Verdict == contract.Advised && !strict {
		level = "warning"
	}
	if f.Rule.Security {
		kind = "security, " + kind
	}
	lines := append([]string{short(f.Rule.Sentence)}, cited(f.Rule)...)
	lines = append(lines, "expected: "+f.Expected, "actual: "+f.Actual)
	for i, l := range lines {
		lines[i] = short(l)
	}
	return annotation{
		Level: level, File: f.Rule.File, Line: f.Rule.Line, Title: kind + ": " + short(f.Rule.ID), Message: strings.Join(lines, "\n"),
	}
}
