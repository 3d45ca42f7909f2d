package mockserver

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assay/contract"
	"assay/samples"
)

// A Mock serves one contract. It is an [http.Handler], safe for concurrent use.
type Mock struct {
	options Options
	keys    *Keys
	plan    atomic.Pointer[plan]
	world   atomic.Pointer[World]
	// lifetime of new access tokens, in nanoseconds, where it is not the
	// contract's; 0 else.
	lifetime atomic.Int64
	handler  http.Handler // the phases, with what Options.Wrap puts around them
	mounts   []mount      // longest prefix first
	seeding  sync.Mutex
}

var _ http.Handler = (*Mock)(nil)

type mount struct {
	prefix  string
	handler http.Handler
}

// New compiles a contract and seeds a world for it. It fails when the options
// do not fit: a key size out of bounds, an unusable key file, an algorithm for
// which the mock has no key.
func New(c *contract.Contract, options Options) (*Mock, error) {
	options.Limits = options.Limits.orDefaults()
	keys, err := newKeys(options.Seed, options.KeyBits, options.KeyFile)
	if err != nil {
		return nil, err
	}
	m := &Mock{options: options, keys: keys}
	m.SetTokenLifetime(options.TokenLifetime)
	p, err := m.newPlan(c)
	if err != nil {
		return nil, err
	}
	m.plan.Store(p)
	m.world.Store(m.NewWorld(options.Seed))
	m.handler = http.HandlerFunc(m.serve)
	if options.Wrap != nil {
		m.handler = options.Wrap(m.handler)
	}
	m.mounts = mountsOf(options.Mounts)
	if p.tokens != nil && p.tokens.needsRSA() {
		keys.begin()
	}
	return m, nil
}

func mountsOf(all map[string]http.Handler) (out []mount) {
	for prefix, h := range all {
		at := 0
		for at < len(out) && len(out[at].prefix) >= len(prefix) {
			at++
		}
		out = append(out[:at], append([]mount{{prefix, h}}, out[at:]...)...)
	}
	return out
}

// ServeHTTP serves one request.
func (m *Mock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer m.contain(w, r)
	for _, at := range m.mounts {
		if strings.HasPrefix(r.URL.Path, at.prefix) {
			at.handler.ServeHTTP(w, r)
			return
		}
		if r.URL.Path == strings.TrimSuffix(at.prefix, "/") { // typed without the slash
			http.Redirect(w, r, at.prefix, http.StatusPermanentRedirect)
			return
		}
	}
	m.handler.ServeHTTP(w, r)
}

// worldOf picks the world of a request.
func (m *Mock) worldOf(r *http.Request) *World {
	if m.options.WorldOf != nil {
		if w := m.options.WorldOf(r); w != nil {
			return w
		}
	}
	return m.world.Load()
}

// Contract returns the contract that is served now.
func (m *Mock) Contract() *contract.Contract { return m.plan.Load().contract }

// World returns the mock's own world.
func (m *Mock) World() *World { return m.world.Load() }

// SetWorld puts another world in the place of the mock's own, in one step.
func (m *Mock) SetWorld(w *World) { m.world.Store(w) }

// NewWorld returns a fresh world from a seed, with the demo account and
// records unless the options leave them out. Its clock is set as the options say.
func (m *Mock) NewWorld(seed uint64) *World {
	p := m.plan.Load()
	w := newWorld(p, seed, m.keys)
	w.Journal = NewJournal(m.options.Journal)
	if m.options.Frozen {
		w.Clock.Freeze() // before it is set: not a nanosecond goes by
	}
	if !m.options.Now.IsZero() {
		w.Clock.Set(m.options.Now)
	}
	if !m.options.Empty {
		p.seed(w)
	}
	return w
}

// Unsaid lists the sentences that the contract does not hold although it
// speaks of its operations at length, and what the mock leaves undone for it.
func (m *Mock) Unsaid() []Unsaid { return m.plan.Load().unsaid }

// Keys returns what the mock signs with.
func (m *Mock) Keys() *Keys { return m.keys }

// TokenLifetime returns how long new access tokens live; 0 when the contract decides.
func (m *Mock) TokenLifetime() time.Duration { return time.Duration(m.lifetime.Load()) }

// SetTokenLifetime changes how long new access tokens live; 0 leaves it to the contract.
func (m *Mock) SetTokenLifetime(d time.Duration) { m.lifetime.Store(int64(max(d, 0))) }

// newPlan compiles a contract for this mock.
func (m *Mock) newPlan(c *contract.Contract) (*plan, error) {
	p, err := newPlan(c, &m.options, m.keys)
	if err != nil {
		return nil, err
	}
	p.lifetime = &m.lifetime
	if p.tokens != nil {
		p.tokens.lifetime = p.lifetime
	}
	return p, nil
}

// Reload serves another contract from the next request on. Every world keeps
// what it holds, and is arranged anew by its next request where collections
// are now kept otherwise. On an error the old contract goes on being served.
func (m *Mock) Reload(c *contract.Contract) error {
	m.seeding.Lock()
	defer m.seeding.Unlock()
	p, err := m.newPlan(c)
	if err != nil {
		return err
	}
	p.generation = m.plan.Load().generation + 1
	m.plan.Store(p)
	return nil
}

// adopt makes a world fit another plan.
func (w *World) adopt(p *plan) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if held := w.plan.Load(); held == p || held.generation > p.generation {
		return // by another request of this moment
	}
	defer w.plan.Store(p)
	for name, k := range p.kinds {
		held := w.collections[name]
		switch {
		case held == nil:
			w.collections[name] = newCollection(k.layout)
			w.listen(name, w.collections[name])
		case !held.layout.equal(k.layout):
			held.arrange(w.era, k.layout, func(r *record) string { return k.keyOf(r.doc) })
		}
	}
}

// samples returns what believable values are drawn from in this world.
func (w *World) samples() *samples.Source {
	w.sampling.Do(func() { w.source = samples.New(w.Random.Uint64()) })
	return w.source
}
