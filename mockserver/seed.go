package mockserver

import (
	"net/http"
	"strings"
	"time"

	"assay/contract"
	"assay/samples"
)

// seededRecords is how many records the demo account begins with.
const seededRecords = 25

// seedAge is how old the oldest seeded record is; the others follow it evenly.
const seedAge = 14 * 24 * time.Hour

// seed fills a new world: a demo account where the contract lets one sign up,
// with records of the first collection in which something can be created;
// documented examples in every other collection.
func (p *plan) seed(w *World) {
	source := samples.New(w.seed)
	owner := p.seedAccount(w, source)
	first := true
	for _, op := range p.operations {
		if op.verb != doCreate || op.kind == nil || len(op.place.scope) > 0 || op.body == nil {
			continue
		}
		n := 0
		if first {
			n = seededRecords
		}
		first = false
		p.seedCollection(w, source, op, owner, n)
		if owner != nil && w.demo.Records == 0 {
			w.demo.Records, w.demo.Kind = n, strings.TrimPrefix(op.place.collection[strings.LastIndexByte(op.place.collection, '/'):], "/")
		}
	}
	for _, op := range p.operations {
		if op.verb == doList && len(op.place.scope) == 0 && w.collections[op.kind.name].seq == 0 && (owner == nil || !op.obeys[sayPrivate]) {
			p.seedExamples(w, op.kind, "")
		}
	}
}

// seedAccount makes the demo account and returns it; nil where nobody can sign up.
func (p *plan) seedAccount(w *World, source *samples.Source) *User {
	for _, op := range p.operations {
		if op.verb != doSignUp {
			continue
		}
		schema := op.Operation.Body.Schema
		body, _ := decoded(source.Object(schema)).(map[string]any)
		login, _ := body[p.accounts.login].(string)
		password := source.Password(schema.Property(p.accounts.password).Schema)
		user, err := p.newUser(w, body, login, password)
		if err != nil || !w.addUser(user, true) {
			return nil
		}
		name, _ := body["name"].(string)
		w.demo = &Account{Login: login, Password: password, Name: name}
		return user
	}
	return nil
}

// seedCollection puts n believable records into a collection, the documented
// examples first where there is no account to own them.
func (p *plan) seedCollection(w *World, source *samples.Source, op *operation, owner *User, n int) {
	ownerID := ""
	if owner == nil {
		p.seedExamples(w, op.kind, "")
	} else {
		ownerID = owner.ID
	}
	now := w.Now()
	held := w.collections[op.kind.name]
	for i := int(held.seq); i < n; i++ {
		body, ok := decoded(source.Value(op.Operation.Body.Schema, "")).(map[string]any)
		if !ok {
			return
		}
		age := seedAge / time.Duration(n) * time.Duration(n-i)
		m := &making{world: w, now: now.Add(-age), body: body, user: lookOf(owner)}
		w.place(op.kind, m, &record{owner: ownerID})
	}
}

// place gives a record an id and a document and puts it into the world.
func (w *World) place(k *kind, m *making, r *record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.collections[k.name]
	if m.id == "" || held.find(r.scope, m.id) != nil {
		m.id = w.newRecordID(k, held, r.scope)
	}
	r.id = m.id
	r.doc, r.key = k.document(m)
	held.add(w.era, r)
}

// seedExamples puts the documented examples of a collection's records into it,
// under the ids that are documented.
func (p *plan) seedExamples(w *World, k *kind, owner string) {
	seen := map[string]bool{}
	for _, op := range p.operations {
		if op.kind != k || op.Success == nil || op.Method == http.MethodDelete {
			continue
		}
		for _, raw := range recordExamples(op) {
			object, ok := decodedObject(raw)
			if !ok || len(object) == 0 || seen[string(raw)] {
				continue
			}
			seen[string(raw)] = true
			m := &making{world: w, now: w.Now(), body: object}
			if k.id != nil {
				m.id = textOf(object[k.id.name])
			}
			if m.id != "" && w.collections[k.name].find("", m.id) != nil {
				continue
			}
			w.place(k, m, &record{owner: owner})
		}
	}
}

// recordExamples returns the records that an operation's documented answers show.
func recordExamples(op *operation) (out []contract.Raw) {
	for _, raw := range examplesOf(op.Operation) {
		if op.verb != doList {
			out = append(out, raw)
			continue
		}
		list := []byte(raw)
		if l := listed(op.Operation); l != nil && l.member != "" {
			fields := fieldsOf(raw)
			i := indexOf(fields, l.member)
			if i < 0 {
				continue
			}
			list = fields[i].raw
		}
		out = append(out, itemsOf(list)...)
	}
	return out
}
