package mockserver

import (
	"html"
	"net/http"
	"strconv"
	"strings"

	"assay/contract"
)

// The plain verbs: functions over a collection. Each acts for one operation;
// what the contract's sentences leave undone is asked of op.obeys.

// ownerOf is whose records an operation reaches: the signed-in user's where
// the contract says private, else everybody's. Nobody signed in on a public
// operation reaches everybody's too.
func (op *operation) ownerOf(c *Call) string {
	if op.obeys[sayPrivate] && c.User != nil {
		return c.User.ID
	}
	return everybody
}

func userID(c *Call) string {
	if c.User == nil {
		return ""
	}
	return c.User.ID
}

// scopeOf joins the values of the path parameters before the collection.
func (op *operation) scopeOf(c *Call) string {
	switch len(op.place.scope) {
	case 0:
		return ""
	case 1:
		return c.Path[op.place.scope[0]]
	}
	values := make([]string, len(op.place.scope))
	for i, name := range op.place.scope {
		values[i] = c.Path[name]
	}
	return strings.Join(values, "\x1f")
}

func (op *operation) reply(doc []byte) Reply {
	return Reply{doc: doc, shape: op.kind.shape}
}

// find returns the record that the path names, or the refusal: a record of
// somebody else's is as unknown as one that never was.
func (op *operation) find(c *Call) (*record, *Reply) {
	id := c.Path[op.place.id]
	c.World.mu.RLock()
	found := c.World.collections[op.kind.name].find(op.scopeOf(c), id)
	c.World.mu.RUnlock()
	if owner := op.ownerOf(c); found == nil || owner != everybody && found.owner != owner {
		return nil, op.unknown(c)
	}
	return found, nil
}

func (op *operation) unknown(c *Call) *Reply {
	refusal := Refusal(contract.Unknown, op.place.id+": there is no "+quoted(c.Path[op.place.id])+" here")
	return &refusal
}

func quoted(text string) string {
	const longest = 60
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return strconv.Quote(text)
}

func createHandler(op *operation) Handler {
	return func(c *Call) Reply {
		w := c.World
		m := &making{world: w, now: w.Now(), body: op.sent(c), user: lookOf(c.User)}
		r := &record{scope: op.scopeOf(c), owner: userID(c)}
		if !op.add(w, m, r) {
			return Refusal(contract.Taken, op.kind.id.name+": there is a record with this "+op.kind.id.name+" already")
		}
		reply := op.reply(r.doc)
		reply.around = m.look
		if op.location {
			reply.Header = http.Header{"Location": {strings.TrimSuffix(c.Request.URL.Path, "/") + "/" + r.id}}
		}
		return reply
	}
}

// add gives a new record its id and document and stores it. It reports false
// when the client has chosen an id that is taken.
func (op *operation) add(w *World, m *making, r *record) bool {
	chosen := op.kind.chosenID(m.body)
	for first := true; ; first = false {
		m.id = op.nextID(w, r.scope, chosen, first)
		r.id = m.id
		r.doc, r.key = op.kind.document(m)
		if !op.obeys[sayStored] || w.store(op.kind, r, op.obeys[sayUniqueIDs]) {
			return true
		}
		if chosen != "" {
			return false
		}
	}
}

// nextID returns the id that a new record shall try to have.
func (op *operation) nextID(w *World, scope, chosen string, first bool) string {
	switch {
	case chosen != "":
		return chosen
	case first && op.obeys[sayUniqueIDs] && !op.kind.numbered():
		return w.Random.id(op.kind.idForm) // hardly ever taken, and storing it shows
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.collections[op.kind.name]
	if !op.obeys[sayUniqueIDs] && held.lastID != "" {
		return held.lastID
	}
	return w.newRecordID(op.kind, held, scope)
}

// store puts a new record in; it reports false when its id must be unique and is taken.
func (w *World) store(k *kind, r *record, unique bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.collections[k.name]
	if unique && held.find(r.scope, r.id) != nil {
		return false
	}
	held.add(w.era, r)
	return true
}

// chosenID is the id that a client sent where the contract lets it choose; empty for none.
func (k *kind) chosenID(body map[string]any) string {
	if k.id == nil || !k.id.sent || k.id.computed != nil {
		return ""
	}
	return textOf(body[k.id.name])
}

// newRecordID returns an id that no record of the scope has. The lock is held.
func (w *World) newRecordID(k *kind, held *collection, scope string) string {
	if k.numbered() {
		for {
			held.number++
			if id := strconv.FormatUint(held.number, 10); held.find(scope, id) == nil {
				return id
			}
		}
	}
	const tries = 100
	for range tries {
		if id := w.Random.id(k.idForm); held.find(scope, id) == nil {
			return id
		}
	}
	// The documented form has no ids left: be unique rather than short.
	held.number++
	return w.Random.id(k.idForm) + strconv.FormatUint(held.number, 36)
}

// textOf is a scalar's text.
func textOf(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case nil:
		return ""
	}
	if raw := appendValue(nil, v, nil); len(raw) > 0 && raw[0] != '{' && raw[0] != '[' {
		return string(raw)
	}
	return ""
}

