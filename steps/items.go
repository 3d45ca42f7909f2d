package steps

import (
	"maps"
	"strings"

	"assay/contract"
)

// An item is a record that the scenario made.
type item struct {
	collection string // the path of its collection
	owner      *actor
	id         string
	sent       map[string]any // as last sent
	answered   map[string]any // as last answered
	deleted    bool
}

// followItem keeps track of what was made, changed and deleted.
func (w *World) followItem(c *call) {
	m, _ := c.value.(map[string]any)
	_, _, named := strings.Cut(c.op.Path, "/{")
	switch {
	case c.op.Method == "POST" && !named && idMember(c.op) != "":
		if id := textOf(m[idMember(c.op)]); id != "" {
			c.item = &item{collection: c.op.Path, owner: c.actor, id: id, sent: c.sent, answered: maps.Clone(m)}
			w.items = append(w.items, c.item)
		}
	case c.request.target == nil, !sameUser(c.request.target.owner, c.actor): // what a stranger did shows in the list
	case c.op.Method == "DELETE":
		c.request.target.deleted = true
	case c.op.Method == "PUT" || c.op.Method == "PATCH":
		c.item = c.request.target
		c.item.sent, c.item.answered = c.sent, maps.Clone(m)
	}
}

// distrust forgets what an answer said of an item where it broke a rule, so
// that later answers are not compared with what is known to be wrong.
func (c *call) distrust(pointer string) {
	if c.item == nil {
		return
	}
	member, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	delete(c.item.answered, member)
}

// idMember is the member of the operation's answer that names the record: the
// one made by newid, else one called id. Empty when the operation makes none.
func idMember(op *contract.Operation) string {
	if op.Success == nil || op.Success.Schema == nil {
		return ""
	}
	if p := op.Success.Schema.Makes("newid"); p != nil {
		return p.Name
	}
	if p := op.Success.Schema.Property("id"); p != nil {
		return p.Name
	}
	return ""
}

// live lists the actor's items of a collection that are not deleted. All
// sessions of a user own the same items.
func (w *World) live(a *actor, collection string) []*item {
	var out []*item
	for _, i := range w.items {
		if !i.deleted && i.collection == collection && sameUser(i.owner, a) {
			out = append(out, i)
		}
	}
	return out
}

func sameUser(a, b *actor) bool { return a == b || a.user != nil && a.user == b.user }

// lister returns the operation that lists a collection, or nil.
func lister(c *contract.Contract, collection string) *contract.Operation {
	for _, o := range c.Operations {
		if o.Method == "GET" && o.Path == collection && o.Success != nil && o.Success.Schema != nil && o.Success.Schema.Type == "array" {
			return o
		}
	}
	return nil
}

// remover returns the operation that deletes from a collection, or nil.
func remover(c *contract.Contract, collection string) *contract.Operation {
	for _, o := range c.Operations {
		if o.Method == "DELETE" && strings.HasPrefix(o.Path, collection+"/{") && !strings.Contains(o.Path[len(collection)+1:], "/") {
			return o
		}
	}
	return nil
}

// cleanUp deletes what the scenario made, through the documented API alone.
// Its answers are nobody's finding.
func (w *World) cleanUp() {
	for _, i := range w.items {
		op := remover(w.run.contract, i.collection)
		if i.deleted || op == nil || w.run.client.gone.Load() > 0 || w.ctx.Err() != nil {
			continue
		}
		ex := &contract.Exchange{Operation: op.ID, Who: i.owner.name, Request: w.httpRequest(op, i.owner, request{target: i})}
		w.run.client.send(w.ctx, ex)
	}
}
