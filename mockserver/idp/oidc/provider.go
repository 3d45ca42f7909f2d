package oidc

import (
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assay/contract"
	"assay/mockserver"
)

// Terms are what a contract says of a provider. They change when another contract is served.
type Terms struct {
	Personality Personality
	Lifetimes   Lifetimes
	Algorithms  Algorithms
	// Obeys reports whether the contract holds this sentence; nil obeys all.
	Obeys func(rule string) bool
}

// A Provider is one OpenID provider in one world. Its configuration is not
// changed after the first request, but for its terms, by [Provider.Follow]; its
// state is safe for concurrent use.
type Provider struct {
	Terms     Terms // before any contract is followed
	Clients   []Client
	APIs      []API
	AutoLogin string // name of the user who is signed in without a page; empty for none

	Now func() time.Time
	// Random yields what ids, codes and opaque tokens are made of.
	Random io.Reader
	Keys   *Keys
	// Ledger knows what is done to tokens from outside; nil where nothing is.
	Ledger mockserver.Ledger

	followed     atomic.Pointer[followed]
	random       sync.Mutex // guards Random
	mu           sync.Mutex
	users        map[string]User // by id
	transactions shelf[Transaction]
	codes        shelf[code]
	grants       shelf[Grant]
	access       shelf[accessToken]
	refresh      shelf[refreshToken]
	sessions     shelf[session]
	spent        shelf[bool] // ids of one-time tokens already used
}

// A Personality is what is a provider's own. Its methods must not keep what they are given.
type Personality interface {
	// Issuer names the provider that is reached at this origin ("http://localhost:4100").
	Issuer(origin string) string
	// Endpoints are the paths of the endpoints, for discovery.
	Endpoints() Endpoints
	// Cookie names the session cookie.
	Cookie() string
	// NewTransaction fills in the id of a transaction and whatever else is the provider's own.
	NewTransaction(p *Provider, tx *Transaction)
	// SignIn is where the browser is sent when the user must sign in.
	SignIn(p *Provider, tx *Transaction) string
	// NewCode makes an authorization code.
	NewCode(p *Provider) string
	// Scope narrows what was asked to what is granted, in the order in which it is answered.
	Scope(asked []string, api *API) []string
	// AccessToken returns the claims of an access token, or nil for an opaque one.
	AccessToken(p *Provider, s *Subject) any
	// IDToken returns the claims of an id token.
	IDToken(p *Provider, s *Subject) any
	// Audiences are those whose access tokens the userinfo endpoint takes.
	Audiences(p *Provider, origin string) []string
	// UserInfo fills in the claims of the user that the scope lets see.
	UserInfo(p *Provider, u *User, scope []string) Object
	// ErrorPage tells a person why a browser was not sent back to its application.
	ErrorPage(e *Error) *Answer
}

// Endpoints are the paths of a provider's endpoints.
type Endpoints struct {
	Authorize, Token, UserInfo, KeySet, Introspect, Revoke, EndSession string
}

// A Client is a registered application.
type Client struct {
	ID           string
	Name         string
	Secret       string // empty for a public client
	RedirectURIs []string
	LogoutURIs   []string // where to go after signing out; with none, anywhere at the origin of a redirect URI
	SignInOnly   bool     // may not refresh
}

// Public reports whether the client has no secret, and so must use PKCE.
func (c *Client) Public() bool { return c.Secret == "" }

// An API is a resource that access tokens are asked for by audience.
type API struct {
	Audience    string
	Scopes      []string // beyond those of OpenID Connect
	Permissions bool     // the user's permissions stand in its tokens (RBAC)
}

// A User can sign in.
type User struct {
	ID          string
	Username    string
	Password    string
	Claims      map[string]any // profile claims by name
	Permissions []string
	UpdatedAt   time.Time // moved to the moment of every sign-in
	Before      time.Time // UpdatedAt before the latest sign-in
}

// Algorithms are what tokens are signed with; empty ones are RS256.
type Algorithms struct{ Access, ID string }

func orRS256(algorithm string) string {
	if algorithm == "" {
		return rs256
	}
	return algorithm
}

// Lifetimes of what a provider gives; a zero takes the default.
type Lifetimes struct {
	Transaction, Code, Session, Access, ID, Refresh time.Duration
}

// Or fills zeros from another.
func (l Lifetimes) Or(d Lifetimes) Lifetimes {
	or := func(a, b time.Duration) time.Duration {
		if a != 0 {
			return a
		}
		return b
	}
	return Lifetimes{
		Transaction: or(l.Transaction, d.Transaction), Code: or(l.Code, d.Code), Session: or(l.Session, d.Session),
		Access: or(l.Access, d.Access), ID: or(l.ID, d.ID), Refresh: or(l.Refresh, d.Refresh),
	}
}

// DefaultLifetimes hold where neither a contract nor a configuration says otherwise.
// RFC 6749 §4.1.2 recommends ten minutes at most for a code.
var DefaultLifetimes = Lifetimes{
	Transaction: time.Hour, Code: 10 * time.Minute, Session: 14 * 24 * time.Hour,
	Access: time.Hour, ID: time.Hour, Refresh: 30 * 24 * time.Hour,
}

// SetUsers replaces the users; their ids must differ.
func (p *Provider) SetUsers(users []User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.users = make(map[string]User, len(users))
	for _, u := range users {
		p.users[u.ID] = u
	}
}

