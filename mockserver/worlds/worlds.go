// Package worlds keeps many worlds for one mock, so that tests that run side
// by side each have a state of their own from one port.
//
// A request names its world by the header X-Assay-World, or by a path below
// /_assay/worlds/NAME/ (see [Set.Enter]); without either it is for the mock's
// own world, which is called "default". A world that nobody has made yet is
// forked from the seed, which costs microseconds, or refused, as set.
//
// Snapshots are frozen worlds under a name. Making one and going back to one
// is a fork too, and costs the same whatever it holds.
package worlds

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/faults"
	"assay/mockserver/problem"
)

// Default is the name of the mock's own world.
const Default = "default"

// Options say how many worlds there may be, and for how long.
type Options struct {
	Most    int           // worlds at once, beside the mock's own; 0 takes 10,000
	Idle    time.Duration // a world that no request has named for so long is forgotten; 0 takes an hour, negative never
	Refuse  bool          // an unknown world is refused instead of made from the seed
	Journal int           // exchanges that each world remembers; the mock's own has the mock's
	Faults  faults.File   // what every world begins with, and is reset to
}

const (
	defaultMost = 10_000
	defaultIdle = time.Hour
)

// The problems that this package tells of.
var (
	NoSuchWorld    = &problem.Kind{Name: "no-such-world", Title: "No such world", Status: 404, Meaning: "The request names a world that nobody has made. POST /_assay/worlds makes one; a mock started with --unknown-worlds=seed makes them when first named."}
	WorldExists    = &problem.Kind{Name: "world-exists", Title: "World exists", Status: 409, Meaning: "A world of this name exists already. Delete it first, or reset it."}
	TooManyWorlds  = &problem.Kind{Name: "too-many-worlds", Title: "Too many worlds", Status: 507, Meaning: "The mock holds as many worlds as it may. Delete those that are done with, or start the mock with a higher --worlds."}
	BadName        = &problem.Kind{Name: "bad-name", Title: "Bad name", Status: 400, Meaning: "A world or snapshot is called by 1 to 100 letters, digits and . _ ~ : @ -, beginning with a letter or digit."}
	NoSuchSnapshot = &problem.Kind{Name: "no-such-snapshot", Title: "No such snapshot", Status: 404, Meaning: "There is no snapshot of this name. GET /_assay/snapshots lists them."}
	NotSaved       = &problem.Kind{Name: "not-saved", Title: "Not saved", Status: 500, Meaning: "The data file could not be written; nothing is acknowledged that is not safe."}
)

// A Set is the worlds of one mock. It is safe for concurrent use.
type Set struct {
	options Options
	mock    *mockserver.Mock
	store   Store // nil when nothing is kept

	mu        sync.RWMutex // guards what follows; also serialises what forks and replaces worlds
	named     map[string]*World
	own       *World
	snapshots map[string]*Snapshot
	seed      *frozen
	seedOf    *contract.Contract // that the seed was made for
	swept     time.Time
}

// A World is a named one, which may be reset and put back to a snapshot: then
// another takes its place.
type World struct {
	Name    string
	Created time.Time
	From    string // "seed", or the world or snapshot that it was forked from

	faults   *faults.Set
	planting sync.Mutex // keeps what is planted that of the state and faults of now
	state    atomic.Pointer[mockserver.World]
	used     atomic.Int64 // Unix nanoseconds
	layer    Layer
}

// State returns what the world holds now.
func (w *World) State() *mockserver.World { return w.state.Load() }

// Faults returns the faults planted in the world; [World.Replant] lets changes
// of them count.
func (w *World) Faults() *faults.Set { return w.faults }

// Replant plants the world's faults as they are now.
func (w *World) Replant() { w.become(nil) }

// become puts a state in the place of the world's; nil leaves it.
func (w *World) become(state *mockserver.World) {
	w.planting.Lock()
	defer w.planting.Unlock()
	if state != nil {
		state.Plant(w.faults.Fault())
		w.state.Store(state)
		return
	}
	w.State().Plant(w.faults.Fault())
}

// Used returns when a request named the world last.
func (w *World) Used() time.Time { return time.Unix(0, w.used.Load()) }

func (w *World) touch() { w.used.Store(time.Now().UnixNano()) }

// A frozen world is only forked.
type frozen struct {
	state *mockserver.World
	layer Layer
}

// A Snapshot is a world as it was at a moment.
type Snapshot struct {
	Name    string    `json:"name"`
	World   string    `json:"world"` // that it was taken of
	Created time.Time `json:"created"`
	frozen  *frozen
}

