package oidc

import (
	"net/http"
	"strings"
	"time"
)

// A session says who is signed in at a browser.
type session struct {
	ID       string
	UserID   string
	AuthTime time.Time
}

// session returns the session of the request's cookie.
func (p *Provider) session(r *Request) (session, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.sessions.get(r.cookie(p.Current().Personality.Cookie()), p.Now())
	if ok {
		_, ok = p.users[s.UserID]
	}
	return s, ok
}

// begin signs a user in and returns the session and its Set-Cookie.
func (p *Provider) begin(userID, origin string) (session, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signedIn(userID)
	s := session{ID: p.NewID(43), UserID: userID, AuthTime: p.Now()}
	p.sessions.put(s.ID, s, p.Now(), p.Now().Add(p.lifetimes().Session))
	return s, p.cookieFor(s.ID, origin, 0)
}

// cookieFor writes the session cookie. Over https it must say SameSite=None to be sent
// from a frame at another site (silent renewal); over http, where browsers refuse that,
// the ports of one host are one site and Lax is enough.
func (p *Provider) cookieFor(value, origin string, maxAge int) string {
	c := http.Cookie{Name: p.Current().Personality.Cookie(), Value: value, Path: "/", HttpOnly: true, MaxAge: maxAge, SameSite: http.SameSiteLaxMode}
	if strings.HasPrefix(origin, "https://") {
		c.SameSite, c.Secure = http.SameSiteNoneMode, true
	}
	return c.String()
}

// end signs the browser out and returns the Set-Cookie that says so.
func (p *Provider) end(r *Request) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions.drop(r.cookie(p.Current().Personality.Cookie()))
	return p.cookieFor("", r.Origin, -1)
}

// Logout names what a sign-out request means, whatever the provider calls its parameters.
type Logout struct {
	ClientID string // empty when the request names none
	Hint     string // id_token_hint
	Return   string // where to go; empty for nowhere
	State    string
}

// EndSession signs the browser out (OpenID Connect RP-Initiated Logout §2, §3). It goes
// only where a client registered, and else to a page that says so.
func (p *Provider) EndSession(r *Request, l Logout) *Answer {
	client := p.Client(l.ClientID)
	if client == nil && l.Hint != "" {
		if claims, fault := p.decode(l.Hint, r.Origin); fault == nil {
			client = p.Client(audienceOf(claims))
		}
	}
	if l.Return != "" && p.obeys(LogoutRedirect) && !p.logoutAllowed(client, l.Return) {
		return p.Current().Personality.ErrorPage(refuse("invalid_request", "the address to return to is not registered for this client"))
	}
	answer := p.leave(l)
	if p.obeys(SessionEnds) {
		answer.header().Add("Set-Cookie", p.end(r))
	}
	return answer
}

// leave is where a signed-out browser goes.
func (p *Provider) leave(l Logout) *Answer {
	if l.Return == "" {
		return Message(http.StatusOK, "Signed out", "You are signed out.", "")
	}
	if l.State == "" || !p.obeys(LogoutState) {
		return Redirect(l.Return)
	}
	glue := "?"
	if strings.Contains(l.Return, "?") {
		glue = "&"
	}
	return Redirect(l.Return + glue + Encode(Object{{"state", l.State}}))
}

// logoutAllowed compares with the client's sign-out addresses, or with any client's
// where none is named; a client that registered none may use the origins it signs in from.
func (p *Provider) logoutAllowed(named *Client, uri string) bool {
	for i := range p.Clients {
		c := &p.Clients[i]
		if named != nil && c.ID != named.ID {
			continue
		}
		for _, registered := range c.LogoutURIs {
			if SameURI(registered, uri) {
				return true
			}
		}
		if len(c.LogoutURIs) > 0 {
			continue
		}
		for _, registered := range c.RedirectURIs {
			if o := originOf(uri); o != "" && o == originOf(registered) {
				return true
			}
		}
	}
	return false
}
