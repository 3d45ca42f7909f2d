package steps

import (
	"assay/contract"
)

// tokenOpens uses the access token that the last answer gave.
func (w *World) tokenOpens() error {
	if err := w.settle(); err != nil {
		return err
	}
	schema := w.last.op.Success.Schema
	p := schema.TokenMember()
	m, _ := w.last.value.(map[string]any)
	if p == nil || textOf(m[p.Name]) == "" {
		return w.blockBy(successRule(w.last.op) + "." + p.Name + ".required")
	}
	if _, isText := m[p.Name].(string); !isText {
		return w.blockBy(successRule(w.last.op) + "." + p.Name + ".type")
	}
	return w.opens(textOf(m[p.Name]), w.last.actor)
}

// opens demands that the token opens an account. Whose it is, is for the rule
// of the operation that shows it.
func (w *World) opens(token string, a *actor) error {
	probe := w.run.probe()
	if probe == nil {
		return w.skip("no operation shows whose account a token opens")
	}
	c := w.send(probe, a, request{token: &token, query: w.query(probe)})
	w.last = c
	if c.class() != success {
		if err := w.confirm(c); err != nil {
			return err
		}
		w.find(w.rule(), "", "the token opens the account: "+contract.ShowStatus(probe.Success.Status)+" from "+probe.ID, c.actual(), c.class() == crashed || c.class() == nothing)
		return nil
	}
	w.judge(c)
	return nil
}

// sameAccount demands that the token of the last answer shows the account that
// the token before it showed.
func (w *World) sameAccount() error {
	if err := w.settle(); err != nil {
		return err
	}
	giver, probe := w.last, w.run.probe()
	p := giver.op.Success.Schema.TokenMember()
	m, _ := giver.value.(map[string]any)
	if probe == nil || p == nil || textOf(m[p.Name]) == "" {
		return w.skip("no operation shows whose account a token opens")
	}
	token := textOf(m[p.Name])
	after := w.send(probe, giver.actor, request{token: &token, query: w.query(probe)})
	before := w.send(probe, giver.actor, request{token: &giver.before, query: w.query(probe)})
	w.last = before
	if after.class() != success || before.class() != success {
		return w.confirm(after) // whether the token opens anything is another rule
	}
	if !same(before.value, after.value) {
		w.breaks("the same account as before, "+clipped(before.exchange.Response.Body), clipped(after.exchange.Response.Body))
	}
	return nil
}

// refreshTokenWorks exchanges the refresh token that the last answer gave.
func (w *World) refreshTokenWorks() error {
	if err := w.settle(); err != nil {
		return err
	}
	giver := w.last
	p := giver.op.Success.Schema.RefreshTokenMember()
	m, _ := giver.value.(map[string]any)
	exchange := w.exchanger()
	if p == nil || exchange == nil {
		return w.skip("the contract exchanges no refresh tokens")
	}
	if textOf(m[p.Name]) == "" {
		return w.blockBy(successRule(giver.op) + "." + p.Name + ".required")
	}
	c := w.send(exchange, giver.actor, request{body: map[string]any{p.Name: m[p.Name]}})
	w.last = c
	if c.class() == success {
		w.judge(c)
		return nil
	}
	if !w.exchangesAnother(giver, exchange, p.Name) {
		if err := w.confirm(c); err != nil {
			return err
		}
	}
	w.find(w.rule(), "", "the refresh token is exchanged: "+contract.ShowStatus(exchange.Success.Status)+" from "+exchange.ID, c.actual(), c.class() == crashed || c.class() == nothing)
	return nil
}

// exchangesAnother reports whether the user's refresh token from elsewhere is
// exchanged, that of a login for a sign-up's and the other way round: then the
// exchange works, and it is the giver that is wrong.
func (w *World) exchangesAnother(giver *call, exchange *contract.Operation, member string) bool {
	other := &actor{name: giver.actor.name, user: giver.actor.user}
	token := giver.actor.session.first
	if giver.op.ID == signUp {
		in := w.run.contract.Operation(logIn)
		if in == nil {
			return false
		}
		m, _ := w.send(in, other, request{body: w.body(in, other)}).value.(map[string]any)
		token = textOf(m[member])
	}
	return token != "" && w.send(exchange, other, request{body: map[string]any{member: token}}).class() == success
}

// exchanger is the public operation that takes a refresh token and gives an
// access token.
func (w *World) exchanger() *contract.Operation {
	for _, o := range w.run.contract.Operations {
		if w.needsRefreshToken(o) && o.Success != nil && o.Success.Schema.TokenMember() != nil {
			return o
		}
	}
	return nil
}

// stillWorks demands that a session's tokens are still good: both of them, or
// the access token alone.
func (w *World) stillWorks(which string) error {
	if err := w.settle(); err != nil {
		return err
	}
	name := actorI
	if which == actorSecond {
		name = actorSecond
	}
	a, err := w.actor(name)
	if err != nil {
		return err
	}
	if err := w.opens(a.session.access, a); err != nil || a.session.refresh == "" || which == "my access token" {
		return err
	}
	exchange := w.exchanger()
	if exchange == nil {
		return nil
	}
	c := w.send(exchange, a, request{body: w.body(exchange, a)})
	w.last = c
	if c.class() == success {
		w.judge(c)
		return nil
	}
	if err := w.confirm(c); err != nil {
		return err
	}
	w.find(w.rule(), "", "the session's refresh token is exchanged: "+contract.ShowStatus(exchange.Success.Status), c.actual(), c.class() == crashed || c.class() == nothing)
	return nil
}
