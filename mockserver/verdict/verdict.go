// Package verdict judges the other side: what the clients of a mock did against
// its contract. The mock forgives much, as servers do; this keeps a tally of it.
package verdict

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"assay/contract"
	"assay/mockserver"
)

// A Kind sorts what a client does wrong.
type Kind string

const (
	Type         Kind = "type"          // a number or truth sent as text
	Undocumented Kind = "undocumented"  // a member or parameter that the contract does not name
	Place        Kind = "place"         // a token or member sent in another place: another header, the query
	Form         Kind = "form"          // another media type, a byte-order mark
	StrayToken   Kind = "stray token"   // a useless token where none is needed
	Broken       Kind = "rule broken"   // a request that the contract's rules refuse
	NoOperation  Kind = "no operation"  // a path or method that the contract does not have
	NoToken      Kind = "no token"      // none where one is needed
	Expired      Kind = "expired token" // sent instead of being refreshed in time
	BadToken     Kind = "bad token"     // malformed, forged, revoked
	AfterLogout  Kind = "after logout"  // a call with tokens of a session that the client has ended
	Sloppy       Kind = "sloppy"        // anything else that was remarked
)

// A Fault is one thing that clients did, and how often.
type Fault struct {
	Kind      Kind   `json:"kind"`
	Operation string `json:"operation,omitempty"`
	Text      string `json:"text"` // as it was the first time
	Times     int    `json:"times"`
	First     int    `json:"first"` // the exchange that shows it first, counted from 1
}

// A Tally counts faults. It is safe for concurrent use.
type Tally struct {
	mu        sync.Mutex
	exchanges int
	faults    map[key]*Fault
	ended     map[[32]byte]struct{} // hashes of tokens of sessions that their clients have ended
}

// key tells faults apart: at is the member, rule or path.
type key struct {
	kind          Kind
	operation, at string
}

// The tally is bounded, whatever clients do.
const (
	mostFaults = 1000
	mostEnded  = 1 << 16
)

// New returns an empty tally.
func New() *Tally {
	t := &Tally{}
	t.Clear()
	return t
}

// Clear begins anew.
func (t *Tally) Clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.exchanges, t.faults, t.ended = 0, map[key]*Fault{}, map[[32]byte]struct{}{}
}

// Observe takes in one exchange, for Options.Observe of a mock. What was
// answered instead of acting, as planted faults do, says nothing of the client.
func (t *Tally) Observe(w *mockserver.World, e *mockserver.Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.exchanges++
	for _, r := range e.Remarks {
		t.add(kindOf(r.Kind), e.Operation, r.At, r.Text)
	}
	if e.Fault == "" || len(e.Rules) > 0 {
		t.refusals(w, e)
	}
	t.sessions(e)
}

func kindOf(k mockserver.RemarkKind) Kind {
	switch k {
	case mockserver.RemarkType:
		return Type
	case mockserver.RemarkUndocumented:
		return Undocumented
	case mockserver.RemarkPlace:
		return Place
	case mockserver.RemarkForm:
		return Form
	case mockserver.RemarkToken:
		return StrayToken
	}
	return Sloppy
}

// refusals counts why the mock refused.
func (t *Tally) refusals(w *mockserver.World, e *mockserver.Entry) {
	switch e.Denied {
	case mockserver.DeniedAbsent:
		t.add(NoToken, e.Operation, "", "no access token where one is needed")
	case mockserver.DeniedExpired:
		if !w.Clock.Moved() { // a client cannot know a time that the mock makes up
			t.add(Expired, e.Operation, "", "an expired access token was sent instead of refreshed in time")
		}
	case mockserver.DeniedInvalid, mockserver.DeniedRevoked:
		t.add(BadToken, e.Operation, "", e.Reason)
	}
	switch {
	case e.Operation == "" && (e.Status == 404 || e.Status == 405):
		path, _, _ := strings.Cut(e.URL, "?")
		t.add(NoOperation, "", e.Method+" "+path, e.Reason)
	case len(e.Rules) > 0:
		t.add(Broken, e.Operation, strings.Join(e.Rules, " "), e.Reason)
	case e.Refused == contract.Malformed:
		t.add(Broken, e.Operation, string(e.Refused), e.Reason)
	}
}

// sessions notices calls with the tokens of a session that was ended.
func (t *Tally) sessions(e *mockserver.Entry) {
	if e.Token != nil {
		if _, ended := t.ended[sha256.Sum256([]byte(e.Token.Raw))]; ended {
			t.add(AfterLogout, e.Operation, "", "an access token was used after its session was logged out")
		}
		if e.Operation == "logOut" && e.Status/100 == 2 && len(t.ended) < mostEnded {
			t.ended[sha256.Sum256([]byte(e.Token.Raw))] = struct{}{}
		}
	}
}

func (t *Tally) add(kind Kind, operation, at, text string) {
	k := key{kind, operation, at}
	f := t.faults[k]
	if f == nil {
		if len(t.faults) >= mostFaults {
			return
		}
		f = &Fault{Kind: kind, Operation: operation, Text: text, First: t.exchanges}
		t.faults[k] = f
	}
	f.Times++
}

// Exchanges returns how many were taken in.
func (t *Tally) Exchanges() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.exchanges
}

// Faults returns what clients did, in the order in which it was seen first.
func (t *Tally) Faults() []Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Fault, 0, len(t.faults))
	for _, f := range t.faults {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Fault) int {
		return cmp.Or(a.First-b.First, strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Operation, b.Operation), strings.Compare(a.Text, b.Text))
	})
	return out
}

// Write tells a person.
func (t *Tally) Write(w io.Writer) error {
	faults := t.Faults()
	n := t.Exchanges()
	var b strings.Builder
	switch {
	case n == 0:
		b.WriteString("client verdict: nobody asked anything\n")
	case len(faults) == 0:
		fmt.Fprintf(&b, "client verdict: %s, nothing against the contract\n", plural(n, "exchange"))
	default:
		fmt.Fprintf(&b, "client verdict: %s, %s\n", plural(n, "exchange"), plural(len(faults), "fault"))
	}
	for _, f := range faults {
		operation := f.Operation
		if operation == "" {
			operation = "-"
		}
		fmt.Fprintf(&b, "  %-14s %-16s %s  (%s, first in exchange %d)\n", f.Kind, operation, oneLine(f.Text), plural(f.Times, "time"), f.First)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// oneLine keeps what a client sent from speaking to the terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
