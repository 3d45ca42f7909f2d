package worlds

import (
	"time"

	"assay/mockserver"
)

// A Layer is what a world holds beyond its parent layer, as a store keeps it:
// forks share their parents, as they do in memory. 0 is none.
type Layer uint64

// A Store keeps worlds across restarts. Its methods only put down what is to
// be done; Wait waits until it is.
type Store interface {
	// Layer makes an empty layer upon a parent; 0 makes one upon nothing.
	Layer(parent Layer) Layer
	// Log tells a layer what changes in its world.
	Log(Layer) mockserver.Log
	// Name puts a layer under a name of a kind, in the place of the one before;
	// what no name and no layer rests on any more is forgotten. A layer of 0
	// takes the name away.
	Name(kind Kind, name string, to Layer, facts Facts)
	// Wait returns once everything put down before is safe.
	Wait() error
	// Read brings back what was kept: each layer as a world, forked from its
	// parent's, and what the names stand for.
	Read(blank func() *mockserver.World, bring func(Kind, string, Kept) error) error
}

// A Kind is what a name in a store stands for.
type Kind string

const (
	KeptWorld    Kind = "world"
	KeptSnapshot Kind = "snapshot"
	KeptSeed     Kind = "seed"
)

// Facts are kept with a name.
type Facts struct {
	Created time.Time `json:"created"`
	From    string    `json:"from,omitempty"`  // of a world
	World   string    `json:"world,omitempty"` // of a snapshot
}

// Kept is what a name stands for.
type Kept struct {
	Facts
	Layer Layer
	State *mockserver.World // that of the layer; not to be changed
}

// open brings back what the store kept, and begins to keep the mock's own world.
func (s *Set) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	seed := s.mock.World().Seed()
	blank := func() *mockserver.World { return s.mock.BlankWorld(seed, uint64(time.Now().UnixNano())) }
	if err := s.store.Read(blank, s.bring); err != nil {
		return err
	}
	if s.own.layer == 0 {
		s.put(s.own, s.fork(s.seeded(), s.own))
	}
	return s.store.Wait()
}

// bring takes what a store kept under a name.
func (s *Set) bring(kind Kind, name string, kept Kept) error {
	at := &frozen{state: kept.State, layer: kept.Layer}
	switch kind {
	case KeptSnapshot:
		s.snapshots[name] = &Snapshot{Name: name, World: kept.World, Created: kept.Created, frozen: at}
	case KeptWorld:
		w := s.own
		if name != Default {
			w = s.newWorld(name, kept.From)
			w.Created = kept.Created
			s.named[name] = w
		}
		w.layer = kept.Layer
		state := kept.State.Fork()
		s.journal(state, w)
		state.Keep(s.store.Log(kept.Layer)) // it goes on where it was
		s.put(w, state)
	}
	return nil
}

// fork makes a fresh state for a world. The lock is held.
func (s *Set) fork(from *frozen, w *World) *mockserver.World {
	state := from.state.Fork()
	s.journal(state, w)
	if s.store != nil {
		w.layer = s.store.Layer(from.layer)
		s.store.Name(KeptWorld, w.Name, w.layer, Facts{Created: w.Created, From: w.From})
		state.Keep(s.store.Log(w.layer))
	}
	return state
}

// freeze takes a world as it is now. What the world does from now on is told
// to a layer of its own. The lock is held.
func (s *Set) freeze(w *World) *frozen {
	if s.store == nil {
		return &frozen{state: w.State().Fork()}
	}
	below := w.layer
	w.layer = s.store.Layer(below)
	s.store.Name(KeptWorld, w.Name, w.layer, Facts{Created: w.Created, From: w.From})
	return &frozen{state: w.State().Branch(s.store.Log(w.layer)), layer: below}
}

// root keeps a state that rests on nothing. The lock is held.
func (s *Set) root(state *mockserver.World) *frozen {
	at := &frozen{state: state}
	if s.store != nil {
		at.layer = s.store.Layer(0)
		log := s.store.Log(at.layer)
		for change := range state.Dump() {
			log.Changed(change)
		}
	}
	return at
}

func (s *Set) replaceSeed(at *frozen) {
	s.seed = s.root(at.state)
	if s.store != nil {
		s.store.Name(KeptSeed, "seed", s.seed.layer, Facts{Created: time.Now()})
	}
}

func (s *Set) drop(name string) {
	delete(s.named, name)
	if s.store != nil {
		s.store.Name(KeptWorld, name, 0, Facts{})
	}
}

func (s *Set) keepSnapshot(taken *Snapshot) {
	s.snapshots[taken.Name] = taken
	if s.store != nil {
		s.store.Name(KeptSnapshot, taken.Name, taken.frozen.layer, Facts{Created: taken.Created, World: taken.World})
	}
}

func (s *Set) dropSnapshot(name string) {
	delete(s.snapshots, name)
	if s.store != nil {
		s.store.Name(KeptSnapshot, name, 0, Facts{})
	}
}

// saved waits until what was put down is safe.
func (s *Set) saved() error {
	if s.store == nil {
		return nil
	}
	if err := s.store.Wait(); err != nil {
		return NotSaved.New("%v", err)
	}
	return nil
}
