package oidc

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A Transaction is an authorization request that waits for a person to sign in.
type Transaction struct {
	Ask
	ID       string // in the provider's URLs
	Handle   string // the provider's own form of it, where it has one
	Query    string // the authorization request, as sent
	UserID   string // who signed in; empty before
	AuthTime time.Time
	session  session
}

// open keeps the request until somebody has signed in.
func (p *Provider) open(a *authorization) *Transaction {
	tx := Transaction{Ask: a.Ask, Query: a.request.RawQuery}
	if a.request.Method == http.MethodPost {
		tx.Query = a.params.Encode()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Current().Personality.NewTransaction(p, &tx)
	p.transactions.put(tx.ID, tx, p.Now(), p.Now().Add(p.lifetimes().Transaction))
	return &tx
}

// Transaction returns the waiting request of this id.
func (p *Provider) Transaction(id string) (Transaction, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.transactions.get(id, p.Now())
}

// SignIn notes who signed in for a waiting request and returns the session cookie.
// It reports false when the request or the user is gone.
func (p *Provider) SignIn(id, userID string) (cookie string, ok bool) {
	tx, ok := p.Transaction(id)
	if !ok {
		return "", false
	}
	if _, ok := p.User(userID); !ok {
		return "", false
	}
	s, cookie := p.begin(userID, tx.Origin)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.transactions.change(id, func(tx *Transaction) { tx.UserID, tx.AuthTime, tx.session = userID, s.AuthTime, s })
	return cookie, true
}

// Resume ends a request for which somebody has signed in, once: the browser goes back with a code.
func (p *Provider) Resume(id string) *Answer {
	p.mu.Lock()
	tx, ok := p.transactions.get(id, p.Now())
	if ok && tx.UserID != "" {
		p.transactions.drop(id)
	}
	p.mu.Unlock()
	switch {
	case !ok:
		return p.Current().Personality.ErrorPage(refuse("invalid_request", "this sign-in is unknown, finished or too old; begin again at the application"))
	case tx.UserID == "":
		return Redirect(p.Current().Personality.SignIn(p, &tx))
	}
	return p.grant(&tx.Ask, tx.session)
}

// Cancel ends a waiting request: the browser goes back with access_denied (RFC 6749 §4.1.2.1).
func (p *Provider) Cancel(id string) *Answer {
	p.mu.Lock()
	tx, ok := p.transactions.get(id, p.Now())
	p.transactions.drop(id)
	p.mu.Unlock()
	if !ok {
		return p.Resume(id)
	}
	return p.respond(&tx.Ask, Object{{"error", "access_denied"}, {"error_description", "the person did not sign in"}})
}

// OnceMore reports whether the id of a one-time token is new, and remembers it until then.
func (p *Provider) OnceMore(id string, until time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, used := p.spent.get(id, p.Now()); used {
		return false
	}
	p.spent.put(id, true, p.Now(), until)
	return true
}

// Escape percent-encodes a query value: RFC 3986 unreserved characters stand as they are, a space is %20.
func Escape(s string) string {
	const plain = "-._~"
	return escapeBut(s, plain)
}

// EscapePath percent-encodes a query value but leaves the slashes of a path, as the recordings show them.
func EscapePath(s string) string { return escapeBut(s, "-._~/") }

func escapeBut(s, plain string) string {
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			b = append(b, c)
		case strings.IndexByte(plain, c) >= 0:
			b = append(b, c)
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

// Encode writes the members of an object as a query, in order.
func Encode(params Object) string {
	var b []byte
	for _, m := range params {
		s, _ := m.Value.(string)
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = append(b, Escape(m.Name)...)
		b = append(b, '=')
		b = append(b, Escape(s)...)
	}
	return string(b)
}

// Ordered reads a query in the order sent; pairs that cannot be decoded are left out.
func Ordered(query string) Object {
	var params Object
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err1 == nil && err2 == nil && n != "" {
			params = append(params, Member{n, v})
		}
	}
	return params
}

// CleanQuery percent-encodes what may not stand in a Location as it is, and leaves the rest as sent.
func CleanQuery(query string) string {
	return escapeBut(query, "-._~!$&'()*+,;=:@/?%[]")
}

// Known returns what was asked for and is known, each once, in the order of the known.
func Known(known, asked []string) []string {
	granted := []string{}
	for _, s := range known {
		if slices.Contains(asked, s) {
			granted = append(granted, s)
		}
	}
	return granted
}

// Peek reads a claim that is a text from a token that nobody verified; empty for none.
func Peek(token, claim string) string {
	claims := Claims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
		return ""
	}
	return text(claims[claim])
}
