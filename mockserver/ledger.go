package mockserver

import "time"

// A Ledger is where a registered handler that gives access tokens of its own
// keeps to what is done to tokens from outside. A [World] is one.
type Ledger interface {
	// Gave tells of an access token that was given, so that it is listed.
	Gave(*Token)
	// Denies says why an access token is to count no more; empty when nothing
	// is held against it.
	Denies(raw string) Denied
	// TokenLifetime is how long new access tokens are to live; 0 leaves it to
	// the contract and the handler.
	TokenLifetime() time.Duration
}

var _ Ledger = (*World)(nil)

// Gave remembers an access token that was given to somebody.
func (w *World) Gave(t *Token) { w.gave(t) }

// Denies says why an access token is of no use in this world any more.
func (w *World) Denies(raw string) Denied { return w.denies(raw) }

// TokenLifetime returns how long new access tokens live; 0 when the contract decides.
func (w *World) TokenLifetime() time.Duration { return time.Duration(w.plan.Load().lifetime.Load()) }

// Accounts returns the accounts that registered handlers keep for themselves in
// a world; nil where they keep none. They are not to be changed.
func (m *Mock) Accounts(w *World) []*User {
	if m.options.Accounts == nil {
		return nil
	}
	return m.options.Accounts(w)
}
