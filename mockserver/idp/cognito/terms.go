package cognito

import (
	"time"

	"assay/contract"
	"assay/mockserver/idp/config"
)

// Terms are what the contract says of tokens and of sentences to obey.
type Terms struct {
	contract *contract.Contract // that they were read from
	// Has reports whether the contract holds this rule.
	Has     func(rule string) bool
	Access  Token
	ID      Token
	Refresh time.Duration // how long a refresh token lives
	Block   time.Duration // how long a challenge may be answered
}

// A Token is what the contract says of one kind of JWT.
type Token struct {
	Lifetime time.Duration
	Claims   []Claim // in order
}

// A Claim is one claim of a token and the JSON type it is written as.
type Claim struct{ Name, Type string }

// Lifetimes where neither the contract nor the configuration says one: both are AWS's defaults.
const (
	defaultAccess  = time.Hour
	defaultRefresh = 30 * 24 * time.Hour
	defaultBlock   = 3 * time.Minute
)

// TermsOf reads the terms from a contract: the tokens from the x-jwt of the
// answer to respondToAuthChallenge.
func TermsOf(c *contract.Contract) Terms {
	t := Terms{contract: c, Has: c.Has, Refresh: defaultRefresh, Block: defaultBlock, Access: Token{Lifetime: defaultAccess}, ID: Token{Lifetime: defaultAccess}}
	op := c.Operation("respondToAuthChallenge")
	if op == nil || op.Success == nil || op.Success.Schema.Property("AuthenticationResult") == nil {
		return t
	}
	result := op.Success.Schema.Property("AuthenticationResult").Schema
	t.Access = tokenOf(result.Property("AccessToken"), t.Access)
	t.ID = tokenOf(result.Property("IdToken"), t.ID)
	return t
}

func tokenOf(p *contract.Property, t Token) Token {
	if p == nil || p.JWT == nil {
		return t
	}
	if p.JWT.Lifetime > 0 {
		t.Lifetime = time.Duration(p.JWT.Lifetime) * time.Second
	}
	if p.JWT.Claims != nil {
		for _, claim := range p.JWT.Claims.Properties {
			t.Claims = append(t.Claims, Claim{claim.Name, claim.Type})
		}
	}
	return t
}

// With puts a configuration's lifetimes in the place of the contract's.
func (t Terms) With(l config.CognitoLifetimes) Terms {
	for _, x := range []struct {
		to   *time.Duration
		from time.Duration
	}{{&t.Access.Lifetime, l.AccessToken}, {&t.ID.Lifetime, l.IDToken}, {&t.Refresh, l.RefreshToken}, {&t.Block, l.SecretBlock}} {
		if x.from > 0 {
			*x.to = x.from
		}
	}
	return t
}
