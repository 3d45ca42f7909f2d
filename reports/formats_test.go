package reports_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"assay/contract"
	"assay/reports"
)

func TestCTRFCountsAddUpAndItsTestsAreWhole(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for _, f := range fixtures {
		var report struct {
			ReportFormat, SpecVersion, ReportID string
			Timestamp                           time.Time
			Results                             struct {
				Tool    struct{ Name string }
				Summary struct{ Tests, Passed, Failed, Skipped, Pending, Other, Start, Stop int64 }
				Tests   []struct {
					ID, Name, Status string
					Duration         *int64
					Suite            []string
				}
			}
		}
		decoder := json.NewDecoder(bytes.NewReader(written(t, reports.CTRF, f.run(), reports.Options{})))
		if err := decoder.Decode(&report); err != nil {
			t.Fatal(err)
		}
		if report.ReportFormat != "CTRF" || report.SpecVersion != "0.0.0" || !uuid.MatchString(report.ReportID) || report.Timestamp.IsZero() || report.Results.Tool.Name != "assay" {
			t.Errorf("%s: its head is %+v", f.name, report)
		}
		counts, ids := map[string]int64{}, map[string]bool{}
		for _, test := range report.Results.Tests {
			counts[test.Status]++
			if test.Name == "" || test.Duration == nil || len(test.Suite) == 0 || !uuid.MatchString(test.ID) || ids[test.ID] {
				t.Errorf("%s: a test is not whole: %+v", f.name, test)
			}
			ids[test.ID] = true
		}
		s := report.Results.Summary
		if s.Passed != counts["passed"] || s.Failed != counts["failed"] || s.Skipped != counts["skipped"] || s.Other != counts["other"] || s.Pending != 0 ||
			s.Tests != s.Passed+s.Failed+s.Skipped+s.Other || s.Tests != int64(len(report.Results.Tests)) || s.Stop <= s.Start {
			t.Errorf("%s: the summary %+v does not fit %v", f.name, s, counts)
		}
		if (s.Failed > 0) != (f.name != "kept") {
			t.Errorf("%s: %d failed", f.name, s.Failed)
		}
	}
}

func TestHARHoldsEveryExchangeInOrderAsTheFormatAsks(t *testing.T) {
	for _, f := range fixtures {
		run := f.run()
		var archive struct {
			Log struct {
				Version string
				Creator struct{ Name, Version string }
				Pages   []struct {
					ID, Title, StartedDateTime string
					PageTimings                map[string]float64
				}
				Entries []map[string]json.RawMessage
			}
		}
		if err := json.Unmarshal(written(t, reports.HAR, run, reports.Options{}), &archive); err != nil {
			t.Fatal(err)
		}
		pages := map[string]bool{}
		for _, p := range archive.Log.Pages {
			pages[p.ID] = p.Title != "" && p.PageTimings != nil
		}
		want := 0
		for _, s := range run.Scenarios {
			want += len(s.Exchanges)
		}
		if len(archive.Log.Entries) != want || archive.Log.Version != "1.2" || archive.Log.Creator.Name == "" || archive.Log.Creator.Version == "" {
			t.Errorf("%s: %d entries for %d exchanges, head %+v", f.name, len(archive.Log.Entries), want, archive.Log.Creator)
		}
		var last time.Time
		for i, entry := range archive.Log.Entries {
			var started time.Time
			var page string
			if err := json.Unmarshal(entry["startedDateTime"], &started); err != nil || started.Before(last) {
				t.Errorf("%s: entry %d starts at %s, after %s (%v)", f.name, i, started, last, err)
			}
			last = started
			if err := json.Unmarshal(entry["pageref"], &page); err != nil || !pages[page] {
				t.Errorf("%s: entry %d is of page %q", f.name, i, page)
			}
			asked(t, entry["request"], "method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize")
			asked(t, entry["response"], "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize")
			asked(t, entry["timings"], "send", "wait", "receive")
			if entry["cache"] == nil || entry["time"] == nil {
				t.Errorf("%s: entry %d lacks cache or time", f.name, i)
			}
		}
	}
}

func asked(t *testing.T, object json.RawMessage, members ...string) {
	t.Helper()
	var have map[string]json.RawMessage
	if err := json.Unmarshal(object, &have); err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if have[m] == nil || string(have[m]) == "null" {
			t.Errorf("%s lacks %s", object, m)
		}
	}
}

func TestAnnotationsAreOneACause(t *testing.T) {
	run := brokenRun()
	crash := *run.Findings[3]
	other := *crash.Rule
	other.ID = "createIdea.body.content.minLength"
	crash.Rule = &other
	run.Findings = append(run.Findings, &crash)
	report := string(written(t, reports.GitHub, run, reports.Options{}))
	if strings.Count(report, "crashed%3A") != 1 || !strings.Contains(report, "%0Aalso: createIdea.body.content.minLength") {
		t.Errorf("two crashes of one operation are not one annotation:\n%s", report)
	}
	if strings.Count(report, "title=blocked") != 1 {
		t.Errorf("two rules that one thing blocked are not one annotation:\n%s", report)
	}
	if first, _, _ := strings.Cut(report, "\n"); !strings.Contains(first, "security") {
		t.Errorf("the first annotation is %s", first)
	}
}

func TestTheTerminalIsColouredOnlyWhenAsked(t *testing.T) {
	plain := string(written(t, reports.Terminal, brokenRun(), reports.Options{}))
	coloured := written(t, reports.Terminal, brokenRun(), reports.Options{Color: true})
	if strings.Contains(plain, "\x1b") {
		t.Error("colour was not asked for")
	}
	if stripped := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(string(coloured), ""); stripped != plain {
		t.Error("colour changes more than colour")
	}
	golden(t, "coloured.txt", coloured)
}

func TestTheTerminalKeepsToItsWidth(t *testing.T) {
	for _, width := range []int{50, 60, 80, 120} {
		report := string(written(t, reports.Terminal, brokenRun(), reports.Options{Width: width, Verbose: true, Saved: "reports/out/run.json"}))
		for _, line := range strings.Split(report, "\n") {
			pasted := strings.Contains(line, "curl ") || strings.Contains(line, "RUN=") || strings.Contains(line, "assay replay")
			// An id or a place too long for the width stays whole, to be found again.
			if n := len([]rune(line)); n > width && !pasted && strings.Contains(strings.TrimSpace(line), "  ") {
				t.Errorf("at %d columns a line is %d long: %s", width, n, line)
			}
		}
	}
	golden(t, "narrow.txt", written(t, reports.Terminal, brokenRun(), reports.Options{Width: 60, Verbose: true, Saved: "reports/out/run.json"}))
}

func TestALongChainIsReplayedWhereItWasSavedAndPastedWhereNot(t *testing.T) {
	run := brokenRun()
	f := run.Findings[0]
	for range 20 {
		f.Chain = append([]*contract.Exchange{f.Chain[0]}, f.Chain...)
	}
	saved := string(written(t, reports.Terminal, run, reports.Options{Saved: "out/run.json"}))
	if !strings.Contains(saved, "22 requests lead here") || !strings.Contains(saved, "assay replay out/run.json --finding 1 "+base) {
		t.Error("a long chain that was saved is not offered for replay")
	}
	unsaved := string(written(t, reports.Terminal, run, reports.Options{}))
	if strings.Contains(unsaved, "assay replay") || strings.Count(unsaved, base+"/users ")-strings.Count(saved, base+"/users ") != 21 {
		t.Error("a long chain that was not saved is not given whole")
	}
}
