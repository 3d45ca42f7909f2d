package steps

import (
	"fmt"
	"strings"
	"sync"

	"github.com/cucumber/godog"

	"assay/contract"
)

// The steps for a Cognito user pool: signing in with SRP, and what follows.
// What the pool must be told stands in the settings: username and password,
// client_id and pool_id (the recorded ones otherwise), second_username,
// second_password and second_client_id for the scenarios that need another
// user or client, settings_url where the settings API is served elsewhere
// ("none" where it is not served).
const (
	cognitoName = "cognito"
	cognitoNone = "none"
)

func init() {
	protocols[cognitoName] = protocol{
		steps: cognitoSteps,
		signIn: func(w *World, a *actor) error {
			s, err := w.cognitoShared(a)
			a.session.access = s.access
			return err
		},
		plain: cognitoPlain,
		base: func(r *run, op *contract.Operation) string {
			if url := r.options.Settings["settings_url"]; op.ID == "listSettings" && url != cognitoNone {
				return url
			}
			return ""
		},
		absent: func(r *run, op *contract.Operation) string {
			if op.ID == "listSettings" && r.options.Settings["settings_url"] == cognitoNone {
				return "settings_url=none: this pool stands alone"
			}
			return ""
		},
		alone: []string{"globalSignOut"},
	}
}

// cognitoPool is what a run knows of the pool.
type cognitoPool struct {
	id, name         string // us-east-1_AbCdEfGhI, and what stands behind the underscore
	client           string
	second           string // another client; may be empty
	user, other      cognitoUser
	mu               sync.Mutex
	session          *cognitoSession // that scenarios share which end none
	signOuts         int             // everywhere, before that session was opened
	sessionExchanges []*contract.Exchange
}

type cognitoUser struct{ name, password string }

// A cognitoSession is what a sign-in gave.
type cognitoSession struct {
	access, id, refresh string
	at                  *contract.Exchange // the answer that gave it
	value               map[string]any     // AuthenticationResult
}

// cognitoPool reads the settings, once a run.
func (w *World) cognitoPool() (*cognitoPool, error) {
	settings := w.run.options.Settings
	if settings["password"] == "" {
		return nil, w.block("the password is not known: --set password=…, or a --set-file")
	}
	if known, there := w.run.kept.Load(cognitoName); there {
		return known.(*cognitoPool), nil
	}
	p := &cognitoPool{
		id: settings["pool_id"], client: settings["client_id"], second: settings["second_client_id"],
		user: cognitoUser{settings["username"], settings["password"]}, other: cognitoUser{settings["second_username"], settings["second_password"]},
	}
	if op := w.run.contract.Operation("getKeySet"); p.id == "" && op != nil && len(op.Params) > 0 {
		p.id = textOf(op.Params[0].Schema.Example)
	}
	example := w.cognitoExample()
	if p.client == "" {
		p.client = textOf(example["ClientId"])
	}
	if p.user.name == "" {
		parameters, _ := example["AuthParameters"].(map[string]any)
		p.user.name = textOf(parameters["USERNAME"])
	}
	_, p.name, _ = strings.Cut(p.id, "_")
	known, _ := w.run.kept.LoadOrStore(cognitoName, p)
	return known.(*cognitoPool), nil
}

// cognitoExample is the documented body of a sign-in.
func (w *World) cognitoExample() map[string]any {
	op := w.run.contract.Operation("initiateAuth")
	if op == nil || op.Body == nil || len(op.Body.Examples) == 0 {
		return nil
	}
	v, _ := contract.DecodeStrict(op.Body.Examples[0].Value) // loading has proven it
	m, _ := v.(map[string]any)
	return m
}

// cognitoCall calls an operation of the pool. Nothing is judged yet.
func (w *World) cognitoCall(id string, a *actor, r request) (*call, error) {
	op := w.run.contract.Operation(id)
	if op == nil {
		return nil, w.wrong("the contract has no operation %q", id)
	}
	w.last = w.send(op, a, r)
	return w.last, nil
}

// cognitoDo calls an operation that must succeed for the scenario to go on.
func (w *World) cognitoDo(id string, a *actor, r request) (*call, error) {
	c, err := w.cognitoCall(id, a, r)
	if err != nil {
		return nil, err
	}
	return c, w.must(c)
}

