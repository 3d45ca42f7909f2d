package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"assay/contract"
)

const (
	who  = `(I|my other session|somebody else|a stranger)`
	name = `"([^"]+)"`
)

// The step expressions are compiled once: godog would compile a string again
// for every scenario.
var (
	reSignedIn       = regexp.MustCompile(`^(I am|somebody else is) signed in as a new user(?: with "([^"]+)" set to (.+))?$`)
	reCapitals       = regexp.MustCompile(`^I am signed in as a new user whose ` + name + ` has capital letters$`)
	reSecondSession  = regexp.MustCompile(`^I am signed in a second time$`)
	reHaveCalled     = regexp.MustCompile(`^` + who + ` ha(?:ve|s) called (\w+)(?: (\d+) times)?( (?:on|with|without) .*)?$`)
	reHaveCalledRows = regexp.MustCompile(`^` + who + ` ha(?:ve|s) called (\w+) once a row:$`)
	reCall           = regexp.MustCompile(`^` + who + ` calls? (\w+)( (?:on|with|without) .*)?$`)
	rePassed         = regexp.MustCompile(`^(\d+(?:\.\d+)?) seconds have passed$`)
	reExpired        = regexp.MustCompile(`^my access token has (almost )?expired$`)

	reSucceeds    = regexp.MustCompile(`^it succeeds$`)
	reRefused     = regexp.MustCompile(`^it is refused$`)
	reNothing     = regexp.MustCompile(`^it is refused, or nothing comes of it$`)
	reRefusedBy   = regexp.MustCompile(`^it is refused with (\d{3})$`)
	reSentBack    = regexp.MustCompile(`^the answer holds what was sent$`)
	reMemberIs    = regexp.MustCompile(`^the answer's ` + name + ` is (.+)$`)
	reOpens       = regexp.MustCompile(`^the access token of the answer opens my account$`)
	reSameOne     = regexp.MustCompile(`^the access token of the answer opens the same account as the one before$`)
	reExchange    = regexp.MustCompile(`^the refresh token of the answer can be exchanged$`)
	reBothOpen    = regexp.MustCompile(`^(my other session|my session|my access token) still works$`)
	reDifferent   = regexp.MustCompile(`^no two of my items have the same ` + name + `$`)
	reExactlyOne  = regexp.MustCompile(`^(\w+) shows me every item of mine on exactly one page$`)
	rePageSize    = regexp.MustCompile(`^every page of (\w+) but the last holds (\d+) items$`)
	reInOrder     = regexp.MustCompile(`^the pages of (\w+) together are in order$`)
	reAnswered    = regexp.MustCompile(`^(\w+) shows me my items as they were answered$`)
	reSent        = regexp.MustCompile(`^(\w+) shows me my items with what was sent$`)
	reOthers      = regexp.MustCompile(`^(\w+) shows me my other items as they were answered$`)
	reStill       = regexp.MustCompile(`^(\w+) still shows me the updated item$`)
	reNothingElse = regexp.MustCompile(`^(\w+) shows me nothing else$`)
	reGone        = regexp.MustCompile(`^(\w+) does not show me the deleted item$`)
	reForeign     = regexp.MustCompile(`^(\w+) shows me none of somebody else's items$`)
	reNone        = regexp.MustCompile(`^(\w+) shows somebody else none of my items$`)
	rePastEnd     = regexp.MustCompile(`^the page of (\w+) after the last is an empty array$`)
	reSameAs      = regexp.MustCompile(`^(\w+) without ` + name + ` answers the same as with (\S+)$`)
)

// vocabulary registers every step for one scenario's world.
func vocabulary(sc *godog.ScenarioContext, w *World) {
	for _, register := range []func(*godog.ScenarioContext, *World){actorSteps, callSteps, outcomeSteps, listSteps} {
		register(sc, w)
	}
}

