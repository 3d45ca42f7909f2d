package mockserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay/contract"
)

// What follows lets somebody look into a world and shape it past the contract.

// ErrUnknown says that there is no such thing in a world.
var ErrUnknown = errors.New("there is no such thing here")

// ErrTaken says that another has what must be unique.
var ErrTaken = errors.New("there is such a thing already")

// A Collection is a collection as one looks at it from outside.
type Collection struct {
	Name    string   `json:"name"` // its path: "/ideas", "/teams/{team}/notes"
	Records int      `json:"records"`
	Members []string `json:"members,omitempty"` // of its records, in the contract's order
	Served  bool     `json:"served"`            // the contract served now has it
}

// A Record is a record as one looks at it from outside. It is found again by
// its collection and Ref.
type Record struct {
	Ref   string          `json:"ref"` // path parameters before the collection and the id, each escaped as in a path
	ID    string          `json:"id"`
	Scope []string        `json:"scope,omitempty"` // values of the path parameters before the collection
	Owner string          `json:"owner,omitempty"` // id of the user who made it
	Doc   json.RawMessage `json:"doc"`
}

const scopeSeparator = "\x1f"

func (r *record) view() Record {
	v := Record{ID: r.id, Owner: r.owner, Doc: r.doc}
	if r.scope != "" {
		v.Scope = strings.Split(r.scope, scopeSeparator)
	}
	parts := make([]string, 0, len(v.Scope)+1)
	for _, part := range append(slices.Clone(v.Scope), r.id) {
		parts = append(parts, url.PathEscape(part))
	}
	v.Ref = strings.Join(parts, "/")
	return v
}

// keyOfRef reads a Ref; it is what the collection finds the record by.
func keyOfRef(ref string) (string, error) {
	parts := strings.Split(ref, "/")
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil {
			return "", fmt.Errorf("%q names no record: %w", clip(ref), err)
		}
		parts[i] = plain
	}
	return strings.Join(parts, scopeSeparator), nil
}

// Collections returns the collections of the world, in the order of their names.
func (w *World) Collections() []Collection {
	w.mu.RLock()
	defer w.mu.RUnlock()
	p := w.plan.Load()
	out := make([]Collection, 0, len(w.collections))
	for _, name := range w.collectionNames() {
		c := Collection{Name: name, Records: w.collections[name].byID.Len()}
		if k := p.kinds[name]; k != nil {
			c.Served = true
			for _, s := range k.slots {
				c.Members = append(c.Members, s.name)
			}
		}
		out = append(out, c)
	}
	return out
}

// Len returns how many records and users the world holds.
func (w *World) Len() (records, users int) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, c := range w.collections {
		records += c.byID.Len()
	}
	return records, w.users.Len()
}

// Records returns up to n records of a collection from an offset on, and how
// many there are: one owner's in the documented order, or everybody's by id.
func (w *World) Records(collection, owner string, offset, n int) ([]Record, int, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	held := w.collections[collection]
	if held == nil {
		return nil, 0, ErrUnknown
	}
	var found []*record
	total := 0
	if owner == "" {
		found, total = held.window(offset, n)
	} else {
		found, total = held.ownedBy(owner, offset, n)
	}
	out := make([]Record, len(found))
	for i, r := range found {
		out[i] = r.view()
	}
	return out, total, nil
}

// window is a part of all records, by id.
func (c *collection) window(offset, n int) (found []*record, total int) {
	total = c.byID.Len()
	if offset < 0 || offset >= total {
		return nil, total
	}
	first, _, _ := c.byID.GetAt(offset)
	c.byID.Ascend(first, func(_ string, r *record) bool {
		if len(found) >= n {
			return false
		}
		found = append(found, r)
		return true
	})
	return found, total
}

// ownedBy is a part of one owner's records in every scope.
func (c *collection) ownedBy(owner string, offset, n int) (found []*record, total int) {
	visit := func(r *record) bool {
		if r.owner != owner {
			return true
		}
		if total >= offset && len(found) < n {
			found = append(found, r)
		}
		total++
		return true
	}
	if _, ok := c.shelves.Get(owner); ok && c.layout.owned {
		return c.page("", owner, offset, n)
	}
	c.byID.Scan(func(_ string, r *record) bool { return visit(r) })
	return found, total
}

// Record returns one record.
func (w *World) Record(collection, ref string) (Record, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	_, r, err := w.recordAt(collection, ref)
	if err != nil {
		return Record{}, err
	}
	return r.view(), nil
}

// recordAt finds a record. The lock is held.
func (w *World) recordAt(collection, ref string) (*collection, *record, error) {
	held := w.collections[collection]
	if held == nil {
		return nil, nil, ErrUnknown
	}
	key, err := keyOfRef(ref)
	if err != nil {
		return nil, nil, err
	}
	r, ok := held.byID.Get(key)
	if !ok {
		return nil, nil, ErrUnknown
	}
	return held, r, nil
}

