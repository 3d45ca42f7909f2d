package faults

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"assay/mockserver"
)

// A Set is the faults planted in one world, in order: the first that fits and
// is due befalls a request. It is safe for concurrent use.
type Set struct {
	mu    sync.Mutex
	seed  uint64
	last  int
	rules []*rule
}

// A rule is a spec at work.
type rule struct {
	Planted
	random *rand.Rand
}

// A Planted fault, and what it did so far.
type Planted struct {
	ID      string `json:"id"`
	Spec    Spec   `json:"fault"`
	Fitting int    `json:"fitting"` // requests that it was for
	Struck  int    `json:"struck"`  // those that it befell
	Spent   bool   `json:"spent"`   // it has struck as often as it may
}

// NewSet returns a set with these faults. The seed decides what is drawn.
func NewSet(seed uint64, specs ...Spec) *Set {
	s := &Set{seed: seed}
	for _, spec := range specs {
		s.Add(spec)
	}
	return s
}

// Fault returns what is to be planted in a world; nil while there is nothing.
func (s *Set) Fault() *mockserver.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rules) == 0 {
		return nil
	}
	return &mockserver.Fault{Strike: s.strike}
}

// Add adds a fault, which [Spec.Check] has found good.
func (s *Set) Add(spec Spec) Planted {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	r := &rule{Planted: Planted{ID: strconv.Itoa(s.last), Spec: spec}, random: rand.New(rand.NewPCG(s.seed, uint64(s.last)))}
	s.rules = append(s.rules, r)
	return r.Planted
}

// Remove takes a fault out; it reports whether it was there.
func (s *Set) Remove(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.rules)
	s.rules = slices.DeleteFunc(s.rules, func(r *rule) bool { return r.ID == id })
	return len(s.rules) < n
}

// Clear takes all faults out, and puts others in their place.
func (s *Set) Clear(specs ...Spec) {
	s.mu.Lock()
	s.rules = nil
	s.mu.Unlock()
	for _, spec := range specs {
		s.Add(spec)
	}
}

// List returns the faults in their order.
func (s *Set) List() []Planted {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Planted, len(s.rules))
	for i, r := range s.rules {
		out[i] = r.Planted
	}
	return out
}

// strike finds what befalls a request.
func (s *Set) strike(c *mockserver.Call) *mockserver.Blow {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rules {
		if r.fits(c) && r.due() {
			return r.blow()
		}
	}
	return nil
}

func (r *rule) fits(c *mockserver.Call) bool {
	if op := r.Spec.Operation; op != "" && op != "*" && (c.Operation == nil || c.Operation.ID != op) {
		return false
	}
	if user := r.Spec.User; user != "" && (c.User == nil || c.User.Login != user && c.User.ID != user) {
		return false
	}
	return !r.Spent
}

// due counts a fitting request, and reports whether it is one to strike.
func (r *rule) due() bool {
	r.Fitting++
	n := r.Fitting - r.Spec.After
	if n < 1 || r.Spec.Every > 1 && n%r.Spec.Every != 0 {
		return false
	}
	if chance := r.Spec.Chance; chance > 0 && r.random.Float64() >= chance {
		return false
	}
	r.Struck++
	r.Spent = r.Spec.Times > 0 && r.Struck >= r.Spec.Times
	return true
}

func (r *rule) blow() *mockserver.Blow {
	s := &r.Spec
	b := &mockserver.Blow{Name: s.String(), Delay: r.delay(), Status: s.Status, Refuse: s.Refuse, Example: s.Example, Reason: s.Reason, Write: r.writer()}
	if len(s.Header) > 0 || s.RetryAfter > 0 {
		b.Header = http.Header{}
		for name, value := range s.Header {
			b.Header.Set(name, value)
		}
		if s.RetryAfter > 0 {
			b.Header.Set("Retry-After", strconv.Itoa(s.RetryAfter)) // RFC 9110 §10.2.3
		}
	}
	return b
}

func (r *rule) delay() time.Duration {
	d := r.Spec.Delay
	if d.To > d.From {
		return d.From + time.Duration(r.random.Int64N(int64(d.To-d.From)+1))
	}
	return d.From
}