func actorSteps(sc *godog.ScenarioContext, w *World) {
	sc.Step(reSignedIn, func(who, member, text string) error {
		name := actorSomebody
		if who == "I am" {
			name = actorI
		}
		if member == "" {
			return w.signedIn(name, nil)
		}
		v, err := contract.DecodeStrict([]byte(text))
		if err != nil {
			return w.wrong("%s is not JSON", text)
		}
		return w.signedIn(name, func(body map[string]any) { body[member] = v })
	})
	sc.Step(reCapitals, func(member string) error {
		return w.signedIn(actorI, func(body map[string]any) { body[member] = capitals(textOf(body[member])) })
	})
	sc.Step(reSecondSession, func() error {
		first, err := w.actor(actorI)
		if err != nil {
			return err
		}
		second := &actor{name: actorSecond, user: first.user}
		w.actors[actorSecond] = second
		return w.loggedIn(second)
	})
	sc.Step(reExpired, func(ctx context.Context, almost string) error { return w.letExpire(ctx, almost != "") })
	sc.Step(rePassed, func(ctx context.Context, seconds string) error {
		f, err := strconv.ParseFloat(seconds, 64)
		if err != nil {
			return err
		}
		return w.pass(ctx, time.Duration(f*float64(time.Second)))
	})
}

// capitals writes every second letter large: "aDa@ExAmPlE.cOm".
func capitals(s string) string {
	out := []rune(strings.ToLower(s))
	for i := 0; i < len(out); i += 2 {
		out[i] = []rune(strings.ToUpper(string(out[i])))[0]
	}
	return string(out)
}

// aMoment is how long before its end a token is almost expired, and how long
// after it certainly is, whatever the target's clock.
const aMoment = 5 * time.Second

// letExpire waits, or moves the target's clock, until the access token is old,
// or almost.
func (w *World) letExpire(ctx context.Context, almost bool) error {
	life := w.lifetime()
	if life == 0 {
		return w.skip("the contract says no lifetime")
	}
	if almost {
		return w.pass(ctx, life-2*aMoment)
	}
	for _, a := range w.actors {
		a.session.expired = a.session.access
	}
	return w.pass(ctx, life+aMoment)
}

// pass lets time pass at the target.
func (w *World) pass(ctx context.Context, d time.Duration) error {
	if w.run.options.Advance != nil {
		return w.run.options.Advance(d)
	}
	if !sleep(ctx, d) {
		return w.block("the run ended before the time had passed")
	}
	return nil
}

// lifetime of an access token; 0 when the contract says none.
func (w *World) lifetime() time.Duration {
	for _, o := range w.run.contract.Operations {
		if o.Success == nil {
			continue
		}
		if p := o.Success.Schema.TokenMember(); p != nil && p.JWT.Lifetime > 0 {
			return time.Duration(p.JWT.Lifetime) * time.Second
		}
	}
	return 0
}

func callSteps(sc *godog.ScenarioContext, w *World) {
	sc.Step(reHaveCalled, func(who, op, times, rest string) error {
		n := 1
		if times != "" {
			n, _ = strconv.Atoi(times)
		}
		return w.haveCalled(who, op, n, rest)
	})
	sc.Step(reHaveCalledRows, w.haveCalledRows)
	sc.Step(reCall, func(who, op, rest string) error {
		if err := w.settle(); err != nil {
			return err
		}
		return w.calls(who, op, rest)
	})
}

// haveCalled prepares: each call must succeed.
func (w *World) haveCalled(who, op string, times int, rest string) error {
	if err := w.settle(); err != nil {
		return err
	}
	for range times {
		if err := w.calls(who, op, rest); err != nil {
			return err
		}
		if err := w.settle(); err != nil {
			return err
		}
	}
	return nil
}

// haveCalledRows prepares with a table: a row is a call, a column a member.
func (w *World) haveCalledRows(who, op string, table *godog.Table) error {
	for _, row := range table.Rows[1:] {
		var clauses []string
		for i, cell := range row.Cells {
			clauses = append(clauses, fmt.Sprintf("%q set to %s", table.Rows[0].Cells[i].Value, cell.Value))
		}
		if err := w.haveCalled(who, op, 1, " with "+strings.Join(clauses, " and ")); err != nil {
			return err
		}
	}
	return nil
}

