package mockserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/tidwall/btree"
)

// What a world keeps can be written down, thing by thing, and read back: to
// export it, to carry it into another process, to keep it in a file.

// A Change is one thing that a world keeps, as it is now, or that is gone.
type Change struct {
	// Key names the thing; another change of the same thing has the same key.
	Key string
	// Value is the thing as JSON. Of what is gone it has enough to find it.
	Value []byte
	Gone  bool
}

// A Log is told of every change of a world.
type Log interface {
	// Changed is called under the world's lock, in the order of the changes.
	// Those of one call are to be kept together or not at all. It must neither
	// wait nor call the world.
	Changed(...Change)
	// Wait returns once everything told before is safe. It is called before
	// each answer goes out, and nothing is acknowledged when it fails.
	Wait() error
}

// The kinds of things that a world keeps, as keys begin.
const (
	keepsUser     = "user"
	keepsSession  = "session"
	keepsToken    = "token"
	keepsDenial   = "denial"
	keepsRecord   = "record"
	keepsCount    = "count"
	keepsDocument = "document"
	keepsClock    = "clock"
	keepsAccount  = "account"
	keepsEngine   = "engine"
)

// The things, as JSON.
type (
	keptUser struct {
		ID    string `json:"id"`
		Login string `json:"login"`
		Hash  []byte `json:"hash,omitempty"`
		// Password may stand in the place of the hash in what a person wrote.
		Password string          `json:"password,omitempty"`
		Locked   bool            `json:"locked,omitempty"`
		First    bool            `json:"first,omitempty"`
		Doc      json.RawMessage `json:"doc,omitempty"`
	}
	keptSession struct {
		Token  string `json:"token"`
		User   string `json:"user"`
		Access string `json:"access,omitempty"`
	}
	keptToken struct {
		Number  uint64    `json:"number"`
		Raw     string    `json:"token"`
		User    string    `json:"user"`
		Expires time.Time `json:"expires,omitzero"`
	}
	keptDenial struct {
		Token string `json:"token"`
		Why   Denied `json:"why"`
	}
	keptRecord struct {
		Collection string          `json:"collection"`
		Scope      string          `json:"scope,omitempty"`
		ID         string          `json:"id"`
		Owner      string          `json:"owner,omitempty"`
		Seq        uint64          `json:"seq"`
		Doc        json.RawMessage `json:"doc,omitempty"`
	}
	keptCount struct {
		Collection string `json:"collection"`
		Seq        uint64 `json:"seq"`
		Number     uint64 `json:"number,omitempty"`
		LastID     string `json:"last_id"`
	}
	keptDocument struct {
		Name string          `json:"name"`
		Doc  json.RawMessage `json:"doc,omitempty"`
	}
	keptClock struct {
		At   time.Time `json:"at"`
		Wall time.Time `json:"wall"`
		Rate float64   `json:"rate"`
	}
	keptEngine struct {
		Name  string `json:"name"`
		State []byte `json:"state"`
	}
)

func keyOf(kind, name string) string { return kind + "\x00" + name }

func change(key string, thing any, gone bool) Change {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)                  // what was said is read back as it was
	if err := encoder.Encode(thing); err != nil { // documents of records are valid JSON, the rest is plain
		panic(fmt.Sprintf("%s cannot be written: %v", key, err))
	}
	return Change{Key: key, Value: bytes.TrimSuffix(b.Bytes(), []byte("\n")), Gone: gone}
}

func (u *User) change(first, gone bool) Change {
	return change(keyOf(keepsUser, u.ID), keptUser{ID: u.ID, Login: u.Login, Hash: u.hash, Locked: u.locked, First: first, Doc: u.Doc}, gone)
}

func (s session) change(token string, gone bool) Change {
	return change(keyOf(keepsSession, token), keptSession{Token: token, User: s.user, Access: s.access}, gone)
}

func tokenChange(number uint64, t *Token, gone bool) Change {
	return change(keyOf(keepsToken, strconv.FormatUint(number, 10)), keptToken{Number: number, Raw: t.Raw, User: t.User, Expires: t.Expires}, gone)
}

func denialChange(raw string, why Denied, gone bool) Change {
	return change(keyOf(keepsDenial, raw), keptDenial{Token: raw, Why: why}, gone)
}

func (r *record) change(collection string, gone bool) Change {
	return change(keyOf(keepsRecord, collection+"\x00"+join(r.scope, r.id)),
		keptRecord{Collection: collection, Scope: r.scope, ID: r.id, Owner: r.owner, Seq: r.seq, Doc: r.doc}, gone)
}

func (c *collection) change(name string) Change {
	return change(keyOf(keepsCount, name), keptCount{Collection: name, Seq: c.seq, Number: c.number, LastID: c.lastID}, false)
}

func documentChange(name string, doc []byte, gone bool) Change {
	return change(keyOf(keepsDocument, name), keptDocument{Name: name, Doc: doc}, gone)
}

