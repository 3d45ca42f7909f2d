package reports

import "assay/contract"

// A Delta is how a run differs from a baseline, rule by rule. Each list holds
// rule ids in the order of the new run's ledger.
type Delta struct {
	Fresh  []string `json:"fresh"`  // broken or crashed now, and not in the baseline
	Mended []string `json:"mended"` // broken or crashed in the baseline, held now
	Still  []string `json:"still"`  // broken or crashed in both
	// Lost were broken or crashed in the baseline and are not judged now, so nobody knows.
	Lost []string `json:"lost"`
	// Blocked could be judged in the baseline, and not now.
	Blocked []string `json:"blocked"`
}

// Compare tells what changed from old to new. Under strict, advice weighs as
// much as a break, as it does in [Run.Exit].
func Compare(old, new *Run) Delta {
	before := map[string]contract.Verdict{}
	for _, r := range old.Rules {
		before[r.Rule.ID] = r.Verdict
	}
	fails := func(v contract.Verdict) bool {
		return v == contract.Broken || v == contract.Crashed || new.Strict && v == contract.Advised
	}
	var d Delta
	for _, r := range new.Rules {
		id, was := r.Rule.ID, before[r.Rule.ID]
		delete(before, id)
		switch {
		case fails(r.Verdict) && fails(was):
			d.Still = append(d.Still, id)
		case fails(r.Verdict):
			d.Fresh = append(d.Fresh, id)
		case fails(was) && (r.Verdict == contract.Kept || r.Verdict == contract.Advised):
			d.Mended = append(d.Mended, id)
		case fails(was):
			d.Lost = append(d.Lost, id)
		case r.Verdict == contract.Blocked && was != contract.Blocked:
			d.Blocked = append(d.Blocked, id)
		}
	}
	for _, r := range old.Rules { // rules that the contract no longer states
		if was, gone := before[r.Rule.ID]; gone && fails(was) {
			d.Lost = append(d.Lost, r.Rule.ID)
		}
	}
	return d
}

// A DeltaPart is one list of a Delta with the words that say what it is.
type DeltaPart struct {
	Word  string
	Rules []string
}

// Parts returns the lists in the order in which a person wants them.
func (d *Delta) Parts() []DeltaPart {
	return []DeltaPart{
		{"newly broken", d.Fresh},
		{"newly blocked", d.Blocked},
		{"mended", d.Mended},
		{"still broken", d.Still},
		{"broken before, and not judged now", d.Lost},
	}
}

// Unchanged reports whether the run ended as the baseline did, rule by rule.
func (d *Delta) Unchanged() bool {
	return len(d.Fresh)+len(d.Mended)+len(d.Lost)+len(d.Blocked) == 0
}

// Sentence says how the new run stands against its baseline.
func (d *Delta) Sentence(new *Run) string {
	switch {
	case d.Exit(new) == ExitKept && new.Exit() != ExitKept:
		return "Against its baseline it passes: nothing broke that held before."
	case len(d.Fresh)+len(d.Blocked) > 0:
		return "Against its baseline it fails: " + count(len(d.Fresh)+len(d.Blocked), "rule") + " newly broken or blocked."
	case d.Unchanged():
		return "Against its baseline nothing changed."
	}
	return "Against its baseline nothing is newly broken."
}

// Exit returns the exit status of the new run against its baseline: what broke
// or was blocked before is listed but does not fail the run again. A run that
// did not reach its end, or judged nothing, ends as it would without a baseline.
func (d *Delta) Exit(new *Run) int {
	switch status := new.Exit(); {
	case status != ExitBroken:
		return status
	case len(d.Fresh)+len(d.Blocked) > 0:
		return ExitBroken
	}
	for _, r := range new.Rules { // planned, never judged and unexplained: no baseline excuses it
		if r.Planned && r.Judged == 0 && r.Verdict == contract.NotJudged && r.Because == "" {
			return ExitBroken
		}
	}
	return ExitKept
}
