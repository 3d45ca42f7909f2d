package steps

import (
	"encoding/json"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"assay/contract"
)

// A request is what a step changes in the plain call of an operation.
type request struct {
	body         map[string]any    // instead of the plain one
	query        map[string]string // parameters
	target       *item             // what the path names; nil for the caller's last item
	id           string            // instead of a target: what the path says
	token        *string           // instead of the caller's access token; "" sends none
	emptyOnly    bool              // send the token's header with nothing in it
	otherLetters bool              // spell the token's header with other capitals
	header       map[string]string
}

// A call is one operation called once, and what came of it.
type call struct {
	op       *contract.Operation
	actor    *actor
	request  request
	sent     map[string]any
	exchange *contract.Exchange
	value    any      // the decoded answer
	item     *item    // made or changed by it; nil for most
	before   string   // the caller's access token before the call
	breached []string // JSON pointers at which the answer broke a rule
	failed   []string // those of them at which the rule fails a run
	judged   bool
}

// status of the answer; 0 when none came.
func (c *call) status() int {
	if c.exchange.Response == nil {
		return 0
	}
	return c.exchange.Response.Status
}

// class of what came.
type class int

const (
	nothing   class = iota // no answer
	crashed                // 5xx
	refusal                // 4xx
	success                // 2xx, or a documented redirect
	elsewhere              // 1xx and undocumented redirects
)

func (c *call) class() class {
	status := c.status()
	switch {
	case status == 0, c.exchange.Response.Truncated:
		return nothing
	case status >= 500:
		return crashed
	case status >= 400:
		return refusal
	case status >= 300 && (c.op.Success == nil || c.op.Success.Status/100 != 3):
		return elsewhere
	case status >= 200:
		return success
	}
	return elsewhere
}

// actual words what came.
func (c *call) actual() string {
	if c.exchange.Response == nil || c.exchange.Response.Truncated {
		if c.exchange.Failure != "" {
			return c.exchange.Failure
		}
		return "a body beyond all bounds"
	}
	text := contract.ShowStatus(c.status())
	body := strings.Join(strings.Fields(c.exchange.Response.Body), " ")
	const most = 160
	if len([]rune(body)) > most {
		body = string([]rune(body)[:most]) + "…"
	}
	if body != "" {
		text += ", " + body
	}
	return text
}

// send calls the operation as the actor and keeps what follows from the
// answer: tokens, items. It judges nothing yet.
func (w *World) send(op *contract.Operation, a *actor, r request) *call {
	c := &call{op: op, actor: a, request: r, sent: r.body, before: a.session.access}
	c.exchange = &contract.Exchange{Operation: op.ID, Who: a.name, Request: w.httpRequest(op, a, r)}
	w.run.client.send(w.ctx, c.exchange)
	w.exchanges = append(w.exchanges, c.exchange)
	const looked = 4 // a step looks back at no more of them
	w.lighten(len(w.exchanges)-looked-1, len(w.exchanges)-looked)
	w.run.seen(w, c)
	if c.exchange.Response != nil {
		c.value, _ = contract.DecodeLeniently([]byte(c.exchange.Response.Body)) // what is wrong with its form is a finding; the scenario goes on
	}
	w.follow(c)
	return c
}

// mostKept is how much of an answer's body the report keeps, in bytes: a target
// that answers megabytes to each of a thousand requests must not fill the memory.
const mostKept = 64 << 10

// lighten cuts the bodies of exchanges that nobody judges any more.
func (w *World) lighten(from, to int) {
	for i := max(from, 0); i < to; i++ {
		if r := w.exchanges[i].Response; r != nil && len(r.Body) > mostKept {
			r.Body, r.Truncated = strings.Clone(r.Body[:mostKept]), true
		}
	}
}

