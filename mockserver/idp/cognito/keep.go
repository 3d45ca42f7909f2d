package cognito

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"assay/mockserver"
)

var _ mockserver.Keeper = forker{}

// What an engine keeps across restarts: whom it signed in. Its users and
// clients are those of the configuration, its keys follow from the world's.
type (
	keptEngine struct {
		Barred   []string      `json:"barred,omitempty"`
		Sessions []keptSession `json:"sessions"` // oldest first
	}
	keptSession struct {
		Origin      string    `json:"origin"`
		Event       string    `json:"event"`
		User        string    `json:"user"`
		Client      string    `json:"client"`
		AuthTime    int64     `json:"auth_time"`
		Expires     time.Time `json:"expires"`
		Refresh     []byte    `json:"refresh"` // hash
		RefreshDead bool      `json:"refresh_dead,omitempty"`
		AccessDead  bool      `json:"access_dead,omitempty"`
	}
)

// Version grows with every change of what [Engine.Save] writes.
func (e *Engine) Version() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sessions.version + uint64(len(e.barred))
}

// Save writes down whom the engine signed in.
func (e *Engine) Save() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := keptEngine{Barred: slices.Sorted(maps.Keys(e.barred)), Sessions: []keptSession{}}
	for _, origin := range e.sessions.order {
		if x := e.sessions.byOrigin[origin]; !x.over(e.now()) {
			out.Sessions = append(out.Sessions, keptSession{
				x.origin, x.event, x.user, x.client, x.authTime, x.expires, x.refresh[:], x.refreshDead, x.accessDead,
			})
		}
	}
	return json.Marshal(out)
}

// Restore puts in place what Save wrote; sessions of users who are gone are left out.
func (e *Engine) Restore(saved []byte) error {
	var in keptEngine
	if err := json.Unmarshal(saved, &in); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range in.Barred {
		e.barred[name] = true
	}
	for _, k := range in.Sessions {
		if e.pool.users[k.User] == nil || len(k.Refresh) != len(session{}.refresh) {
			continue
		}
		e.sessions.add(session{
			origin: k.Origin, event: k.Event, user: k.User, client: k.Client, authTime: k.AuthTime, expires: k.Expires,
			refresh: [32]byte(k.Refresh), refreshDead: k.RefreshDead, accessDead: k.AccessDead,
		}, e.now())
	}
	e.sessions.version = 0 // nothing has changed since
	return nil
}
