package reports

import "assay/contract"

// A story is a scenario as reports tell it. A rule that breaks in a step many
// scenarios share (signing up) is one finding: it fails those that set out to
// judge it or found it first, and is only mentioned in the others.
type story struct {
	*Scenario
	Ended Outcome    // how it ended, by its own findings
	Own   []numbered // in the order in which findings are told
	Again []numbered // seen on the way, and told elsewhere
}

// storiesOf tells every scenario of the run. A finding that no scenario owns
// belongs to all that saw it, so that none is lost.
func storiesOf(run *Run) []story {
	owned := map[int]bool{}
	for _, s := range run.Scenarios {
		for _, n := range s.Findings {
			owned[n] = owned[n] || owns(run, s, n)
		}
	}
	found := inOrder(run)
	stories := make([]story, len(run.Scenarios))
	for i, s := range run.Scenarios {
		stories[i] = storyOf(run, s, found, owned)
	}
	return stories
}

func owns(run *Run, s *Scenario, number int) bool {
	if number < 1 || number > len(run.Findings) {
		return false
	}
	f := run.Findings[number-1]
	if f.Scenario == s.ID {
		return true
	}
	for _, id := range s.Rules {
		if id == f.Rule.ID {
			return true
		}
	}
	return false
}

func storyOf(run *Run, s *Scenario, found []numbered, owned map[int]bool) story {
	here := map[int]bool{}
	for _, n := range s.Findings {
		here[n] = true
	}
	t := story{Scenario: s, Ended: s.Outcome}
	for _, f := range found {
		switch {
		case !here[f.Number]:
		case owns(run, s, f.Number) || !owned[f.Number]:
			t.Own = append(t.Own, f)
		default:
			t.Again = append(t.Again, f)
		}
	}
	if (s.Outcome == Failed || s.Outcome == Advised) && len(s.Findings) > 0 {
		t.Ended = endedBy(t.Own)
		if t.Ended == Passed && s.Because != "" {
			t.Ended = Blocked // it went no further, and what it found on the way was no news
		}
	}
	return t
}

// endedBy is how findings end a scenario.
func endedBy(own []numbered) Outcome {
	ended := Passed
	for _, f := range own {
		if f.Verdict != contract.Advised {
			return Failed
		}
		ended = Advised
	}
	return ended
}

func headlines(found []numbered) []string {
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = headline(f)
	}
	return lines
}