// calls is the step that everything turns on: somebody calls an operation,
// with something changed.
func (w *World) calls(who, id, rest string) error {
	op := w.run.contract.Operation(id)
	if op == nil {
		return w.wrong("the contract has no operation %q", id)
	}
	a, err := w.actor(who)
	if err != nil {
		return err
	}
	if w.needsRefreshToken(op) {
		if err := w.withRefreshToken(a); err != nil {
			return err
		}
	}
	body, err := w.plainBody(op, a)
	if err != nil {
		return err
	}
	r := request{body: body, query: query(op)}
	if r.target = w.lastOf(op, a); r.target == nil && needsItem(op) && w.actors[actorI] != nil {
		r.target = w.lastOf(op, w.actors[actorI])
	}
	if err := w.clauses(op, a, &r, rest); err != nil {
		return err
	}
	if needsItem(op) && r.target == nil && r.id == "" {
		if maker := makerOf(w.run.contract, op); maker != nil {
			return w.blockBy(successRule(maker))
		}
	}
	if r.target != nil {
		w.held = r.target.answered
	}
	w.last = w.send(op, a, r)
	w.pending = w.last
	return nil
}

func needsItem(op *contract.Operation) bool { return strings.Contains(op.Path, "/{") }

func (w *World) needsRefreshToken(op *contract.Operation) bool {
	if op.Body == nil || op.Body.Schema == nil {
		return false
	}
	for _, p := range op.Body.Schema.Properties {
		if w.run.contract.IsRefreshToken(p.Name) {
			return true
		}
	}
	return false
}

// lastOf is the last item that the actor made for the operation's path.
func (w *World) lastOf(op *contract.Operation, a *actor) *item {
	collection, _, _ := strings.Cut(op.Path, "/{")
	if live := w.live(a, collection); len(live) > 0 {
		return live[len(live)-1]
	}
	return nil
}

var (
	reOn      = regexp.MustCompile(`^ on (my first item|my item|the deleted item|an item that nobody made)`)
	reWithout = regexp.MustCompile(`^ without ` + name)
	reSet     = regexp.MustCompile(`^ (?:with|and) ` + name + ` set to (.+?)( and "[^"]+" set to .+| with .+| without .+)?$`)
	reToken   = regexp.MustCompile(`^ (with (?:a broken signature|a changed payload|the algorithm n[oO]n[eE]|no access token|a made-up access token|an empty access token|my expired access token|my access token|my refresh token as access token|"(?:null|undefined)" as access token|its header in other letters))`)
)

// clauses reads what a call step says behind the operation's name.
func (w *World) clauses(op *contract.Operation, a *actor, r *request, rest string) error {
	for rest != "" {
		switch {
		case reOn.MatchString(rest):
			m := reOn.FindStringSubmatch(rest)
			rest = rest[len(m[0]):]
			if err := w.aim(op, r, m[1]); err != nil {
				return err
			}
		case reWithout.MatchString(rest):
			m := reWithout.FindStringSubmatch(rest)
			rest = rest[len(m[0]):]
			delete(r.body, m[1])
			delete(r.query, m[1])
		case reToken.MatchString(rest):
			m := reToken.FindStringSubmatch(rest)
			rest = rest[len(m[0]):]
			if err := w.forge(a, r, m[1]); err != nil {
				return err
			}
		case reSet.MatchString(rest):
			m := reSet.FindStringSubmatch(rest)
			rest = m[3]
			if err := w.set(op, a, r, m[1], m[2]); err != nil {
				return err
			}
		default:
			return w.wrong("no clause of a call reads%s", rest)
		}
	}
	return nil
}

// aim says which item the path names.
func (w *World) aim(op *contract.Operation, r *request, which string) error {
	collection, _, _ := strings.Cut(op.Path, "/{")
	mine := w.live(w.actors[actorI], collection)
	switch which {
	case "an item that nobody made":
		r.target, r.id = nil, w.strangeID(collection)
		return nil
	case "the deleted item":
		for _, i := range w.items {
			if i.deleted {
				r.target, r.id = nil, i.id
				return nil
			}
		}
		return w.block("nothing was deleted")
	}
	if len(mine) == 0 {
		return w.block("no item was made")
	}
	r.target = mine[len(mine)-1]
	if which == "my first item" {
		r.target = mine[0]
	}
	return nil
}

// strangeID has the form of the target's own ids, and belongs to nobody.
func (w *World) strangeID(collection string) string {
	for _, i := range w.items {
		if i.collection != collection {
			continue
		}
		if _, err := strconv.Atoi(i.id); err == nil {
			return "999999937"
		}
		return otherDigits(i.id)
	}
	return "zzzzzzzz9"
}