// AddRecord makes a record as if a client had: what the contract lets the
// server compute is computed. A body with the member that holds the id chooses it.
func (w *World) AddRecord(collection, owner string, scope []string, body map[string]any) (Record, error) {
	k := w.plan.Load().kinds[collection]
	if k == nil {
		return Record{}, ErrUnknown
	}
	m := &making{world: w, now: w.Now(), body: body, user: lookOf(w.User(owner))}
	r := &record{scope: strings.Join(scope, scopeSeparator), owner: owner}
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.collectionCalled(collection)
	if k.id != nil {
		m.id = textOf(body[k.id.name])
	}
	if m.id == "" {
		m.id = w.newRecordID(k, held, r.scope)
	}
	if held.find(r.scope, m.id) != nil {
		return Record{}, ErrTaken
	}
	r.id = m.id
	r.doc, r.key = k.exact(m)
	held.add(w.era, r)
	return r.view(), nil
}

// SetRecord replaces what a record holds by exactly what is given, but for its
// id and for what follows from its other members. An owner moves it to
// somebody else's; empty leaves it.
func (w *World) SetRecord(collection, ref, owner string, body map[string]any) (Record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held, old, err := w.recordAt(collection, ref)
	if err != nil {
		return Record{}, err
	}
	k := w.plan.Load().kinds[collection]
	if k == nil {
		return Record{}, ErrUnknown
	}
	if owner == "" {
		owner = old.owner
	}
	user, _ := w.users.Get(owner)
	m := &making{world: w, now: w.Now(), body: body, id: old.id, user: lookOf(user)}
	r := &record{id: old.id, scope: old.scope, owner: owner, seq: old.seq}
	r.doc, r.key = k.exact(m)
	held.take(w.era, old)
	held.put(w.era, r)
	if held.told != nil {
		held.told(r, false)
	}
	return r.view(), nil
}

// exact writes a record with the members that are given, in the contract's
// order. The id and what follows from other members are computed, what is left
// out is made as for a new record.
func (k *kind) exact(m *making) (doc []byte, key string) {
	if k.open {
		return k.document(m)
	}
	doc = []byte{'{'}
	for _, s := range k.slots {
		mark := len(doc)
		doc = appendKey(doc, 1, s.key)
		v, given := m.body[s.name]
		ok := true
		if given && s != k.id && (s.computed == nil || !s.computed.Pure()) {
			doc = appendValue(doc, v, s.shape)
		} else if doc, ok = k.appendSlot(doc, s, m); !ok {
			doc = doc[:mark]
		}
	}
	doc = append(doc, '}')
	return doc, k.keyOf(doc)
}

// RemoveRecord takes a record out.
func (w *World) RemoveRecord(collection, ref string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	held, r, err := w.recordAt(collection, ref)
	if err != nil {
		return err
	}
	held.remove(w.era, r)
	return nil
}

// ClearRecords takes out every record of a collection and returns how many.
func (w *World) ClearRecords(collection string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.collections[collection]
	if held == nil {
		return 0, ErrUnknown
	}
	all, n := held.window(0, held.byID.Len())
	w.together(func() {
		for _, r := range all {
			held.remove(w.era, r)
		}
	})
	return n, nil
}

// A Session is what one sign-up or log-in opened.
type Session struct {
	RefreshToken string `json:"refresh_token"`
	User         string `json:"user"` // id
}

// Sessions calls f for every open session until f returns false.
func (w *World) Sessions(f func(Session) bool) {
	w.mu.Lock() // copying marks the tree
	sessions := w.sessions.Copy()
	w.mu.Unlock()
	sessions.Scan(func(token string, s session) bool { return f(Session{token, s.user}) })
}

// EndSession makes a refresh token useless; it reports whether it was of use.
func (w *World) EndSession(refresh string) bool { return w.closeSession(refresh) }

// EndSessions makes the refresh tokens of a user useless, everybody's for an
// empty id, and returns how many were of use.
func (w *World) EndSessions(user string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.together(func() { n = w.closeSessions(user) })
	return n
}

// closeSessions is EndSessions under the lock.
func (w *World) closeSessions(user string) int {
	ended := map[string]session{}
	w.sessions.Scan(func(token string, s session) bool {
		if user == "" || s.user == user {
			ended[token] = s
		}
		return true
	})
	for token, s := range ended {
		w.sessions.Delete(token)
		w.tell(func() Change { return s.change(token, true) })
	}
	return len(ended)
}

// ExpireTokens makes the access tokens that were given to a user count as
// expired, everybody's for an empty id, and returns how many were still good.
func (w *World) ExpireTokens(user string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, n := w.Now(), 0
	w.together(func() {
		w.issued.Scan(func(_ uint64, t *Token) bool {
			if _, denied := w.revoked.Get(t.Raw); !denied && (user == "" || t.User == user) && (t.Expires.IsZero() || now.Before(t.Expires)) {
				w.hold(t.Raw, DeniedEarly)
				n++
			}
			return true
		})
	})
	return n
}

