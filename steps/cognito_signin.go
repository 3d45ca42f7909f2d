package steps

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"assay/contract"
)

// A cognitoAttempt is one sign-in on its way.
type cognitoAttempt struct {
	world     *World
	actor     *actor
	user      cognitoUser
	client    string
	srp       *srpClient
	challenge *call
	read      *srpChallenge
	sent      map[string]any // the last answer to the challenge
}

// opening is the body that starts a sign-in. Fits chooses among public values.
func (t *cognitoAttempt) opening(fits func(*big.Int) bool) (map[string]any, error) {
	var err error
	if t.srp, err = newSRPClient(fits); err != nil {
		return nil, err
	}
	return map[string]any{
		"AuthFlow": "USER_SRP_AUTH", "ClientId": t.client, "ClientMetadata": map[string]any{},
		"AuthParameters": map[string]any{"USERNAME": t.user.name, "SRP_A": t.srp.public.Text(16)},
	}, nil
}

// begin starts a sign-in; without a challenge that can be met the scenario is blocked.
func (t *cognitoAttempt) begin(fits func(*big.Int) bool) error {
	body, err := t.opening(fits)
	if err != nil {
		return err
	}
	c, err := t.world.cognitoDo("initiateAuth", t.actor, request{body: body})
	if err != nil {
		return err
	}
	return t.take(c)
}

// take reads the challenge of an answer.
func (t *cognitoAttempt) take(c *call) error {
	t.challenge = c
	var err error
	if t.read, err = readChallenge(cognitoParameters(c)); err != nil {
		return t.world.block("initiateAuth.challenge-complete: " + err.Error())
	}
	return nil
}

// cognitoParameters are the ChallengeParameters of an answer.
func cognitoParameters(c *call) map[string]any {
	m, _ := c.value.(map[string]any)
	parameters, _ := m["ChallengeParameters"].(map[string]any)
	return parameters
}

// now is the target's time, as its last answer told.
func (t *cognitoAttempt) now() time.Time {
	at, _ := targetTime(t.challenge.exchange)
	return at
}

// answer is the body that meets the challenge.
func (t *cognitoAttempt) answer() (map[string]any, error) {
	return t.answerAt(srpTime(t.now()), t.user.password)
}

func (t *cognitoAttempt) answerAt(timestamp, password string) (map[string]any, error) {
	pool, err := t.world.cognitoPool()
	if err != nil {
		return nil, err
	}
	return t.signed(timestamp, t.srp.sign(t.read, pool.name, password, timestamp)), nil
}

func (t *cognitoAttempt) signed(timestamp, signature string) map[string]any {
	parameters := cognitoParameters(t.challenge)
	name := textOf(parameters["USERNAME"])
	if name == "" {
		name = t.read.user
	}
	return map[string]any{
		"ChallengeName": "PASSWORD_VERIFIER", "ClientId": t.client, "ClientMetadata": map[string]any{},
		"ChallengeResponses": map[string]any{
			"USERNAME": name, "PASSWORD_CLAIM_SECRET_BLOCK": textOf(parameters["SECRET_BLOCK"]),
			"TIMESTAMP": timestamp, "PASSWORD_CLAIM_SIGNATURE": signature,
		},
	}
}

var (
	reCognitoStart     = regexp.MustCompile(`^I start a sign-in( .+)?$`)
	reCognitoBegun     = regexp.MustCompile(`^I have started a sign-in( .+)?$`)
	reCognitoAnswer    = regexp.MustCompile(`^I answer the challenge( .+)?$`)
	reCognitoRefusedAs = regexp.MustCompile(`^it is refused as (\w+)(?: or (\w+))?$`)
	reCognitoComplete  = regexp.MustCompile(`^the challenge is complete$`)
	reCognitoNames     = regexp.MustCompile(`^the challenge names the user who signs in$`)
	reCognitoFresh     = regexp.MustCompile(`^the challenge shares neither SRP_B nor SECRET_BLOCK with the one before$`)
	reCognitoNoTokens  = regexp.MustCompile(`^no tokens come of it, whatever is answered$`)
	reCognitoSameSalt  = regexp.MustCompile(`^a challenge for them would have the same SALT$`)
	reCognitoHidden    = regexp.MustCompile(`^its answer would be refused as one with a wrong password is$`)
	reCognitoNoSession = regexp.MustCompile(`^the challenge comes without a Session$`)
	reCognitoNoDevice  = regexp.MustCompile(`^no new device is made known$`)
	reCognitoNoMore    = regexp.MustCompile(`^no further challenge is named$`)
	reCognitoWait      = regexp.MustCompile(`^the time for an answer has passed$`)
	reCognitoOpens     = regexp.MustCompile(`^the access token of the answer opens the account of the user who signed in$`)
)

