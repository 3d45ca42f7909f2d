package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"strings"

	"assay/mockserver"
	"assay/mockserver/worlds"
)

// A Store keeps the worlds of one contract in a file.
type Store struct {
	file   *File
	bucket []byte

	// The file's lock guards what follows.
	last   worlds.Layer
	layers map[worlds.Layer]*layer
	names  map[string]worlds.Layer
}

var _ worlds.Store = (*Store)(nil)

// A layer is told by how many names and layers rest on it: nobody needs one
// that bears nothing any more.
type layer struct {
	parent worlds.Layer
	bears  int
}

// Of returns the store of a contract that the file was opened for.
func (f *File) Of(contract string) *Store {
	return &Store{file: f, bucket: []byte(contractsAt + contract), layers: map[worlds.Layer]*layer{}, names: map[string]worlds.Layer{}}
}

// Layer makes a layer upon another one.
func (s *Store) Layer(parent worlds.Layer) worlds.Layer {
	s.file.mu.Lock()
	defer s.file.mu.Unlock()
	if below := s.layers[parent]; below != nil {
		below.bears++
	}
	s.last++
	s.layers[s.last] = &layer{parent: parent}
	s.file.put(s).layers[s.last] = parent
	return s.last
}

// pinned is what stands under a name.
type pinned struct {
	Layer worlds.Layer `json:"layer"`
	worlds.Facts
}

// Name puts a layer under a name, or takes the name away.
func (s *Store) Name(kind worlds.Kind, name string, to worlds.Layer, facts worlds.Facts) {
	s.file.mu.Lock()
	defer s.file.mu.Unlock()
	key := nameKey(kind, name)
	before := s.names[key]
	if to == 0 {
		delete(s.names, key)
		s.file.put(s).names[key] = nil
	} else {
		text, err := json.Marshal(pinned{to, facts})
		if err != nil {
			panic(err) // numbers, times and texts can be written
		}
		s.names[key] = to
		if held := s.layers[to]; held != nil {
			held.bears++
		}
		s.file.put(s).names[key] = seal([]byte(key), text, false)
	}
	s.lift(before)
}

// lift takes from a layer something that rested on it. The lock is held.
func (s *Store) lift(from worlds.Layer) {
	for held := s.layers[from]; held != nil; held = s.layers[from] {
		if held.bears--; held.bears > 0 {
			return
		}
		delete(s.layers, from)
		s.file.put(s).forgotten[from] = true
		from = held.parent
	}
}

// Wait returns once everything put down before is safe.
func (s *Store) Wait() error { return s.file.wait() }

// Log tells a layer what changes in its world.
func (s *Store) Log(of worlds.Layer) mockserver.Log { return &log{s, of} }

type log struct {
	*Store
	layer worlds.Layer
}

// Changed puts changes down for one commit. Those of a layer that is forgotten
// are of a world that another has taken the place of.
func (l *log) Changed(changes ...mockserver.Change) {
	l.file.mu.Lock()
	defer l.file.mu.Unlock()
	if l.layers[l.layer] == nil {
		return
	}
	things := l.file.put(l.Store).things
	for _, c := range changes {
		key := thingKey(c.Key)
		things[place{l.layer, key}] = seal([]byte(key), c.Value, c.Gone)
	}
}

// longestKey bounds keys, in bytes; the database takes up to 32 kB.
const longestKey = 1 << 10

// thingKey is a thing's own key, but for its kind a digest where it is long.
func thingKey(key string) string {
	if len(key) <= longestKey {
		return key
	}
	kind, _, _ := strings.Cut(key, "\x00")
	sum := sha256.Sum256([]byte(key))
	return kind + "\x00\x00" + hex.EncodeToString(sum[:])
}

func nameKey(kind worlds.Kind, name string) string { return string(kind) + "\x00" + name }

// A sealed value begins with a checksum of its key and of all that follows,
// and with a byte that says whether the thing is there or gone.
const sealSize = 5

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func seal(key, value []byte, gone bool) []byte {
	sealed := make([]byte, sealSize, sealSize+len(value))
	if gone {
		sealed[4] = 1
	}
	sealed = append(sealed, value...)
	binary.BigEndian.PutUint32(sealed, checksum(key, sealed[4:]))
	return sealed
}

func checksum(key, rest []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, rest)
}

func isGone(sealed []byte) bool { return len(sealed) >= sealSize && sealed[4] == 1 }

// unseal returns a copy of what was sealed.
func unseal(key, sealed []byte) (value []byte, gone, ok bool) {
	if len(sealed) < sealSize || binary.BigEndian.Uint32(sealed) != checksum(key, sealed[4:]) {
		return nil, false, false
	}
	return append([]byte(nil), sealed[sealSize:]...), isGone(sealed), true
}
