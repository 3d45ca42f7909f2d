package mockserver

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tidwall/btree"

	"assay/contract"
)

// A layout says how a collection is kept: by which keys it is sorted, and
// whether it is read per owner, as a whole, or both.
type layout struct {
	order  []contract.SortKey
	owned  bool // some operation reads one owner's records
	shared bool // some operation reads everybody's
}

func (l layout) equal(other layout) bool {
	return l.owned == other.owned && l.shared == other.shared && slices.Equal(l.order, other.order)
}

// A collection holds the records of one kind in one world. Its methods are
// called under the world's lock.
type collection struct {
	layout  layout
	seq     uint64
	number  uint64 // the last id given where ids are counted
	lastID  string
	byID    *btree.Map[string, *record]
	shelves *btree.Map[string, *shelf]
	told    func(r *record, gone bool) // of every record put in or taken out; nil for nobody
}

// A shelf is the ordered records of one owner, or of all, in one scope. Forks
// share shelves: whoever writes takes a copy first, which costs O(1).
type shelf struct {
	copying sync.Mutex // two forks may copy one shelf at once
	era     uint64     // of the world that may write to it
	tree    *btree.BTreeG[*record]
}

// lastEra numbers what may be written: a world and its fork each get a new
// one, so that neither writes to what both hold.
var lastEra atomic.Uint64

func newCollection(l layout) *collection {
	return &collection{layout: l, byID: new(btree.Map[string, *record]), shelves: new(btree.Map[string, *shelf])}
}

// fork returns a collection that holds the same records, in O(1).
func (c *collection) fork() *collection {
	copied := *c
	copied.told = nil
	copied.byID, copied.shelves = c.byID.Copy(), c.shelves.Copy()
	return &copied
}

// everybody is the owner whose shelf holds all records of a scope.
const everybody = "\x00"

// join makes one key of a scope and a name. A scope is empty for collections
// that stand at the root, which then cost no allocation.
func join(scope, name string) string {
	if scope == "" {
		return name
	}
	return scope + "\x1f" + name
}

// find returns the record of this id, or nil.
func (c *collection) find(scope, id string) *record {
	r, _ := c.byID.Get(join(scope, id))
	return r
}

// page returns up to n records of an owner's shelf from the given offset on,
// and how many the shelf holds.
func (c *collection) page(scope, owner string, offset, n int) (found []*record, total int) {
	s, ok := c.shelves.Get(join(scope, owner))
	if !ok {
		return nil, 0
	}
	total = s.tree.Len()
	if offset < 0 || offset >= total || n <= 0 {
		return nil, total
	}
	n = min(n, total-offset)
	found = make([]*record, 0, n)
	first, ok := s.tree.GetAt(offset)
	if !ok {
		return nil, total
	}
	s.tree.Ascend(first, func(r *record) bool {
		found = append(found, r)
		return len(found) < n
	})
	return found, total
}

// scan calls f for the records of an owner's shelf in order until f returns false.
func (c *collection) scan(scope, owner string, f func(*record) bool) {
	if s, ok := c.shelves.Get(join(scope, owner)); ok {
		s.tree.Scan(f)
	}
}

// another returns a record of the same shelf that is not the given one, or nil.
func (c *collection) another(r *record) (found *record) {
	c.scan(r.scope, r.owner, func(other *record) bool {
		if other.seq == r.seq {
			return true
		}
		found = other
		return false
	})
	return found
}

// add puts a new record in; its id should be fresh.
func (c *collection) add(era uint64, r *record) {
	r.seq = c.seq + 1
	c.lastID = r.id
	c.put(era, r)
	if c.told != nil {
		c.told(r, false)
	}
}

// put puts a record in that has its place in the order of creation.
func (c *collection) put(era uint64, r *record) {
	c.seq = max(c.seq, r.seq)
	c.byID.Set(join(r.scope, r.id), r)
	c.eachShelf(era, r, func(s *shelf) { s.tree.Set(r) })
}

// replace puts a record in the place of another.
func (c *collection) replace(era uint64, old, r *record) {
	r.seq = old.seq
	if old.id != r.id {
		c.byID.Delete(join(old.scope, old.id))
	}
	c.byID.Set(join(r.scope, r.id), r)
	c.eachShelf(era, old, func(s *shelf) {
		s.tree.Delete(old)
		s.tree.Set(r)
	})
	if c.told != nil {
		if old.id != r.id {
			c.told(old, true)
		}
		c.told(r, false)
	}
}

// remove takes a record out.
func (c *collection) remove(era uint64, r *record) {
	c.take(era, r)
	if c.told != nil {
		c.told(r, true)
	}
}

// take is remove, told to nobody.
func (c *collection) take(era uint64, r *record) {
	if held := c.find(r.scope, r.id); held != nil && held.seq == r.seq {
		c.byID.Delete(join(r.scope, r.id))
	}
	c.eachShelf(era, r, func(s *shelf) { s.tree.Delete(r) })
}

// eachShelf calls f for the shelves that the record stands on.
func (c *collection) eachShelf(era uint64, r *record, f func(*shelf)) {
	if c.layout.owned {
		f(c.writable(era, r.scope, r.owner))
	}
	if c.layout.shared {
		f(c.writable(era, r.scope, everybody))
	}
}

// writable returns the shelf for writing, as a copy when another world holds it too.
func (c *collection) writable(era uint64, scope, owner string) *shelf {
	key := join(scope, owner)
	held, ok := c.shelves.Get(key)
	if ok && held.era == era {
		return held
	}
	own := &shelf{era: era}
	if ok {
		held.copying.Lock()
		own.tree = held.tree.Copy()
		held.copying.Unlock()
	} else {
		own.tree = btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
	}
	c.shelves.Set(key, own)
	return own
}

// arrange rebuilds the shelves for another layout; every record keeps its
// creation order. The caller gives each record its key in the new order.
func (c *collection) arrange(era uint64, l layout, key func(*record) string) {
	records := make([]*record, 0, c.byID.Len())
	c.byID.Scan(func(_ string, r *record) bool {
		moved := *r
		moved.key = key(r)
		records = append(records, &moved)
		return true
	})
	c.layout = l
	c.shelves = new(btree.Map[string, *shelf])
	for _, r := range records {
		c.byID.Set(join(r.scope, r.id), r)
		c.eachShelf(era, r, func(s *shelf) { s.tree.Set(r) })
	}
}