func (s *cognitoScenario) signInSteps(sc *godog.ScenarioContext) {
	sc.Step(reCognitoStart, s.start)
	sc.Step(reCognitoBegun, s.begun)
	sc.Step(reCognitoAnswer, s.answers)
	sc.Step(reCognitoRefusedAs, s.refusedAs)
	sc.Step(reCognitoComplete, s.complete)
	sc.Step(reCognitoNames, s.namesUser)
	sc.Step(reCognitoFresh, s.fresh)
	sc.Step(reCognitoNoTokens, s.noTokens)
	sc.Step(reCognitoSameSalt, s.sameSalt)
	sc.Step(reCognitoHidden, s.refusedAlike)
	sc.Step(reCognitoNoSession, s.noSession)
	sc.Step(reCognitoNoDevice, s.noNewDevice)
	sc.Step(reCognitoNoMore, s.noChallengeLeft)
	sc.Step(reCognitoWait, s.blockExpires)
	sc.Step(reCognitoOpens, s.opensOwnAccount)
}

// cognitoValues are the values of SRP_A that a step can name.
var cognitoValues = map[string]func(public *big.Int) string{
	"zero for SRP_A":                      func(*big.Int) string { return "0" },
	"768 zeros for SRP_A":                 func(*big.Int) string { return strings.Repeat("0", 768) },
	"the modulus for SRP_A":               func(*big.Int) string { return srpModulus.Text(16) },
	"the modulus in capitals for SRP_A":   func(*big.Int) string { return strings.ToUpper(srpModulus.Text(16)) },
	"twice the modulus for SRP_A":         func(*big.Int) string { return new(big.Int).Lsh(srpModulus, 1).Text(16) },
	"an SRP_A one digit too long":         func(*big.Int) string { return "1" + strings.Repeat("0", 768) },
	"an SRP_A of 20000 digits":            func(*big.Int) string { return strings.Repeat("7", 20000) },
	"words for SRP_A":                     func(*big.Int) string { return "no number" },
	"a minus before SRP_A":                func(public *big.Int) string { return "-" + public.Text(16) },
	"SRP_A in capitals":                   func(public *big.Int) string { return strings.ToUpper(public.Text(16)) },
	"SRP_A behind a zero":                 func(public *big.Int) string { return "0" + public.Text(16) },
	"an SRP_A of an odd number of digits": func(public *big.Int) string { return public.Text(16) },
}

// started prepares an attempt and the body that starts it, with something changed.
func (s *cognitoScenario) started(rest string) (map[string]any, error) {
	pool, err := s.cognitoPool()
	if err != nil {
		return nil, err
	}
	if s.attempt != nil {
		s.other = s.attempt.challenge
	}
	s.attempt = &cognitoAttempt{world: s.World, actor: s.i(), user: pool.user, client: pool.client}
	what := strings.TrimPrefix(strings.TrimSpace(rest), "with ")
	var fits func(*big.Int) bool
	if what == "an SRP_A of an odd number of digits" {
		fits = func(public *big.Int) bool { return len(public.Text(16))%2 == 1 }
	}
	body, err := s.attempt.opening(fits)
	if err != nil {
		return nil, err
	}
	parameters := body["AuthParameters"].(map[string]any)
	value, isValue := cognitoValues[what]
	switch {
	case rest == "":
	case isValue:
		parameters["SRP_A"] = value(s.attempt.srp.public)
	case what == "without SRP_A":
		delete(parameters, "SRP_A")
	case what == "without USERNAME":
		delete(parameters, "USERNAME")
	case what == "without AuthParameters":
		delete(body, "AuthParameters")
	case what == "as a user whom nobody knows":
		parameters["USERNAME"] = "nobody-" + strings.ToLower(s.samples.Text(8))
		s.attempt.user = cognitoUser{textOf(parameters["USERNAME"]), "whatever-9-Whatever"}
	case what == "for a client whom nobody knows":
		body["ClientId"] = strings.Repeat("0nobody0", 3) + "00"
	default:
		return nil, s.wrong("no sign-in is started%s", rest)
	}
	return body, nil
}

