package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"assay/mockserver/worlds"
)

// A batch is what is written by one commit. Its parts say how things are to be
// in the end, so that the order in which they came does not matter.
type batch struct {
	parts map[*Store]*part
	done  chan struct{} // closed once err stands
	err   error
}

// A part is what a batch has for one contract.
type part struct {
	layers    map[worlds.Layer]worlds.Layer // made, with what they rest on
	things    map[place][]byte              // sealed
	names     map[string][]byte             // sealed; nil takes away
	forgotten map[worlds.Layer]bool
}

// A place is where a thing stands.
type place struct {
	layer worlds.Layer
	key   string
}

func newBatch() *batch { return &batch{parts: map[*Store]*part{}, done: make(chan struct{})} }

// put returns the part of the next batch that is a contract's. The lock is held.
func (f *File) put(s *Store) *part {
	if f.next == nil {
		f.next = newBatch()
	}
	return f.next.of(s)
}

func (b *batch) of(s *Store) *part {
	p := b.parts[s]
	if p == nil {
		p = &part{map[worlds.Layer]worlds.Layer{}, map[place][]byte{}, map[string][]byte{}, map[worlds.Layer]bool{}}
		b.parts[s] = p
	}
	return p
}

// wait returns once everything put down before is safe. Of those who wait the
// first one writes, for all; meanwhile the next batch gathers.
func (f *File) wait() error {
	f.mu.Lock()
	b := f.next
	if b == nil {
		b = f.writing
	}
	f.mu.Unlock()
	if b == nil {
		return nil
	}
	select {
	case <-b.done:
		return b.err
	case f.turn <- struct{}{}:
	}
	defer func() { <-f.turn }()
	select {
	case <-b.done: // by whoever had the turn before
		return b.err
	default:
	}
	f.mu.Lock()
	f.next, f.writing = nil, b // b is the next one: what was being written before is done
	f.mu.Unlock()
	f.finish(b, f.write(b))
	return b.err
}

// finish says how a batch ended. What could not be written is tried again with
// what comes next.
func (f *File) finish(b *batch, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		again := newBatch()
		again.take(b)
		if f.next != nil {
			again.take(f.next)
			f.next.parts = again.parts // others wait for it already
		} else {
			f.next = again
		}
	}
	if f.failing != (err != nil) {
		f.failing = err != nil
		if f.Trouble != nil {
			go f.Trouble(err)
		}
	}
	f.writing, b.err = nil, err
	close(b.done)
}

// take adds what a later batch has.
func (b *batch) take(later *batch) {
	for s, p := range later.parts {
		into := b.of(s)
		maps.Copy(into.layers, p.layers)
		maps.Copy(into.things, p.things)
		maps.Copy(into.names, p.names)
		maps.Copy(into.forgotten, p.forgotten)
	}
}

// write commits a batch.
func (f *File) write(b *batch) error {
	return f.update(func(tx *bbolt.Tx) error {
		for s, p := range b.parts {
			if err := p.write(tx.Bucket(s.bucket)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *part) write(bucket *bbolt.Bucket) error {
	layers, parents, names := bucket.Bucket(layersBucket), bucket.Bucket(parentsBucket), bucket.Bucket(namesBucket)
	for layer, parent := range p.layers {
		if p.forgotten[layer] {
			continue
		}
		_, err := layers.CreateBucketIfNotExists(number(uint64(layer)))
		if err := errors.Join(err, parents.Put(number(uint64(layer)), number(uint64(parent)))); err != nil {
			return err
		}
	}
	if err := p.writeThings(layers, parents); err != nil {
		return err
	}
	for name, sealed := range p.names {
		if err := set(names, []byte(name), sealed); err != nil {
			return err
		}
	}
	for layer := range p.forgotten {
		if err := forget(layers, parents, layer); err != nil {
			return err
		}
	}
	return nil
}

// forget takes a layer out, if it is there.
func forget(layers, parents *bbolt.Bucket, layer worlds.Layer) error {
	key := number(uint64(layer))
	if layers.Bucket(key) != nil {
		if err := layers.DeleteBucket(key); err != nil {
			return err
		}
	}
	return parents.Delete(key)
}

// writeThings writes in the order of the keys: within a transaction the
// database keeps a page in order however long it grows.
func (p *part) writeThings(layers, parents *bbolt.Bucket) error {
	places := slices.SortedFunc(maps.Keys(p.things), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.key, b.key))
	})
	var into *bbolt.Bucket
	of := worlds.Layer(0)
	for _, at := range places {
		if p.forgotten[at.layer] {
			continue
		}
		if at.layer != of {
			of, into = at.layer, layers.Bucket(number(uint64(at.layer)))
		}
		if into == nil {
			return fmt.Errorf("layer %d is missing", at.layer)
		}
		if err := setThing(layers, parents, into, at, p.things[at]); err != nil {
			return err
		}
	}
	return nil
}

// setThing puts a thing into a layer. One that is gone leaves a mark only where
// a layer below has it.
func setThing(layers, parents, into *bbolt.Bucket, at place, sealed []byte) error {
	if isGone(sealed) && !below(layers, parents, at) {
		sealed = nil
	}
	return set(into, []byte(at.key), sealed)
}

// below reports whether a layer that a place's layer rests on has its thing.
func below(layers, parents *bbolt.Bucket, at place) bool {
	for parent := parentOf(parents, at.layer); parent != 0; parent = parentOf(parents, parent) {
		if held := layers.Bucket(number(uint64(parent))); held != nil {
			if sealed := held.Get([]byte(at.key)); sealed != nil {
				return !isGone(sealed)
			}
		}
	}
	return false
}

// parentOf returns the layer that a layer rests on; 0 for none.
func parentOf(parents *bbolt.Bucket, of worlds.Layer) worlds.Layer {
	key := parents.Get(number(uint64(of)))
	if parent, ok := layerOf(key); ok && parent < of { // else the file is damaged, and this must come to an end
		return parent
	}
	return 0
}

func set(in *bbolt.Bucket, key, sealed []byte) error {
	if sealed == nil {
		return in.Delete(key)
	}
	return in.Put(key, sealed)
}
