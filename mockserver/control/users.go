package control

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"assay/contract"
	"assay/mockserver"
)

var userActions = map[string]action{
	"getUsers":     getUsers,
	"addUser":      addUser,
	"getUser":      getUser,
	"changeUser":   changeUser,
	"deleteUser":   deleteUser,
	"signIn":       signIn,
	"getTokens":    getTokens,
	"expireTokens": expireTokens,
	"expireToken":  expireToken,
	"endSessions":  endSessions,
}

// userView is User of control.yaml.
type userView struct {
	ID       string          `json:"id"`
	Login    string          `json:"login"`
	Doc      json.RawMessage `json:"doc,omitempty"`
	Sessions int             `json:"sessions"`
	Tokens   int             `json:"tokens"`
	// Configured users are an identity provider's own.
	Configured bool `json:"configured,omitempty"`
}

// tallies counts what users hold, for all of them at once.
type tallies struct{ sessions, tokens map[string]int }

func (c *call) tallies() tallies {
	t := tallies{map[string]int{}, map[string]int{}}
	w := c.world.State()
	w.Sessions(func(s mockserver.Session) bool { t.sessions[s.User]++; return true })
	now := w.Now()
	w.Issued(func(_ uint64, token *mockserver.Token, denied mockserver.Denied) bool {
		if good(token, denied, now) {
			t.tokens[token.User]++
		}
		return true
	})
	return t
}

func good(t *mockserver.Token, denied mockserver.Denied, now time.Time) bool {
	return denied == "" && (t.Expires.IsZero() || now.Before(t.Expires))
}

func (t tallies) view(u *mockserver.User) userView {
	return userView{ID: u.ID, Login: u.Login, Doc: u.Doc, Sessions: t.sessions[u.ID], Tokens: t.tokens[u.ID]}
}

func getUsers(c *call) (any, error) {
	offset, limit := c.number("offset", 0), c.number("limit", 100)
	t := c.tallies()
	total := 0
	users := []userView{}
	add := func(u *mockserver.User, configured bool) bool {
		if total >= offset && len(users) < limit {
			v := t.view(u)
			v.Configured = configured
			users = append(users, v)
		}
		total++
		return true
	}
	c.world.State().Users(func(u *mockserver.User) bool { return add(u, false) })
	for _, u := range c.accounts() {
		add(u, true)
	}
	return map[string]any{"total": total, "offset": offset, "users": users}, nil
}

// accounts are those that the contract's handlers keep for themselves, as the
// identity providers do. They are looked at, and not changed here.
func (c *call) accounts() []*mockserver.User { return c.mock.Accounts(c.world.State()) }

// account finds a user by id, wherever they are kept; nil for none.
func (c *call) account(id string) *mockserver.User {
	if u := c.world.State().User(id); u != nil {
		return u
	}
	for _, u := range c.accounts() {
		if u.ID == id {
			return u
		}
	}
	return nil
}

// sentObject decodes a body that is an object, its numbers as they were written.
func (c *call) sentObject() (map[string]any, error) {
	value, err := contract.DecodeStrict(c.raw)
	if err != nil {
		return nil, malformed.New("%v", err)
	}
	object, _ := value.(map[string]any) // control.yaml says so
	return object, nil
}

func addUser(c *call) (any, error) {
	body, err := c.sentObject()
	if err != nil {
		return nil, err
	}
	if login, _ := c.mock.LoginMember(); login == "" {
		return nil, notFound.New("the contract has no accounts")
	}
	u, err := c.mock.AddUser(c.world.State(), body)
	switch {
	case err == mockserver.ErrTaken: //nolint:errorlint // it is never wrapped
		return nil, taken.New("there is a user with this login already")
	case err != nil:
		return nil, invalid.New("%v", err)
	}
	return c.tallies().view(u), c.safe()
}

// user returns the user that the path names.
func (c *call) user() (*mockserver.User, error) {
	id, err := c.userID(c.r.PathValue("user"))
	if err != nil {
		return nil, err
	}
	if u := c.account(id); u != nil {
		return u, nil
	}
	return nil, notFound.New("there is no such user here")
}

