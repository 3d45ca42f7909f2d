// Package reports holds what a run found, and its writers. Every report, the
// terminal's included, renders one [Run] and nothing else.
package reports

import (
	"time"

	"assay/contract"
)

// A Run is everything that one verification found.
type Run struct {
	Schema   string        `json:"schema"` // Schema; the writers set it
	Tool     Tool          `json:"tool"`
	Contract ContractRef   `json:"contract"`
	Target   string        `json:"target"`        // base URL as given
	Own      bool          `json:"own,omitempty"` // the target was Assay's own mock
	Seed     int64         `json:"seed"`
	Strict   bool          `json:"strict,omitempty"`
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration_ns"`
	Requests int           `json:"requests"`

	Rules     []RuleResult        `json:"rules"`     // the whole ledger, in its order
	Findings  []*contract.Finding `json:"findings"`  // security first, then crashed, broken, advised; each rule once
	Scenarios []*Scenario         `json:"scenarios"` // those selected, in the order of their features
	Remarks   []Remark            `json:"remarks,omitempty"`
	Profile   []Trait             `json:"profile,omitempty"`
	Coverage  []Coverage          `json:"coverage,omitempty"`
	Looks     *Resemblance        `json:"looks_like,omitempty"` // the known fault that the findings look like; nil when none
	// Recipes say how to send each finding's chain again, in the order of Findings. Writers fill them in.
	Recipes []*contract.Recipe `json:"recipes,omitempty"`
	// Unreachable says why the run ended before its end, when the target could not be reached.
	Unreachable string `json:"unreachable,omitempty"`
	// Interrupted says that a person or a deadline ended the run.
	Interrupted string `json:"interrupted,omitempty"`
}

// Tool names the program that made the run.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// ContractRef names the contract verified against.
type ContractRef struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Version string `json:"version"`
	File    string `json:"file"`
}

// A RuleResult is how one rule of the ledger ended.
type RuleResult struct {
	Rule    *contract.Rule   `json:"rule"`
	Verdict contract.Verdict `json:"verdict"`
	Judged  int              `json:"judged"` // how often it was decided
	// Finding is the 1-based number of its finding in Run.Findings; 0 for none.
	Finding int `json:"finding,omitempty"`
	// Because says what blocked it, or why it was not judged.
	Because string `json:"because,omitempty"`
	// Planned says that a selected scenario set out to judge it.
	Planned bool `json:"planned,omitempty"`
}

// Outcome is how a scenario or a step ended.
type Outcome string

const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"  // at least one finding
	Advised Outcome = "advised" // findings, all of them advice
	Blocked Outcome = "blocked" // could not go on
	Skipped Outcome = "skipped" // not reached, or not for this target
)

// A Scenario is one Gherkin scenario as it ran.
type Scenario struct {
	ID       string        `json:"id"`      // "idea-pool/ideas.feature:42"
	Feature  string        `json:"feature"` // its name
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Chapter  string        `json:"chapter,omitempty"` // Gherkin Rule, when it stands under one
	Name     string        `json:"name"`
	Rules    []string      `json:"rules,omitempty"` // ids of the rules it sets out to judge
	Tags     []string      `json:"tags,omitempty"`
	Outcome  Outcome       `json:"outcome"`
	Because  string        `json:"because,omitempty"`  // for blocked and skipped
	Findings []int         `json:"findings,omitempty"` // 1-based numbers in Run.Findings seen here, first or again
	Steps    []Step        `json:"steps"`
	Duration time.Duration `json:"duration_ns"`
	// Exchanges made by the scenario, in order.
	Exchanges []*contract.Exchange `json:"exchanges,omitempty"`
}

// A Step is one Gherkin step as it ran.
type Step struct {
	Keyword   string  `json:"keyword"` // "Given", "When", "Then", "And"
	Text      string  `json:"text"`
	Outcome   Outcome `json:"outcome"`
	Because   string  `json:"because,omitempty"`
	Exchanges [2]int  `json:"exchanges,omitzero"` // half-open range into the scenario's exchanges
}

// A Remark is something worth a person's notice that is no failure.
type Remark struct {
	Operation string `json:"operation"`
	Text      string `json:"text"` // "the 201 answer holds an undocumented member: updated_at"
	Times     int    `json:"times"`
}

// A Trait is what the target chose where the document is silent.
type Trait struct {
	Topic  string `json:"topic"`  // "refusal of an impact beyond its bound"
	Choice string `json:"choice"` // "422"
}

// Coverage counts the answers of one operation by status.
type Coverage struct {
	Operation string         `json:"operation"`
	Method    string         `json:"method"`
	Path      string         `json:"path"`
	Statuses  map[string]int `json:"statuses"` // "201" → how many
}

// A Resemblance is the known fault that a run's findings look like.
type Resemblance struct {
	Fault string   `json:"fault"` // "a page holds 11 ideas"
	Rules []string `json:"rules"` // that led there
	Score float64  `json:"score"` // 0 to 1: the share of rules in common
}

// Counts of rules by verdict.
func (r *Run) Counts() map[contract.Verdict]int {
	counts := map[contract.Verdict]int{}
	for _, result := range r.Rules {
		counts[result.Verdict]++
	}
	return counts
}

// Exit statuses of the commands, as documented in the README.
const (
	ExitKept        = 0   // every rule kept
	ExitBroken      = 1   // a rule broken, crashed, blocked, or under --strict advised
	ExitUsage       = 2   // wrong usage, or a selection that selects nothing
	ExitContract    = 3   // the contract is invalid
	ExitUnreachable = 4   // the target cannot be reached
	ExitInterrupted = 130 // interrupted
)

// Exit returns the exit status that the run deserves. A run that judged fewer
// rules than it planned is never 0.
func (r *Run) Exit() int {
	counts := r.Counts()
	switch {
	case r.Interrupted != "":
		return ExitInterrupted
	case r.Unreachable != "":
		return ExitUnreachable
	case len(r.Scenarios) == 0:
		return ExitUsage
	case counts[contract.Broken]+counts[contract.Crashed]+counts[contract.Blocked] > 0:
		return ExitBroken
	case r.Strict && counts[contract.Advised] > 0:
		return ExitBroken
	}
	for _, result := range r.Rules {
		if result.Planned && result.Judged == 0 && result.Verdict == contract.NotJudged && result.Because == "" {
			return ExitBroken
		}
	}
	return ExitKept
}
