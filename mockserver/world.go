package mockserver

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/btree"

	"assay/samples"
)

// A World is all that a mock remembers: users, sessions, records, its clock,
// its randomness, its journal and the faults planted in it. Worlds are
// independent of each other and safe for concurrent use.
type World struct {
	Clock   Clock
	Random  *Random  // the world's only source of chance
	Journal *Journal // nil when none is kept

	seed  uint64
	keys  *Keys
	plan  atomic.Pointer[plan] // that the collections are arranged for
	demo  *Account
	fault atomic.Pointer[Fault]

	sampling sync.Once
	source   *samples.Source

	mu          sync.RWMutex
	era         uint64 // what this world may write to without copying
	users       *btree.Map[string, *User]
	logins      *btree.Map[string, string] // login → id
	firstUser   string
	sessions    *btree.Map[string, session] // refresh token → session
	revoked     *btree.Map[string, Denied]  // access tokens that are of no use any more
	issued      *btree.Map[uint64, *Token]  // access tokens given, oldest first
	lastIssued  uint64
	crowded     int // how many issued tokens are kept before expired ones are forgotten
	collections map[string]*collection
	singletons  *btree.Map[string, []byte] // path → the document stored there
	extra       map[string]Forker          // state of registered handlers, by name
	unread      map[string][]byte          // such state, kept, that no handler has asked for yet
	savedAt     map[string]uint64          // the versions of such state that the log was told of
	log         atomic.Pointer[Log]        // told of every change; nil for none
	gathering   bool                       // what belongs together is gathered before the log is told
	gathered    []Change
}

// A Forker is state that a registered handler keeps in a world. Fork returns
// a copy for a forked world; it should cost little.
type Forker interface{ Fork(into *World) Forker }

// newWorld returns an empty world for the plan.
func newWorld(p *plan, seed uint64, keys *Keys) *World {
	w := &World{
		seed: seed, keys: keys,
		Random:     newRandom(seed, "world"),
		era:        lastEra.Add(1),
		users:      new(btree.Map[string, *User]),
		logins:     new(btree.Map[string, string]),
		sessions:   new(btree.Map[string, session]),
		revoked:    new(btree.Map[string, Denied]),
		issued:     new(btree.Map[uint64, *Token]),
		singletons: new(btree.Map[string, []byte]),
		extra:      map[string]Forker{},
	}
	w.plan.Store(p)
	w.collections = make(map[string]*collection, len(p.kinds))
	for name, c := range p.kinds {
		w.collections[name] = newCollection(c.layout)
	}
	return w
}

// Fork returns a world that begins as this one is now and then goes its own
// way. It costs the same whatever the world holds: both share their records
// until one of them writes. Faults and the journal stay behind.
func (w *World) Fork() *World {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fork()
}

// Branch is Fork, and lets another log be told of every change of this world
// from the same moment on.
func (w *World) Branch(l Log) *World {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Clock.changing.Lock()
	defer w.Clock.changing.Unlock()
	if w.log.Load() != nil {
		w.tellEngines()
	}
	f := w.fork()
	w.keep(l)
	return f
}

// fork is Fork under the lock.
func (w *World) fork() *World {
	f := &World{
		seed: w.seed, keys: w.keys, demo: w.demo,
		Random:     w.Random.fork(),
		era:        lastEra.Add(1),
		users:      w.users.Copy(),
		logins:     w.logins.Copy(),
		firstUser:  w.firstUser,
		sessions:   w.sessions.Copy(),
		revoked:    w.revoked.Copy(),
		issued:     w.issued.Copy(),
		lastIssued: w.lastIssued,
		crowded:    w.crowded,
		singletons: w.singletons.Copy(),
		extra:      make(map[string]Forker, len(w.extra)),
	}
	f.plan.Store(w.plan.Load())
	if w.Journal != nil {
		f.Journal = NewJournal(w.Journal.Size())
	}
	f.Clock.copyFrom(&w.Clock)
	f.collections = make(map[string]*collection, len(w.collections))
	for name, c := range w.collections {
		f.collections[name] = c.fork()
	}
	for name, state := range w.extra {
		f.extra[name] = state.Fork(f)
	}
	f.unread = maps.Clone(w.unread)
	w.era = lastEra.Add(1) // what both hold, neither may write
	return f
}

// Now returns the world's time, in UTC.
func (w *World) Now() time.Time { return w.Clock.Now() }

// NewID returns a fresh id of nine characters from the world's randomness.
func (w *World) NewID() string { return w.Random.id(idForm{alphabet: base36, length: idLength}) }

// Seed returns the seed that the world was made from.
func (w *World) Seed() uint64 { return w.seed }

// Keys returns what tokens of this world are signed with; forked worlds share them.
func (w *World) Keys() *Keys { return w.keys }

// State returns what a registered handler keeps in this world under a name;
// the first call makes it.
func (w *World) State(name string, first func() Forker) Forker {
	w.mu.RLock()
	state, ok := w.extra[name]
	w.mu.RUnlock()
	if ok {
		return state
	}
	made := first()
	w.mu.Lock()
	defer w.mu.Unlock()
	if state, ok := w.extra[name]; ok {
		return state
	}
	made = w.restored(name, made)
	w.extra[name] = made
	return made
}

// Demo returns the account that the world was seeded with, or nil.
func (w *World) Demo() *Account { return w.demo }

// An Account is what a person needs to sign in as a seeded user.
type Account struct {
	Login    string // the e-mail address
	Password string
	Name     string
	Records  int    // how many records the account was seeded with
	Kind     string // and of which collection: the last word of its path
}

// collectionNames returns the names of the collections in order. The lock is held.
func (w *World) collectionNames() []string {
	return slices.Sorted(maps.Keys(w.collections))
}
