package steps

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"assay/contract"
	"assay/reports"
)

// seen notes an exchange for coverage, and whoever follows the requests.
func (r *run) seen(w *World, c *call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.coverage[c.op.ID] == nil {
		r.coverage[c.op.ID] = map[string]int{}
	}
	status := "no answer"
	if c.status() != 0 {
		status = strconv.Itoa(c.status())
	}
	r.coverage[c.op.ID][status]++
	if r.options.OnRequest != nil {
		r.options.OnRequest(c.exchange)
	}
	r.profile(w, c)
}

// profile notes what the target chose where the document is silent.
func (r *run) profile(w *World, c *call) {
	if c.class() != success || c.op.Success == nil {
		return
	}
	v, err := contract.DecodeStrict([]byte(c.exchange.Response.Body))
	m, ok := v.(map[string]any)
	if err != nil || !ok {
		return
	}
	schema := c.op.Success.Schema
	if p := schema.TokenMember(); p != nil {
		form := "opaque"
		if t, ok := contract.ReadToken(textOf(m[p.Name])); ok {
			form = "JWT, " + textOf(t.Header["alg"])
		}
		r.trait("access tokens", form)
	}
	if p := schema.Makes("newid"); p != nil && m[p.Name] != nil {
		form := "strings"
		if _, ok := m[p.Name].(string); !ok {
			form = "numbers"
		}
		r.trait("ids", form)
	}
}

// trait keeps one choice; the caller holds the lock.
func (r *run) trait(topic, choice string) {
	if r.traits[topic] == nil {
		r.traits[topic] = map[string]bool{}
	}
	r.traits[topic][choice] = true
}

