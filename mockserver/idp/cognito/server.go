package cognito

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/config"
)

// A Server lets the mock of Cognito's contract act: it is the engine's seam.
type Server struct {
	config *config.Config
	terms  sync.Map // *contract.Contract → Terms: worlds of edited contracts share a server
}

// New returns a server for a configured pool.
func New(cfg *config.Config) *Server {
	copied := *cfg
	return &Server{config: &copied}
}

// Equip returns the options with all that a mock of Cognito's contract needs.
func (s *Server) Equip(o mockserver.Options, c *contract.Contract) mockserver.Options {
	if configured := &s.config.Cognito.Lifetimes.AccessToken; *configured == 0 {
		*configured = o.TokenLifetime
	}
	o.Handlers, o.Authenticate = s.Handlers(), s.Authenticate
	o.Accounts = func(w *mockserver.World) []*mockserver.User { return s.engine(w, c).accounts() }
	around := o.Wrap
	o.Wrap = func(next http.Handler) http.Handler {
		next = Wrap(c, next)
		if around != nil {
			next = around(next)
		}
		return next
	}
	return o
}

// Handlers act for the contract's operations.
func (s *Server) Handlers() map[string]mockserver.Handler {
	return map[string]mockserver.Handler{
		"initiateAuth":              s.initiateAuth,
		"respondToAuthChallenge":    s.respondToAuthChallenge,
		"getUser":                   s.getUser,
		"getTokensFromRefreshToken": s.getTokensFromRefreshToken,
		"revokeToken":               s.revokeToken,
		"globalSignOut":             s.globalSignOut,
		"getKeySet":                 s.getKeySet,
		"discover":                  s.discover,
		"listSettings":              s.listSettings,
	}
}

// Prepare makes the pool of a world ready and its keys beside the caller, so
// that the first sign-in does not wait for them.
func (s *Server) Prepare(w *mockserver.World, c *contract.Contract) {
	e := s.engine(w, c)
	go e.keys.wait()
}

// engine returns the pool of a world, on the terms of the contract served now.
func (s *Server) engine(w *mockserver.World, c *contract.Contract) *Engine {
	return w.State("cognito", func() mockserver.Forker {
		return forker{NewEngine(Options{
			Pool: s.config.Cognito, Users: s.config.Users, Terms: s.termsOf(c), Now: w.Now, Random: w.Random, Keys: keysOf(w), Ledger: w,
		})}
	}).(forker).Engine
}

func (s *Server) of(call *mockserver.Call) *Engine {
	c := call.Operation.Contract()
	e := s.engine(call.World, c)
	if t := s.termsOf(c); e.terms.Load().contract != c {
		e.Follow(t)
	}
	return e
}

func (s *Server) termsOf(c *contract.Contract) Terms {
	if t, known := s.terms.Load(c); known {
		return t.(Terms)
	}
	t := TermsOf(c).With(s.config.Cognito.Lifetimes)
	s.terms.Store(c, t)
	return t
}

// forker lets an engine follow its world.
type forker struct{ *Engine }

// Fork returns the engine of a forked world.
func (f forker) Fork(into *mockserver.World) mockserver.Forker {
	e := f.Engine.Fork(into.Now, into.Random)
	e.ledger = into
	return forker{e}
}

// keysOf takes the keys of a world's seed.
func keysOf(w *mockserver.World) *Keys {
	return LazyKeys(func() (access, id, refresh *rsa.PrivateKey) {
		var all sync.WaitGroup
		for purpose, key := range map[string]**rsa.PrivateKey{"access tokens": &access, "id tokens": &id, "refresh tokens": &refresh} {
			all.Go(func() {
				made, err := w.Key("cognito " + purpose)
				if err != nil {
					panic(err) // as with the world's own key, a seed without one is one in 2^100
				}
				*key = made
			})
		}
		all.Wait()
		return access, id, refresh
	})
}

// tokensOf is AuthenticationResult.
func tokensOf(t *Tokens) map[string]any {
	result := map[string]any{"AccessToken": t.Access, "ExpiresIn": t.ExpiresIn, "IdToken": t.ID, "TokenType": "Bearer"}
	if t.Refresh != "" {
		result["RefreshToken"] = t.Refresh
	}
	return result
}

type object = map[string]any

func (s *Server) initiateAuth(call *mockserver.Call) mockserver.Reply {
	e, client, parameters := s.of(call), call.Text("ClientId"), texts(call.Member("AuthParameters"))
	switch flow := call.Text("AuthFlow"); {
	case flow == "REFRESH_TOKEN" && !e.obeys("initiateAuth.refresh"):
		return e.refuse(call, invalid("Unknown AuthFlow "+flow))
	case flow != "USER_SRP_AUTH":
		tokens, refusal := e.Refresh(client, parameters)
		if refusal != nil {
			return e.refuse(call, refusal)
		}
		return e.reply(object{"AuthenticationResult": tokensOf(tokens), "ChallengeParameters": object{}})
	}
	c, refusal := e.Begin(client, parameters)
	if refusal != nil {
		return e.refuse(call, refusal)
	}
	challenge := object{"SALT": c.Salt, "SECRET_BLOCK": c.SecretBlock, "SRP_B": c.PublicB, "USERNAME": c.Username, "USER_ID_FOR_SRP": c.Username}
	if who := e.pool.users[c.Username]; who != nil && !e.obeys("initiateAuth.username-echoed") {
		challenge["USERNAME"] = who.sub() // as pools do that let users sign in with their e-mail address
	}
	if !e.obeys("initiateAuth.challenge-complete") {
		delete(challenge, "USERNAME")
	}
	return e.reply(object{"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": challenge})
}

