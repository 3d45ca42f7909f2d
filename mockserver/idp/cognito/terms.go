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
	Has func(rule string) bool
	// Answers are the tokens that each operation gives, by its id.
	Answers map[string]Pair
	Refresh time.Duration // how long a refresh token lives
	Block   time.Duration // how long a challenge may be answered
}

// A Pair is what the contract says of the two tokens of one answer.
type Pair struct{ Access, ID Token }

// A Token is what the contract says of one JWT.
type Token struct {
	Algorithm string // RS256 unless the contract says HS256
	Lifetime  time.Duration
	Claims    *contract.Schema // names, order and types; nil where the contract names none
}

// Lifetimes where neither the contract nor the configuration says one: they are AWS's defaults.
const (
	defaultToken   = time.Hour
	defaultRefresh = 30 * 24 * time.Hour
	defaultBlock   = 3 * time.Minute
)

// TermsOf reads the terms from a contract: the tokens from the x-jwt of each
// answer that holds an AuthenticationResult.
func TermsOf(c *contract.Contract) Terms {
	t := Terms{contract: c, Has: c.Has, Answers: map[string]Pair{}, Refresh: defaultRefresh, Block: defaultBlock}
	for _, op := range c.Operations {
		if op.Success == nil {
			continue
		}
		if result := op.Success.Schema.Property("AuthenticationResult"); result != nil {
			t.Answers[op.ID] = Pair{tokenOf(result.Property("AccessToken")), tokenOf(result.Property("IdToken"))}
		}
	}
	return t
}

func tokenOf(p *contract.Property) Token {
	t := Token{Algorithm: "RS256", Lifetime: defaultToken}
	if p == nil || p.JWT == nil {
		return t
	}
	if p.JWT.Lifetime > 0 {
		t.Lifetime = time.Duration(p.JWT.Lifetime) * time.Second
	}
	if p.JWT.Algorithm != "" {
		t.Algorithm = p.JWT.Algorithm
	}
	t.Claims = p.JWT.Claims
	return t
}

// With puts a configuration's lifetimes in the place of the contract's.
func (t Terms) With(l config.CognitoLifetimes) Terms {
	answers := make(map[string]Pair, len(t.Answers))
	for id, pair := range t.Answers {
		pair.Access.Lifetime = or(l.AccessToken, pair.Access.Lifetime)
		pair.ID.Lifetime = or(l.IDToken, pair.ID.Lifetime)
		answers[id] = pair
	}
	t.Answers, t.Refresh, t.Block = answers, or(l.RefreshToken, t.Refresh), or(l.SecretBlock, t.Block)
	return t
}

func or(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
