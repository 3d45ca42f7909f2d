package contract

import "encoding/json"

// A Verdict is how a rule ends in a run.
type Verdict string

const (
	Kept      Verdict = "kept"       // judged, and never broken
	Broken    Verdict = "broken"     // a stated or shown rule, or a spec's MUST, does not hold
	Crashed   Verdict = "crashed"    // a 5xx, or nothing, where an answer or a refusal was due
	Advised   Verdict = "advised"    // an assumed rule, or a spec's SHOULD, does not hold
	Blocked   Verdict = "blocked"    // could not be judged; BlockedBy says what stood in the way
	NotJudged Verdict = "not judged" // nothing in this run tried it; Why says why
)

// A Finding is a rule that does not hold, once, with all that a person needs
// to understand and repeat it.
type Finding struct {
	Rule     *Rule   `json:"rule"`
	Verdict  Verdict `json:"verdict"`            // Broken, Crashed or Advised
	Scenario string  `json:"scenario,omitempty"` // id of the scenario that found it first
	Step     string  `json:"step,omitempty"`     // the Gherkin step that found it
	Pointer  string  `json:"pointer,omitempty"`  // JSON pointer into the judged body; empty for the whole answer
	Expected string  `json:"expected"`           // in words, with types
	Actual   string  `json:"actual"`             // in words, with types
	Times    int     `json:"times"`              // how often it was seen in the run
	// Chain is the exchanges that led here, in order; the last one shows the finding.
	Chain []*Exchange `json:"chain"`
}

// Exchange returns the exchange that shows the finding, or nil when none was made.
func (f *Finding) Exchange() *Exchange {
	if len(f.Chain) == 0 {
		return nil
	}
	return f.Chain[len(f.Chain)-1]
}

// A Breach is one way in which a single request or answer departs from the
// contract. The caller decides what follows: the mock refuses, the check finds.
type Breach struct {
	RuleID   string // the rule broken; not every breach has a rule in the ledger
	Rule     *Rule  // nil where the ledger has none
	Kind     Kind
	In       string // "body", "query", "path", "header" or "status"
	Pointer  string // JSON pointer in a body, or the parameter's name
	Expected string
	Actual   string
}

// Kind sorts breaches by what refuses them: the words of x-refuses.
type Kind string

const (
	Malformed       Kind = "malformed"       // not decodable at all
	Missing         Kind = "missing"         // a required member or parameter is absent or null
	Invalid         Kind = "invalid"         // there, but outside its rule
	Unknown         Kind = "unknown"         // a record, client or token nobody knows
	Unauthenticated Kind = "unauthenticated" // no valid access token
	Forbidden       Kind = "forbidden"       // a valid token that may not
	Credentials     Kind = "credentials"     // wrong password or refresh token
	Taken           Kind = "taken"           // unique, and already there
	Undocumented    Kind = "undocumented"    // a member the contract does not name: a remark, no failure
)

// A Judgement is what the judge says of one answer or request.
type Judgement struct {
	Value    any      // the decoded body; nil where there is none or it cannot be decoded
	Judged   []string // ids of the rules that were decided
	Breaches []Breach // sorted by pointer; remarks are not among them
	Remarks  []Breach // undocumented members
}

// Raw is a JSON text kept as it is.
type Raw = json.RawMessage