// cognitoShared returns the session that scenarios share; the first of them opens it.
func (w *World) cognitoShared(a *actor) (cognitoSession, error) {
	p, err := w.cognitoPool()
	if err != nil {
		return cognitoSession{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if signOuts := w.run.succeeded("globalSignOut"); p.session == nil || p.signOuts != signOuts {
		p.signOuts = signOuts
		from := len(w.exchanges)
		s, err := w.cognitoSignIn(a, p.user, p.client)
		if err != nil {
			return cognitoSession{}, err
		}
		p.session, p.sessionExchanges = s, append([]*contract.Exchange{}, w.exchanges[from:]...)
		return *s, nil
	}
	w.exchanges = append(w.exchanges, p.sessionExchanges...) // so that a finding's chain begins with the sign-in
	return *p.session, nil
}

// cognitoForget ends the sharing of a session that is good no more.
func (w *World) cognitoForget() {
	if p, err := w.cognitoPool(); err == nil {
		p.mu.Lock()
		p.session = nil
		p.mu.Unlock()
	}
}

// succeeded counts the answers of success that an operation has given in this run.
func (r *run) succeeded(op string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for status, times := range r.coverage[op] {
		if strings.HasPrefix(status, "2") {
			n += times
		}
	}
	return n
}

// cognitoSignIn opens a session of its own.
func (w *World) cognitoSignIn(a *actor, u cognitoUser, client string) (*cognitoSession, error) {
	t := &cognitoAttempt{world: w, actor: a, user: u, client: client}
	if err := t.begin(nil); err != nil {
		w.cognitoShutOut()
		return nil, err
	}
	body, err := t.answer()
	if err != nil {
		return nil, err
	}
	c, err := w.cognitoDo("respondToAuthChallenge", a, request{body: body})
	if err != nil {
		w.cognitoShutOut()
		return nil, err
	}
	return w.cognitoTake(c)
}

// cognitoShutOut finds that nobody can sign in any more, though it went well
// until the run signed its user out everywhere.
func (w *World) cognitoShutOut() {
	if w.last == nil || w.last.class() != refusal || w.run.succeeded("globalSignOut") == 0 {
		return
	}
	switch cognitoType(w.last) {
	case "NotAuthorizedException", "UserNotFoundException": // and not, say, for too many sign-ins
		w.find(w.run.contract.Rule("globalSignOut.sign-in-again"), "", "another sign-in after a global sign-out", w.last.actual(), false)
	}
}

// cognitoTake reads the tokens of an answer.
func (w *World) cognitoTake(c *call) (*cognitoSession, error) {
	m, _ := c.value.(map[string]any)
	result, _ := m["AuthenticationResult"].(map[string]any)
	s := &cognitoSession{at: c.exchange, value: result}
	s.access, _ = result["AccessToken"].(string) // a token of another type is a finding already, and no token
	s.id, _ = result["IdToken"].(string)
	s.refresh, _ = result["RefreshToken"].(string)
	for member, token := range map[string]string{"AccessToken": s.access, "IdToken": s.id} {
		if token == "" {
			return s, w.blockBy(fmt.Sprintf("%s.AuthenticationResult.%s.required", successRule(c.op), member))
		}
	}
	return s, nil
}

// cognitoPlain makes the plain calls: those that must succeed.
func cognitoPlain(w *World, op *contract.Operation, a *actor) (map[string]any, bool, error) {
	p, err := w.cognitoPool()
	if err != nil {
		return nil, true, err
	}
	switch op.ID {
	case "initiateAuth":
		t := &cognitoAttempt{world: w, actor: a, user: p.user, client: p.client}
		body, err := t.opening(nil)
		return body, true, err
	case "respondToAuthChallenge":
		t := &cognitoAttempt{world: w, actor: a, user: p.user, client: p.client}
		if err := t.begin(nil); err != nil {
			return nil, true, err
		}
		body, err := t.answer()
		return body, true, err
	case "getUser":
		s, err := w.cognitoShared(a)
		return map[string]any{"AccessToken": s.access}, true, err
	case "globalSignOut":
		s, err := w.cognitoOwn(a)
		return map[string]any{"AccessToken": s.access}, true, err
	case "getTokensFromRefreshToken": // which may use its token up
		s, err := w.cognitoOwn(a)
		return map[string]any{"RefreshToken": s.refresh, "ClientId": p.client}, true, err
	case "revokeToken":
		s, err := w.cognitoOwn(a)
		return map[string]any{"Token": s.refresh, "ClientId": p.client}, true, err
	}
	return nil, false, nil
}

// cognitoOwn opens a session that this scenario may end.
func (w *World) cognitoOwn(a *actor) (cognitoSession, error) {
	p, err := w.cognitoPool()
	if err != nil {
		return cognitoSession{}, err
	}
	s, err := w.cognitoSignIn(a, p.user, p.client)
	if err != nil {
		return cognitoSession{}, err
	}
	return *s, nil
}

// cognitoSteps registers the vocabulary for one scenario.
func cognitoSteps(sc *godog.ScenarioContext, w *World) {
	s := &cognitoScenario{World: w}
	s.signInSteps(sc)
	s.tokenSteps(sc)
	s.accessSteps(sc)
	s.refreshSteps(sc)
	s.publicSteps(sc)
}

// A cognitoScenario is what the steps of one scenario know of each other.
type cognitoScenario struct {
	*World
	attempt *cognitoAttempt
	mine    *cognitoSession // the session that the scenario speaks of
	second  *cognitoSession // another one of the same user
	theirs  *cognitoSession // of the other user
	before  *cognitoSession // the tokens from before a refresh
	other   *call           // the challenge before this one
}

// i is the actor that a scenario speaks as.
func (s *cognitoScenario) i() *actor {
	a, err := s.actor(actorI)
	if err != nil { // no contract of a pool has a sign-up
		return &actor{name: actorI}
	}
	return a
}

// did makes a call the one whose outcome the next step asks for.
func (s *cognitoScenario) did(id string, r request) error {
	if err := s.settle(); err != nil {
		return err
	}
	c, err := s.cognitoCall(id, s.i(), r)
	s.pending = c
	return err
}

// demandOf judges a rule that need not be the scenario's own.
func (s *cognitoScenario) demandOf(rule string, held bool, expected, actual string) {
	s.judgedRules([]string{rule})
	if !held {
		s.find(s.run.contract.Rule(rule), "", expected, actual, false)
	}
}

// demand judges the scenario's rule by something that is no call.
func (s *cognitoScenario) demand(held bool, expected, actual string) {
	if !held {
		s.breaks(expected, actual)
	}
}