// sent returns the members that the request's body brings.
func (op *operation) sent(c *Call) map[string]any {
	body, _ := c.Body.(map[string]any)
	if op.obeys[sayValuesAsSent] || body == nil {
		return body
	}
	changed := make(map[string]any, len(body))
	for name, v := range body {
		if text, ok := v.(string); ok {
			v = html.EscapeString(strings.TrimSpace(text))
		}
		changed[name] = v
	}
	return changed
}

// lookOf finds members of a user's record.
func lookOf(u *User) look {
	if u == nil {
		return nil
	}
	return func(name string) any {
		fields := fieldsOf(u.Doc)
		if i := indexOf(fields, name); i >= 0 {
			return scalarOf(fields[i].raw)
		}
		return nil
	}
}

func listHandler(op *operation) Handler {
	return func(c *Call) Reply {
		offset, size, number := op.pager.window(c.Query, !op.obeys[sayEveryItemOnce])
		owner, scope := op.ownerOf(c), op.scopeOf(c)
		found := &page{number: number, size: size, offset: offset}
		c.World.mu.RLock()
		held := c.World.collections[op.kind.name]
		if wanted := op.pager.filters(c); wanted != nil {
			found.records, found.total = filtered(held, scope, owner, wanted, offset, size)
		} else {
			found.records, found.total = held.page(scope, owner, offset, size)
		}
		c.World.mu.RUnlock()
		if !op.obeys[sayPastTheEnd] && offset > 0 && offset >= found.total {
			return Refusal(contract.Unknown, op.pager.page+": there is no such page")
		}
		return Reply{page: found}
	}
}

// filters returns the members that a list's query asks to be equal.
func (p *pager) filters(c *Call) map[string][]string {
	var wanted map[string][]string
	for _, name := range p.filter {
		if values := c.Query[name]; len(values) > 0 {
			if wanted == nil {
				wanted = map[string][]string{}
			}
			wanted[name] = values
		}
	}
	return wanted
}

// filtered reads a window of the records whose members equal one of the wanted values.
func filtered(held *collection, scope, owner string, wanted map[string][]string, offset, size int) (found []*record, total int) {
	held.scan(scope, owner, func(r *record) bool {
		if matches(r.doc, wanted) {
			if total >= offset && len(found) < size {
				found = append(found, r)
			}
			total++
		}
		return true
	})
	return found, total
}

func matches(doc []byte, wanted map[string][]string) bool {
	fields := fieldsOf(doc)
	for name, values := range wanted {
		i := indexOf(fields, name)
		if i < 0 || !anyEqual(fields[i].raw, values) {
			return false
		}
	}
	return true
}

func anyEqual(raw []byte, values []string) bool {
	text := unquote(raw)
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if part == text {
				return true
			}
		}
	}
	return false
}

func showHandler(op *operation) Handler {
	return func(c *Call) Reply {
		found, refusal := op.find(c)
		switch {
		case refusal == nil:
			return op.reply(found.doc)
		case op.obeys[sayKnownOnly]:
			return *refusal
		}
		return op.pretend(c)
	}
}

// pretend answers for an id that nobody knows as if it were known.
func (op *operation) pretend(c *Call) Reply {
	m := &making{world: c.World, now: c.World.Now(), body: op.sent(c), id: c.Path[op.place.id], user: lookOf(c.User)}
	doc, _ := op.kind.document(m)
	return op.reply(doc)
}

// updateHandler acts for replace and patch, which keeps what was not sent.
func updateHandler(op *operation, patch bool) Handler {
	return func(c *Call) Reply {
		old, refusal := op.find(c)
		if refusal != nil {
			if op.obeys[sayKnownOnly] {
				return *refusal
			}
			return op.pretend(c)
		}
		updated := op.update(c, old, patch)
		if !op.obeys[sayTouchesNoOther] {
			op.updateAnother(c, old, patch)
		}
		return op.reply(updated.doc)
	}
}

