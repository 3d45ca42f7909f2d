package cognito

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"assay/contract"
	"assay/mockserver/idp/cognito/srp"
	"assay/mockserver/idp/config"
)

// A contract that lacks a sentence leaves open what the sentence settles. What
// this file holds is how the pool settles it then: otherwise. A verification
// against the whole contract must find each of these. Where a sentence forbids
// something, the refusal asks for it in its own place instead.

// issuer is what tokens and the discovery document name.
func (e *Engine) issuer() string {
	if !e.obeys("token.issuer-of-pool") {
		return e.pool.issuer + "/"
	}
	return e.pool.issuer
}

// kid is the name that a key has in tokens and in the key set.
func (e *Engine) kid(s signer) string {
	if !e.obeys("token.key-ids") {
		return strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(s.kid)
	}
	return s.kid
}

func (e *Engine) unsaidOfClaims(claims []claim, use, answer string) []claim {
	change := func(how func(old any) any, names ...string) {
		for i := range claims {
			for _, name := range names {
				if claims[i].name == name {
					claims[i].value = how(claims[i].value)
				}
			}
		}
	}
	earlier := func(seconds int64) func(any) any { return func(old any) any { return old.(int64) - seconds } }
	if !e.obeys("token.sign-in-time") {
		change(earlier(3000), "auth_time")
	}
	if !e.obeys("token.names-user-and-client") {
		change(func(old any) any { return strings.ToUpper(old.(string)) }, "client_id", "aud")
	}
	if !e.obeys("token.one-sign-in") && use == "id" {
		change(func(any) any { return e.uuid() }, "event_id")
	}
	if !e.obeys("refresh.same-sign-in") && answer != answerOfSignIn {
		change(earlier(60), "auth_time")
	}
	return claims
}

func (e *Engine) unsaidOfTokens(t *Tokens, answer string) *Tokens {
	if !e.obeys("token.expires-in") {
		t.ExpiresIn *= 1000 // milliseconds
	}
	usable := "refresh.usable-token"
	if answer == answerOfSignIn {
		usable = "respondToAuthChallenge.usable-token"
	}
	if !e.obeys(usable) {
		t.Access = t.Access[:len(t.Access)-8] + "AAAAAAAA" // a signature of nothing
	}
	return t
}

func (e *Engine) unsaidOfHeader(header string) string {
	if !e.obeys("token.no-typ") {
		return strings.Replace(header, `,"alg"`, `,"typ":"JWT","alg"`, 1)
	}
	return header
}

// unsaidOfPublic reads an SRP_A that the contract does not refuse.
func (e *Engine) unsaidOfPublic(text string, err error) (srp.Public, error) {
	switch {
	case err == srp.ErrZero && !e.obeys("initiateAuth.srp-a-not-zero"):
		return srp.ParsePublicUnchecked(text)
	case err == srp.ErrTooLong && !e.obeys("initiateAuth.srp-a-not-longer"):
		return srp.ParsePublicUnchecked(text[len(text)-2*srp.ModulusSize:]) // its low digits: it is never reckoned with whole
	case text == "" && !e.obeys("initiateAuth.parameters-of-the-flow"),
		err == srp.ErrNotHex && text != "" && !e.obeys("initiateAuth.srp-a-a-number"):
		return srp.ParsePublicUnchecked("2")
	}
	return srp.Public{}, err
}

// unsaidOfSpelling refuses ways of writing SRP_A that the contract does not say are taken.
func (e *Engine) unsaidOfSpelling(text string) *Error {
	if !e.obeys("initiateAuth.srp-a-any-length") && (strings.ToLower(text) != text || strings.HasPrefix(text, "0")) {
		return invalid("SRP_A is not written as expected")
	}
	return nil
}

// secret is the server's secret exponent: fresh, unless the contract does not ask for that.
func (e *Engine) secret() [srp.EphemeralSize]byte {
	if !e.obeys("initiateAuth.fresh-challenge") {
		return sha256.Sum256(e.pool.disguise)
	}
	return [srp.EphemeralSize]byte(e.bytes(srp.EphemeralSize))
}

// unsaidOfTime refuses a time off the clock where the contract does not say that it is taken.
func (e *Engine) unsaidOfTime(t time.Time) *Error {
	if off := t.Sub(e.now()); !e.obeys("respondToAuthChallenge.timestamp-not-compared") && off.Abs() > time.Minute {
		return incorrect()
	}
	return nil
}

// unsaidOfStranger lets a user sign in whom nobody knows.
func (e *Engine) unsaidOfStranger(name string) *user {
	if e.obeys("initiateAuth.unknown-user") {
		return nil
	}
	return newUser(e.pool.name, config.User{Username: name}, e.pool.disguise[:srp.SaltSize])
}

// unsaidOfRefresh finds a session for a refresh token that nobody was given.
func (e *Engine) unsaidOfRefresh(client config.CognitoClient, known bool) (session, bool) {
	if known || e.obeys("refresh.unknown-token") || e.pool.first == nil {
		return session{}, false
	}
	now := e.now()
	return session{origin: e.uuid(), event: e.uuid(), user: e.pool.first.name, client: client.ID, authTime: now.Unix(), expires: now.Add(time.Hour)}, true
}

// unsaidOfUser tells attributes otherwise than the contract's sentences have it.
func (e *Engine) unsaidOfUser(who *user) (*user, config.Attributes) {
	if !e.obeys("getUser.own") {
		for _, other := range e.pool.users {
			if other != who {
				who = other
				break
			}
		}
	}
	attributes := append(config.Attributes{}, who.attributes...)
	if !e.obeys("getUser.attributes-as-in-id-token") && len(attributes) > 1 {
		attributes = attributes[:len(attributes)-1]
	}
	if !e.obeys("getUser.attribute-order") {
		for i, j := 1, len(attributes)-1; i < j; i, j = i+1, j-1 {
			attributes[i], attributes[j] = attributes[j], attributes[i]
		}
	}
	return who, attributes
}

// unsaidOfSettings tells a setting twice.
func (e *Engine) unsaidOfSettings(settings []object) []object {
	if !e.obeys("listSettings.unique-names") && len(settings) > 0 {
		return append(settings, settings[0])
	}
	return settings
}

// unsaidOfWire changes the headers of an answer.
func unsaidOfWire(c *contract.Contract, h http.Header, method string, status int) {
	if method == http.MethodOptions && !c.Has("browser.preflight") {
		h.Del("Access-Control-Allow-Headers")
	}
	if status >= http.StatusBadRequest && !c.Has("browser.refusal-readable") || status == http.StatusOK && !c.Has("browser.answer-readable") {
		h.Del("Access-Control-Allow-Origin")
	}
	if h.Get("Content-Type") == amzJSON && !c.Has("answer.media-type") {
		h.Set("Content-Type", "application/json")
	}
	if !c.Has("refusal.names-its-type") {
		h.Del("X-Amzn-Errortype")
	}
}