// New returns the worlds of a mock, which [Set.Bind] names.
func New(options Options) *Set {
	if options.Most == 0 {
		options.Most = defaultMost
	}
	if options.Idle == 0 {
		options.Idle = defaultIdle
	}
	return &Set{options: options, named: map[string]*World{}, snapshots: map[string]*Snapshot{}}
}

// Options returns what the set was made with, defaults filled in.
func (s *Set) Options() Options { return s.options }

// Bind lets the set keep the worlds of this mock; it is called once, before the
// mock serves. A store brings back what it kept; nil keeps nothing.
func (s *Set) Bind(m *mockserver.Mock, store Store) error {
	s.mock, s.store = m, store
	s.own = s.newWorld(Default, "seed")
	s.own.become(m.World())
	if store == nil {
		return nil
	}
	return s.open()
}

func (s *Set) newWorld(name, from string) *World {
	w := &World{Name: name, Created: time.Now(), From: from, faults: faults.NewSet(s.options.Faults.Seed, s.options.Faults.Faults...)}
	w.touch()
	return w
}

var goodName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~:@-]{0,99}$`)

func checkName(name string) error {
	if goodName.MatchString(name) {
		return nil
	}
	return BadName.New("%q is no name for a world or a snapshot", clip(name)).With("use 1 to 100 letters, digits and . _ ~ : @ -")
}

func clip(text string) string {
	const longest = 60
	if len(text) > longest {
		return text[:longest] + "…"
	}
	return text
}

// Of returns the world of this name; an unknown one is made or refused, as set.
func (s *Set) Of(name string) (*World, error) {
	if name == "" || name == Default {
		return s.own, nil
	}
	s.mu.RLock()
	w := s.named[name]
	s.mu.RUnlock()
	if w != nil {
		w.touch()
		return w, nil
	}
	if s.options.Refuse {
		return nil, NoSuchWorld.New("there is no world called %q", clip(name)).With("make it with POST /_assay/worlds")
	}
	w, err := s.create(name, Source{}) // the answer to the request waits until all is safe
	if err == nil {
		return w, nil
	}
	if known := s.Known(name); known != nil { // another request was faster
		return known, nil
	}
	return nil, err
}

// Known returns the world of this name, or nil; it makes none.
func (s *Set) Known(name string) *World {
	if name == "" || name == Default {
		return s.own
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.named[name]
}

// A Source says what a world is forked from; the zero value is the seed.
type Source struct {
	World    string
	Snapshot string
}

func (f Source) String() string {
	switch {
	case f.World != "":
		return "world " + f.World
	case f.Snapshot != "":
		return "snapshot " + f.Snapshot
	}
	return "seed"
}

// Create makes a world.
func (s *Set) Create(name string, from Source) (*World, error) {
	w, err := s.create(name, from)
	if err != nil {
		return nil, err
	}
	return w, s.saved()
}

func (s *Set) create(name string, from Source) (*World, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if name == Default {
		return nil, WorldExists.New("the world %q is the mock's own", Default)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.named[name] != nil {
		return nil, WorldExists.New("there is a world called %q already", clip(name))
	}
	if err := s.makeRoom(); err != nil {
		return nil, err
	}
	parent, err := s.source(from)
	if err != nil {
		return nil, err
	}
	w := s.newWorld(name, from.String())
	s.put(w, s.fork(parent, w))
	s.named[name] = w
	return w, nil
}

// makeRoom forgets what is too old, and refuses when there are still too many.
// The lock is held.
func (s *Set) makeRoom() error {
	const pause = 10 * time.Second
	if time.Since(s.swept) > pause || len(s.named) >= s.options.Most {
		s.sweep()
	}
	if len(s.named) >= s.options.Most {
		return TooManyWorlds.New("there are %d worlds, which is as many as there may be", len(s.named)).With("delete those that are done with: DELETE /_assay/worlds/NAME")
	}
	return nil
}

// sweep forgets the worlds that no request has named for long. The lock is held.
func (s *Set) sweep() {
	s.swept = time.Now()
	if s.options.Idle < 0 {
		return
	}
	before := s.swept.Add(-s.options.Idle)
	for name, w := range s.named {
		if w.Used().Before(before) {
			s.drop(name)
		}
	}
}

// mostJournals is how many worlds remember their exchanges, beside the mock's
// own: those that were used last. A journal takes far more memory than its world.
const mostJournals = 500

// forgetJournals leaves the journals of the worlds that were used last.
func (s *Set) forgetJournals() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.named) <= mostJournals {
		return
	}
	all := slices.SortedFunc(maps.Values(s.named), func(a, b *World) int { return b.Used().Compare(a.Used()) })
	for _, w := range all[mostJournals:] {
		w.State().Journal.Clear()
	}
}

// Run forgets old worlds, and exchanges where they are too many, until the
// context ends.
func (s *Set) Run(ctx context.Context) {
	ticker := time.NewTicker(10 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.mu.Lock()
			s.sweep()
			s.mu.Unlock()
			s.forgetJournals()
		}
	}
}

// source returns what a world is forked from. The lock is held.
func (s *Set) source(from Source) (*frozen, error) {
	switch {
	case from.Snapshot != "":
		snapshot := s.snapshots[from.Snapshot]
		if snapshot == nil {
			return nil, NoSuchSnapshot.New("there is no snapshot called %q", clip(from.Snapshot))
		}
		return snapshot.frozen, nil
	case from.World != "":
		w := s.find(from.World)
		if w == nil {
			return nil, NoSuchWorld.New("there is no world called %q", clip(from.World))
		}
		return s.freeze(w), nil
	}
	return s.seeded(), nil
}

// find is Known under the lock.
func (s *Set) find(name string) *World {
	if name == "" || name == Default {
		return s.own
	}
	return s.named[name]
}

// seeded returns the world as it is at the start, for the contract served now.
func (s *Set) seeded() *frozen {
	if served := s.mock.Contract(); s.seed == nil || s.seedOf != served {
		s.replaceSeed(&frozen{state: s.mock.NewWorld(s.mock.World().Seed())})
		s.seedOf = served
	}
	return s.seed
}

// put makes a state the one of a world.
func (s *Set) put(w *World, state *mockserver.World) {
	w.become(state)
	if w == s.own {
		s.mock.SetWorld(state)
	}
}

// journal gives a fresh state the journal of its world.
func (s *Set) journal(state *mockserver.World, w *World) {
	switch old := w.State(); {
	case old != nil:
		state.Journal = old.Journal
	case w != s.own:
		state.Journal = mockserver.NewJournal(s.options.Journal)
	}
}

// List returns the worlds in the order of their names, the mock's own first.
func (s *Set) List() []*World {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]*World, 0, len(s.named)+1)
	for _, w := range s.named {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *World) int { return strings.Compare(a.Name, b.Name) })
	return append([]*World{s.own}, all...)
}

// Len returns how many worlds there are beside the mock's own.
func (s *Set) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.named)
}

// Delete forgets a world.
func (s *Set) Delete(name string) error {
	return s.lockedAndSaved(func() error { return s.delete(name) })
}

func (s *Set) delete(name string) error {
	if name == Default {
		return WorldExists.New("the world %q is the mock's own and stays", Default).With("reset it: POST /_assay/reset")
	}
	if s.named[name] == nil {
		return NoSuchWorld.New("there is no world called %q", clip(name))
	}
	s.drop(name)
	return nil
}

// lockedAndSaved does something under the lock, and waits without it until what
// was put down is safe.
func (s *Set) lockedAndSaved(do func() error) error {
	s.mu.Lock()
	err := do()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.saved()
}

// Reset puts a world back to the seed, and its faults to those that every
// world begins with. Its journal goes on.
func (s *Set) Reset(name string) error {
	if w := s.Known(name); w != nil {
		w.faults.Clear(s.options.Faults.Faults...)
	}
	return s.Restore(name, Source{})
}

// Restore puts a world back to a snapshot, to the seed, or to what another
// world holds. Its journal goes on, its faults stay.
func (s *Set) Restore(name string, from Source) error {
	return s.lockedAndSaved(func() error {
		w := s.find(name)
		if w == nil {
			return NoSuchWorld.New("there is no world called %q", clip(name))
		}
		parent, err := s.source(from)
		if err != nil {
			return err
		}
		s.put(w, s.fork(parent, w))
		return nil
	})
}

// Replace puts a state that was made elsewhere, as by an import, in the place
// of a world's. The make function gets a blank one.
func (s *Set) Replace(name string, build func(blank *mockserver.World) error) error {
	state := s.mock.BlankWorld(s.mock.World().Seed(), uint64(time.Now().UnixNano())) // other ids than those that come with the import
	if err := build(state); err != nil {
		return err
	}
	return s.lockedAndSaved(func() error {
		w := s.find(name)
		if w == nil {
			return NoSuchWorld.New("there is no world called %q", clip(name))
		}
		s.put(w, s.fork(s.root(state), w))
		return nil
	})
}
