package mockserver

import (
	"net/http"
	"sync"
	"time"

	"assay/contract"
)

// A Journal remembers the last exchanges of a world.
type Journal struct {
	mu      sync.Mutex
	size    int
	entries []*Entry // a ring; next is where the oldest stands once it is full
	next    int
	count   uint64
}

// An Entry is one exchange and what the mock made of it.
type Entry struct {
	Number    uint64        `json:"number"` // from 1
	Time      time.Time     `json:"time"`   // of the world
	Took      time.Duration `json:"took_ns"`
	Method    string        `json:"method"`
	URL       string        `json:"url"`
	Operation string        `json:"operation,omitempty"`
	Who       string        `json:"who,omitempty"` // login of the user signed in
	Request   Message       `json:"request"`
	Status    int           `json:"status"`
	Response  Message       `json:"response"`
	Refused   contract.Kind `json:"refused,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Remarks   []string      `json:"remarks,omitempty"` // what was sloppy about the request
}

// A Message is one side of an exchange.
type Message struct {
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
}

// NewJournal returns a journal of at most size entries; nil for none.
func NewJournal(size int) *Journal {
	if size <= 0 {
		return nil
	}
	return &Journal{size: size}
}

// Size returns how many entries the journal keeps.
func (j *Journal) Size() int {
	if j == nil {
		return 0
	}
	return j.size
}

func (j *Journal) add(e *Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.count++
	e.Number = j.count
	if len(j.entries) < j.size {
		j.entries = append(j.entries, e)
		return
	}
	j.entries[j.next] = e
	j.next = (j.next + 1) % j.size
}

// Entries returns what the journal holds beyond a number, oldest first; 0 for all.
// Entries are not to be changed.
func (j *Journal) Entries(beyond uint64) []*Entry {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]*Entry, 0, len(j.entries))
	for i := range j.entries {
		if e := j.entries[(j.next+i)%len(j.entries)]; e.Number > beyond {
			out = append(out, e)
		}
	}
	return out
}

// Clear forgets all entries; numbers go on.
func (j *Journal) Clear() {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.next = nil, 0
}
