package steps

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"assay/contract"
)

// A control is the plain call of an operation, made once a run when it is
// needed: before a case is blamed on its rule, the same call without the case
// must succeed. Else a server that refuses or breaks for a reason of its own
// would seem to keep, or to break, every rule there is.
type control struct {
	once sync.Once
	ok   bool
	why  string // the rule that stands in the way
}

// healthy reports whether the plain call of the operation succeeds, and if not
// what stands in the way.
func (r *run) healthy(ctx context.Context, op *contract.Operation) (ok bool, why string) {
	return r.controlled(ctx, "control of "+op.ID, func(w *World) (bool, string) { return w.control(op) })
}

// controlled asks a question of the target behind the scenes, once a run.
func (r *run) controlled(ctx context.Context, name string, ask func(*World) (bool, string)) (ok bool, why string) {
	r.mu.Lock()
	c := r.controls[name]
	if c == nil {
		c = &control{}
		r.controls[name] = c
	}
	r.mu.Unlock()
	c.once.Do(func() {
		w := r.world(ctx, name, nil)
		c.ok, c.why = ask(w)
		w.cleanUp()
		r.mu.Lock()
		r.hidden = append(r.hidden, w)
		r.mu.Unlock()
	})
	return c.ok, c.why
}

func (w *World) control(op *contract.Operation) (bool, string) {
	a := &actor{name: actorI}
	w.actors[actorI] = a
	if op.ID != signUp && (w.run.contract.Operation(signUp) != nil || w.run.options.Settings["token"] != "") {
		if err := w.signedIn(actorI, nil); err != nil {
			return false, w.blocked
		}
		a = w.actors[actorI]
	}
	var target *item
	if maker := makerOf(w.run.contract, op); maker != nil {
		if err := w.must(w.plain(maker, a, nil)); err != nil {
			return false, w.blocked
		}
		if live := w.live(a, maker.Path); len(live) > 0 {
			target = live[0]
		} else {
			return false, maker.ID + " gives no id"
		}
	}
	if w.needsRefreshToken(op) && w.withRefreshToken(a) != nil {
		return false, w.blocked
	}
	body, err := w.plainBody(op, a)
	if err == nil {
		err = w.must(w.send(op, a, request{body: body, query: w.query(op), target: target}))
	}
	if err != nil {
		return false, w.blocked
	}
	return true, ""
}

// listsAtAll checks, before a missing item is blamed on what happened to it,
// that the list shows a new user's items at all. It blocks when not, but for a
// rule of the operations that make and list.
func (w *World) listsAtAll(list *contract.Operation) error {
	maker := makerIn(w.run.contract, list.Path)
	rule := w.rule()
	if maker == nil || rule == nil || rule.Operation == maker.ID || rule.Operation == list.ID {
		return nil
	}
	if ok, why := w.run.controlled(w.ctx, "list of "+list.ID, func(hidden *World) (bool, string) { return hidden.showsNew(maker, list) }); !ok {
		return w.block(why)
	}
	return nil
}

// showsNew makes two items as a new user and looks for them.
func (w *World) showsNew(maker, list *contract.Operation) (bool, string) {
	if w.signedIn(actorI, nil) != nil {
		return false, w.blocked
	}
	a := w.actors[actorI]
	for range 2 {
		if err := w.must(w.plain(maker, a, nil)); err != nil {
			return false, w.blocked
		}
	}
	l, err := w.list(list.ID, a)
	if err != nil {
		return false, w.blocked
	}
	for _, i := range w.live(a, list.Path) {
		if l.find(i.id) == nil {
			return false, list.ID + " does not show what " + maker.ID + " made"
		}
	}
	return true, ""
}

// plain calls the operation with nothing changed.
func (w *World) plain(op *contract.Operation, a *actor, target *item) *call {
	return w.send(op, a, request{body: w.body(op, a), query: w.query(op), target: target})
}

// findOut learns how this target signs a user in, and whether users see each
// other's records.
func (r *run) findOut(ctx context.Context) {
	up := r.contract.Operation(signUp)
	probe := r.probe()
	if up == nil || probe == nil || r.options.Settings["token"] != "" {
		return
	}
	w := r.world(ctx, "sign-in", nil)
	r.hidden = append(r.hidden, w)
	if w.signedIn(actorI, nil) != nil {
		return
	}
	if w.plain(probe, w.actors[actorI], nil).class() != success && r.contract.Operation(logIn) != nil {
		token := w.actors[actorI].session.access
		if w.loggedIn(w.actors[actorI]) == nil && w.plain(probe, w.actors[actorI], nil).class() == success {
			r.strategy.logIn = true
		} else {
			w.actors[actorI].session.access = token
		}
	}
	r.strategy.shared = w.shared()
	w.cleanUp()
}

// probe is an operation that shows whether a token opens an account: me, else
// the first GET for signed-in users that needs nothing more.
func (r *run) probe() *contract.Operation {
	if o := r.contract.Operation(me); o != nil && !o.Public() {
		return o
	}
	for _, o := range r.contract.Operations {
		if o.Method == "GET" && !o.Public() && needsNothing(o) {
			return o
		}
	}
	return nil
}

func needsNothing(o *contract.Operation) bool {
	for _, p := range o.Params {
		if p.Required {
			return false
		}
	}
	return true
}

// shared reports whether a second user sees the first one's item.
func (w *World) shared() bool {
	for _, maker := range w.run.contract.Operations {
		list := lister(w.run.contract, maker.Path)
		if maker.Method != "POST" || maker.Public() || list == nil || idMember(maker) == "" {
			continue
		}
		w.plain(maker, w.actors[actorI], nil)
		live := w.live(w.actors[actorI], maker.Path)
		if len(live) == 0 || w.signedIn(actorSomebody, nil) != nil {
			return false
		}
		seen := itemsOf(w.plain(list, w.actors[actorSomebody], nil).value)
		return len(seen) > 0 // a new user's own list is empty
	}
	return false
}

// confirm checks, before the outcome of a call is blamed on a rule, that the
// target is still there and the operation works at all. It returns errBlocked
// when not.
func (w *World) confirm(c *call) error {
	if err := w.there(c); err != nil {
		return err
	}
	if ok, why := w.run.healthy(w.ctx, c.op); !ok {
		return w.block(why)
	}
	if rule := w.worthless(c); rule != nil {
		return w.blame(rule)
	}
	return nil
}

// there blocks the scenario when the call came to nothing because the target
// is gone, or because the run was stopped.
func (w *World) there(c *call) error {
	switch {
	case w.ctx.Err() != nil:
		return w.block("the run ended before the scenario did")
	case c.exchange.Response == nil && strings.HasPrefix(c.exchange.Failure, noConnection):
		return w.block("the target is gone: " + c.exchange.Failure)
	}
	return nil
}

// successRule is the id of the rule of the operation's documented success.
func successRule(op *contract.Operation) string {
	if op.Success == nil {
		return op.ID
	}
	return op.ID + "." + strconv.Itoa(op.Success.Status)
}
