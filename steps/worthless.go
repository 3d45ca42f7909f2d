package steps

import "assay/contract"

// worthless returns the rule that a refused call is to be blamed on when the
// token it carried came from an operation whose tokens open nothing at this
// target: that operation is at fault, and a scenario of its own says so. It is
// nil when the token is good, or nothing is known against it.
func (w *World) worthless(c *call) *contract.Rule {
	if c.class() != refusal || c.actor == nil {
		return nil
	}
	for _, suspect := range w.suspects(c) {
		if w.disproved(suspect.rule, suspect.broken) {
			return w.run.contract.Rule(suspect.rule)
		}
	}
	return nil
}

// blame ends the scenario for another rule's sake: blocked where that one is
// broken; where the target was free to choose, the scenario is not for it.
func (w *World) blame(rule *contract.Rule) error {
	if rule.Fails() {
		return w.blockBy(rule.ID)
	}
	return w.skip("the target does without it: " + rule.ID)
}

// A suspect is a rule that, when it is broken, makes a token worthless.
type suspect struct {
	rule   string
	broken func(hidden *World) bool
}

// suspects for the tokens that the call carried.
func (w *World) suspects(c *call) (out []suspect) {
	s := c.actor.session
	second := w.actors[actorSecond]
	displaced := second != nil && second != c.actor && second.user == c.actor.user
	if !c.op.Public() && c.request.token == nil && s.accessBy != nil {
		out = append(out, suspect{s.accessBy.ID + ".usable-token", func(hidden *World) bool { return hidden.opensNothing(s.accessBy) }})
		if displaced {
			out = append(out, suspect{logIn + ".second-session", (*World).closesTheFirst})
		}
	}
	if w.needsRefreshToken(c.op) && s.refreshBy != nil && holds(c.sent, s.refresh) {
		out = append(out, suspect{s.refreshBy.ID + ".usable-refresh-token", func(hidden *World) bool { return hidden.exchangesNothing(s.refreshBy) }})
		if displaced {
			out = append(out, suspect{logIn + ".first-session", (*World).endsTheFirst})
		}
	}
	return out
}

// disproved asks behind the scenes whether the rule is broken. The rule's own
// scenario asks for itself.
func (w *World) disproved(id string, broken func(*World) bool) bool {
	rule := w.run.contract.Rule(id)
	if rule == nil || w.rule() == rule {
		return false
	}
	kept, _ := w.run.controlled(w.ctx, id, func(hidden *World) (bool, string) { return !broken(hidden), id })
	return !kept
}

func holds(sent map[string]any, token string) bool {
	for _, v := range sent {
		if token != "" && textOf(v) == token {
			return true
		}
	}
	return false
}

// opensNothing reports whether a new user's first token opens their account
// and the one that the operation gives does not.
func (w *World) opensNothing(giver *contract.Operation) bool {
	probe := w.run.probe()
	if probe == nil || giver.ID == signUp || w.signedIn(actorI, nil) != nil {
		return false
	}
	a := w.actors[actorI]
	if w.plain(probe, a, nil).class() != success || w.withRefreshToken(a) != nil {
		return false
	}
	return w.plain(giver, a, nil).class() == success && w.plain(probe, a, nil).class() == refusal
}

// exchangesNothing reports whether the refresh token that the operation gives
// is refused, while that of another operation is exchanged.
func (w *World) exchangesNothing(giver *contract.Operation) bool {
	exchange, in := w.exchanger(), w.run.contract.Operation(logIn)
	if exchange == nil || in == nil || giver.ID != signUp && giver.ID != logIn || w.signedIn(actorI, nil) != nil {
		return false
	}
	a := w.actors[actorI]
	exchanged := map[string]bool{}
	tryOut := func() {
		if by := a.session.refreshBy; by != nil {
			exchanged[by.ID] = w.plain(exchange, a, nil).class() == success
		}
	}
	tryOut()
	if w.loggedIn(a) != nil {
		return false
	}
	tryOut()
	worked, known := exchanged[giver.ID]
	return known && !worked && (exchanged[signUp] || exchanged[logIn])
}

// closesTheFirst reports whether a second login makes the first access token worthless.
func (w *World) closesTheFirst() bool {
	probe := w.run.probe()
	if probe == nil || w.signedIn(actorI, nil) != nil {
		return false
	}
	first := w.actors[actorI]
	return w.plain(probe, first, nil).class() == success && w.again(first) != nil && w.plain(probe, first, nil).class() == refusal
}

// endsTheFirst reports whether a second login makes the first refresh token
// worthless, and gives one that is not.
func (w *World) endsTheFirst() bool {
	exchange := w.exchanger()
	if exchange == nil || w.signedIn(actorI, nil) != nil || w.withRefreshToken(w.actors[actorI]) != nil {
		return false
	}
	first := w.actors[actorI]
	second := w.again(first)
	return second != nil && w.plain(exchange, first, nil).class() == refusal && w.plain(exchange, second, nil).class() == success
}

// again logs the actor's user in once more; nil when that fails.
func (w *World) again(a *actor) *actor {
	second := &actor{name: actorSecond, user: a.user}
	if w.loggedIn(second) != nil {
		return nil
	}
	return second
}
