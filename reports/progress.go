package reports

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"assay/contract"
)

// Progress is told how a run goes on. Its methods may be called from several
// goroutines.
type Progress interface {
	Begin(scenarios int)      // how many are planned
	Ended(scenario *Scenario) // one ended
	Finish()                  // no more will come; what was shown is taken away or completed
}

// NewProgress returns a Progress that rewrites one line of a terminal, or, for
// a log, writes a line whenever another tenth of the scenarios has ended.
// columns is the terminal's width; 0 means 80.
func NewProgress(w io.Writer, terminal bool, columns int) Progress {
	if terminal {
		if columns <= 0 {
			columns = 80
		}
		return &rewritten{tally: tally{w: w}, columns: columns}
	}
	return &plainLines{tally: tally{w: w}}
}

// NoProgress shows nothing.
type NoProgress struct{}

func (NoProgress) Begin(int)       {}
func (NoProgress) Ended(*Scenario) {}
func (NoProgress) Finish()         {}

type tally struct {
	mu                              sync.Mutex
	w                               io.Writer
	planned, ended, failed, blocked int
	requests                        int
}

func (t *tally) count(s *Scenario) {
	t.ended++
	t.requests += len(s.Exchanges)
	switch s.Outcome {
	case Failed:
		t.failed++
	case Blocked:
		t.blocked++
	}
}

// line is how far the run is: "42 of 120 scenarios, 217 requests, 2 with findings".
func (t *tally) line() string {
	parts := []string{fmt.Sprintf("%d of %s", t.ended, count(t.planned, "scenario")), count(t.requests, "request")}
	if t.failed > 0 {
		parts = append(parts, fmt.Sprintf("%d with findings", t.failed))
	}
	if t.blocked > 0 {
		parts = append(parts, fmt.Sprintf("%d %s", t.blocked, contract.Blocked))
	}
	return strings.Join(parts, ", ")
}

type rewritten struct {
	tally
	columns int
}

const eraseLine = "\r\x1b[K"

func (p *rewritten) Begin(scenarios int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.planned = scenarios
	p.show("")
}

func (p *rewritten) Ended(s *Scenario) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(s)
	p.show(s.Name)
}

// show leaves the last column free: some terminals wrap a line that fills it.
func (p *rewritten) show(name string) {
	line := p.line()
	if name != "" {
		line += "  " + visible(name)
	}
	fmt.Fprint(p.w, eraseLine+shorten(line, p.columns-1))
}

func (p *rewritten) Finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprint(p.w, eraseLine)
}

type plainLines struct {
	tally
	tenth int
}

func (p *plainLines) Begin(scenarios int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.planned = scenarios
}

func (p *plainLines) Ended(s *Scenario) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(s)
	if p.planned > 0 && p.ended*10/p.planned > p.tenth {
		p.tenth = p.ended * 10 / p.planned
		fmt.Fprintln(p.w, p.line())
	}
}

func (p *plainLines) Finish() {}