func (w *World) httpRequest(op *contract.Operation, a *actor, r request) contract.Request {
	req := contract.Request{Method: op.Method, Header: http.Header{"User-Agent": {"assay"}}}
	query := url.Values{}
	for name, value := range r.query {
		query.Set(name, value)
	}
	if op.Dispatch.Header != "" {
		req.Header.Set(op.Dispatch.Header, op.Dispatch.Value)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	w.authenticate(req.Header, query, op, a, r)
	if op.Body != nil && r.body != nil {
		req.Header.Set("Content-Type", mediaType(op.Body.Types))
		req.Body = encode(r.body, op.Body.Types)
	}
	req.URL = w.run.baseOf(op) + w.path(op, a, r)
	if len(query) > 0 {
		req.URL += "?" + query.Encode()
	}
	return req
}

func mediaType(types []string) string {
	if len(types) == 0 {
		return "application/json"
	}
	return types[0]
}

func encode(body map[string]any, types []string) string {
	if mediaType(types) == "application/x-www-form-urlencoded" {
		form := url.Values{}
		for name, v := range body {
			form.Set(name, textOf(v))
		}
		return form.Encode()
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return "{}"
	}
	return string(raw)
}

// authenticate puts the access token where the operation's scheme wants it.
func (w *World) authenticate(header http.Header, query url.Values, op *contract.Operation, a *actor, r request) {
	token := a.session.access
	if r.token != nil {
		token = *r.token
	}
	schemes := w.schemes(op, r)
	for _, s := range schemes {
		switch {
		case token == "" && !r.emptyOnly:
		case s.In == "query":
			query.Set(s.Key, token)
		case s.In == "cookie":
			header.Add("Cookie", s.Key+"="+token)
		case s.Type == "http" && s.Scheme == "bearer", s.Type == "oauth2", s.Type == "openIdConnect":
			header.Set(s.Key, strings.TrimSpace("Bearer "+token))
		case r.otherLetters:
			header.Set(s.Key, token) // canonical: X-Access-Token
		default:
			header[s.Key] = []string{token} // spelled as the contract spells it
		}
	}
}

// schemes are those of the operation's first alternative.
func (w *World) schemes(op *contract.Operation, r request) []*contract.Scheme {
	if len(op.Security) > 0 {
		return op.Security[0]
	}
	return nil // a public operation is called without a token
}

// path fills the template: the item's own id for the last parameter.
func (w *World) path(op *contract.Operation, a *actor, r request) string {
	path := op.Path
	for _, p := range op.Params {
		if p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(w.pathValue(p, a, r)))
		}
	}
	return path
}

func (w *World) pathValue(p *contract.Param, a *actor, r request) string {
	if r.id != "" {
		return r.id
	}
	if r.target != nil {
		return r.target.id
	}
	if v, ok := w.run.options.Settings[p.Name]; ok {
		return v
	}
	if p.Schema.Example != nil {
		return textOf(p.Schema.Example)
	}
	return w.samples.String(p.Schema, p.Name)
}

// shorter is a free text without its last character where it reaches the bound.
func shorter(text string, s *contract.Schema) string {
	runes := []rune(text)
	free := s.Format == "" && len(s.Patterns) == 0 && len(s.Enum) == 0
	if !free || s.MaxLength == nil || len(runes) < *s.MaxLength || len(runes) <= max(s.MinLength, 1) {
		return text
	}
	return string(runes[:len(runes)-1])
}

// inside moves a plain number off its bounds: a server that is wrong there
// should fail where the bound is tried, and nowhere else.
func inside(s *contract.Schema, v any) any {
	n, ok := v.(int64)
	if !ok || s.Minimum == nil || s.Maximum == nil || *s.Maximum-*s.Minimum < 2 || s.MultipleOf != nil || len(s.Enum) > 0 {
		return v
	}
	return min(max(n, int64(*s.Minimum)+1), int64(*s.Maximum)-1)
}

// query is what the plain call of an operation asks for: the documented
// defaults, said aloud, and believable values of what must be there. A protocol
// makes those itself.
func (w *World) query(op *contract.Operation) map[string]string {
	q := map[string]string{}
	for _, p := range op.Params {
		switch {
		case p.In != "query":
		case p.Schema.Default != nil:
			q[p.Name] = textOf(p.Schema.Default)
		case p.Required && w.run.protocol().steps == nil:
			q[p.Name] = textOf(w.samples.Value(p.Schema, p.Name))
		}
	}
	return q
}

