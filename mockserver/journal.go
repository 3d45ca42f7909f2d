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
	waiting chan struct{} // closed at the next entry; nil when nobody waits
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
	Rules     []string      `json:"rules,omitempty"`   // ids of the contract's rules that the request broke
	Remarks   []Remark      `json:"remarks,omitempty"` // what was sloppy about the request
	Fault     string        `json:"fault,omitempty"`   // what befell it from outside
	Denied    Denied        `json:"denied,omitempty"`  // why its access token did not count
	Token     *Token        `json:"-"`                 // the one that did; nil for none
}

// A Remark is something sloppy about a request that was let pass.
type Remark struct {
	Kind RemarkKind `json:"kind"`
	At   string     `json:"at,omitempty"` // the member, parameter or header
	Text string     `json:"text"`
}

// A RemarkKind sorts remarks by what the client did.
type RemarkKind string

const (
	RemarkType         RemarkKind = "type"         // a number or truth as text
	RemarkUndocumented RemarkKind = "undocumented" // a member or parameter the contract does not name
	RemarkPlace        RemarkKind = "place"        // sent in another place than documented
	RemarkForm         RemarkKind = "form"         // another media type, a byte-order mark
	RemarkToken        RemarkKind = "token"        // a useless token where none is needed
	RemarkOther        RemarkKind = "other"
)

// Denied says why an access token did not count.
type Denied string

const (
	DeniedAbsent  Denied = "absent"
	DeniedExpired Denied = "expired"
	DeniedEarly   Denied = "expired early" // made to expire before its time
	DeniedRevoked Denied = "revoked"
	DeniedInvalid Denied = "invalid" // malformed, forged, of nobody
)

// A Message is one side of an exchange.
type Message struct {
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
	Cut    bool        `json:"cut,omitempty"` // the body was longer than a journal keeps
}

// mostKept is how much of a body a journal keeps, in bytes.
const mostKept = 64 << 10

// messageOf keeps the header as it is: nobody changes it once the answer has
// gone out.
func messageOf(header http.Header, body []byte) Message {
	return Message{Header: header, Body: string(body[:min(len(body), mostKept)]), Cut: len(body) > mostKept}
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
	if j.waiting != nil {
		close(j.waiting)
		j.waiting = nil
	}
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

// Next returns a channel that is closed when something is added.
func (j *Journal) Next() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.waiting == nil {
		j.waiting = make(chan struct{})
	}
	return j.waiting
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
