package mockserver

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"assay/contract"
)

// authenticate finds out who sends the request. A public operation takes a
// good token for what it says and passes over any other: clients send odd
// ones. It returns the refusal, or nil to go on.
func (p *plan) authenticate(c *Call, op *operation) *Reply {
	if op.Public() {
		p.recognise(c)
		return nil
	}
	var reason error
	for _, set := range op.Security {
		err := p.meets(c, set)
		if err == nil {
			return nil
		}
		reason = worse(reason, err)
	}
	scheme := op.Security[0][0]
	if c.notes != nil {
		c.notes.denied = deniedFor(reason)
		remarkMisplaced(c, scheme)
	}
	refusal := Refusal(contract.Unauthenticated, carrierName(scheme)+": "+reason.Error())
	return &refusal
}

func deniedFor(reason error) Denied {
	switch {
	case errors.Is(reason, errNoToken):
		return DeniedAbsent
	case errors.Is(reason, errExpired):
		return DeniedExpired
	case errors.Is(reason, errEarly):
		return DeniedEarly
	case errors.Is(reason, errRevoked):
		return DeniedRevoked
	}
	return DeniedInvalid
}

// remarkMisplaced looks for the missing token where clients put it by habit.
func remarkMisplaced(c *Call, scheme *contract.Scheme) {
	if c.notes.denied != DeniedAbsent {
		return
	}
	for _, name := range []string{"Authorization", "X-Access-Token", "X-Auth-Token", "X-Token", "Token", "Jwt"} {
		if c.Request.Header.Get(name) != "" && !strings.EqualFold(name, scheme.Key) {
			c.remark(RemarkPlace, name, fmt.Sprintf("something was sent as %s, the access token belongs into %s", name, carrierName(scheme)))
		}
	}
}

func carrierName(s *contract.Scheme) string {
	if s.Key == "" {
		return s.Name
	}
	return s.Key
}

// worse keeps the reason that tells a person more: a bad token rather than none.
func worse(a, b error) error {
	if a == nil || a == errNoToken {
		return b
	}
	return a
}

// meets checks the schemes that must be met together; the first token found
// good says who it is.
func (p *plan) meets(c *Call, set []*contract.Scheme) error {
	for _, scheme := range set {
		raw := p.carried(c, scheme)
		if raw == "" {
			return errNoToken
		}
		user, token, err := p.checkToken(c, scheme, raw)
		if err != nil {
			return err
		}
		if c.Token == nil {
			c.User, c.Token = user, token
		}
	}
	return nil
}

func (p *plan) checkToken(c *Call, scheme *contract.Scheme, raw string) (*User, *Token, error) {
	switch {
	case p.options.Authenticate != nil:
		return p.options.Authenticate(c, scheme, raw)
	case scheme.Scheme == "basic":
		return p.checkBasic(c, raw)
	case p.tokens == nil:
		// The contract shows no way to get a token: that there is one must do.
		return nil, &Token{Raw: raw}, nil
	}
	token, err := p.tokens.check(c.World, raw)
	if err != nil {
		return nil, nil, err
	}
	user := c.World.User(token.User)
	if user == nil {
		if login, ok := token.Claims[p.accounts.login].(string); ok && login != "" {
			user = c.World.UserByLogin(login)
		}
	}
	if user == nil {
		return nil, nil, errUnknownUser
	}
	return user, token, nil
}

// checkBasic checks a name and a password (RFC 7617) where the contract has accounts.
func (p *plan) checkBasic(c *Call, raw string) (*User, *Token, error) {
	text, err := base64.StdEncoding.DecodeString(raw)
	login, password, ok := strings.Cut(string(text), ":")
	if err != nil || !ok {
		return nil, nil, fmt.Errorf("it is not name:password in base64")
	}
	if p.accounts == nil {
		return nil, &Token{Raw: raw}, nil
	}
	user := c.World.UserByLogin(login)
	if user == nil || !user.knows(password) {
		return nil, nil, fmt.Errorf("name or password is wrong")
	}
	return user, &Token{Raw: raw, User: user.ID}, nil
}

// recognise finds out who sends a request that needs no token.
func (p *plan) recognise(c *Call) {
	if p.tokens == nil || p.options.Authenticate != nil {
		return
	}
	for _, scheme := range p.contract.Schemes {
		raw := p.carried(c, scheme)
		if raw == "" || scheme.Scheme == "basic" {
			continue
		}
		if user, token, err := p.checkToken(c, scheme, raw); err == nil {
			c.User, c.Token = user, token
			return
		}
		c.remark(RemarkToken, carrierName(scheme), carrierName(scheme)+": a token that is not valid was sent where none is needed")
	}
}

// carried returns what a request carries in the place of a scheme; empty for nothing.
func (p *plan) carried(c *Call, s *contract.Scheme) string {
	switch s.In {
	case "query":
		return c.Query.Get(s.Key)
	case "cookie":
		if cookie, err := c.Request.Cookie(s.Key); err == nil {
			return cookie.Value
		}
		return ""
	}
	value := headerValue(c.Request.Header, p.headers[s])
	if s.Type == "apiKey" {
		return value
	}
	name, token, ok := strings.Cut(value, " ")
	if !ok || !strings.EqualFold(name, s.Scheme) {
		return ""
	}
	return strings.TrimSpace(token)
}

// headerValue is Header.Get for a name that is canonical.
func headerValue(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}
