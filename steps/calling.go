package steps

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"assay/contract"
)

func callSteps(sc *godog.ScenarioContext, w *World) {
	sc.Step(reHaveCalled, func(who, op, times, rest string) error {
		n := 1
		if times != "" {
			n, _ = strconv.Atoi(times)
		}
		return w.haveCalled(who, op, n, rest)
	})
	sc.Step(reHaveCalledRows, w.haveCalledRows)
	sc.Step(reCall, func(who, op, rest string) error {
		if err := w.settle(); err != nil {
			return err
		}
		return w.calls(who, op, rest)
	})
}

// haveCalled prepares: each call must succeed.
func (w *World) haveCalled(who, op string, times int, rest string) error {
	if err := w.settle(); err != nil {
		return err
	}
	for range times {
		if err := w.calls(who, op, rest); err != nil {
			return err
		}
		if err := w.settle(); err != nil {
			return err
		}
	}
	return nil
}

// haveCalledRows prepares with a table: a row is a call, a column a member.
func (w *World) haveCalledRows(who, op string, table *godog.Table) error {
	for _, row := range table.Rows[1:] {
		var clauses []string
		for i, cell := range row.Cells {
			clauses = append(clauses, fmt.Sprintf("%q set to %s", table.Rows[0].Cells[i].Value, cell.Value))
		}
		if err := w.haveCalled(who, op, 1, " with "+strings.Join(clauses, " and ")); err != nil {
			return err
		}
	}
	return nil
}

// calls is the step that everything turns on: somebody calls an operation,
// with something changed.
func (w *World) calls(who, id, rest string) error {
	op := w.run.contract.Operation(id)
	if op == nil {
		return w.wrong("the contract has no operation %q", id)
	}
	a, err := w.actor(who)
	if err != nil {
		return err
	}
	if w.needsRefreshToken(op) {
		if err := w.withRefreshToken(a); err != nil {
			return err
		}
	}
	body, err := w.plainBody(op, a)
	if err != nil {
		return err
	}
	r := request{body: body, query: w.query(op)}
	if r.target = w.lastOf(op, a); r.target == nil && needsItem(op) && w.actors[actorI] != nil {
		r.target = w.lastOf(op, w.actors[actorI])
	}
	if err := w.clauses(op, a, &r, rest); err != nil {
		return err
	}
	if needsItem(op) && r.target == nil && r.id == "" {
		if maker := makerOf(w.run.contract, op); maker != nil {
			return w.blockBy(successRule(maker))
		}
	}
	if r.target != nil {
		w.held = r.target.answered
	}
	w.last = w.send(op, a, r)
	w.pending = w.last
	return nil
}

func needsItem(op *contract.Operation) bool { return strings.Contains(op.Path, "/{") }

func (w *World) needsRefreshToken(op *contract.Operation) bool {
	if op.Body == nil || op.Body.Schema == nil {
		return false
	}
	for _, p := range op.Body.Schema.Properties {
		if w.run.contract.IsRefreshToken(p.Name) {
			return true
		}
	}
	return false
}

var (
	reOn      = regexp.MustCompile(`^ on (my first item|my item|the deleted item|an item that nobody made)`)
	reWithout = regexp.MustCompile(`^ without ` + name)
	reSet     = regexp.MustCompile(`^ (?:with|and) ` + name + ` set to (.+?)( and "[^"]+" set to .+| with .+| without .+)?$`)
	reToken   = regexp.MustCompile(`^ (with (?:a broken signature|a changed payload|the algorithm n[oO]n[eE]|the signature of an empty key|no access token|a made-up access token|an empty access token|my expired access token|my access token|my refresh token as access token|"(?:null|undefined)" as access token|its header in other letters))`)
)

// lastOf is the last item that the actor made for the operation's path.
func (w *World) lastOf(op *contract.Operation, a *actor) *item {
	collection, _, _ := strings.Cut(op.Path, "/{")
	if live := w.live(a, collection); len(live) > 0 {
		return live[len(live)-1]
	}
	return nil
}

// clauses reads what a call step says behind the operation's name.
func (w *World) clauses(op *contract.Operation, a *actor, r *request, rest string) error {
	for rest != "" {
		switch {
		case reOn.MatchString(rest):
			m := reOn.FindStringSubmatch(rest)
			rest = rest[len(m[0]):]
			if err := w.aim(op, r, m[1]); err != nil {
				return err
			}
		case reWithout.MatchString(rest):
			m := reWithout.FindStringSubmatch(rest)
			rest = rest[len(m[0]):]
			delete(r.body, m[1])
			delete(r.query, m[1])
		case reToken.MatchString(rest):
			m := reToken.FindStringSubmatch(rest)
			rest = rest[len(m[0]):]
			if err := w.forge(a, r, m[1]); err != nil {
				return err
			}
		case reSet.MatchString(rest):
			m := reSet.FindStringSubmatch(rest)
			rest = m[3]
			if err := w.set(op, a, r, m[1], m[2]); err != nil {
				return err
			}
		default:
			return w.wrong("no clause of a call reads%s", rest)
		}
	}
	return nil
}

// aim says which item the path names.
func (w *World) aim(op *contract.Operation, r *request, which string) error {
	collection, _, _ := strings.Cut(op.Path, "/{")
	mine := w.live(w.actors[actorI], collection)
	switch which {
	case "an item that nobody made":
		r.target, r.id = nil, w.strangeID(collection)
		return nil
	case "the deleted item":
		for _, i := range w.items {
			if i.deleted {
				r.target, r.id = nil, i.id
				return nil
			}
		}
		return w.block("nothing was deleted")
	}
	if len(mine) == 0 {
		return w.block("no item was made")
	}
	r.target = mine[len(mine)-1]
	if which == "my first item" {
		r.target = mine[0]
	}
	return nil
}

// strangeID has the form of the target's own ids, and belongs to nobody.
func (w *World) strangeID(collection string) string {
	for _, i := range w.items {
		if i.collection != collection {
			continue
		}
		if _, err := strconv.Atoi(i.id); err == nil {
			return "999999937"
		}
		return otherDigits(i.id)
	}
	return "zzzzzzzz9"
}

// otherDigits keeps the form of an id, letters letters and digits digits, and
// changes its second half.
func otherDigits(id string) string {
	out := []byte(id)
	for i := len(out) / 2; i < len(out); i++ {
		switch c := out[i]; {
		case c >= '0' && c <= '9':
			out[i] = '0' + (c-'0'+5)%10
		case c >= 'a' && c <= 'f':
			out[i] = 'a' + (c-'a'+3)%6
		case c >= 'g' && c <= 'z':
			out[i] = 'g' + (c-'g'+7)%20
		case c >= 'A' && c <= 'F':
			out[i] = 'A' + (c-'A'+3)%6
		case c >= 'G' && c <= 'Z':
			out[i] = 'G' + (c-'G'+7)%20
		}
	}
	return string(out)
}

// set sends a member or parameter with another value.
func (w *World) set(op *contract.Operation, a *actor, r *request, member, text string) error {
	v, err := w.valueOf(a, member, text)
	if err != nil {
		return err
	}
	if op.Param("query", member) != nil {
		r.query[member] = textOf(v)
		return nil
	}
	if r.body == nil {
		return w.wrong("%s has neither a body nor a parameter %q", op.ID, member)
	}
	body := make(map[string]any, len(r.body)+1)
	for k, old := range r.body {
		body[k] = old
	}
	body[member] = v
	r.body = body
	return nil
}
