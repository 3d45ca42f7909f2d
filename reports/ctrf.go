package reports

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"time"
)

// CTRF writes the run in the Common Test Report Format, version 0.0.0 of its
// schema: a test is a scenario, and the ledger's counts stand under extra.
func CTRF(w io.Writer, run *Run, options Options) error {
	v := view(run, options)
	report := ctrfReport{
		ReportFormat: "CTRF", SpecVersion: "0.0.0", GeneratedBy: "assay",
		ReportID:  uuid(v.Started.String(), v.Target, fmt.Sprint(v.Seed)),
		Timestamp: v.Started.Add(v.Duration).UTC().Format(time.RFC3339Nano),
	}
	results := &report.Results
	results.Tool = ctrfTool{Name: v.Tool.Name, Version: v.Tool.Version}
	if results.Tool.Name == "" {
		results.Tool.Name = "assay"
	}
	results.Environment = ctrfEnvironment{AppName: title(v.Contract), TestEnvironment: v.Target, Healthy: v.Exit() == ExitKept}
	results.Tests = []ctrfTest{}
	stories := storiesOf(v)
	for _, s := range stories {
		results.Tests = append(results.Tests, ctrfOf(v, s))
	}
	if v.Unreachable != "" {
		results.Tests = append(results.Tests, ctrfTest{
			ID: uuid("reach"), Name: reachable, Status: "failed", RawStatus: "unreachable", Message: v.Unreachable, Suite: []string{"assay"},
		})
	}
	results.Summary = ctrfSummarize(v, results.Tests)
	return encode(w, report)
}

// reachable names the test case that stands for reaching the target at all.
const reachable = "the target can be reached"

type ctrfReport struct {
	ReportFormat string `json:"reportFormat"`
	SpecVersion  string `json:"specVersion"`
	ReportID     string `json:"reportId"`
	Timestamp    string `json:"timestamp"`
	GeneratedBy  string `json:"generatedBy"`
	Results      struct {
		Tool        ctrfTool        `json:"tool"`
		Summary     ctrfSummary     `json:"summary"`
		Tests       []ctrfTest      `json:"tests"`
		Environment ctrfEnvironment `json:"environment"`
	} `json:"results"`
}

type ctrfTool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// Times are milliseconds, since the epoch where they are points in time.
type ctrfSummary struct {
	Tests    int            `json:"tests"`
	Passed   int            `json:"passed"`
	Failed   int            `json:"failed"`
	Skipped  int            `json:"skipped"`
	Pending  int            `json:"pending"`
	Other    int            `json:"other"`
	Suites   int            `json:"suites"`
	Start    int64          `json:"start"`
	Stop     int64          `json:"stop"`
	Duration int64          `json:"duration"`
	Extra    map[string]any `json:"extra"`
}

type ctrfTest struct {
	ID        string              `json:"id"`
	Name      string              `json:"name"`
	Status    string              `json:"status"`
	RawStatus string              `json:"rawStatus,omitempty"`
	Duration  int64               `json:"duration"`
	Suite     []string            `json:"suite,omitempty"`
	Message   string              `json:"message,omitempty"`
	Trace     string              `json:"trace,omitempty"`
	FilePath  string              `json:"filePath,omitempty"`
	Line      int                 `json:"line,omitempty"`
	Tags      []string            `json:"tags,omitempty"`
	Labels    map[string][]string `json:"labels,omitempty"`
	Steps     []ctrfStep          `json:"steps,omitempty"`
}

type ctrfStep struct {
	Name   string `json:"name"`
	Status string `json:"status"`
}

type ctrfEnvironment struct {
	AppName         string `json:"appName"`
	TestEnvironment string `json:"testEnvironment"`
	Healthy         bool   `json:"healthy"`
}

// ctrfStatus maps an outcome. Blocked is no skip: something stood in the way.
func ctrfStatus(run *Run, o Outcome) string {
	switch {
	case o == Passed, o == Advised && !run.Strict:
		return "passed"
	case o == Failed, o == Advised:
		return "failed"
	case o == Skipped:
		return "skipped"
	}
	return "other"
}

func ctrfOf(run *Run, s story) ctrfTest {
	test := ctrfTest{
		ID: uuid(s.ID, s.Name), Name: nonEmpty(visible(s.Name), visible(s.ID), "a scenario"),
		Status: ctrfStatus(run, s.Ended), RawStatus: string(s.Ended), Duration: s.Duration.Milliseconds(),
		FilePath: s.File, Line: s.Line, Tags: s.Tags, Message: visible(s.Because),
		Suite: []string{nonEmpty(visible(s.Feature), s.File, "assay")},
	}
	if s.Chapter != "" {
		test.Suite = append(test.Suite, visible(s.Chapter))
	}
	if len(s.Rules) > 0 {
		test.Labels = map[string][]string{"rules": s.Rules}
	}
	for _, step := range s.Steps {
		test.Steps = append(test.Steps, ctrfStep{Name: visible(strings.TrimSpace(step.Keyword + " " + step.Text)), Status: ctrfStatus(run, step.Outcome)})
	}
	if len(s.Own) > 0 {
		test.Message = headline(s.Own[0])
		test.Trace = strings.Join(plainText(s.Own), "\n")
	}
	return test
}

func ctrfSummarize(run *Run, tests []ctrfTest) ctrfSummary {
	summary := ctrfSummary{
		Tests: len(tests), Start: run.Started.UnixMilli(), Stop: run.Started.Add(run.Duration).UnixMilli(), Duration: run.Duration.Milliseconds(),
	}
	suites := map[string]bool{}
	for _, t := range tests {
		suites[t.Suite[0]] = true
		switch t.Status {
		case "passed":
			summary.Passed++
		case "failed":
			summary.Failed++
		case "skipped":
			summary.Skipped++
		default:
			summary.Other++
		}
	}
	summary.Suites = len(suites)
	rules := map[string]int{}
	for verdict, n := range run.Counts() {
		rules[string(verdict)] = n
	}
	summary.Extra = map[string]any{"rules": rules, "requests": run.Requests, "seed": run.Seed, "verdict": visible(verdict(run).Sentence)}
	return summary
}

// uuid makes a name-based identifier (RFC 9562 §5.8), the same for the same parts.
func uuid(parts ...string) string {
	sum := sha256.Sum256([]byte("assay\x00" + strings.Join(parts, "\x00")))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func nonEmpty(choices ...string) string {
	for _, s := range choices {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}