// RemoveUser takes out a user with their sessions and records.
func (w *World) RemoveUser(id string) error {
	w.mu.Lock()
	u, ok := w.users.Delete(id)
	if ok {
		w.together(func() {
			w.freeLogin(u)
			w.tell(func() Change { return u.change(false, true) })
			for _, held := range w.collections {
				w.removeRecordsOf(held, id)
			}
			w.closeSessions(id)
		})
	}
	w.mu.Unlock()
	if !ok {
		return ErrUnknown
	}
	return nil
}

func (w *World) removeRecordsOf(held *collection, owner string) {
	all, _ := held.ownedBy(owner, 0, held.byID.Len())
	for _, r := range all {
		held.remove(w.era, r)
	}
}

// AddUser signs a user up past the contract. The body is that of its sign-up.
func (m *Mock) AddUser(w *World, body map[string]any) (*User, error) {
	p := m.plan.Load()
	if p.accounts == nil {
		return nil, ErrUnknown
	}
	login, _ := body[p.accounts.login].(string)
	password, _ := body[p.accounts.password].(string)
	if login == "" {
		return nil, fmt.Errorf("%s is missing", p.accounts.login)
	}
	u, err := p.newUser(w, body, login, password)
	if err != nil {
		return nil, err
	}
	if !w.addUser(u, true) {
		return nil, ErrTaken
	}
	return u, nil
}

// SetUser changes members of a user's record, its login and its password.
func (m *Mock) SetUser(w *World, id string, body map[string]any) (*User, error) {
	p := m.plan.Load()
	old := w.User(id)
	if old == nil || p.accounts == nil {
		return nil, ErrUnknown
	}
	changed := *old
	if password, ok := body[p.accounts.password].(string); ok {
		hash, err := p.options.hashOf(password)
		if err != nil {
			return nil, err
		}
		changed.hash = hash
	}
	kept := make(map[string]any, len(body))
	for name, v := range body {
		if name != p.accounts.password {
			kept[name] = v
		}
	}
	if login, ok := kept[p.accounts.login].(string); ok && login != "" {
		changed.Login = login
	}
	changed.Doc, _ = p.accounts.kind.document(&making{world: w, now: w.Now(), body: kept, old: fieldsOf(old.Doc), patch: true, id: id})
	if !w.replaceUser(old, &changed) {
		return nil, ErrTaken
	}
	return &changed, nil
}

func (w *World) replaceUser(old, changed *User) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := loginKey(changed.Login)
	if holder, taken := w.logins.Get(key); taken && holder != changed.ID {
		return false
	}
	w.logins.Delete(loginKey(old.Login))
	w.logins.Set(key, changed.ID)
	w.users.Set(changed.ID, changed)
	w.tell(func() Change { return changed.change(changed.ID == w.firstUser, false) })
	return true
}

// LoginMember names the member that users log in with, and the one that holds
// their password; both are empty where the contract has no accounts.
func (m *Mock) LoginMember() (login, password string) {
	if a := m.plan.Load().accounts; a != nil {
		return a.login, a.password
	}
	return "", ""
}

// A Grant is what a user gets to sign in with past the contract.
type Grant struct {
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	Expires      time.Time `json:"expires"`
}

// Grant signs a user in past the contract. A lifetime of 0 is the usual one.
func (m *Mock) Grant(w *World, user string, lifetime time.Duration) (*Grant, error) {
	p := m.plan.Load()
	u := w.User(user)
	if u == nil {
		return nil, ErrUnknown
	}
	spec := p.anySpec()
	if spec == nil {
		return nil, errors.New("the contract gives no access tokens")
	}
	if lifetime <= 0 {
		lifetime = p.tokens.lifetimeOf(spec)
	}
	t, err := p.tokens.issueFor(w, spec, u, min(lifetime, maxLifetime))
	if err != nil {
		return nil, err
	}
	return &Grant{AccessToken: t.Raw, RefreshToken: w.openSession(u.ID), Expires: t.Expires}, nil
}

// anySpec is how the contract's first access token is made; nil for none.
func (p *plan) anySpec() *tokenSpec {
	for _, op := range p.operations {
		if op.grants != nil && op.grants.spec != nil {
			return op.grants.spec
		}
	}
	return nil
}

// ContractLifetime returns how long access tokens live by the contract; 0
// where it gives none.
func (m *Mock) ContractLifetime() time.Duration {
	if spec := m.plan.Load().anySpec(); spec != nil {
		return spec.lifetime
	}
	return 0
}

// SecurityRule returns the rule that asks for a token of this operation; nil
// where the ledger has none.
func SecurityRule(op *contract.Operation) *contract.Rule {
	return op.Contract().Rule(op.ID + ".security")
}