// otherDigits keeps the form of an id, letters letters and digits digits, and
// changes its second half.
func otherDigits(id string) string {
	out := []byte(id)
	for i := len(out) / 2; i < len(out); i++ {
		switch c := out[i]; {
		case c >= '0' && c <= '9':
			out[i] = '0' + (c-'0'+5)%10
		case c >= 'a' && c <= 'f':
			out[i] = 'a' + (c-'a'+3)%6
		case c >= 'g' && c <= 'z':
			out[i] = 'g' + (c-'g'+7)%20
		case c >= 'A' && c <= 'F':
			out[i] = 'A' + (c-'A'+3)%6
		case c >= 'G' && c <= 'Z':
			out[i] = 'G' + (c-'G'+7)%20
		}
	}
	return string(out)
}

// forge changes the access token of a call.
func (w *World) forge(a *actor, r *request, how string) error {
	token := a.session.access
	switch how {
	case "with my expired access token":
		r.token = &a.session.expired
		return nil
	case "with my access token":
		return nil
	case "with its header in other letters":
		r.otherLetters = true
		return nil
	case "with my refresh token as access token":
		if err := w.withRefreshToken(a); err != nil {
			return err
		}
		r.token = &a.session.refresh
		return nil
	case "with an empty access token":
		empty := ""
		r.token, r.emptyOnly = &empty, true
		return nil
	}
	if quoted, ok := strings.CutSuffix(strings.TrimPrefix(how, "with "), " as access token"); ok {
		word := strings.Trim(quoted, `"`)
		r.token = &word
		return nil
	}
	f := forgeries[how]
	if _, ok := contract.ReadToken(token); f.onlyJWT && !ok {
		return w.skip("the target's access tokens are opaque")
	}
	forged := f.forge(token)
	r.token = &forged
	return nil
}

// set sends a member or parameter with another value.
func (w *World) set(op *contract.Operation, a *actor, r *request, member, text string) error {
	v, err := w.valueOf(a, member, text)
	if err != nil {
		return err
	}
	if op.Param("query", member) != nil {
		r.query[member] = textOf(v)
		return nil
	}
	if r.body == nil {
		return w.wrong("%s has neither a body nor a parameter %q", op.ID, member)
	}
	body := make(map[string]any, len(r.body)+1)
	for k, old := range r.body {
		body[k] = old
	}
	body[member] = v
	r.body = body
	return nil
}

var reCharacters = regexp.MustCompile(`^(\d+) (two-byte )?characters$`)

// valueOf reads a value of a step: JSON, or words.
func (w *World) valueOf(a *actor, member, text string) (any, error) {
	if m := reCharacters.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		const longest = 1 << 20
		if err != nil || n > longest {
			return nil, w.wrong("%s characters are too many", m[1])
		}
		if m[2] != "" {
			return strings.Repeat("é", n), nil
		}
		return w.samples.Text(n), nil
	}
	switch text {
	case "a refresh token that nobody was given":
		return strangeToken(w.actors[actorI]), nil
	case "my first refresh token":
		return a.session.first, nil
	case "my refresh token":
		return w.actors[actorI].session.refresh, nil
	case "my access token":
		return a.session.access, nil
	case "that of somebody else":
		other, err := w.actor(actorSomebody)
		if err != nil || other.user == nil {
			return nil, err
		}
		return other.user.fields[member], nil
	case "mine":
		return w.mine(member), nil
	case "that of my item":
		return w.held[member], nil
	case "my refresh token but for its end":
		return anotherEnd(w.actors[actorI].session.refresh), nil
	case "my password but for its end":
		return anotherEnd(textOf(w.mine(member))) + "x", nil
	case "my password in other letters":
		return swapCase(textOf(w.actors[actorI].user.fields[member])), nil
	}
	v, err := contract.DecodeStrict([]byte(text))
	if err != nil {
		return nil, w.wrong("%s is neither JSON nor a value that steps know", text)
	}
	return v, nil
}