// ownUser is user, where it may be changed.
func (c *call) ownUser() (*mockserver.User, error) {
	u, err := c.user()
	if err == nil && c.world.State().User(u.ID) == nil {
		return nil, notFound.New("%s is a user of the identity provider's configuration", clip(u.Login)).With("change the file of --idp-config, and start the mock anew")
	}
	return u, err
}

func getUser(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	v := c.tallies().view(u)
	v.Configured = c.world.State().User(u.ID) == nil
	return v, nil
}

func changeUser(c *call) (any, error) {
	u, err := c.ownUser()
	if err != nil {
		return nil, err
	}
	body, err := c.sentObject()
	if err != nil {
		return nil, err
	}
	changed, err := c.mock.SetUser(c.world.State(), u.ID, body)
	if err != nil {
		return nil, err
	}
	return c.tallies().view(changed), c.safe()
}

func deleteUser(c *call) (any, error) {
	u, err := c.ownUser()
	if err != nil {
		return nil, err
	}
	if err := c.world.State().RemoveUser(u.ID); err != nil {
		return nil, err
	}
	return nil, c.safe()
}

func signIn(c *call) (any, error) {
	u, err := c.ownUser()
	if err != nil {
		return nil, err
	}
	lifetime, err := c.givenLifetime()
	if err != nil {
		return nil, err
	}
	grant, err := c.mock.Grant(c.world.State(), u.ID, lifetime)
	if err != nil {
		return nil, notFound.New("%v", err)
	}
	return grant, c.safe()
}

// tokenView is Token of control.yaml.
type tokenView struct {
	Number    uint64            `json:"number"`
	Token     string            `json:"token"`
	User      string            `json:"user,omitempty"`
	Login     string            `json:"login,omitempty"`
	Expires   time.Time         `json:"expires,omitzero"`
	Remaining *float64          `json:"remaining,omitempty"` // seconds; nil for a token without end
	Good      bool              `json:"good"`
	Denied    mockserver.Denied `json:"denied,omitempty"`
}

func getTokens(c *call) (any, error) {
	owner, err := c.userID(c.r.URL.Query().Get("user"))
	if err != nil {
		return nil, err
	}
	w, limit, all := c.world.State(), c.number("limit", 100), c.r.URL.Query().Get("all") == "true"
	now := w.Now()
	out := []tokenView{}
	logins := map[string]string{}
	for _, u := range c.accounts() {
		logins[u.ID] = u.Login
	}
	w.Issued(func(number uint64, t *mockserver.Token, denied mockserver.Denied) bool {
		v := tokenView{Number: number, Token: t.Raw, User: t.User, Expires: t.Expires, Good: good(t, denied, now), Denied: denied}
		if owner != "" && t.User != owner || !v.Good && !all {
			return true
		}
		if v.Login = logins[t.User]; v.Login == "" {
			if u := w.User(t.User); u != nil {
				v.Login = u.Login
			}
		}
		if !t.Expires.IsZero() {
			left := math.Round(t.Expires.Sub(now).Seconds()*10) / 10
			v.Remaining = &left
			if v.Denied == "" && !v.Good {
				v.Denied = mockserver.DeniedExpired
			}
		}
		out = append(out, v)
		return len(out) < limit
	})
	return out, nil
}

// namedUser reads the member user of the body; empty for everybody.
func (c *call) namedUser() (string, error) {
	var sent struct {
		User string `json:"user"`
	}
	if err := c.body(&sent); err != nil {
		return "", err
	}
	return c.userID(sent.User)
}

func expireTokens(c *call) (any, error) {
	user, err := c.namedUser()
	if err != nil {
		return nil, err
	}
	return countView{c.world.State().ExpireTokens(user)}, c.safe()
}

func expireToken(c *call) (any, error) {
	number, _ := strconv.ParseUint(c.r.PathValue("number"), 10, 64) // control.yaml says that it is one
	w := c.world.State()
	raw := ""
	w.Issued(func(n uint64, t *mockserver.Token, _ mockserver.Denied) bool {
		if n == number {
			raw = t.Raw
		}
		return raw == ""
	})
	if raw == "" {
		return nil, notFound.New("no token has the number %d", number)
	}
	w.Expire(raw)
	return nil, c.safe()
}

func endSessions(c *call) (any, error) {
	user, err := c.namedUser()
	if err != nil {
		return nil, err
	}
	return countView{c.world.State().EndSessions(user)}, c.safe()
}