func (s *cognitoScenario) start(rest string) error {
	body, err := s.started(rest)
	if err != nil {
		return err
	}
	if err := s.did("initiateAuth", request{body: body}); err != nil {
		return err
	}
	s.attempt.challenge = s.last
	s.attempt.read, _ = readChallenge(cognitoParameters(s.last)) // whether it can be met, a later step asks
	return nil
}

// begun is start for a sign-in that must begin.
func (s *cognitoScenario) begun(rest string) error {
	if err := s.start(rest); err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	return s.attempt.take(s.last)
}

// ready begins a sign-in unless one has begun.
func (s *cognitoScenario) ready() (*cognitoAttempt, error) {
	if s.attempt == nil {
		if err := s.begun(""); err != nil {
			return nil, err
		}
	}
	if s.attempt.read == nil {
		if err := s.settle(); err != nil {
			return nil, err
		}
		return nil, s.blockBy("initiateAuth.challenge-complete")
	}
	return s.attempt, nil
}

var (
	reCognitoAt      = regexp.MustCompile(`^with the time "([^"]*)"$`)
	reCognitoOff     = regexp.MustCompile(`^with a time (-?\d+) hours off$`)
	reCognitoMissing = regexp.MustCompile(`^without (USERNAME|PASSWORD_CLAIM_SECRET_BLOCK|TIMESTAMP|PASSWORD_CLAIM_SIGNATURE)$`)
)

// answers meets the challenge, with something changed.
func (s *cognitoScenario) answers(rest string) error {
	t, err := s.ready()
	if err != nil {
		return err
	}
	body, err := s.answerOf(t, strings.TrimSpace(rest))
	if err != nil {
		return err
	}
	t.sent = body
	return s.did("respondToAuthChallenge", request{body: body})
}

func (s *cognitoScenario) answerOf(t *cognitoAttempt, what string) (map[string]any, error) {
	if what == "once more" {
		if t.sent == nil {
			return nil, s.wrong("the challenge was not answered before")
		}
		return t.sent, nil
	}
	body, err := t.answer()
	if err != nil {
		return nil, err
	}
	pool, err := s.cognitoPool()
	if err != nil {
		return nil, err
	}
	responses := body["ChallengeResponses"].(map[string]any)
	timestamp := textOf(responses["TIMESTAMP"])
	switch {
	case what == "":
	case what == "with a wrong password":
		return t.answerAt(timestamp, t.user.password+"!")
	case what == "with an empty password":
		return t.answerAt(timestamp, "")
	case what == "with the password in other letters":
		return t.answerAt(timestamp, swapCase(t.user.password))
	case what == "as if the session key were zero":
		return t.signed(timestamp, t.read.signed(t.srp.keyOfZero(t.read), pool.name, timestamp)), nil
	case what == "with a changed signature":
		responses["PASSWORD_CLAIM_SIGNATURE"] = flipped(textOf(responses["PASSWORD_CLAIM_SIGNATURE"]))
	case what == "with a signature that is no base64":
		responses["PASSWORD_CLAIM_SIGNATURE"] = "no base64 at all"
	case what == "with a changed secret block":
		t.read.block[len(t.read.block)/2] ^= 0x55
		responses["PASSWORD_CLAIM_SECRET_BLOCK"] = base64.StdEncoding.EncodeToString(t.read.block)
		responses["PASSWORD_CLAIM_SIGNATURE"] = t.srp.sign(t.read, pool.name, t.user.password, timestamp)
	case what == "with a made-up secret block":
		t.read.block = []byte(strings.Repeat("made-up", len(t.read.block))[:len(t.read.block)])
		responses["PASSWORD_CLAIM_SECRET_BLOCK"] = base64.StdEncoding.EncodeToString(t.read.block)
		responses["PASSWORD_CLAIM_SIGNATURE"] = t.srp.sign(t.read, pool.name, t.user.password, timestamp)
	case what == "with the secret block of the challenge before":
		if s.other == nil {
			return nil, s.wrong("there was no challenge before")
		}
		responses["PASSWORD_CLAIM_SECRET_BLOCK"] = textOf(cognitoParameters(s.other)["SECRET_BLOCK"])
	case what == "as another user":
		if pool.other.name == "" {
			return nil, s.skip("it takes another user: --set second_username=… --set second_password=…")
		}
		responses["USERNAME"] = pool.other.name
	case what == "for another client":
		if pool.second == "" {
			return nil, s.skip("it takes another client: --set second_client_id=…")
		}
		body["ClientId"] = pool.second
	case what == "for a client whom nobody knows":
		body["ClientId"] = strings.Repeat("0nobody0", 3) + "00"
	case reCognitoAt.MatchString(what):
		return t.answerAt(reCognitoAt.FindStringSubmatch(what)[1], t.user.password)
	case what == "with a padded day":
		return t.answerAt("Sun Jun 05 01:58:46 UTC 2022", t.user.password)
	case reCognitoOff.MatchString(what):
		var hours int
		if _, err := fmt.Sscan(reCognitoOff.FindStringSubmatch(what)[1], &hours); err != nil {
			return nil, err
		}
		return t.answerAt(srpTime(t.now().Add(time.Duration(hours)*time.Hour)), t.user.password)
	case reCognitoMissing.MatchString(what):
		delete(responses, reCognitoMissing.FindStringSubmatch(what)[1])
	default:
		return nil, s.wrong("no challenge is answered %s", what)
	}
	return body, nil
}

