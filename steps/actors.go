package steps

import (
	"assay/contract"
)

// The operations that make and end sessions, by their ids. They are no plain
// verbs: a mock has a handler of its own for each, and a scenario uses them to
// become somebody.
const (
	signUp = "signUp"
	logIn  = "logIn"
	me     = "me"
)

// The actors of a scenario, as steps name them.
const (
	actorI        = "I"
	actorSecond   = "my other session"
	actorSomebody = "somebody else"
	actorStranger = "a stranger"
)

// An actor is somebody who calls operations. Two actors may be one user in two
// sessions.
type actor struct {
	name    string
	user    *user
	session session
}

// user is an account made by the scenario.
type user struct {
	fields map[string]any // as sent at sign-up
}

// session is what a sign-in gave.
type session struct {
	access  string
	refresh string
	first   string // the first refresh token, where a refresh gives another
	expired string // the access token when time had passed, whatever came since

	accessBy, refreshBy *contract.Operation // who gave them; nil for a token from the settings
}

// take keeps the tokens that an answer gives, told by the vocabulary.
func (s *session) take(op *contract.Operation, value any) {
	schema := op.Success.Schema
	m, _ := value.(map[string]any)
	if p := schema.TokenMember(); p != nil {
		if token, ok := m[p.Name].(string); ok && token != "" {
			s.access, s.accessBy = token, op
		}
	}
	if p := schema.RefreshTokenMember(); p != nil {
		if token := textOf(m[p.Name]); token != "" {
			s.refresh, s.refreshBy = token, op
			if s.first == "" {
				s.first = token
			}
		}
	}
}

// strategy is how a user of this target becomes signed in, found out once a
// run: a token of the sign-up, or where that opens nothing, of a login.
type strategy struct {
	logIn  bool
	shared bool // users see each other's records, so scenarios must run one by one
}

// signedIn makes a new user and signs them in. What is wrong on the way is
// found; without an access token the scenario is blocked.
func (w *World) signedIn(name string, change func(map[string]any)) error {
	a := &actor{name: name}
	w.actors[name] = a
	if token := w.run.options.Settings["token"]; token != "" {
		a.session.access = token
		return nil
	}
	up := w.run.contract.Operation(signUp)
	if up == nil {
		return nil // a contract without sign-up needs no user, or is given a token
	}
	body := w.body(up, a)
	if change != nil {
		change(body)
	}
	a.user = &user{fields: body}
	c := w.send(up, a, request{body: body})
	if err := w.must(c); err != nil {
		return err
	}
	if w.run.strategy.logIn || a.session.access == "" {
		return w.loggedIn(a)
	}
	return nil
}

// loggedIn gives the actor a session of their user.
func (w *World) loggedIn(a *actor) error {
	in := w.run.contract.Operation(logIn)
	if in == nil {
		return w.block("no access token came")
	}
	c := w.send(in, a, request{body: w.body(in, a)})
	if err := w.must(c); err != nil {
		return err
	}
	if a.session.access == "" {
		return w.block("no access token came, neither from " + signUp + " nor from " + logIn)
	}
	return nil
}

// withRefreshToken gives the actor a refresh token, by a login where the
// sign-up gave none.
func (w *World) withRefreshToken(a *actor) error {
	if a.session.refresh != "" || a.user == nil {
		return nil
	}
	if w.run.contract.Operation(logIn) != nil {
		if err := w.loggedIn(a); err != nil {
			return err
		}
	}
	if a.session.refresh == "" {
		return w.block("no refresh token came")
	}
	return nil
}

// actor returns the actor of this name, who must have been introduced; a
// stranger always is.
func (w *World) actor(name string) (*actor, error) {
	if a := w.actors[name]; a != nil {
		return a, nil
	}
	switch {
	case name == actorStranger, w.run.contract.Operation(signUp) == nil:
		w.actors[name] = &actor{name: name}
		if name != actorStranger {
			w.actors[name].session.access = w.run.options.Settings["token"]
		}
		return w.actors[name], nil
	case name == actorI:
		w.actors[name] = &actor{name: name} // as for a sign-up, whose caller is nobody yet
		return w.actors[name], nil
	}
	return nil, w.wrong("%s was never introduced: add a Given step", name)
}