// refused notes which status the target refuses with.
func (r *run) refused(rule *contract.Rule, c *call) {
	if rule == nil {
		return
	}
	kind := "something invalid"
	switch {
	case rule.Keyword == "required":
		kind = "something missing"
	case rule.Keyword == "security" || strings.HasPrefix(rule.ID, "token."):
		kind = "no valid token"
	case rule.Keyword == "sentence":
		kind = strings.ReplaceAll(rule.ID[strings.LastIndexByte(rule.ID, '.')+1:], "-", " ")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trait("refusal: "+kind, strconv.Itoa(c.status()))
}

// remark keeps a named oddity that is no failure.
func (r *run) remark(c *call, b contract.Breach) {
	text := fmt.Sprintf("the %d answer holds an undocumented member: %s", c.status(), strings.TrimPrefix(withoutIndexes(b.Pointer), "/"))
	r.mu.Lock()
	defer r.mu.Unlock()
	key := c.op.ID + "\x00" + text
	if r.remarks[key] == nil {
		r.remarks[key] = &reports.Remark{Operation: c.op.ID, Text: text}
	}
	r.remarks[key].Times++
}

// withoutIndexes drops the indexes of arrays from a JSON pointer.
func withoutIndexes(pointer string) string {
	parts := strings.Split(pointer, "/")
	kept := parts[:0]
	for _, p := range parts {
		if _, err := strconv.Atoi(p); err != nil {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "/")
}

// finish puts the run together, in the order of the plan, so that the same
// target gives the same report whatever ran first.
func (r *run) finish(ctx context.Context, out *reports.Run) *reports.Run {
	m := &merge{run: r, out: out, judged: map[string]int{}, blocked: map[string]string{}, skipped: map[string]string{}, planned: map[string]bool{}, number: map[string]int{}}
	sort.SliceStable(r.hidden, func(i, j int) bool { return hiddenOrder(r.hidden[i]) < hiddenOrder(r.hidden[j]) })
	m.findings()
	m.scenarios()
	m.rules()
	out.Requests = int(r.client.requests.Load())
	out.Remarks = r.sortedRemarks()
	out.Profile = r.sortedTraits()
	out.Coverage = r.sortedCoverage()
	if cause := context.Cause(ctx); cause != nil && out.Unreachable == "" {
		switch {
		case errors.Is(cause, context.DeadlineExceeded):
			out.Interrupted = "the deadline of the run has passed"
		case r.client.gone.Load() > 0:
			out.Unreachable = "the target stopped answering during the run"
		default:
			out.Interrupted = "interrupted"
		}
	}
	out.Duration = time.Since(out.Started)
	return out
}

// hiddenOrder sorts the worlds behind the scenes by what they called first.
func hiddenOrder(w *World) string {
	if len(w.exchanges) == 0 {
		return ""
	}
	return w.exchanges[len(w.exchanges)-1].Operation
}

// merge gathers what the worlds found.
type merge struct {
	run     *run
	out     *reports.Run
	judged  map[string]int
	blocked map[string]string // by rule: what stood in its way
	skipped map[string]string // by rule: why it does not apply
	planned map[string]bool
	number  map[string]int // by rule: the finding's number
}

// worlds in the order of the plan, those behind the scenes first.
func (m *merge) worlds() []*World {
	worlds := append([]*World{}, m.run.hidden...)
	for _, p := range m.run.plan {
		if w := m.run.worlds[p]; w != nil {
			worlds = append(worlds, w)
		}
	}
	return worlds
}

// findings keeps each rule once: the heaviest verdict, and of these the first.
func (m *merge) findings() {
	first := map[string]*contract.Finding{}
	var order []*contract.Finding
	for _, w := range m.worlds() {
		for id, n := range w.judged {
			m.judged[id] += n
		}
		for _, f := range w.findings {
			kept := first[f.Rule.ID]
			if kept == nil {
				copied := *f
				first[f.Rule.ID] = &copied
				order = append(order, &copied)
				continue
			}
			times := kept.Times + f.Times
			if weight(f) < weight(kept) || kept.Scenario == "" && f.Scenario != "" && weight(f) == weight(kept) {
				*kept = *f
			}
			kept.Times = times
		}
	}
	position := map[string]int{}
	for i, r := range m.run.contract.Rules {
		position[r.ID] = i
	}
	sort.SliceStable(order, func(i, j int) bool {
		a, b := order[i], order[j]
		if a.Rule.Security != b.Rule.Security {
			return a.Rule.Security
		}
		if weight(a) != weight(b) {
			return weight(a) < weight(b)
		}
		return position[a.Rule.ID] < position[b.Rule.ID]
	})
	m.out.Findings = order
	for i, f := range order {
		m.number[f.Rule.ID] = i + 1
	}
}

// weight orders verdicts: what crashed, what is broken, advice.
func weight(f *contract.Finding) int {
	switch f.Verdict {
	case contract.Crashed:
		return 0
	case contract.Broken:
		return 1
	}
	return 2
}

func (m *merge) scenarios() {
	for _, p := range m.run.plan {
		if m.run.selected[p.key()] == nil {
			continue
		}
		for _, rule := range p.rules {
			m.planned[rule.ID] = true
		}
		w := m.run.worlds[p]
		if w == nil {
			s := p.skeleton()
			s.Outcome, s.Because = reports.Blocked, "the run ended before its turn"
			m.out.Scenarios = append(m.out.Scenarios, s)
			m.block(p, s.Because)
			continue
		}
		for _, f := range w.findings {
			w.report.Findings = append(w.report.Findings, m.number[f.Rule.ID])
		}
		m.out.Scenarios = append(m.out.Scenarios, w.report)
		switch {
		case w.skipped != "":
			for _, rule := range p.rules {
				m.skipped[rule.ID] = w.skipped
			}
		case w.blocked != "":
			m.block(p, w.blocked)
		}
	}
}

func (m *merge) block(p *planned, why string) {
	for _, rule := range p.rules {
		if m.blocked[rule.ID] == "" {
			m.blocked[rule.ID] = why
		}
	}
}

// rules gives every rule of the ledger its verdict.
func (m *merge) rules() {
	for _, rule := range m.run.contract.Rules {
		result := reports.RuleResult{Rule: rule, Judged: m.judged[rule.ID], Planned: m.planned[rule.ID]}
		switch n := m.number[rule.ID]; {
		case n > 0:
			result.Finding, result.Verdict = n, m.out.Findings[n-1].Verdict
		case m.blocked[rule.ID] != "":
			result.Verdict, result.Because = contract.Blocked, m.blocked[rule.ID]
		case m.judged[rule.ID] > 0:
			result.Verdict = contract.Kept
		default:
			result.Verdict, result.Because = m.unjudged(rule)
		}
		m.out.Rules = append(m.out.Rules, result)
	}
}

// unjudged says why a rule was not judged, or what blocked it.
func (m *merge) unjudged(rule *contract.Rule) (contract.Verdict, string) {
	if why := m.skipped[rule.ID]; why != "" {
		return contract.NotJudged, why
	}
	if rule.Slow && !m.run.canWait() {
		return contract.NotJudged, "it takes waiting: --slow does"
	}
	if op := m.run.contract.Operation(rule.Operation); op != nil && op.Success != nil {
		if id := successRule(op); strings.HasPrefix(rule.ID, id) && m.number[id] > 0 && len(m.run.coverage[op.ID]) > 0 {
			return contract.Blocked, id + ": " + strings.TrimSuffix(m.run.contract.Rule(id).Sentence, ".")
		}
		if len(m.run.coverage[op.ID]) > 0 {
			return contract.NotJudged, "no answer of " + op.ID + " had what it speaks of"
		}
	}
	return contract.NotJudged, "no selected scenario tries it"
}

func (r *run) sortedRemarks() (out []reports.Remark) {
	for _, key := range sortedKeys(r.remarks) {
		out = append(out, *r.remarks[key])
	}
	return out
}

func (r *run) sortedTraits() (out []reports.Trait) {
	for _, topic := range sortedKeys(r.traits) {
		out = append(out, reports.Trait{Topic: topic, Choice: strings.Join(sortedKeys(r.traits[topic]), ", ")})
	}
	if n := r.client.slowed.Load(); n > 0 {
		out = append(out, reports.Trait{Topic: "rate limit", Choice: fmt.Sprintf("429 %d times, waited for", n)})
	}
	return out
}

func (r *run) sortedCoverage() (out []reports.Coverage) {
	for _, o := range r.contract.Operations {
		if counts := r.coverage[o.ID]; counts != nil {
			out = append(out, reports.Coverage{Operation: o.ID, Method: o.Method, Path: o.Path, Statuses: counts})
		}
	}
	return out
}