// mine is what the user was signed up with.
func (w *World) mine(member string) any {
	if a := w.actors[actorI]; a != nil && a.user != nil {
		return a.user.fields[member]
	}
	return nil
}

// anotherEnd changes the third character from the end: the last ones of a
// base64 text may hold bits that mean nothing.
func anotherEnd(s string) string {
	at := len(s) - 3
	if at < 0 {
		return s + "x"
	}
	c := byte('a')
	if s[at] == c {
		c = 'b'
	}
	return s[:at] + string(c) + s[at+1:]
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if up := []rune(strings.ToUpper(string(r)))[0]; up != r {
			return up
		}
		return []rune(strings.ToLower(string(r)))[0]
	}, s)
}

// strangeToken has the form of a refresh token that the target gave.
func strangeToken(a *actor) string {
	if a != nil && len(a.session.refresh) >= 8 {
		if t := otherDigits(a.session.refresh); t != a.session.refresh {
			return t
		}
	}
	return strings.Repeat("0f1e2d3c4b", 10)
}

func outcomeSteps(sc *godog.ScenarioContext, w *World) {
	sc.Step(reSucceeds, w.itSucceeds)
	sc.Step(reRefused, func() error { return w.itIsRefused(0) })
	sc.Step(reNothing, w.nothingComesOfIt)
	sc.Step(reRefusedBy, func(status string) error {
		n, _ := strconv.Atoi(status)
		return w.itIsRefused(n)
	})
	sc.Step(reSentBack, w.holdsWhatWasSent)
	sc.Step(reMemberIs, w.memberIs)
	sc.Step(reOpens, w.tokenOpens)
	sc.Step(reSameOne, w.sameAccount)
	sc.Step(reExchange, w.refreshTokenWorks)
	sc.Step(reBothOpen, w.stillWorks)
	sc.Step(reDifferent, w.allDifferent)
}

// outcome takes the last call, whose outcome is asked for now.
func (w *World) outcome() (*call, error) {
	if w.last == nil {
		return nil, w.wrong("nothing was called yet")
	}
	w.pending = nil
	return w.last, nil
}

func (w *World) itSucceeds() error {
	c, err := w.outcome()
	if err != nil {
		return err
	}
	if c.class() == success {
		w.judge(c)
		return nil
	}
	if !w.opensWithToken(c) {
		if err := w.confirm(c); err != nil {
			return err
		}
	}
	w.find(w.rule(), "", "an answer of "+contract.ShowStatus(c.op.Success.Status), c.actual(), c.class() == nothing || c.class() == crashed)
	return nil
}

// opensWithToken reports, where the rule is that an operation needs no access
// token, whether the refused call succeeds with one: then that is the reason.
func (w *World) opensWithToken(c *call) bool {
	rule := w.rule()
	if rule == nil || rule.Keyword != "security" || !c.op.Public() || c.class() != refusal || c.actor.session.access == "" {
		return false
	}
	for _, s := range w.run.contract.Schemes {
		again := c.request
		again.header = map[string]string{s.Key: c.actor.session.access}
		if s.Type != "apiKey" {
			again.header[s.Key] = "Bearer " + c.actor.session.access
		}
		if s.In == "header" && w.send(c.op, c.actor, again).class() == success {
			return true
		}
	}
	return false
}

// itIsRefused demands a 4xx, or the one given.
func (w *World) itIsRefused(status int) error {
	c, err := w.outcome()
	if err != nil {
		return err
	}
	expected := "a refusal (any 4xx)"
	if status != 0 {
		expected = contract.ShowStatus(status)
	}
	switch c.class() {
	case refusal:
		w.run.refused(w.rule(), c)
		w.judge(c)
		if status != 0 && c.status() != status {
			w.breaks(expected, c.actual())
		}
		return w.confirm(c)
	case crashed, nothing:
		if err := w.confirm(c); err != nil {
			return err
		}
		w.find(w.rule(), "", expected, c.actual(), true)
		return nil
	}
	if err := w.confirm(c); err != nil {
		return err
	}
	w.breaks(expected, c.actual())
	return nil
}

