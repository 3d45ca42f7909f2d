package store

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"assay/mockserver"
	"assay/mockserver/worlds"
)

// Read brings back what was kept.
func (s *Store) Read(blank func() *mockserver.World, bring func(worlds.Kind, string, worlds.Kept) error) error {
	return s.file.carefully(func() error {
		var r *reading
		err := s.file.update(func(tx *bbolt.Tx) (err error) {
			r, err = s.tidy(tx.Bucket(s.bucket))
			return err
		})
		if err != nil {
			return err
		}
		return s.file.db.View(func(tx *bbolt.Tx) error { return r.bring(tx.Bucket(s.bucket).Bucket(layersBucket), blank, bring) })
	})
}

// A reading is a store that is being read.
type reading struct {
	*Store
	pinned map[string]pinned
}

// tidy reads the layers and names, and takes out what is not needed any more:
// layers that nothing rests on, as a process leaves them that was killed, and
// the seams of layers that nothing tells apart.
func (s *Store) tidy(bucket *bbolt.Bucket) (*reading, error) {
	r := &reading{s, map[string]pinned{}}
	layers, parents, names := bucket.Bucket(layersBucket), bucket.Bucket(parentsBucket), bucket.Bucket(namesBucket)
	if layers == nil || parents == nil || names == nil {
		return nil, s.file.damaged("it has no place for layers")
	}
	s.file.mu.Lock()
	defer s.file.mu.Unlock()
	if err := r.readLayers(layers, parents); err != nil {
		return nil, err
	}
	if err := r.readNames(names); err != nil {
		return nil, err
	}
	for _, id := range slices.Backward(slices.Sorted(maps.Keys(s.layers))) {
		if held := s.layers[id]; held.bears == 0 {
			delete(s.layers, id)
			if below := s.layers[held.parent]; below != nil {
				below.bears--
			}
			if err := forget(layers, parents, id); err != nil {
				return nil, err
			}
		}
	}
	return r, r.fold(layers, parents, names)
}

func (r *reading) readLayers(layers, parents *bbolt.Bucket) error {
	err := parents.ForEach(func(key, value []byte) error {
		id, ok := layerOf(key)
		parent, okToo := layerOf(value)
		if !ok || !okToo || id == 0 || parent >= id || layers.Bucket(key) == nil || parent != 0 && r.layers[parent] == nil {
			return r.file.damaged("layer %x rests on nothing", key)
		}
		r.layers[id] = &layer{parent: parent}
		if parent != 0 {
			r.layers[parent].bears++
		}
		r.last = max(r.last, id)
		return nil
	})
	return err
}

func layerOf(key []byte) (worlds.Layer, bool) {
	if len(key) != 8 {
		return 0, false
	}
	return worlds.Layer(binary.BigEndian.Uint64(key)), true
}

func (r *reading) readNames(names *bbolt.Bucket) error {
	return names.ForEach(func(key, sealed []byte) error {
		text, _, ok := unseal(key, sealed)
		var p pinned
		if !ok || json.Unmarshal(text, &p) != nil || r.layers[p.Layer] == nil {
			return r.file.damaged("the name %q stands for nothing", key)
		}
		r.pinned[string(key)] = p
		r.names[string(key)] = p.Layer
		r.layers[p.Layer].bears++
		return nil
	})
}

// fold puts each layer that alone rests on one without a name into that one, so
// that the layers of a world do not grow in number with its snapshots.
func (r *reading) fold(layers, parents, names *bbolt.Bucket) error {
	named := map[worlds.Layer]bool{}
	for _, p := range r.pinned {
		named[p.Layer] = true
	}
	into := map[worlds.Layer]worlds.Layer{}
	for _, id := range slices.Sorted(maps.Keys(r.layers)) {
		held := r.layers[id]
		if moved := into[held.parent]; moved != 0 {
			held.parent = moved
			if err := parents.Put(number(uint64(id)), number(uint64(moved))); err != nil {
				return err
			}
		}
		below := r.layers[held.parent]
		if below == nil || below.bears > 1 || named[held.parent] {
			continue
		}
		if err := move(layers, parents, id, held.parent); err != nil {
			return err
		}
		into[id], named[held.parent], below.bears = held.parent, named[id], held.bears
		delete(r.layers, id)
	}
	for name, p := range r.pinned {
		if moved := into[p.Layer]; moved != 0 {
			p.Layer = moved
			r.pinned[name], r.names[name] = p, moved
			text, err := json.Marshal(p)
			if err != nil {
				return err
			}
			if err := names.Put([]byte(name), seal([]byte(name), text, false)); err != nil {
				return err
			}
		}
	}
	return nil
}

// move puts what a layer has into the one below it.
func move(layers, parents *bbolt.Bucket, from, to worlds.Layer) error {
	source, target := layers.Bucket(number(uint64(from))), layers.Bucket(number(uint64(to)))
	err := source.ForEach(func(key, sealed []byte) error {
		return setThing(layers, parents, target, place{to, string(key)}, slices.Clone(sealed))
	})
	if err != nil {
		return err
	}
	return forget(layers, parents, from)
}

// bring makes a world of each layer, each from that of the layer below.
func (r *reading) bring(layers *bbolt.Bucket, blank func() *mockserver.World, bring func(worlds.Kind, string, worlds.Kept) error) error {
	states := map[worlds.Layer]*mockserver.World{}
	for _, id := range slices.Sorted(maps.Keys(r.layers)) {
		var state *mockserver.World
		if parent := r.layers[id].parent; parent == 0 {
			state = blank()
		} else {
			state = states[parent].Fork()
		}
		if err := r.apply(state, layers.Bucket(number(uint64(id)))); err != nil {
			return err
		}
		states[id] = state
	}
	for _, key := range slices.Sorted(maps.Keys(r.pinned)) {
		kind, name, _ := strings.Cut(key, "\x00")
		p := r.pinned[key]
		if err := bring(worlds.Kind(kind), name, worlds.Kept{Facts: p.Facts, Layer: p.Layer, State: states[p.Layer]}); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) apply(state *mockserver.World, things *bbolt.Bucket) error {
	return things.ForEach(func(key, sealed []byte) error {
		value, gone, ok := unseal(key, sealed)
		if !ok {
			return r.file.damaged("%q is not as it was written", key)
		}
		if err := state.Apply(mockserver.Change{Key: string(key), Value: value, Gone: gone}); err != nil {
			return r.file.damaged("%v", err)
		}
		return nil
	})
}
