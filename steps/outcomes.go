package steps

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"assay/contract"
)

func outcomeSteps(sc *godog.ScenarioContext, w *World) {
	sc.Step(reSucceeds, w.itSucceeds)
	sc.Step(reRefused, func() error { return w.itIsRefused(0) })
	sc.Step(reFails, w.itDoesNotSucceed)
	sc.Step(reNothing, w.nothingComesOfIt)
	sc.Step(reRefusedBy, func(status string) error {
		n, _ := strconv.Atoi(status)
		return w.itIsRefused(n)
	})
	sc.Step(reSentBack, w.holdsWhatWasSent)
	sc.Step(reMemberIs, w.memberIs)
	sc.Step(reOpens, w.tokenOpens)
	sc.Step(reSameOne, w.sameAccount)
	sc.Step(reExchange, w.refreshTokenWorks)
	sc.Step(reBothOpen, w.stillWorks)
	sc.Step(reDifferent, w.allDifferent)
}

// outcome takes the last call, whose outcome is asked for now.
func (w *World) outcome() (*call, error) {
	if w.last == nil {
		return nil, w.wrong("nothing was called yet")
	}
	w.pending = nil
	return w.last, nil
}

func (w *World) itSucceeds() error {
	c, err := w.outcome()
	if err != nil {
		return err
	}
	if c.class() == success {
		w.judge(c)
		return nil
	}
	if !w.opensWithToken(c) {
		if err := w.confirm(c); err != nil {
			return err
		}
	}
	w.find(w.rule(), "", "an answer of "+contract.ShowStatus(c.op.Success.Status), c.actual(), c.class() == nothing || c.class() == crashed)
	return nil
}

// opensWithToken reports, where the rule is that an operation needs no access
// token, whether the refused call succeeds with one: then that is the reason.
func (w *World) opensWithToken(c *call) bool {
	rule := w.rule()
	if rule == nil || rule.Keyword != "security" || !c.op.Public() || c.class() != refusal || c.actor.session.access == "" {
		return false
	}
	for _, s := range w.run.contract.Schemes {
		again := c.request
		again.header = map[string]string{s.Key: c.actor.session.access}
		if s.Type != "apiKey" {
			again.header[s.Key] = "Bearer " + c.actor.session.access
		}
		if s.In == "header" && w.send(c.op, c.actor, again).class() == success {
			return true
		}
	}
	return false
}

// itIsRefused demands a 4xx, or the one given.
func (w *World) itIsRefused(status int) error {
	c, err := w.outcome()
	if err != nil {
		return err
	}
	expected := "a refusal (any 4xx)"
	if status != 0 {
		expected = contract.ShowStatus(status)
	}
	switch c.class() {
	case refusal:
		w.run.refused(w.rule(), c)
		w.judge(c)
		if status != 0 && c.status() != status {
			w.breaks(expected, c.actual())
		}
		return w.confirm(c)
	case crashed, nothing:
		if err := w.confirm(c); err != nil {
			return err
		}
		w.find(w.rule(), "", expected, c.actual(), true)
		return nil
	}
	if err := w.confirm(c); err != nil {
		return err
	}
	w.breaks(expected, c.actual())
	return nil
}

// itDoesNotSucceed demands anything but success. How a request is turned down
// that no document speaks of is the target's own affair.
func (w *World) itDoesNotSucceed() error {
	c, err := w.outcome()
	if err != nil {
		return err
	}
	if err := w.confirm(c); err != nil || c.class() != success {
		return err
	}
	w.breaks("no success", c.actual())
	return nil
}

// nothingComesOfIt allows, beside a refusal, an answer that gives nothing away:
// some servers answer a deletion alike whether there was anything to delete.
// Whether something was changed is for the next step to see.
func (w *World) nothingComesOfIt() error {
	c, err := w.outcome()
	if err != nil {
		return err
	}
	if c.class() == success && strings.TrimSpace(c.exchange.Response.Body) == "" {
		return w.confirm(c)
	}
	return w.itIsRefused(0)
}

// holdsWhatWasSent compares the answer with the request, member by member.
func (w *World) holdsWhatWasSent() error {
	if err := w.settle(); err != nil {
		return err
	}
	sent := without(w.last.sent, w.last.failedMembers()) // a value of another type is a finding of its own
	w.compareSent(w.last.op.Success.Schema, sent, w.last.value, "")
	return nil
}

func (w *World) compareSent(s *contract.Schema, sent map[string]any, answer any, where string) {
	got, ok := answer.(map[string]any)
	if !ok {
		return
	}
	for _, name := range sortedKeys(sent) {
		if p := s.Property(name); p == nil || p.Computed != nil && p.Computed.Pure() {
			continue // what is computed is recomputed with every answer
		}
		if v, there := got[name]; there && !same(sent[name], v) {
			w.find(w.rule(), "/"+name, contract.Show(normal(sent[name]))+", as sent"+where, contract.Show(v), false)
		}
	}
}

// normal is a value as it looks after a journey through JSON.
func normal(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		return v
	}
	out, err := contract.DecodeStrict(raw)
	if err != nil {
		return v
	}
	return out
}

// same compares JSON values: numbers by value, within a millionth.
func same(a, b any) bool {
	a, b = normal(a), normal(b)
	x, okX := contract.Number(a)
	y, okY := contract.Number(b)
	if okX || okY {
		return okX && okY && x-y < 1e-6 && y-x < 1e-6
	}
	return fmt.Sprint(a) == fmt.Sprint(b) && fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b)
}

func (w *World) memberIs(member, text string) error {
	if err := w.settle(); err != nil {
		return err
	}
	want, err := w.valueOf(w.last.actor, member, text)
	if err != nil {
		return err
	}
	m, _ := w.last.value.(map[string]any)
	got, there := m[member]
	if !there || want == nil && text != "null" || w.last.failedMembers()[member] {
		return nil // its absence, or what it is, is a finding of its own
	}
	if w.isEmail(member) && strings.EqualFold(textOf(want), textOf(got)) {
		return nil // it may come back in small letters
	}
	if !same(want, got) {
		w.find(w.rule(), "/"+member, contract.Show(normal(want)), contract.Show(got), false)
	}
	return nil
}

// isEmail reports whether users sign up with such an e-mail.
func (w *World) isEmail(member string) bool {
	up := w.run.contract.Operation(signUp)
	if up == nil || up.Body == nil || up.Body.Schema == nil {
		return false
	}
	p := up.Body.Schema.Property(member)
	return p != nil && p.Format == "email"
}

func clipped(s string) string {
	const most = 160
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func (w *World) allDifferent(member string) error {
	if err := w.settle(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, i := range w.items {
		if i.deleted {
			continue // the id of what is gone may be given again
		}
		id := textOf(i.answered[member])
		if seen[id] && id != "" {
			w.find(w.rule(), "/"+member, "a "+member+" that no other item has", contract.Show(i.answered[member])+", which another item has", false)
		}
		seen[id] = true
	}
	return nil
}