// nothingComesOfIt allows, beside a refusal, an answer that gives nothing away:
// some servers answer a deletion alike whether there was anything to delete.
// Whether something was changed is for the next step to see.
func (w *World) nothingComesOfIt() error {
	c, err := w.outcome()
	if err != nil {
		return err
	}
	if c.class() == success && strings.TrimSpace(c.exchange.Response.Body) == "" {
		return w.confirm(c)
	}
	return w.itIsRefused(0)
}

// holdsWhatWasSent compares the answer with the request, member by member.
func (w *World) holdsWhatWasSent() error {
	if err := w.settle(); err != nil {
		return err
	}
	sent := without(w.last.sent, w.last.failedMembers()) // a value of another type is a finding of its own
	w.compareSent(w.last.op.Success.Schema, sent, w.last.value, "")
	return nil
}

func (w *World) compareSent(s *contract.Schema, sent map[string]any, answer any, where string) {
	got, ok := answer.(map[string]any)
	if !ok {
		return
	}
	for _, name := range sortedKeys(sent) {
		if p := s.Property(name); p == nil || p.Computed != nil && p.Computed.Pure() {
			continue // what is computed is recomputed with every answer
		}
		if v, there := got[name]; there && !same(sent[name], v) {
			w.find(w.rule(), "/"+name, contract.Show(normal(sent[name]))+", as sent"+where, contract.Show(v), false)
		}
	}
}

// normal is a value as it looks after a journey through JSON.
func normal(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		return v
	}
	out, err := contract.DecodeStrict(raw)
	if err != nil {
		return v
	}
	return out
}

// same compares JSON values: numbers by value, within a millionth.
func same(a, b any) bool {
	a, b = normal(a), normal(b)
	x, okX := contract.Number(a)
	y, okY := contract.Number(b)
	if okX || okY {
		return okX && okY && x-y < 1e-6 && y-x < 1e-6
	}
	return fmt.Sprint(a) == fmt.Sprint(b) && fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b)
}

func (w *World) memberIs(member, text string) error {
	if err := w.settle(); err != nil {
		return err
	}
	want, err := w.valueOf(w.last.actor, member, text)
	if err != nil {
		return err
	}
	m, _ := w.last.value.(map[string]any)
	got, there := m[member]
	if !there || want == nil && text != "null" || w.last.failedMembers()[member] {
		return nil // its absence, or what it is, is a finding of its own
	}
	if text == "mine" && strings.EqualFold(textOf(want), textOf(got)) {
		return nil // an e-mail may come back in small letters
	}
	if !same(want, got) {
		w.find(w.rule(), "/"+member, contract.Show(normal(want)), contract.Show(got), false)
	}
	return nil
}

// tokenOpens uses the access token that the last answer gave.
func (w *World) tokenOpens() error {
	if err := w.settle(); err != nil {
		return err
	}
	schema := w.last.op.Success.Schema
	p := schema.TokenMember()
	m, _ := w.last.value.(map[string]any)
	if p == nil || textOf(m[p.Name]) == "" {
		return w.blockBy(successRule(w.last.op) + "." + p.Name + ".required")
	}
	if _, isText := m[p.Name].(string); !isText {
		return w.blockBy(successRule(w.last.op) + "." + p.Name + ".type")
	}
	return w.opens(textOf(m[p.Name]), w.last.actor)
}

// opens demands that the token opens an account. Whose it is, is for the rule
// of the operation that shows it.
func (w *World) opens(token string, a *actor) error {
	probe := w.run.probe()
	if probe == nil {
		return w.skip("no operation shows whose account a token opens")
	}
	c := w.send(probe, a, request{token: &token, query: query(probe)})
	w.last = c
	if c.class() != success {
		if err := w.confirm(c); err != nil {
			return err
		}
		w.find(w.rule(), "", "the token opens the account: "+contract.ShowStatus(probe.Success.Status)+" from "+probe.ID, c.actual(), c.class() == crashed || c.class() == nothing)
		return nil
	}
	w.judge(c)
	return nil
}