// body is the plain body of an operation: believable values, and what belongs
// to the caller where the vocabulary says so.
func (w *World) body(op *contract.Operation, a *actor) map[string]any {
	if op.Body == nil || op.Body.Schema == nil {
		return nil
	}
	body := offTheBounds(w.samples.Object(op.Body.Schema), op.Body.Schema)
	for _, p := range op.Body.Schema.Properties {
		switch {
		case w.run.contract.IsRefreshToken(p.Name):
			body[p.Name] = a.session.refresh
		case op.ID != signUp && a.user != nil && a.user.fields[p.Name] != nil:
			body[p.Name] = a.user.fields[p.Name]
		case p.Format == "email":
			body[p.Name] = w.samples.Email()
		default:
			body[p.Name] = inside(p.Schema, body[p.Name])
		}
		if v, ok := w.run.options.Settings[p.Name]; ok {
			body[p.Name] = v
		}
	}
	return body
}

// offTheBounds moves integers that happen to stand at a bound inwards, and cuts
// texts that are as long as may be: what is taken at the bounds is for their
// own cases to find.
func offTheBounds(body map[string]any, s *contract.Schema) map[string]any {
	for _, p := range s.Properties {
		if text, ok := body[p.Name].(string); ok {
			body[p.Name] = shorter(text, p.Schema)
			continue
		}
		n, ok := contract.Number(body[p.Name])
		if !ok || p.Type != "integer" || p.Minimum == nil || p.Maximum == nil || *p.Maximum-*p.Minimum < 2 {
			continue
		}
		switch n {
		case *p.Minimum:
			body[p.Name] = int64(n) + 1
		case *p.Maximum:
			body[p.Name] = int64(n) - 1
		}
	}
	return body
}

// follow keeps what an answer of success gives: tokens for the caller, items
// made, changed and deleted.
func (w *World) follow(c *call) {
	if c.class() != success || c.op.Success == nil {
		return
	}
	if c.op.ID == signUp && c.actor.user == nil {
		c.actor.user = &user{fields: c.sent}
	}
	if c.op.Success.Schema != nil {
		c.actor.session.take(c.op, c.value)
	}
	w.followItem(c)
}

// judge judges an answer once; what is wrong with it becomes findings.
func (w *World) judge(c *call) {
	if c.judged || c.exchange.Response == nil {
		return
	}
	c.judged = true
	now, within := targetTime(c.exchange)
	res := c.exchange.Response
	j := c.op.JudgeResponse(res.Status, res.Header, []byte(res.Body), contract.At(now, within), contract.Sent(c.sent))
	w.judgedRules(j.Judged)
	if j.Value != nil {
		c.value = j.Value
	}
	for _, b := range j.Breaches {
		if b.Rule != nil {
			w.find(b.Rule, b.Pointer, b.Expected, b.Actual, false)
		}
		c.breached = append(c.breached, b.Pointer)
		if b.Rule != nil && b.Rule.Fails() {
			c.failed = append(c.failed, b.Pointer)
		}
		c.distrust(b.Pointer)
	}
	for _, r := range j.Remarks {
		w.run.remark(c, r)
	}
}

// failedMembers are the members of the answer that broke a rule which fails a run.
func (c *call) failedMembers() map[string]bool {
	names := map[string]bool{}
	for _, pointer := range c.failed {
		if name, ok := strings.CutPrefix(pointer, "/"); ok && !strings.Contains(name, "/") {
			names[name] = true
		}
	}
	return names
}

// must demands that a call which prepares something succeeded. If not, that is
// a finding of the operation's own rule, and the scenario cannot go on.
func (w *World) must(c *call) error {
	w.pending = nil
	if c.class() == success {
		w.judge(c)
		return nil
	}
	if err := w.there(c); err != nil {
		return err
	}
	if rule := w.worthless(c); rule != nil {
		return w.blame(rule)
	}
	id := successRule(c.op)
	if rule := w.run.contract.Rule(id); rule != nil {
		w.judgedRules([]string{id})
		w.find(rule, "", "an answer of "+contract.ShowStatus(c.op.Success.Status), c.actual(), c.class() == nothing || c.class() == crashed)
	}
	return w.blockBy(id)
}

// settle demands success of the last call when no step asked for its outcome.
func (w *World) settle() error {
	if w.pending == nil {
		return nil
	}
	return w.must(w.pending)
}

func textOf(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
