package oidc

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"time"

	"assay/mockserver"
)

var _ mockserver.Keeper = forker{}

// What a provider keeps across restarts: who is signed in where, what was
// given, and the keys that were turned by hand. Its users and clients are
// those of the configuration.
type keptProvider struct {
	Users        map[string]signedIn      `json:"users,omitempty"`
	Transactions []saved[keptTransaction] `json:"transactions,omitempty"`
	Codes        []saved[code]            `json:"codes,omitempty"`
	Grants       []saved[Grant]           `json:"grants,omitempty"`
	Access       []saved[accessToken]     `json:"access,omitempty"`
	Refresh      []saved[refreshToken]    `json:"refresh,omitempty"`
	Sessions     []saved[session]         `json:"sessions,omitempty"`
	Spent        []saved[bool]            `json:"spent,omitempty"`
	Keys         [][]byte                 `json:"keys,omitempty"` // PKCS #8
}

// signedIn is when a user signed in last, and before.
type signedIn struct{ UpdatedAt, Before time.Time }

type keptTransaction struct {
	Transaction
	Session session
}

// saved is an item of a shelf. Keys need not be text.
type saved[T any] struct {
	Key   []byte
	Until time.Time
	Value T
}

func save[T, K any](s *shelf[T], now time.Time, as func(T) K) (out []saved[K]) {
	for key, item := range s.items {
		if now.Before(item.until) {
			out = append(out, saved[K]{[]byte(key), item.until, as(item.value)})
		}
	}
	return out
}

func restore[T, K any](s *shelf[T], in []saved[K], as func(K) T) {
	s.items = make(map[string]kept[T], len(in))
	for _, item := range in {
		s.items[string(item.Key)] = kept[T]{as(item.Value), item.Until}
	}
}

func same[T any](v T) T { return v }

// Version grows with every change of what [Provider.Save] writes.
func (p *Provider) Version() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.transactions.version + p.codes.version + p.grants.version + p.access.version + p.refresh.version +
		p.sessions.version + p.spent.version + p.Keys.turns()
}

// Save writes the provider's state down.
func (p *Provider) Save() ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	out := keptProvider{
		Users: map[string]signedIn{},
		Transactions: save(&p.transactions, now, func(tx Transaction) keptTransaction {
			return keptTransaction{tx, tx.session}
		}),
		Codes: save(&p.codes, now, same), Grants: save(&p.grants, now, same), Access: save(&p.access, now, same),
		Refresh: save(&p.refresh, now, same), Sessions: save(&p.sessions, now, same), Spent: save(&p.spent, now, same),
	}
	for id, u := range p.users {
		out.Users[id] = signedIn{u.UpdatedAt, u.Before}
	}
	var err error
	if out.Keys, err = p.Keys.save(); err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// Restore puts in place what Save wrote.
func (p *Provider) Restore(text []byte) error {
	var in keptProvider
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	if err := p.Keys.restore(in.Keys); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, at := range in.Users {
		if u, ok := p.users[id]; ok {
			u.UpdatedAt, u.Before = at.UpdatedAt, at.Before
			p.users[id] = u
		}
	}
	restore(&p.transactions, in.Transactions, func(k keptTransaction) Transaction {
		k.Transaction.session = k.Session
		return k.Transaction
	})
	restore(&p.codes, in.Codes, same)
	restore(&p.grants, in.Grants, same)
	restore(&p.access, in.Access, same)
	restore(&p.refresh, in.Refresh, same)
	restore(&p.sessions, in.Sessions, same)
	restore(&p.spent, in.Spent, same)
	return nil
}

// turns is how often the keys were changed by hand.
func (k *Keys) turns() uint64 {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.turned
}

// save writes the keys down, newest first; none while they are those that
// follow from the world.
func (k *Keys) save() (all [][]byte, err error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.turned == 0 {
		return nil, nil
	}
	for _, key := range k.keys {
		der, err := x509.MarshalPKCS8PrivateKey(key.Private)
		if err != nil {
			return nil, err
		}
		all = append(all, der)
	}
	return all, nil
}

func (k *Keys) restore(all [][]byte) error {
	if len(all) == 0 {
		return nil
	}
	var keys []*Key
	for _, der := range all {
		parsed, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return err
		}
		private, ok := parsed.(*rsa.PrivateKey)
		if !ok {
			return errors.New("a key is no RSA key")
		}
		keys = append(keys, NewKey(private, k.length))
	}
	k.wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.turned = keys, k.turned+1
	return nil
}
