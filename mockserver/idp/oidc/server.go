package oidc

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"assay/contract"
	"assay/mockserver"
)

// An Endpoint acts for one operation.
type Endpoint func(*Provider, *Request) *Answer

// A Server serves a provider in every world of a mock. A vendor fills in what is its own.
type Server struct {
	Name        string              // of the provider's state in a world
	KeyIDLength int                 // in characters
	Endpoints   map[string]Endpoint // by operationId, beside the standard ones or in their place
	// New returns the provider of a world that begins at this moment. The world's clock,
	// randomness and keys are given to it.
	New func(since time.Time) *Provider
	// Terms are read from a contract when it is first served.
	Terms func(*contract.Contract) Terms

	made made
}

// standard are the endpoints that every provider has alike.
var standard = map[string]Endpoint{
	"authorize":       (*Provider).Authorize,
	"authorizeByForm": (*Provider).Authorize,
	"token":           (*Provider).Token,
	"userInfo":        (*Provider).UserInfo,
	"userInfoByForm":  (*Provider).UserInfo,
	"keySet":          (*Provider).KeySet,
	"revoke":          (*Provider).Revoke,
}

// Handlers returns what acts for the operations of a contract. Each request is answered
// under the contract that is served when it comes.
func (s *Server) Handlers() map[string]mockserver.Handler {
	endpoints := maps.Clone(standard)
	maps.Copy(endpoints, s.Endpoints)
	handlers := make(map[string]mockserver.Handler, len(endpoints))
	for id, endpoint := range endpoints {
		handlers[id] = func(call *mockserver.Call) mockserver.Reply {
			p := s.Provider(call.World)
			p.Follow(call.Operation.Contract(), s.Terms)
			return ReplyOf(call, endpoint(p, RequestOf(call)))
		}
	}
	return handlers
}

// Equip returns the options with all that a mock of the provider's contract needs.
func (s *Server) Equip(o mockserver.Options) mockserver.Options {
	o.Handlers = s.Handlers()
	o.Accounts = func(w *mockserver.World) []*mockserver.User { return s.Provider(w).accounts() }
	mounts := map[string]http.Handler{KeysPath: KeyControl(s.keysOf(o.WorldOf))}
	for prefix, handler := range o.Mounts {
		mounts[prefix] = handler
	}
	o.Mounts = mounts
	return o
}

// Provider is the provider of a world. The first one of a mock takes the world's keys, and
// makes them beside the caller.
func (s *Server) Provider(w *mockserver.World) *Provider {
	return w.State(s.Name, func() mockserver.Forker {
		p := s.New(w.Now())
		p.Now, p.Random, p.Keys, p.Ledger = w.Now, w.Random, NewKeys(w.Keys().RSA, s.KeyIDLength), w
		go p.Keys.wait()
		s.made.add(p)
		return forker{p}
	}).(forker).Provider
}

// keysOf are the keys that a request means: of its world, or of every world there is.
func (s *Server) keysOf(worldOf func(*http.Request) *mockserver.World) func(*http.Request) []*Keys {
	return func(r *http.Request) []*Keys {
		if worldOf != nil {
			if w := worldOf(r); w != nil {
				return []*Keys{s.Provider(w).Keys}
			}
		}
		return s.made.keys()
	}
}

// forker lets a provider follow its world.
type forker struct{ *Provider }

// Fork returns the provider of a forked world.
func (f forker) Fork(into *mockserver.World) mockserver.Forker {
	p := f.Provider.Fork()
	p.Now, p.Random, p.Ledger = into.Now, into.Random, into
	return forker{p}
}

// made remembers the providers that a server made, one for each of its first worlds.
type made struct {
	mu  sync.Mutex
	all []*Provider
}

// mostMade bounds what is remembered: beyond it somebody makes worlds in masses, and turns no keys by hand.
const mostMade = 64

func (m *made) add(p *Provider) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all) < mostMade {
		m.all = append(m.all, p)
	}
}

func (m *made) keys() []*Keys {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := make([]*Keys, len(m.all))
	for i, p := range m.all {
		keys[i] = p.Keys
	}
	return keys
}