// Fork returns a copy that shares the configuration and goes its own way from here.
func (p *Provider) Fork() *Provider {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &Provider{
		Terms: *p.Current(), Clients: p.Clients, APIs: p.APIs, AutoLogin: p.AutoLogin,
		Now: p.Now, Random: p.Random, Keys: p.Keys.Fork(),
		users: maps.Clone(p.users), transactions: p.transactions.clone(), codes: p.codes.clone(), grants: p.grants.clone(),
		access: p.access.clone(), refresh: p.refresh.clone(), sessions: p.sessions.clone(), spent: p.spent.clone(),
	}
}

// User returns the user of this id.
func (p *Provider) User(id string) (User, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.users[id]
	return u, ok
}

// Login returns the user of this name if the password is theirs. Names are told apart by case.
func (p *Provider) Login(username, password string) (User, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, known := p.named(username)
	given, want := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(u.Password))
	same := subtle.ConstantTimeCompare(given[:], want[:]) == 1
	return u, known && same && u.Password != ""
}

// named finds a user by name or e-mail address; the lock is held.
func (p *Provider) named(name string) (User, bool) {
	for _, u := range p.users {
		if name != "" && (u.Username == name || u.Claims["email"] == name) {
			return u, true
		}
	}
	return User{}, false
}

// signedIn notes the moment of a sign-in and returns the user as of now; the lock is held.
func (p *Provider) signedIn(id string) (User, bool) {
	u, ok := p.users[id]
	if ok {
		u.Before, u.UpdatedAt = u.UpdatedAt, p.Now()
		p.users[id] = u
	}
	return u, ok
}

// Client returns the client of this id, or nil.
func (p *Provider) Client(id string) *Client {
	for i := range p.Clients {
		if p.Clients[i].ID == id {
			return &p.Clients[i]
		}
	}
	return nil
}

func (p *Provider) api(audience string) *API {
	for i := range p.APIs {
		if p.APIs[i].Audience == audience {
			return &p.APIs[i]
		}
	}
	return nil
}

// Has reports whether the contract holds a sentence that a personality obeys.
func (p *Provider) Has(rule string) bool { return p.obeys(rule) }

// obeys reports whether the contract holds the sentence.
func (p *Provider) obeys(rule string) bool {
	obeys := p.Current().Obeys
	return obeys == nil || obeys(rule)
}

// lifetimes with the defaults filled in.
func (p *Provider) lifetimes() Lifetimes {
	l := p.Current().Lifetimes.Or(DefaultLifetimes)
	if p.Ledger != nil {
		l.Access = Lifetimes{Access: p.Ledger.TokenLifetime()}.Or(l).Access
	}
	return l
}

// followed are the terms of the contract that was served last.
type followed struct {
	contract *contract.Contract
	terms    Terms
}

// Current are the terms that hold now.
func (p *Provider) Current() *Terms {
	if f := p.followed.Load(); f != nil {
		return &f.terms
	}
	return &p.Terms
}

// Follow takes the terms from a contract, where that is not the one followed already.
// What was given under other terms stays as it is.
func (p *Provider) Follow(c *contract.Contract, terms func(*contract.Contract) Terms) {
	if f := p.followed.Load(); f == nil || f.contract != c {
		p.followed.Store(&followed{c, terms(c)})
	}
}

const nanoid = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// NewID returns n characters of the URL-safe alphabet, six random bits each.
func (p *Provider) NewID(n int) string {
	b := make([]byte, n)
	p.random.Lock()
	defer p.random.Unlock()
	if _, err := io.ReadFull(p.Random, b); err != nil {
		panic("oidc: the source of randomness failed: " + err.Error()) // as crypto/rand does: nothing safe can follow
	}
	for i := range b {
		b[i] = nanoid[b[i]&63]
	}
	return string(b)
}

// A Request is what an endpoint needs of a request.
type Request struct {
	Method string
	Origin string            // scheme and host that the request came to
	Path   map[string]string // parameters of the path
	Query  url.Values        // of the URL
	Form   url.Values        // of the body; members of a JSON body too
	// RawQuery is the query as sent, for those who repeat it.
	RawQuery string
	Header   http.Header
}

// Value returns a parameter of the body, or of the query.
func (r *Request) Value(name string) string {
	if r.Form.Has(name) {
		return r.Form.Get(name)
	}
	return r.Query.Get(name)
}

// repeated names a parameter that was sent more than once.
func repeated(values url.Values) (string, bool) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(values[name]) > 1 {
			return name, true
		}
	}
	return "", false
}

// cookie returns the value of a cookie, or "".
func (r *Request) cookie(name string) string {
	c, err := (&http.Request{Header: r.Header}).Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// An Answer is what an endpoint wants answered.
type Answer struct {
	Status int
	Header http.Header
	Value  any    // to be written as JSON
	Page   []byte // or: an HTML page
}

// header of the answer, made when first asked for.
func (a *Answer) header() http.Header {
	if a.Header == nil {
		a.Header = http.Header{}
	}
	return a.Header
}

// Redirect answers 302 with this location.
func Redirect(location string) *Answer {
	return &Answer{Status: http.StatusFound, Header: http.Header{"Location": {location}}}
}

// An Error is a refusal in the words of RFC 6749 §4.1.2.1 and §5.2.
type Error struct {
	Status      int    // where it is answered directly
	Code        string // error
	Description string // error_description
}

func (e *Error) Error() string { return e.Code + ": " + e.Description }

// Answer writes the refusal as JSON.
func (e *Error) Answer() *Answer {
	value := Object{{"error", e.Code}}
	if e.Description != "" {
		value = append(value, Member{"error_description", e.Description})
	}
	return &Answer{Status: e.Status, Value: value}
}

func refuse(code, description string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Description: description}
}

// words splits a space-separated list.
func words(s string) []string { return strings.Fields(s) }