func clockChange(s *clockSetting) Change {
	if s == nil {
		return change(keepsClock, keptClock{}, true)
	}
	return change(keepsClock, keptClock{At: s.at, Wall: s.wall, Rate: s.rate}, false)
}

// Keep lets a log be told of every change from now on. It is to be called
// before the world is served.
func (w *World) Keep(l Log) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Clock.changing.Lock()
	defer w.Clock.changing.Unlock()
	w.keep(l)
}

// keep is Keep under the locks of the world and of its clock.
func (w *World) keep(l Log) {
	w.log.Store(&l)
	for name, c := range w.collections {
		w.listen(name, c)
	}
	w.Clock.told = func(s *clockSetting) { l.Changed(clockChange(s)) }
}

// listen lets a collection tell the world's log what changes in it.
func (w *World) listen(name string, c *collection) {
	if w.log.Load() == nil {
		return
	}
	c.told = func(r *record, gone bool) {
		if gone {
			w.changed(r.change(name, true))
		} else {
			w.changed(r.change(name, false), c.change(name))
		}
	}
}

// tell tells the log of a change, if there is one. The lock is held. The
// change is made only then.
func (w *World) tell(make func() Change) {
	if w.log.Load() != nil {
		w.changed(make())
	}
}

// changed tells the log, at once or with what belongs together. The lock is held.
func (w *World) changed(changes ...Change) {
	if w.gathering {
		w.gathered = append(w.gathered, changes...)
		return
	}
	(*w.log.Load()).Changed(changes...)
}

// together lets the log be told at once of all that is done. The lock is held.
func (w *World) together(do func()) {
	if w.log.Load() == nil {
		do()
		return
	}
	w.gathering = true
	defer func() {
		gathered := w.gathered
		w.gathering, w.gathered = false, nil
		(*w.log.Load()).Changed(gathered...)
	}()
	do()
}

// Safe waits until everything that has changed so far is safe in the world's
// log; at once where it has none.
func (w *World) Safe() error {
	log := w.log.Load()
	if log == nil {
		return nil
	}
	w.mu.Lock()
	w.tellEngines()
	w.mu.Unlock()
	return (*log).Wait()
}

// Dump returns everything that the world keeps at this moment. Putting it into
// a blank world with [World.Apply] gives the same world again, but for its
// randomness and journal.
func (w *World) Dump() iter.Seq[Change] {
	f := w.Fork()
	return func(yield func(Change) bool) {
		_ = f.dumpUsers(yield) && f.dumpTokens(yield) && f.dumpRecords(yield) && f.dumpRest(yield)
	}
}

func (w *World) dumpUsers(yield func(Change) bool) bool {
	on := w.demo == nil || yield(change(keepsAccount, w.demo, false))
	if on {
		w.users.Scan(func(id string, u *User) bool {
			on = yield(u.change(id == w.firstUser, false))
			return on
		})
	}
	if on {
		w.sessions.Scan(func(token string, s session) bool {
			on = yield(s.change(token, false))
			return on
		})
	}
	return on
}

func (w *World) dumpTokens(yield func(Change) bool) bool {
	on := true
	w.issued.Scan(func(number uint64, t *Token) bool {
		on = yield(tokenChange(number, t, false))
		return on
	})
	if on {
		w.revoked.Scan(func(raw string, why Denied) bool {
			on = yield(denialChange(raw, why, false))
			return on
		})
	}
	return on
}

func (w *World) dumpRecords(yield func(Change) bool) bool {
	for _, name := range w.collectionNames() {
		c := w.collections[name]
		on := true
		c.byID.Scan(func(_ string, r *record) bool {
			on = yield(r.change(name, false))
			return on
		})
		if !on || c.seq > 0 && !yield(c.change(name)) {
			return false
		}
	}
	return true
}

func (w *World) dumpRest(yield func(Change) bool) bool {
	on := true
	w.singletons.Scan(func(name string, doc []byte) bool {
		on = yield(documentChange(name, doc, false))
		return on
	})
	if s := w.Clock.setting.Load(); on && s != nil {
		on = yield(clockChange(s))
	}
	if on {
		w.dumpEngines(func(c Change) { on = on && yield(c) })
	}
	return on
}

