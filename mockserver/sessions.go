package mockserver

// A session is what one sign-up or log-in opened.
type session struct {
	user   string // id
	access string // the access token given last; kept only where the contract lets a later session end it
}

// refreshTokenLength is in hexadecimal digits.
const refreshTokenLength = 100

// openSession returns a fresh refresh token of the user.
func (w *World) openSession(user, access string) string {
	token := w.Random.Hex(refreshTokenLength)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions.Set(token, session{user: user, access: access})
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
	_, there := w.sessions.Delete(refresh)
	return there
}

// closeSessionsOf ends every session of a user, and the access tokens known of them.
func (w *World) closeSessionsOf(user string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var tokens []string
	w.sessions.Scan(func(token string, s session) bool {
		if s.user == user {
			tokens = append(tokens, token)
			if s.access != "" {
				w.revoked.Set(s.access, struct{}{})
			}
		}
		return true
	})
	for _, token := range tokens {
		w.sessions.Delete(token)
	}
}

// Revoke makes an access token useless in this world before it expires.
func (w *World) Revoke(access string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.revoked.Set(access, struct{}{})
}

func (w *World) isRevoked(access string) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.revoked.Len() == 0 {
		return false
	}
	_, revoked := w.revoked.Get(access)
	return revoked
}
