package mockserver

import (
	"assay/contract"
)

// accounts are the members by which a contract's users sign up, log in and
// stay signed in, found by their role in the vocabulary; a contract without
// the vocabulary by their usual names.
type accounts struct {
	kind     *kind  // what an account holds
	login    string // the member one logs in with: format email
	password string // format password
	access   string // the answer's member that holds the access token: x-jwt
	refresh  string // the member that holds the refresh token: x-computed refreshtoken
}

// grants is what an operation of sign-up, log-in or refresh answers.
type grants struct {
	access  string
	refresh string
	spec    *tokenSpec
}

func loginMember(s *contract.Schema) string {
	return memberBy(s, func(p *contract.Property) bool { return p.Format == "email" }, "email", "username", "login", "user", "name")
}

func passwordMember(s *contract.Schema) string {
	return memberBy(s, func(p *contract.Property) bool { return p.Format == "password" }, "password", "passwd", "secret")
}

func accessMember(s *contract.Schema) string {
	return memberBy(s, func(p *contract.Property) bool { return p.JWT != nil }, "jwt", "access_token", "accessToken", "token", "id_token")
}

func refreshMember(s *contract.Schema) string {
	isRefresh := func(p *contract.Property) bool { return p.Computed != nil && p.Computed.Function == "refreshtoken" }
	return memberBy(s, isRefresh, "refresh_token", "refreshToken", "refresh")
}

// memberBy finds a string member by its role, failing that by its usual names.
func memberBy(s *contract.Schema, role func(*contract.Property) bool, names ...string) string {
	if s == nil {
		return ""
	}
	for _, p := range s.Properties {
		if role(p) {
			return p.Name
		}
	}
	for _, name := range names {
		if p := s.Property(name); p != nil && (p.Type == "string" || p.Type == "") {
			return name
		}
	}
	return ""
}

// signUpHandler makes an account and opens its first session.
func (p *plan) signUpHandler(op *operation) Handler {
	return func(c *Call) Reply {
		body, _ := c.Body.(map[string]any)
		login, password := c.Text(p.accounts.login), c.Text(p.accounts.password)
		if op.obeys[sayUniqueEmail] && login != "" && c.World.UserByLogin(login) != nil {
			return p.taken()
		}
		user, err := p.newUser(c.World, body, login, password)
		if err != nil {
			return Refusal(contract.Invalid, p.accounts.password+": "+err.Error())
		}
		if !c.World.addUser(user, op.obeys[sayUniqueEmail]) {
			return p.taken() // by another sign-up of this moment
		}
		c.User = user
		return p.grant(c, op, user, "")
	}
}

func (p *plan) taken() Reply {
	return Refusal(contract.Taken, p.accounts.login+": there is an account with this "+p.accounts.login+" already")
}

// newUser makes an account of what was sent, its password hashed.
func (p *plan) newUser(w *World, body map[string]any, login, password string) (*User, error) {
	hash, err := p.options.hashOf(password)
	if err != nil {
		return nil, err
	}
	id := p.newUserID(w)
	kept := make(map[string]any, len(body))
	for name, v := range body {
		if name != p.accounts.password {
			kept[name] = v
		}
	}
	doc, _ := p.accounts.kind.document(&making{world: w, now: w.Now(), body: kept, id: id})
	return &User{ID: id, Login: login, Doc: doc, hash: hash}, nil
}

func (p *plan) newUserID(w *World) string {
	for {
		id := w.Random.id(p.accounts.kind.idForm)
		if w.User(id) == nil {
			return id
		}
	}
}

