package cognito

import (
	"maps"
	"slices"
	"time"
)

// A session is what a sign-in opened: everything that refreshing and signing out need to know.
type session struct {
	origin, event string // origin_jti and event_id of its tokens
	user, client  string
	authTime      int64     // seconds
	expires       time.Time // of the refresh token
	refresh       [32]byte  // hash of the refresh token that holds now
	refreshDead   bool      // signed out: the refresh token gives nothing more
	accessDead    bool      // signed out: its access tokens open nothing more
}

// over reports whether nothing of the session can be used any more.
func (s session) over(now time.Time) bool {
	return s.refreshDead && s.accessDead || !now.Before(s.expires)
}

// sessions finds sessions by what their tokens show. The engine's lock guards it.
type sessions struct {
	byOrigin  map[string]session
	byRefresh map[[32]byte]string        // hash of a refresh token to origin
	ofUser    map[string]map[string]bool // origins by user
	order     []string                   // origins, oldest first
	version   uint64                     // grows with every change
}

// maxSessions bounds what sign-ins can make the pool remember; beyond it the oldest are forgotten.
const maxSessions = 100_000

func newSessions() sessions {
	return sessions{byOrigin: map[string]session{}, byRefresh: map[[32]byte]string{}, ofUser: map[string]map[string]bool{}}
}

func (s *sessions) add(x session, now time.Time) {
	s.version++
	if len(s.order) >= maxSessions {
		s.shrink(now)
	}
	s.byOrigin[x.origin] = x
	s.byRefresh[x.refresh] = x.origin
	if s.ofUser[x.user] == nil {
		s.ofUser[x.user] = map[string]bool{}
	}
	s.ofUser[x.user][x.origin] = true
	s.order = append(s.order, x.origin)
}

// ofRefresh returns the session that a refresh token belongs to.
func (s *sessions) ofRefresh(hash [32]byte) (session, bool) {
	x, known := s.byOrigin[s.byRefresh[hash]]
	return x, known
}

// rotate makes another refresh token hold for a session.
func (s *sessions) rotate(origin string, refresh [32]byte) {
	s.version++
	x := s.byOrigin[origin]
	delete(s.byRefresh, x.refresh)
	x.refresh = refresh
	s.byOrigin[origin] = x
	s.byRefresh[refresh] = origin
}

// signOut ends what the tokens of a session can do.
func (s *sessions) signOut(origin string, refresh, access bool) {
	s.version++
	x := s.byOrigin[origin]
	x.refreshDead = x.refreshDead || refresh
	x.accessDead = x.accessDead || access
	s.byOrigin[origin] = x
}

func (s *sessions) forget(origin string) {
	x := s.byOrigin[origin]
	delete(s.byOrigin, origin)
	delete(s.byRefresh, x.refresh)
	delete(s.ofUser[x.user], origin)
	if len(s.ofUser[x.user]) == 0 {
		delete(s.ofUser, x.user)
	}
}

// shrink forgets the sessions that are over, and a tenth of the oldest where that is not enough.
func (s *sessions) shrink(now time.Time) {
	s.order = slices.DeleteFunc(s.order, func(origin string) bool {
		over := s.byOrigin[origin].over(now)
		if over {
			s.forget(origin)
		}
		return over
	})
	if len(s.order) < maxSessions {
		return
	}
	for _, origin := range s.order[:maxSessions/10] {
		s.forget(origin)
	}
	s.order = slices.Clone(s.order[maxSessions/10:])
}

func (s *sessions) clone() sessions {
	users := make(map[string]map[string]bool, len(s.ofUser))
	for name, origins := range s.ofUser {
		users[name] = maps.Clone(origins)
	}
	return sessions{byOrigin: maps.Clone(s.byOrigin), byRefresh: maps.Clone(s.byRefresh), ofUser: users, order: slices.Clone(s.order)}
}
