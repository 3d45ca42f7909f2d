package reports

import "assay/contract"

// maxBody is how much of an answer's body a report keeps, in bytes. A target
// that answers endlessly must not fill the disk of who reads about it.
const maxBody = 64 << 10

// view returns a copy of the run to render: secrets masked unless they are to
// be revealed, and overlong bodies cut. Exchanges shared in the run stay shared.
func view(run *Run, options Options) *Run {
	if options.viewed {
		return run
	}
	v := &viewer{seen: map[*contract.Exchange]*contract.Exchange{}}
	if !options.Reveal {
		v.redactor = contract.NewRedactor(exchanges(run)...)
	}
	c := v.run(run)
	if len(c.Recipes) != len(c.Findings) { // a run read back has them; its chains hold masks no recipe can be made from
		c.Recipes = make([]*contract.Recipe, len(run.Findings))
		for i, f := range run.Findings {
			c.Recipes[i] = contract.NewRecipe(f.Chain, options.Reveal)
		}
	}
	return c
}

// exchanges returns every exchange of the run once, in order.
func exchanges(run *Run) []*contract.Exchange {
	var all []*contract.Exchange
	seen := map[*contract.Exchange]bool{}
	add := func(list []*contract.Exchange) {
		for _, e := range list {
			if e != nil && !seen[e] {
				seen[e] = true
				all = append(all, e)
			}
		}
	}
	for _, s := range run.Scenarios {
		add(s.Exchanges)
	}
	for _, f := range run.Findings {
		add(f.Chain)
	}
	return all
}

type viewer struct {
	redactor *contract.Redactor // nil to reveal
	seen     map[*contract.Exchange]*contract.Exchange
}

func (v *viewer) text(s string) string {
	if v.redactor == nil || s == "" {
		return s
	}
	return v.redactor.Text(s)
}

func (v *viewer) run(run *Run) *Run {
	c := *run
	c.Schema = Schema
	if v.redactor != nil {
		c.Target = v.redactor.URL(run.Target)
	}
	c.Unreachable = v.text(run.Unreachable)
	c.Interrupted = v.text(run.Interrupted)
	c.Rules = make([]RuleResult, len(run.Rules))
	for i, r := range run.Rules {
		r.Because = v.text(r.Because)
		c.Rules[i] = r
	}
	c.Findings = make([]*contract.Finding, len(run.Findings))
	for i, f := range run.Findings {
		c.Findings[i] = v.finding(f)
	}
	c.Scenarios = make([]*Scenario, len(run.Scenarios))
	for i, s := range run.Scenarios {
		c.Scenarios[i] = v.scenario(s)
	}
	c.Remarks = append([]Remark(nil), run.Remarks...)
	for i := range c.Remarks {
		c.Remarks[i].Text = v.text(c.Remarks[i].Text)
	}
	c.Profile = append([]Trait(nil), run.Profile...)
	for i := range c.Profile {
		c.Profile[i].Choice = v.text(c.Profile[i].Choice)
	}
	return &c
}

func (v *viewer) finding(f *contract.Finding) *contract.Finding {
	c := *f
	c.Expected, c.Actual, c.Step = v.text(f.Expected), v.text(f.Actual), v.text(f.Step)
	c.Chain = v.exchanges(f.Chain)
	return &c
}

func (v *viewer) scenario(s *Scenario) *Scenario {
	c := *s
	c.Name, c.Because = v.text(s.Name), v.text(s.Because)
	c.Steps = append([]Step{}, s.Steps...)
	for i := range c.Steps {
		c.Steps[i].Text, c.Steps[i].Because = v.text(c.Steps[i].Text), v.text(c.Steps[i].Because)
	}
	c.Exchanges = v.exchanges(s.Exchanges)
	return &c
}

func (v *viewer) exchanges(list []*contract.Exchange) []*contract.Exchange {
	if list == nil {
		return nil
	}
	out := make([]*contract.Exchange, 0, len(list))
	for _, e := range list {
		if e != nil {
			out = append(out, v.exchange(e))
		}
	}
	return out
}

func (v *viewer) exchange(e *contract.Exchange) *contract.Exchange {
	if c, ok := v.seen[e]; ok {
		return c
	}
	c := *e
	if v.redactor != nil {
		c = *v.redactor.Exchange(e)
	}
	if c.Response != nil && len(c.Response.Body) > maxBody {
		response := *c.Response
		response.Body, response.Truncated = response.Body[:maxBody], true
		c.Response = &response
	}
	v.seen[e] = &c
	return &c
}