// flipped changes a bit in the middle of what base64 holds.
func flipped(text string) string {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 {
		return "AAAA"
	}
	raw[len(raw)/2] ^= 1
	return base64.StdEncoding.EncodeToString(raw)
}

// refusedAs demands a refusal of one of the types named.
func (s *cognitoScenario) refusedAs(first, second string) error {
	c, err := s.outcome()
	if err != nil {
		return err
	}
	if err := s.itIsRefused(0); err != nil || c.class() != refusal {
		return err
	}
	want := first
	if second != "" {
		want += " or " + second
	}
	switch got := cognitoType(c); got {
	case first, second:
	case "": // it is refused, but for what is not said
		s.demandOf("refusal.names-its-type", false, "a refusal as "+want, c.actual())
	default:
		s.demand(false, "a refusal as "+want, c.actual())
	}
	return nil
}

// cognitoType is the type of a refusal: in the body, or in the header where
// the SDKs look too; what stands before # and behind : does not count.
func cognitoType(c *call) string {
	m, _ := c.value.(map[string]any)
	kind := textOf(m["__type"])
	if kind == "" && c.exchange.Response != nil {
		kind = c.exchange.Response.Header.Get("X-Amzn-Errortype")
	}
	if _, behind, found := strings.Cut(kind, "#"); found {
		kind = behind
	}
	kind, _, _ = strings.Cut(kind, ":")
	return kind
}

// challengeAnswer is the answer that a step speaks of, which must be one.
func (s *cognitoScenario) challengeAnswer() (map[string]any, map[string]any, error) {
	if err := s.settle(); err != nil {
		return nil, nil, err
	}
	if s.attempt == nil || s.attempt.challenge == nil {
		return nil, nil, s.wrong("no sign-in was started")
	}
	m, _ := s.attempt.challenge.value.(map[string]any)
	return m, cognitoParameters(s.attempt.challenge), nil
}

func (s *cognitoScenario) complete() error {
	answer, parameters, err := s.challengeAnswer()
	if err != nil {
		return err
	}
	const rule = "initiateAuth.challenge-complete"
	s.demandOf(rule, textOf(answer["ChallengeName"]) == "PASSWORD_VERIFIER", "the challenge PASSWORD_VERIFIER", contract.Show(answer["ChallengeName"]))
	for _, name := range []string{"SALT", "SECRET_BLOCK", "SRP_B", "USERNAME", "USER_ID_FOR_SRP"} {
		s.demandOf(rule, textOf(parameters[name]) != "", "the parameter "+name, "it is not there")
	}
	return nil
}

func (s *cognitoScenario) namesUser() error {
	_, parameters, err := s.challengeAnswer()
	if err != nil {
		return err
	}
	for _, name := range []string{"USERNAME", "USER_ID_FOR_SRP"} {
		if parameters[name] == nil {
			continue // a finding of its own
		}
		s.demand(textOf(parameters[name]) == s.attempt.user.name, name+" "+contract.Show(s.attempt.user.name), contract.Show(parameters[name]))
	}
	return nil
}

func (s *cognitoScenario) fresh() error {
	_, parameters, err := s.challengeAnswer()
	if err != nil {
		return err
	}
	if s.other == nil {
		return s.wrong("there was no challenge before")
	}
	before := cognitoParameters(s.other)
	for _, name := range []string{"SRP_B", "SECRET_BLOCK"} {
		s.demand(textOf(parameters[name]) != textOf(before[name]), "another "+name+" than that of the challenge before", "the same")
	}
	return nil
}