// grant opens a session and answers with its tokens.
func (p *plan) grant(c *Call, op *operation, u *User, refresh string) Reply {
	g := op.grants
	doc := []byte{'{'}
	access := ""
	if g.access != "" {
		token, err := p.tokens.issue(c.World, g.spec, u)
		if err != nil {
			return failure(err)
		}
		access = token.Raw
		if !op.obeys[sayUsableToken] {
			access = token.broken()
		}
		doc = appendString(appendKey(doc, 1, append(appendString(nil, g.access), ':')), access)
	}
	if refresh == "" && (g.refresh != "" || op.verb != doRefresh) {
		refresh = c.World.openSession(u.ID)
		if op.verb != doRefresh && !op.obeys[sayUsableRefresh] {
			c.World.closeSession(refresh)
		}
	}
	if p.endsAccess {
		c.World.holdAccess(refresh, access)
	}
	if g.refresh != "" {
		doc = appendString(appendKey(doc, 1, append(appendString(nil, g.refresh), ':')), refresh)
	}
	for _, f := range fieldsOf(u.Doc) {
		if f.name != g.access && f.name != g.refresh {
			doc = append(appendKey(doc, 1, append(appendString(nil, f.name), ':')), f.raw...)
		}
	}
	return Reply{doc: append(doc, '}')}
}

// logInHandler opens a session for who knows the password.
func (p *plan) logInHandler(op *operation) Handler {
	return func(c *Call) Reply {
		user := c.World.UserByLogin(c.Text(p.accounts.login))
		known := user != nil && user.knows(c.Text(p.accounts.password))
		if !known && !op.obeys[sayWrongCredentials] {
			if user == nil {
				user = c.World.someUser("")
			}
			known = user != nil
		}
		if !known || user.locked {
			return Refusal(contract.Credentials, p.accounts.login+" or "+p.accounts.password+" is wrong")
		}
		c.World.endSessions(user.ID, !op.obeys[saySecondSession], !op.obeys[sayFirstSession])
		c.User = user
		return p.grant(c, op, op.holder(c, user), "")
	}
}

// holder is whose access token is given: the user's own, unless the contract
// does not say so.
func (op *operation) holder(c *Call, user *User) *User {
	if !op.obeys[sayOwnAccount] {
		if other := c.World.someUser(user.ID); other != nil {
			return other
		}
	}
	return user
}

// refreshHandler gives a new access token for a refresh token.
func (p *plan) refreshHandler(op *operation) Handler {
	return func(c *Call) Reply {
		refresh := c.Text(p.accounts.refresh)
		session, ok := c.World.sessionOf(refresh)
		user := c.World.User(session.user)
		if (!ok || user == nil) && !op.obeys[sayUnknownToken] {
			user = c.World.someUser("")
			ok = user != nil
		}
		if !ok || user == nil {
			return Refusal(contract.Credentials, p.accounts.refresh+" is unknown, or was ended by a logout")
		}
		c.User = user
		if !op.obeys[sayTokenStaysValid] {
			c.World.closeSession(refresh)
			refresh = ""
		}
		return p.grant(c, op, op.holder(c, user), refresh)
	}
}

// logOutHandler ends the session of a refresh token.
func (p *plan) logOutHandler(op *operation) Handler {
	return func(c *Call) Reply {
		refresh := c.Text(p.accounts.refresh)
		session, ok := c.World.sessionOf(refresh)
		if !ok || c.User != nil && session.user != c.User.ID {
			return Refusal(contract.Credentials, p.accounts.refresh+" is unknown, or was ended before")
		}
		if op.obeys[sayTokenDies] {
			c.World.closeSession(refresh)
		}
		if !op.obeys[sayLogInAgain] {
			c.World.changeUser(session.user, func(u *User) { u.locked = true })
		}
		return Reply{}
	}
}

// meHandler shows the signed-in user's account.
func (p *plan) meHandler(op *operation) Handler {
	return func(c *Call) Reply {
		user := c.User
		if user == nil { // the contract asks for no token here
			user = c.World.someUser("")
		}
		if user != nil && !op.obeys[sayOwn] {
			if other := c.World.someUser(user.ID); other != nil {
				user = other
			}
		}
		if user == nil {
			return Refusal(contract.Unauthenticated, "nobody is signed in")
		}
		return Reply{doc: user.Doc, shape: p.accounts.kind.shape}
	}
}
