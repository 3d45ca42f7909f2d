package reports_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"assay/contract"
	"assay/reports"
)

func progressed(p reports.Progress) {
	p.Begin(20)
	for i := range 20 {
		s := &reports.Scenario{Name: fmt.Sprintf("scenario %d\x1b[31m of a very long name that no terminal shows whole", i), ID: fmt.Sprintf("a.feature:%d", i), Outcome: reports.Passed}
		s.Exchanges = []*contract.Exchange{{}, {}}
		switch i {
		case 3:
			s.Outcome = reports.Failed
		case 5:
			s.Outcome = reports.Blocked
		}
		p.Ended(s)
	}
	p.Finish()
}

func TestALogGetsALineForEachTenth(t *testing.T) {
	var b bytes.Buffer
	progressed(reports.NewProgress(&b, false, 0))
	golden(t, "progress.txt", b.Bytes())
	if strings.Contains(b.String(), "\x1b") {
		t.Error("a log holds a terminal's commands")
	}
}

func TestATerminalGetsOneLineThatIsRewrittenAndTakenAway(t *testing.T) {
	var b bytes.Buffer
	progressed(reports.NewProgress(&b, true, 40))
	const erase = "\r\x1b[K"
	if !strings.HasSuffix(b.String(), erase) {
		t.Errorf("the line is not taken away: %q", b.String())
	}
	for i, line := range strings.Split(strings.TrimPrefix(b.String(), erase), erase) {
		if len([]rune(line)) > 39 || strings.ContainsAny(line, "\n\x1b") {
			t.Errorf("line %d is %q", i, line)
		}
	}
	if !strings.Contains(b.String(), "20 of 20 scenarios, 40 requests") {
		t.Errorf("it never comes to the end: %q", b.String())
	}
}

func TestProgressIsToldFromManyGoroutines(t *testing.T) {
	var b bytes.Buffer
	p := reports.NewProgress(&b, false, 0)
	p.Begin(100)
	var wg sync.WaitGroup
	for range 100 {
		wg.Add(1)
		go func() { defer wg.Done(); p.Ended(&reports.Scenario{Outcome: reports.Passed}) }()
	}
	wg.Wait()
	p.Finish()
	if !strings.HasSuffix(b.String(), "100 of 100 scenarios, 0 requests\n") {
		t.Errorf("got %q", b.String())
	}
}
