package mockserver

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"

	"assay/contract"
)

// A record is its JSON, and what it is found and sorted by. It is never
// changed: an update puts another in its place, so a page may be written
// after the lock is gone, and forks share records.
type record struct {
	id    string // the text of its id member
	scope string // values of the path parameters before the collection, joined
	owner string // id of the user who made it; empty for nobody
	seq   uint64 // order of creation
	key   string // its place in the documented order, see sortKey
	doc   []byte // members in the order of the collection's shape
}

// less orders records by the documented keys, then by creation.
func less(a, b *record) bool {
	if a.key != b.key {
		return a.key < b.key
	}
	return a.seq < b.seq
}

// Sort keys are written as bytes that compare as their values do: one byte for
// the type, then the value. Descending keys are written inverted.
const (
	sortsAsNull byte = iota + 1
	sortsAsBool
	sortsAsNumber
	sortsAsText
)

// sortKey returns the place of a record in an order; look gives a member's
// raw JSON, nil where there is none.
func sortKey(order []contract.SortKey, look func(name string) []byte) string {
	if len(order) == 0 {
		return ""
	}
	var buf [64]byte
	key := buf[:0]
	for _, by := range order {
		start := len(key)
		key = appendSortValue(key, look(by.Name))
		if by.Descending {
			for i := start; i < len(key); i++ {
				key[i] = ^key[i]
			}
		}
	}
	return string(key)
}

func appendSortValue(key, raw []byte) []byte {
	if len(raw) == 0 {
		return append(key, sortsAsNull)
	}
	switch c := raw[0]; {
	case c == 't' || c == 'f':
		return append(key, sortsAsBool, c) // "false" sorts before "true"
	case c == '-' || c >= '0' && c <= '9':
		f, err := strconv.ParseFloat(string(raw), 64)
		if err != nil && !math.IsInf(f, 0) {
			return append(key, sortsAsNull)
		}
		return binary.BigEndian.AppendUint64(append(key, sortsAsNumber), sortableBits(f))
	case c == '"':
		text := []byte(unquote(raw))
		key = append(key, sortsAsText)
		// A zero byte ends the text, and so is escaped within it.
		key = append(key, bytes.ReplaceAll(text, []byte{0}, []byte{0, 0xff})...)
		return append(key, 0, 0)
	}
	return append(key, sortsAsNull)
}

// sortableBits maps a float to an integer that compares as the float does.
func sortableBits(f float64) uint64 {
	bits := math.Float64bits(f + 0) // -0 becomes 0
	if bits&(1<<63) != 0 {
		return ^bits
	}
	return bits | 1<<63
}
