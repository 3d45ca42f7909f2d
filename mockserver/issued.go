package mockserver

import "time"

// How many access tokens a world remembers having given: expired ones are
// forgotten once there are more than the first, the oldest beyond the second.
const (
	fewIssued  = 256
	mostIssued = 1 << 14
)

// gave remembers an access token that was given to somebody.
func (w *World) gave(t *Token) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, last, ok := w.issued.Max(); ok && last.Raw == t.Raw {
		return // the same user, in the same second
	}
	w.lastIssued++
	w.issued.Set(w.lastIssued, t)
	w.tell(func() Change { return tokenChange(w.lastIssued, t, false) })
	if w.issued.Len() > max(w.crowded, fewIssued) {
		w.forgetExpired(w.Now())
	}
}

// forgetExpired makes room: what is left may double before it is done again,
// so that it costs little however many tokens are alive.
func (w *World) forgetExpired(now time.Time) {
	var gone []uint64
	spare := w.issued.Len() - mostIssued
	w.issued.Scan(func(number uint64, t *Token) bool {
		if len(gone) < spare || !t.Expires.IsZero() && !now.Before(t.Expires) {
			gone = append(gone, number)
		}
		return true
	})
	for _, number := range gone {
		t, _ := w.issued.Delete(number)
		w.tell(func() Change { return tokenChange(number, t, true) })
	}
	w.crowded = min(2*w.issued.Len(), mostIssued)
}

// Issued calls f for the access tokens that the world gave and remembers,
// newest first, each with why it is of no use any more, until f returns false.
// Expiry by the clock is the caller's to judge.
func (w *World) Issued(f func(number uint64, t *Token, denied Denied) bool) {
	w.mu.Lock() // copying marks the trees
	issued, revoked := w.issued.Copy(), w.revoked.Copy()
	w.mu.Unlock()
	issued.Reverse(func(number uint64, t *Token) bool {
		denied, _ := revoked.Get(t.Raw)
		return f(number, t, denied)
	})
}