// noTokens plays a sign-in to its end that must not have one: refused at once,
// or a challenge whose answer is refused.
func (s *cognitoScenario) noTokens() error {
	c, err := s.outcome()
	if err != nil {
		return err
	}
	if c.class() == refusal || s.attempt.read == nil {
		return s.refusedAs("UserNotFoundException", "NotAuthorizedException")
	}
	body, err := s.attempt.answer()
	if err != nil {
		return err
	}
	if err := s.did("respondToAuthChallenge", request{body: body}); err != nil {
		return err
	}
	return s.itIsRefused(0)
}

// sameSalt starts the last sign-in once more. A pool that refuses it hides nothing.
func (s *cognitoScenario) sameSalt() error {
	c, err := s.outcome()
	if err != nil || c.class() != success {
		return err
	}
	again, err := s.cognitoCall("initiateAuth", s.i(), request{body: c.sent})
	if err != nil {
		return err
	}
	before, now := textOf(cognitoParameters(c)["SALT"]), textOf(cognitoParameters(again)["SALT"])
	s.demand(before == now, "the SALT of the challenge before, "+contract.Show(before), contract.Show(now))
	return nil
}

// refusedAlike compares the refusal of a stranger's answer to a challenge with
// that of somebody who does not know their own password.
func (s *cognitoScenario) refusedAlike() error {
	if s.last.class() != success || s.attempt.read == nil {
		return nil // refused at once
	}
	refused := func(t *cognitoAttempt, password string) (string, error) {
		body, err := t.answerAt(srpTime(t.now()), password)
		if err != nil {
			return "", err
		}
		c, err := s.cognitoCall("respondToAuthChallenge", s.i(), request{body: body})
		switch {
		case err != nil:
			return "", err
		case c.class() != refusal:
			return c.actual(), nil
		}
		m, _ := c.value.(map[string]any)
		return fmt.Sprintf("%s, %s: %s", contract.ShowStatus(c.status()), cognitoType(c), textOf(m["message"])), nil
	}
	stranger, err := refused(s.attempt, s.attempt.user.password)
	if err != nil {
		return err
	}
	if err := s.begun(""); err != nil {
		return err
	}
	known, err := refused(s.attempt, s.attempt.user.password+"!")
	if err != nil {
		return err
	}
	s.demand(stranger == known, "the refusal of a wrong password, "+known, stranger)
	return nil
}

func (s *cognitoScenario) noSession() error {
	answer, _, err := s.challengeAnswer()
	if err != nil {
		return err
	}
	s.demandOf("initiateAuth.no-session", answer["Session"] == nil, "a challenge without Session", contract.Show(answer["Session"]))
	return nil
}

func (s *cognitoScenario) noNewDevice() error {
	if err := s.settle(); err != nil {
		return err
	}
	m, _ := s.last.value.(map[string]any)
	result, _ := m["AuthenticationResult"].(map[string]any)
	s.demandOf("respondToAuthChallenge.no-new-device", result["NewDeviceMetadata"] == nil, "an answer without NewDeviceMetadata", contract.Show(result["NewDeviceMetadata"]))
	return nil
}

func (s *cognitoScenario) noChallengeLeft() error {
	if err := s.settle(); err != nil {
		return err
	}
	m, _ := s.last.value.(map[string]any)
	_, there := m["ChallengeName"]
	s.demand(!there, "an answer without ChallengeName", contract.Show(m["ChallengeName"]))
	return nil
}

// longestAttempt is the longest that AWS lets a sign-in take, and a margin.
const longestAttempt = 15*time.Minute + 5*time.Second

func (s *cognitoScenario) blockExpires() error {
	if _, err := s.ready(); err != nil {
		return err
	}
	s.cognitoForget()
	return s.pass(s.ctx, longestAttempt)
}

// opensOwnAccount uses the tokens of the last answer.
func (s *cognitoScenario) opensOwnAccount() error {
	if err := s.settle(); err != nil {
		return err
	}
	session, err := s.cognitoTake(s.last)
	if err != nil {
		return err
	}
	s.mine = session
	c, err := s.cognitoCall("getUser", s.i(), request{body: map[string]any{"AccessToken": session.access}})
	if err != nil {
		return err
	}
	if c.class() != success {
		s.demandOf("respondToAuthChallenge.usable-token", false, "the token opens the account", c.actual())
		return nil
	}
	s.judge(c)
	m, _ := c.value.(map[string]any)
	s.demandOf("respondToAuthChallenge.usable-token", textOf(m["Username"]) == s.attempt.user.name, "the account of "+contract.Show(s.attempt.user.name), contract.Show(m["Username"]))
	return nil
}
