package mockserver

import "strings"

// A session is what one sign-up or log-in opened.
type session struct {
	user   string // id
	access string // the access tokens given in it, a space after each; kept only where a later session may end them
}

// refreshTokenLength is in hexadecimal digits.
const refreshTokenLength = 100

// openSession returns a fresh refresh token of the user.
func (w *World) openSession(user string) string {
	token := w.Random.Hex(refreshTokenLength)
	w.mu.Lock()
	defer w.mu.Unlock()
	opened := session{user: user}
	w.sessions.Set(token, opened)
	w.tell(func() Change { return opened.change(token, false) })
	return token
}

// sessionOf returns the session of a refresh token.
func (w *World) sessionOf(refresh string) (session, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.sessions.Get(refresh)
}

// closeSession makes a refresh token useless; it reports whether it was of use.
func (w *World) closeSession(refresh string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	closed, there := w.sessions.Delete(refresh)
	if there {
		w.tell(func() Change { return closed.change(refresh, true) })
	}
	return there
}

// holdAccess notes that an access token was given in a session.
func (w *World) holdAccess(refresh, access string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s, ok := w.sessions.Get(refresh); ok {
		s.access += access + " "
		w.sessions.Set(refresh, s)
		w.tell(func() Change { return s.change(refresh, false) })
	}
}

// endSessions makes the access tokens or the refresh tokens of a user's
// sessions useless.
func (w *World) endSessions(user string, access, refresh bool) {
	if !access && !refresh {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.together(func() {
		if access {
			w.denySessions(user)
		}
		if refresh {
			w.closeSessions(user)
		}
	})
}

// denySessions makes the access tokens of a user's sessions useless. The lock is held.
func (w *World) denySessions(user string) {
	w.sessions.Scan(func(_ string, s session) bool {
		if s.user == user {
			for given := range strings.FieldsSeq(s.access) {
				w.hold(given, DeniedRevoked)
			}
		}
		return true
	})
}

// Revoke makes an access token useless in this world before it expires.
func (w *World) Revoke(access string) { w.deny(access, DeniedRevoked) }

// Expire makes an access token count as expired in this world from now on.
func (w *World) Expire(access string) { w.deny(access, DeniedEarly) }

func (w *World) deny(access string, why Denied) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hold(access, why)
}

// hold holds something against an access token. The lock is held.
func (w *World) hold(access string, why Denied) {
	w.revoked.Set(access, why)
	w.tell(func() Change { return denialChange(access, why, false) })
}

// denies returns why an access token is of no use in this world any more;
// empty when nothing is held against it.
func (w *World) denies(access string) Denied {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.revoked.Len() == 0 {
		return ""
	}
	why, _ := w.revoked.Get(access)
	return why
}
