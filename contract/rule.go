package contract

import "strings"

// Basis says how a rule is known, and so what a breach of it weighs.
type Basis string

const (
	Stated  Basis = "stated"  // the prose of a source document says it
	Shown   Basis = "shown"   // only an example in a source document shows it
	Spec    Basis = "spec"    // an RFC or vendor rule on which the document rests
	Assumed Basis = "assumed" // all are silent; Why says why we chose so
)

// A Citation is the place where a source says what a rule says.
type Citation struct {
	Source string `json:"source,omitempty"` // short name of the document in x-sources; empty for a spec or an assumption
	Title  string `json:"title,omitempty"`  // the document's title, or the name of the spec
	Lines  [2]int `json:"lines,omitzero"`   // first and last line cited, from 1; zero for a spec
	At     string `json:"at,omitempty"`     // as written: "pool:294", "RFC 7515 §5.2"
	Says   string `json:"says,omitempty"`   // the few words quoted
	Note   string `json:"note,omitempty"`   // what a reader should know beside the words
}

// A Rule is one sentence of the document that can be kept or broken.
type Rule struct {
	ID        string     `json:"id"`                  // reads like a path: createIdea.body.impact.maximum
	Operation string     `json:"operation,omitempty"` // the operation it belongs to; empty for a rule of the whole contract
	Chapter   string     `json:"chapter,omitempty"`   // the document's chapter: the operation's first tag
	Keyword   string     `json:"keyword"`             // what states it: maximum, required, status, security, order, lifetime, …, or "sentence" for x-rules
	Sentence  string     `json:"sentence"`
	Basis     Basis      `json:"basis"`
	Should    bool       `json:"should,omitempty"`   // a spec's SHOULD: advice, where a MUST is a failure
	Security  bool       `json:"security,omitempty"` // a breach is a security finding and stands first
	Slow      bool       `json:"slow,omitempty"`     // deciding it needs waiting for real time to pass
	Citations []Citation `json:"citations,omitempty"`
	Why       string     `json:"why,omitempty"` // for assumed rules: why we chose so
	File      string     `json:"file"`          // of the contract
	Line      int        `json:"line"`          // in File, from 1
}

// Fails reports whether a breach of the rule fails a run, or is advice.
func (r *Rule) Fails() bool {
	switch r.Basis {
	case Assumed:
		return false
	case Spec:
		return !r.Should
	}
	return true
}

// ruleID joins the parts of a rule id, leaving out empty ones.
func ruleID(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ".")
}