// update writes the changed record and puts it in the place of the old one;
// when another update came between, it begins again from that one's result.
func (op *operation) update(c *Call, old *record, patch bool) *record {
	w, k := c.World, op.kind
	m := &making{
		world: w, now: w.Now(), body: op.sent(c), patch: patch,
		moved: !op.obeys[sayKeepsCreatedAt], user: lookOf(c.User),
	}
	for {
		m.old, m.id = fieldsOf(old.doc), old.id
		changed := &record{scope: old.scope, owner: old.owner}
		if !op.obeys[sayKeepsID] {
			w.mu.Lock()
			m.id = w.newRecordID(k, w.collections[k.name], old.scope)
			w.mu.Unlock()
		}
		changed.id = m.id
		changed.doc, changed.key = k.document(m)
		if !op.obeys[sayStored] {
			return changed
		}
		w.mu.Lock()
		held := w.collections[k.name]
		now := held.find(old.scope, old.id)
		if now == old || now == nil {
			if now != nil {
				held.replace(w.era, now, changed)
			}
			w.mu.Unlock()
			return changed
		}
		w.mu.Unlock()
		old = now
	}
}

func (op *operation) updateAnother(c *Call, r *record, patch bool) {
	c.World.mu.RLock()
	other := c.World.collections[op.kind.name].another(r)
	c.World.mu.RUnlock()
	if other != nil {
		op.update(c, other, patch)
	}
}

func removeHandler(op *operation) Handler {
	return func(c *Call) Reply {
		found, refusal := op.find(c)
		if refusal != nil {
			if op.obeys[sayKnownOnly] {
				return *refusal
			}
			return op.pretend(c)
		}
		w := c.World
		if op.obeys[sayGone] {
			w.mu.Lock()
			held := w.collections[op.kind.name]
			now := held.find(found.scope, found.id)
			if now == nil { // another deletion was faster
				w.mu.Unlock()
				return *op.unknown(c)
			}
			other := held.another(now)
			held.remove(w.era, now)
			if other != nil && !op.obeys[sayOthersStay] {
				held.remove(w.era, other)
			}
			w.mu.Unlock()
		}
		return op.reply(found.doc)
	}
}

// clearHandler takes out every record that the operation reaches.
func clearHandler(op *operation) Handler {
	return func(c *Call) Reply {
		w, owner, scope := c.World, op.ownerOf(c), op.scopeOf(c)
		w.mu.Lock()
		defer w.mu.Unlock()
		held := w.collections[op.kind.name]
		all, _ := held.page(scope, owner, 0, int(^uint(0)>>1))
		for _, r := range all {
			held.remove(w.era, r)
		}
		return Reply{}
	}
}

// readOneHandler shows a document that is no member of a collection: what was
// written there last, else the documented example.
func readOneHandler(op *operation) Handler {
	return func(c *Call) Reply {
		w := c.World
		w.mu.RLock()
		doc, ok := w.singletons.Get(op.singleton(c))
		w.mu.RUnlock()
		if ok {
			return Reply{doc: doc, around: lookOf(c.User)}
		}
		return op.sample(c)
	}
}

// singleton names the document of a path, one for each user where somebody is signed in.
func (op *operation) singleton(c *Call) string {
	return userID(c) + "\x1f" + c.Request.URL.Path
}

func writeOneHandler(op *operation) Handler {
	return func(c *Call) Reply {
		w, at := c.World, op.singleton(c)
		body, ok := c.Body.(map[string]any)
		if !ok {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.singletons.Delete(at)
			w.tell(func() Change { return documentChange(at, nil, true) })
			return op.sample(c)
		}
		w.mu.RLock()
		old, _ := w.singletons.Get(at)
		w.mu.RUnlock()
		k := &kind{open: true}
		m := &making{world: w, now: w.Now(), body: body, patch: op.Method == http.MethodPatch, old: fieldsOf(old)}
		doc, _ := k.document(m)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.singletons.Set(at, doc)
		w.tell(func() Change { return documentChange(at, doc, false) })
		return Reply{doc: doc, around: lookOf(c.User)}
	}
}

func sampleHandler(op *operation) Handler {
	return func(c *Call) Reply { return op.sample(c) }
}

// sample answers the documented example, or else a believable value of the
// schema in which members that were sent come back.
func (op *operation) sample(c *Call) Reply {
	success := op.Success
	if success == nil || success.Schema == nil {
		return Reply{}
	}
	for _, e := range success.Examples {
		return Reply{doc: e.Value}
	}
	value := decoded(c.World.samples().Value(success.Schema, ""))
	if object, ok := value.(map[string]any); ok {
		if body, ok := c.Body.(map[string]any); ok {
			for name := range object {
				if v, sent := body[name]; sent {
					object[name] = v
				}
			}
		}
	}
	return Reply{Value: value}
}