// sameAccount demands that the token of the last answer shows the account that
// the token before it showed.
func (w *World) sameAccount() error {
	if err := w.settle(); err != nil {
		return err
	}
	giver, probe := w.last, w.run.probe()
	p := giver.op.Success.Schema.TokenMember()
	m, _ := giver.value.(map[string]any)
	if probe == nil || p == nil || textOf(m[p.Name]) == "" {
		return w.skip("no operation shows whose account a token opens")
	}
	token := textOf(m[p.Name])
	after := w.send(probe, giver.actor, request{token: &token, query: query(probe)})
	before := w.send(probe, giver.actor, request{token: &giver.before, query: query(probe)})
	w.last = before
	if after.class() != success || before.class() != success {
		return w.confirm(after) // whether the token opens anything is another rule
	}
	if !same(before.value, after.value) {
		w.breaks("the same account as before, "+clipped(before.exchange.Response.Body), clipped(after.exchange.Response.Body))
	}
	return nil
}

func clipped(s string) string {
	const most = 160
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// refreshTokenWorks exchanges the refresh token that the last answer gave.
func (w *World) refreshTokenWorks() error {
	if err := w.settle(); err != nil {
		return err
	}
	giver := w.last
	p := giver.op.Success.Schema.RefreshTokenMember()
	m, _ := giver.value.(map[string]any)
	exchange := w.exchanger()
	if p == nil || exchange == nil {
		return w.skip("the contract exchanges no refresh tokens")
	}
	if textOf(m[p.Name]) == "" {
		return w.blockBy(successRule(giver.op) + "." + p.Name + ".required")
	}
	c := w.send(exchange, giver.actor, request{body: map[string]any{p.Name: m[p.Name]}})
	w.last = c
	if c.class() == success {
		w.judge(c)
		return nil
	}
	if !w.exchangesAnother(giver, exchange, p.Name) {
		if err := w.confirm(c); err != nil {
			return err
		}
	}
	w.find(w.rule(), "", "the refresh token is exchanged: "+contract.ShowStatus(exchange.Success.Status)+" from "+exchange.ID, c.actual(), c.class() == crashed || c.class() == nothing)
	return nil
}

// exchangesAnother reports whether the user's refresh token from elsewhere is
// exchanged, that of a login for a sign-up's and the other way round: then the
// exchange works, and it is the giver that is wrong.
func (w *World) exchangesAnother(giver *call, exchange *contract.Operation, member string) bool {
	other := &actor{name: giver.actor.name, user: giver.actor.user}
	token := giver.actor.session.first
	if giver.op.ID == signUp {
		in := w.run.contract.Operation(logIn)
		if in == nil {
			return false
		}
		m, _ := w.send(in, other, request{body: w.body(in, other)}).value.(map[string]any)
		token = textOf(m[member])
	}
	return token != "" && w.send(exchange, other, request{body: map[string]any{member: token}}).class() == success
}

// exchanger is the public operation that takes a refresh token and gives an
// access token.
func (w *World) exchanger() *contract.Operation {
	for _, o := range w.run.contract.Operations {
		if w.needsRefreshToken(o) && o.Success != nil && o.Success.Schema.TokenMember() != nil {
			return o
		}
	}
	return nil
}

// stillWorks demands that a session's tokens are still good: both of them, or
// the access token alone.
func (w *World) stillWorks(which string) error {
	if err := w.settle(); err != nil {
		return err
	}
	name := actorI
	if which == actorSecond {
		name = actorSecond
	}
	a, err := w.actor(name)
	if err != nil {
		return err
	}
	if err := w.opens(a.session.access, a); err != nil || a.session.refresh == "" || which == "my access token" {
		return err
	}
	exchange := w.exchanger()
	if exchange == nil {
		return nil
	}
	c := w.send(exchange, a, request{body: w.body(exchange, a)})
	w.last = c
	if c.class() == success {
		w.judge(c)
		return nil
	}
	if err := w.confirm(c); err != nil {
		return err
	}
	w.find(w.rule(), "", "the session's refresh token is exchanged: "+contract.ShowStatus(exchange.Success.Status), c.actual(), c.class() == crashed || c.class() == nothing)
	return nil
}

func (w *World) allDifferent(member string) error {
	if err := w.settle(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, i := range w.items {
		if i.deleted {
			continue // the id of what is gone may be given again
		}
		id := textOf(i.answered[member])
		if seen[id] && id != "" {
			w.find(w.rule(), "/"+member, "a "+member+" that no other item has", contract.Show(i.answered[member])+", which another item has", false)
		}
		seen[id] = true
	}
	return nil
}
