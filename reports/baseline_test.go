package reports_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/contract"
	"assay/reports"
)

// runOf makes a run with these verdicts, each of a rule named after its place.
func runOf(verdicts map[string]contract.Verdict, order ...string) *reports.Run {
	run := &reports.Run{Scenarios: []*reports.Scenario{{}}}
	for _, id := range order {
		judged := 1
		if verdicts[id] == contract.Blocked || verdicts[id] == contract.NotJudged {
			judged = 0
		}
		run.Rules = append(run.Rules, reports.RuleResult{Rule: &contract.Rule{ID: id}, Verdict: verdicts[id], Judged: judged, Because: "why"})
	}
	return run
}

func TestABaselineTellsFreshBreaksFromOldOnes(t *testing.T) {
	order := []string{"a", "b"}
	for _, c := range []struct {
		name     string
		old, new map[string]contract.Verdict
		strict   bool
		want     reports.Delta
		exit     int
	}{
		{
			"nothing changed", map[string]contract.Verdict{"a": contract.Kept, "b": contract.Kept}, map[string]contract.Verdict{"a": contract.Kept, "b": contract.Kept},
			false, reports.Delta{}, reports.ExitKept,
		},
		{
			"an old break is listed and fails nothing", map[string]contract.Verdict{"a": contract.Kept, "b": contract.Broken}, map[string]contract.Verdict{"a": contract.Kept, "b": contract.Broken},
			false, reports.Delta{Still: []string{"b"}}, reports.ExitKept,
		},
		{
			"an old break that crashes now is an old one", map[string]contract.Verdict{"b": contract.Broken}, map[string]contract.Verdict{"b": contract.Crashed},
			false, reports.Delta{Still: []string{"b"}}, reports.ExitKept,
		},
		{
			"a fresh break fails", map[string]contract.Verdict{"a": contract.Kept, "b": contract.Broken}, map[string]contract.Verdict{"a": contract.Broken, "b": contract.Broken},
			false, reports.Delta{Fresh: []string{"a"}, Still: []string{"b"}}, reports.ExitBroken,
		},
		{
			"a break of a rule that was not judged before is fresh", map[string]contract.Verdict{"a": contract.NotJudged}, map[string]contract.Verdict{"a": contract.Crashed},
			false, reports.Delta{Fresh: []string{"a"}}, reports.ExitBroken,
		},
		{
			"mended", map[string]contract.Verdict{"a": contract.Crashed}, map[string]contract.Verdict{"a": contract.Kept},
			false, reports.Delta{Mended: []string{"a"}}, reports.ExitKept,
		},
		{
			"a break that is no longer judged is not mended", map[string]contract.Verdict{"a": contract.Broken}, map[string]contract.Verdict{"a": contract.NotJudged},
			false, reports.Delta{Lost: []string{"a"}}, reports.ExitKept,
		},
		{
			"what is newly blocked fails", map[string]contract.Verdict{"a": contract.Kept}, map[string]contract.Verdict{"a": contract.Blocked},
			false, reports.Delta{Blocked: []string{"a"}}, reports.ExitBroken,
		},
		{
			"what was blocked before does not", map[string]contract.Verdict{"a": contract.Blocked}, map[string]contract.Verdict{"a": contract.Blocked},
			false, reports.Delta{}, reports.ExitKept,
		},
		{
			"fresh advice weighs nothing", map[string]contract.Verdict{"a": contract.Kept}, map[string]contract.Verdict{"a": contract.Advised},
			false, reports.Delta{}, reports.ExitKept,
		},
		{
			"unless the run is strict", map[string]contract.Verdict{"a": contract.Kept, "b": contract.Advised}, map[string]contract.Verdict{"a": contract.Advised, "b": contract.Advised},
			true, reports.Delta{Fresh: []string{"a"}, Still: []string{"b"}}, reports.ExitBroken,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, id := range order {
				for _, verdicts := range []map[string]contract.Verdict{c.old, c.new} {
					if verdicts[id] == "" {
						verdicts[id] = contract.Kept
					}
				}
			}
			run := runOf(c.new, order...)
			run.Strict = c.strict
			got := reports.Compare(runOf(c.old, order...), run)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if exit := got.Exit(run); exit != c.exit {
				t.Errorf("it exits with %d, not %d", exit, c.exit)
			}
		})
	}
}

func TestABaselineExcusesNoRunThatDidNotReachItsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*reports.Run)
		want   int
	}{
		"unreachable":      {func(r *reports.Run) { r.Unreachable = "refused" }, reports.ExitUnreachable},
		"interrupted":      {func(r *reports.Run) { r.Interrupted = "by a person" }, reports.ExitInterrupted},
		"nothing selected": {func(r *reports.Run) { r.Scenarios = nil }, reports.ExitUsage},
		"a planned rule never judged": {func(r *reports.Run) {
			r.Rules[0].Verdict, r.Rules[0].Judged, r.Rules[0].Because, r.Rules[0].Planned = contract.NotJudged, 0, "", true
		}, reports.ExitBroken},
	} {
		run := brokenRun()
		c.change(run)
		delta := reports.Compare(brokenRun(), run)
		if got := delta.Exit(run); got != c.want {
			t.Errorf("%s: it exits with %d, not %d", name, got, c.want)
		}
	}
}

func TestARuleThatTheContractNoLongerStatesIsLost(t *testing.T) {
	old := runOf(map[string]contract.Verdict{"gone": contract.Broken, "a": contract.Kept}, "gone", "a")
	delta := reports.Compare(old, runOf(map[string]contract.Verdict{"a": contract.Kept}, "a"))
	if diff := cmp.Diff(reports.Delta{Lost: []string{"gone"}}, delta); diff != "" {
		t.Error(diff)
	}
}

func TestABaselineIsSummedUpInASentence(t *testing.T) {
	for want, old := range map[string]func() *reports.Run{
		"Against its baseline it passes: nothing broke that held before.": brokenRun,
		"Against its baseline it fails: 7 rules newly broken or blocked.": keptRun,
	} {
		delta := reports.Compare(old(), brokenRun())
		if got := delta.Sentence(brokenRun()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	delta := reports.Compare(brokenRun(), keptRun())
	if got, want := delta.Sentence(keptRun()), "Against its baseline nothing is newly broken."; got != want {
		t.Errorf("mended: got %q, want %q", got, want)
	}
}

func TestTheBaselineIsToldInTheReportsForPeople(t *testing.T) {
	run := brokenRun()
	delta := reports.Compare(keptRun(), run)
	for _, format := range []string{"terminal", "markdown", "html"} {
		golden(t, "since."+map[string]string{"terminal": "txt", "markdown": "md", "html": "html"}[format],
			written(t, reports.Formats[format], run, reports.Options{Since: &delta}))
	}
}