// Apply puts into a world what [World.Dump] or a [Log] told of another, or
// takes out what is gone. The world's own log is not told.
func (w *World) Apply(c Change) error {
	kind := c.Key
	for i := range len(kind) {
		if kind[i] == 0 {
			kind = kind[:i]
			break
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch kind {
	case keepsUser:
		return apply(c, w.applyUser)
	case keepsSession:
		return apply(c, func(s keptSession, gone bool) error {
			return put(w.sessions, s.Token, session{user: s.User, access: s.Access}, gone)
		})
	case keepsToken:
		return apply(c, w.applyToken)
	case keepsDenial:
		return apply(c, func(d keptDenial, gone bool) error { return put(w.revoked, d.Token, d.Why, gone) })
	case keepsRecord:
		return apply(c, w.applyRecord)
	case keepsCount:
		return apply(c, w.applyCount)
	case keepsDocument:
		return apply(c, func(d keptDocument, gone bool) error { return put(w.singletons, d.Name, []byte(d.Doc), gone) })
	case keepsClock:
		return apply(c, w.applyClock)
	case keepsAccount:
		return apply(c, func(a Account, _ bool) error { w.demo = &a; return nil })
	case keepsEngine:
		return apply(c, w.applyEngine)
	}
	return fmt.Errorf("nothing is known of things called %q", clip(c.Key))
}

func apply[T any](c Change, to func(T, bool) error) error {
	var thing T
	if err := json.Unmarshal(c.Value, &thing); err != nil {
		return fmt.Errorf("%q cannot be read: %w", clip(c.Key), err)
	}
	return to(thing, c.Gone)
}

func put[K string | uint64, V any](m *btree.Map[K, V], key K, value V, gone bool) error {
	if gone {
		m.Delete(key)
	} else {
		m.Set(key, value)
	}
	return nil
}

func (w *World) applyUser(u keptUser, gone bool) error {
	if u.ID == "" {
		return fmt.Errorf("a user has no id")
	}
	if old, ok := w.users.Get(u.ID); ok {
		w.freeLogin(old)
	}
	if gone {
		w.users.Delete(u.ID)
		return nil
	}
	doc, err := documentOf(u.Doc)
	if err != nil {
		return fmt.Errorf("user %q: %w", clip(u.ID), err)
	}
	if u.Password != "" {
		if u.Hash, err = hashPassword(u.Password); err != nil {
			return fmt.Errorf("user %q: %w", clip(u.ID), err)
		}
	}
	w.users.Set(u.ID, &User{ID: u.ID, Login: u.Login, Doc: doc, hash: u.Hash, locked: u.Locked})
	w.logins.Set(loginKey(u.Login), u.ID)
	if u.First || w.firstUser == "" {
		w.firstUser = u.ID
	}
	return nil
}

// freeLogin lets others have a user's login. The lock is held.
func (w *World) freeLogin(u *User) {
	if holder, _ := w.logins.Get(loginKey(u.Login)); holder == u.ID {
		w.logins.Delete(loginKey(u.Login))
	}
}

func (w *World) applyToken(k keptToken, gone bool) error {
	t := &Token{Raw: k.Raw, User: k.User, Expires: k.Expires}
	w.lastIssued = max(w.lastIssued, k.Number)
	return put(w.issued, k.Number, t, gone)
}

func (w *World) applyRecord(k keptRecord, gone bool) error {
	held := w.collectionCalled(k.Collection)
	if old := held.find(k.Scope, k.ID); old != nil {
		held.take(w.era, old)
	}
	if gone {
		return nil
	}
	doc, err := documentOf(k.Doc)
	if err != nil {
		return fmt.Errorf("record %q of %s: %w", clip(k.ID), clip(k.Collection), err)
	}
	r := &record{id: k.ID, scope: k.Scope, owner: k.Owner, seq: k.Seq, doc: doc}
	if r.seq == 0 {
		r.seq = held.seq + 1
	}
	if kind := w.plan.Load().kinds[k.Collection]; kind != nil {
		r.key = kind.keyOf(doc)
	}
	held.put(w.era, r)
	return nil
}

// documentOf takes a JSON object for what a record or user holds.
func documentOf(raw json.RawMessage) ([]byte, error) {
	doc := compact(raw)
	if len(doc) == 0 || doc[0] != '{' {
		return nil, fmt.Errorf("doc is no JSON object")
	}
	return doc, nil
}

func (w *World) applyCount(k keptCount, _ bool) error {
	held := w.collectionCalled(k.Collection)
	held.seq, held.number, held.lastID = max(held.seq, k.Seq), max(held.number, k.Number), k.LastID
	return nil
}

func (w *World) applyClock(k keptClock, gone bool) error {
	if gone {
		w.Clock.setting.Store(nil)
		return nil
	}
	w.Clock.setting.Store(&clockSetting{at: k.At.UTC(), wall: k.Wall, rate: max(k.Rate, 0)})
	return nil
}

// collectionCalled returns a collection, also one that the contract served now
// does not have: another may have it again. The lock is held.
func (w *World) collectionCalled(name string) *collection {
	held := w.collections[name]
	if held == nil {
		held = newCollection(layout{})
		w.collections[name] = held
		w.listen(name, held)
	}
	return held
}

// BlankWorld returns a world that holds nothing, to apply to it what another kept.
// Its randomness is that of the seed and the number of its generation, so that a
// world that was read back does not give the same ids again.
func (m *Mock) BlankWorld(seed, generation uint64) *World {
	w := newWorld(m.plan.Load(), seed, m.keys)
	w.Random = newRandom(seed^generation*0x9E3779B97F4A7C15, "world")
	w.Journal = NewJournal(m.options.Journal)
	return w
}
