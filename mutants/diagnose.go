package mutants

import (
	"embed"
	"encoding/json"
	"slices"
	"sort"
	"sync"

	"assay/contract"
	"assay/reports"
)

// The matrices of the contracts that Assay carries, as `assay prove --json`
// wrote them: which rules break together, and how.
//
//go:embed recorded
var recorded embed.FS

// Recorded returns the recorded matrix of a contract, by its name; nil when
// there is none.
func Recorded(contract string) *Matrix {
	text, err := recorded.ReadFile("recorded/" + contract + ".json")
	if err != nil {
		return nil
	}
	m := &Matrix{}
	if json.Unmarshal(text, m) != nil {
		return nil
	}
	return m
}

var known sync.Map // contract name → *Matrix, read once

// Diagnose returns the known fault that the findings of a run look like, or
// nil: when there are none, when no recorded matrix knows the contract, and
// when the findings resemble nothing, or two different faults alike.
func Diagnose(run *reports.Run) *reports.Resemblance {
	if len(run.Findings) == 0 || run.Unreachable != "" || run.Interrupted != "" {
		return nil
	}
	m, ok := known.Load(run.Contract.Name)
	if !ok {
		m, _ = known.LoadOrStore(run.Contract.Name, Recorded(run.Contract.Name))
	}
	return m.(*Matrix).resemblance(signs(run), nil)
}

const (
	// leastAlike is the share of signs in common below which nothing is said.
	leastAlike = 0.7
	// clearly is by how much the nearest fault must be nearer than another one.
	clearly = 0.1
	// sameRuleOnly is what a sign weighs whose rule alone is the same: it broke
	// in another way.
	sameRuleOnly = 0.5
)

// resemblance finds the nearest fault but those that skip names.
func (m *Matrix) resemblance(found []Sign, skip func(*Result) bool) *reports.Resemblance {
	near := m.nearest(found, skip)
	if len(near) == 0 || near[0].alike < leastAlike {
		return nil
	}
	best := near[0]
	for _, other := range near[1:] {
		if best.alike-other.alike >= clearly {
			break
		}
		if !sameFault(best.result, other.result) {
			return nil
		}
	}
	return &reports.Resemblance{Fault: best.result.Says, Rules: best.common, Score: best.share}
}

// sameFault reports whether two mutants break the same: they are then one
// fault at two strengths.
func sameFault(a, b *Result) bool {
	return slices.ContainsFunc(a.Breaks, func(id string) bool { return slices.Contains(b.Breaks, id) })
}

// A likeness says how near a fault is.
type likeness struct {
	result *Result
	alike  float64  // 0 to 1: the weighted share of signs in common
	share  float64  // 0 to 1: the share of rules in common
	common []string // rules
}

// nearest sorts the recorded faults by how much they look like what was found,
// the nearest first, and of equals the one that comes first in the matrix.
// Advice tells nothing of a fault: targets differ there as they like.
func (m *Matrix) nearest(found []Sign, skip func(*Result) bool) (out []likeness) {
	found = failing(found)
	if m == nil || len(found) == 0 {
		return nil
	}
	for _, r := range m.Mutants {
		if skip != nil && skip(r) {
			continue
		}
		if l := alike(r, found); len(l.common) > 0 {
			out = append(out, l)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].alike > out[j].alike })
	return out
}

// failing are the signs of what fails a run.
func failing(signs []Sign) (out []Sign) {
	for _, s := range signs {
		if s.Verdict != contract.Advised {
			out = append(out, s)
		}
	}
	return out
}

// alike compares two sets of signs: those in common against all.
func alike(r *Result, found []Sign) likeness {
	l := likeness{result: r}
	expected := failing(r.Found)
	known := map[string]Sign{}
	for _, s := range expected {
		known[s.Rule] = s
	}
	weight := 0.0
	for _, s := range found {
		k, ok := known[s.Rule]
		if !ok {
			continue
		}
		l.common = append(l.common, s.Rule)
		if k.Verdict == s.Verdict && k.Actual == s.Actual {
			weight++
		} else {
			weight += sameRuleOnly
		}
	}
	all := float64(len(expected) + len(found) - len(l.common))
	l.alike, l.share = weight/all, float64(len(l.common))/all
	return l
}

// A Trial says how often the nearest known fault is right.
type Trial struct {
	All    int // mutants with findings that fail a run
	Right  int // the nearest other mutant breaks a rule that this one breaks
	Wrong  int
	Silent int // nothing is near enough, or two different faults are
}

// LeaveOneOut diagnoses each mutant's findings by the matrix without it.
func (m *Matrix) LeaveOneOut() (t Trial) {
	for _, r := range m.Mutants {
		if len(failing(r.Found)) == 0 {
			continue
		}
		t.All++
		guess := m.resemblance(r.Found, func(other *Result) bool { return other == r })
		switch {
		case guess == nil:
			t.Silent++
		case m.says(guess.Fault, r):
			t.Right++
		default:
			t.Wrong++
		}
	}
	return t
}

// says reports whether a fault of that name breaks a rule that r breaks.
func (m *Matrix) says(fault string, r *Result) bool {
	return slices.ContainsFunc(m.Mutants, func(other *Result) bool { return other.Says == fault && other != r && sameFault(other, r) })
}