func (s *Server) respondToAuthChallenge(call *mockserver.Call) mockserver.Reply {
	e := s.of(call)
	tokens, refusal := e.Prove(call.Text("ClientId"), texts(call.Member("ChallengeResponses")))
	if refusal != nil {
		return e.refuse(call, refusal)
	}
	answer := object{"AuthenticationResult": tokensOf(tokens), "ChallengeParameters": object{}}
	if !e.obeys("respondToAuthChallenge.no-challenge-left") {
		answer["ChallengeName"] = "SOFTWARE_TOKEN_MFA"
	}
	return e.reply(answer)
}

func (s *Server) getUser(call *mockserver.Call) mockserver.Reply {
	e := s.of(call)
	name, attributes, refusal := e.User(call.Text("AccessToken"))
	if refusal != nil {
		return e.refuse(call, refusal)
	}
	list := make([]object, len(attributes))
	for i, a := range attributes {
		list[i] = object{"Name": a.Name, "Value": a.Value}
	}
	return e.reply(object{"UserAttributes": list, "Username": name})
}

func (s *Server) getTokensFromRefreshToken(call *mockserver.Call) mockserver.Reply {
	e := s.of(call)
	tokens, refusal := e.Exchange(call.Text("ClientId"), call.Text("RefreshToken"), call.Text("ClientSecret"))
	if refusal != nil {
		return e.refuse(call, refusal)
	}
	return e.reply(object{"AuthenticationResult": tokensOf(tokens)})
}

func (s *Server) revokeToken(call *mockserver.Call) mockserver.Reply {
	e := s.of(call)
	if refusal := e.Revoke(call.Text("ClientId"), call.Text("Token"), call.Text("ClientSecret")); refusal != nil {
		return e.refuse(call, refusal)
	}
	return e.reply(object{})
}

func (s *Server) globalSignOut(call *mockserver.Call) mockserver.Reply {
	e := s.of(call)
	if refusal := e.SignOutEverywhere(call.Text("AccessToken")); refusal != nil {
		return e.refuse(call, refusal)
	}
	return e.reply(object{})
}

func (s *Server) getKeySet(call *mockserver.Call) mockserver.Reply {
	set, refusal := s.of(call).KeySet(call.Path["poolId"])
	if refusal != nil {
		return mockserver.Refusal(refusal.Kind, refusal.Message)
	}
	return mockserver.Reply{Value: set, Header: http.Header{"Cache-Control": {"public, max-age=86400"}}}
}

func (s *Server) discover(call *mockserver.Call) mockserver.Reply {
	d, refusal := s.of(call).Discover(call.Path["poolId"], origin(call.Request))
	if refusal != nil {
		return mockserver.Refusal(refusal.Kind, refusal.Message)
	}
	return mockserver.Reply{Value: d}
}

// listSettings only tells: who may hear it was settled by Authenticate.
func (s *Server) listSettings(call *mockserver.Call) mockserver.Reply {
	e := s.of(call)
	settings := make([]object, len(e.pool.settings))
	for i, x := range e.pool.settings {
		settings[i] = object{"name": x.Name, "value": x.Value, "readOnly": x.ReadOnly, "secure": x.Secure, "version": x.Version, "description": x.Description}
	}
	return mockserver.Reply{Value: e.unsaidOfSettings(settings)}
}

// Authenticate lets a request to the settings API pass that bears an access token.
func (s *Server) Authenticate(call *mockserver.Call, _ *contract.Scheme, authorization string) (*mockserver.User, *mockserver.Token, error) {
	t, refusal := s.of(call).Authorize(authorization)
	if refusal != nil {
		return nil, nil, errors.New(refusal.Message)
	}
	return nil, &mockserver.Token{Raw: authorization, User: t.Subject}, nil
}

// reply answers success, with the id that AWS gives every request.
func (e *Engine) reply(value object) mockserver.Reply {
	return mockserver.Reply{Value: value, Header: http.Header{requestID: {e.uuid()}, "Cache-Control": {"no-store"}}}
}

// refuse answers a refusal in AWS's form, with the status that the contract has for its kind.
func (e *Engine) refuse(call *mockserver.Call, refusal *Error) mockserver.Reply {
	status := http.StatusBadRequest
	if a := call.Operation.Refusal(refusal.Kind); a != nil && a.Status != 0 {
		status = a.Status
	}
	return mockserver.Reply{
		Status: status, Value: object{"__type": refusal.Type, "message": refusal.Message}, Reason: refusal.Message,
		Header: http.Header{requestID: {e.uuid()}, "Cache-Control": {"no-store"}},
	}
}

const requestID = "X-Amzn-Requestid"

// texts takes the members of an object that are texts.
func texts(v any) map[string]string {
	out := map[string]string{}
	members, _ := v.(map[string]any)
	for name, value := range members {
		switch x := value.(type) {
		case string:
			out[name] = x
		case json.Number:
			out[name] = x.String()
		}
	}
	return out
}

// origin is the scheme and host that the client used, also behind a proxy that ends TLS.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
