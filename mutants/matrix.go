package mutants

import (
	"slices"
	"strings"
	"time"

	"assay/contract"
	"assay/reports"
)

// A Verdict is how a mutant ended.
type Verdict string

const (
	Killed     Verdict = "killed"     // a finding names each rule that it breaks
	Noisy      Verdict = "noisy"      // killed, and rules broke that have nothing to do with it
	Survived   Verdict = "survived"   // a rule that it breaks was not found broken
	Equivalent Verdict = "equivalent" // survived, as it must: the list of equivalent mutants says why
	Failed     Verdict = "failed"     // could not be tried
)

// A Matrix is rules against mutants.
type Matrix struct {
	Schema   string    `json:"schema"` // "assay.matrix/1"
	Contract string    `json:"contract"`
	Version  string    `json:"version"`
	Partial  bool      `json:"partial,omitempty"` // a selection of the mutants: nothing is said of rules that none of them breaks
	Mutants  []*Result `json:"mutants"`
	Rules    []Covered `json:"rules"`
}

// A Result is one mutant's row.
type Result struct {
	Name     string   `json:"name"`
	Operator string   `json:"operator"`
	Says     string   `json:"says"`
	Breaks   []string `json:"breaks"`
	Verdict  Verdict  `json:"verdict"`
	Missed   []string `json:"missed,omitempty"` // rules that it breaks and nobody found
	Noise    []string `json:"noise,omitempty"`  // rules found that it neither breaks nor entails
	Why      string   `json:"why,omitempty"`    // why it is equivalent, or could not be tried
	Found    []Sign   `json:"found,omitempty"`  // every rule found, in the order of the ledger

	duration time.Duration
}

// A Sign is one finding, as far as it tells one fault from another.
type Sign struct {
	Rule    string           `json:"rule"`
	Verdict contract.Verdict `json:"verdict"`
	Actual  string           `json:"actual"` // the form of what came, without its values
}

// Covered says which mutants break a rule.
type Covered struct {
	Rule    string         `json:"rule"`
	Basis   contract.Basis `json:"basis"`
	Mutants int            `json:"mutants"` // that break it
	Killed  int            `json:"killed"`
}

// Count returns how many mutants ended so.
func (m *Matrix) Count(v Verdict) (n int) {
	for _, r := range m.Mutants {
		if r.Verdict == v {
			n++
		}
	}
	return n
}

// Uncovered lists the rules of a basis that the document gives, which no
// killed mutant breaks: nothing shows that they are checked.
func (m *Matrix) Uncovered() (out []Covered) {
	for _, c := range m.Rules {
		if c.Killed == 0 && c.Basis != contract.Assumed {
			out = append(out, c)
		}
	}
	return out
}

// Proven reports whether every mutant tried was killed or is equivalent. A
// matrix of a selection says nothing of the rules that it leaves out.
func (m *Matrix) Proven() bool { return m.Count(Survived)+m.Count(Failed) == 0 }

// judge compares what a run found with what the mutant breaks.
func judge(m *Mutant, run *reports.Run) *Result {
	r := &Result{Name: m.Name, Operator: m.Operator, Says: m.Says, Breaks: m.Breaks, Verdict: Killed, Found: signs(run)}
	found := map[string]bool{}
	for _, s := range r.Found {
		found[s.Rule] = true
		if !slices.Contains(m.Breaks, s.Rule) && !slices.Contains(m.Entails, s.Rule) {
			r.Noise = append(r.Noise, s.Rule)
		}
	}
	for _, id := range m.Breaks {
		if !found[id] {
			r.Missed = append(r.Missed, id)
		}
	}
	switch {
	case len(r.Missed) > 0:
		r.Verdict = Survived
	case len(r.Noise) > 0:
		r.Verdict = Noisy
	}
	return r
}

// signs lists a run's findings in the order of the ledger.
func signs(run *reports.Run) (out []Sign) {
	for _, result := range run.Rules {
		if n := result.Finding; n > 0 && n <= len(run.Findings) {
			out = append(out, Sign{Rule: result.Rule.ID, Verdict: result.Verdict, Actual: form(run.Findings[n-1].Actual)})
		}
	}
	return out
}

// form is a message without its values: of an answer the class of its status,
// as servers word their answers as they like; else texts in quotes and numbers
// are left out. So two servers with one fault say the same.
func form(actual string) string {
	if status := strings.IndexByte(actual, ' '); status == len("200") && strings.Trim(actual[:status], "0123456789") == "" {
		return actual[:1] + "xx"
	}
	const longest = 60
	var b strings.Builder
	quoted, digits := false, false
	for _, r := range actual {
		switch {
		case r == '"':
			quoted = !quoted
			if quoted {
				b.WriteString(`"…"`)
			}
			digits = false
		case quoted:
		case r >= '0' && r <= '9':
			if !digits {
				b.WriteByte('0')
			}
			digits = true
		default:
			b.WriteRune(r)
			digits = false
		}
		if b.Len() > longest {
			break
		}
	}
	return b.String()
}

// cover counts for every rule the mutants that break it.
func cover(c *contract.Contract, results []*Result) []Covered {
	out := make([]Covered, len(c.Rules))
	at := map[string]int{}
	for i, r := range c.Rules {
		out[i] = Covered{Rule: r.ID, Basis: r.Basis}
		at[r.ID] = i
	}
	for _, r := range results {
		if r.Verdict == Equivalent {
			continue
		}
		for _, id := range r.Breaks {
			i, ok := at[id]
			if !ok {
				continue
			}
			out[i].Mutants++
			if !slices.Contains(r.Missed, id) && r.Verdict != Failed {
				out[i].Killed++
			}
		}
	}
	return out
}
