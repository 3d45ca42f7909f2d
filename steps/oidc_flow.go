package steps

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"assay/contract"
)

// mostHops bounds a sign-in: redirects, pages and forms.
const mostHops = 20

// ask composes the authorization request: the parameters that the contract documents with
// an example, in its order, fresh where they must be.
func (s *signing) ask(change func()) {
	s.verifier = s.unguessable(43)
	s.asked = nil
	for _, p := range s.w.run.contract.Operation("authorize").Params {
		if p.In != "query" || p.Schema == nil || p.Schema.Example == nil {
			continue
		}
		value := textOf(p.Schema.Example)
		switch p.Name {
		case "client_id":
			value = s.client.id
		case "redirect_uri":
			value = s.client.redirect
		case "state", "nonce":
			value = s.like(value)
		case "code_challenge":
			value = challengeOf(s.verifier)
		default:
			if v := s.w.run.options.Settings[p.Name]; v != "" {
				value = v
			}
		}
		s.asked = append(s.asked, pair{p.Name, value})
	}
	if change != nil {
		change()
	}
}

const formType = "application/x-www-form-urlencoded"

const urlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// unguessable is n URL-safe characters from the scenario's own samples.
func (s *signing) unguessable(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = urlSafe[s.w.samples.Intn(len(urlSafe))]
	}
	return string(b)
}

// like is a fresh value of the form of an example: digits for digits, else base64 with its padding.
func (s *signing) like(example string) string {
	if strings.Trim(example, "0123456789") == "" {
		b := []byte(example)
		for i := range b {
			b[i] = '0' + byte(s.w.samples.Intn(10))
		}
		return string(b)
	}
	return base64.StdEncoding.EncodeToString([]byte(s.unguessable(43)))
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *signing) askedFor(name string) (string, bool) {
	for _, p := range s.asked {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

// setAsked changes a parameter, or adds it; repeated parameters are added with addAsked.
func (s *signing) setAsked(name, value string) {
	for i, p := range s.asked {
		if p.name == name {
			s.asked[i].value = value
			return
		}
	}
	s.asked = append(s.asked, pair{name, value})
}

func (s *signing) dropAsked(name string) {
	kept := s.asked[:0:0]
	for _, p := range s.asked {
		if p.name != name {
			kept = append(kept, p)
		}
	}
	s.asked = kept
}

// encodePairs writes a query in order; spaces are plus signs, as recorded.
func encodePairs(pairs []pair) string {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value)
	}
	return strings.Join(parts, "&")
}

func decodePairs(query string) []pair {
	var pairs []pair
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			n, v = name, value
		}
		if part != "" {
			pairs = append(pairs, pair{n, v})
		}
	}
	return pairs
}

func valueIn(pairs []pair, name string) (string, bool) {
	for _, p := range pairs {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

// sendAsk sends the authorization request.
func (s *signing) sendAsk() {
	s.hops, s.back, s.isBack, s.page, s.began = nil, nil, false, nil, time.Now()
	glue := "?"
	if strings.Contains(s.address("authorize"), "?") {
		glue = "&"
	}
	s.arrive(s.send("authorize", http.MethodGet, s.address("authorize")+glue+encodePairs(s.asked), "", nil))
}

// postAsk sends the authorization request as a form. Where GET is taken and this is not, that
// is the fault.
func (s *signing) postAsk() error {
	s.hops, s.back, s.isBack, s.page, s.began = nil, nil, false, nil, time.Now()
	s.arrive(s.send("authorizeByForm", http.MethodPost, s.address("authorize"), encodePairs(s.asked), map[string]string{"Content-Type": formType}))
	if s.last.class() == success || s.isBack || locationOf(s.last) != "" {
		return nil
	}
	if err := s.w.there(s.last); err != nil {
		return err
	}
	s.notThere(s.last)
	s.breaks("what the same request by GET is answered", s.last)
	return s.w.block("the request by POST is refused")
}

// arrive notes what an answer made of the browser: a redirect, a page, or the way back.
func (s *signing) arrive(c *call) {
	from, err := url.Parse(c.exchange.Request.URL)
	if err != nil {
		return
	}
	s.page, s.forms = nil, nil
	location := locationOf(c)
	if location == "" {
		if c.class() == success {
			s.page, s.forms = c, readForms(c.exchange.Response.Body)
			s.byPage(c)
			s.examine(c)
		}
		return
	}
	s.examine(c)
	s.hops = append(s.hops, hop{op: c.op.ID, from: from, location: location, call: c})
	redirect := s.client.redirect
	if given, ok := s.askedFor("redirect_uri"); ok {
		redirect = given
	}
	if query, ok := cutBack(location, redirect); ok {
		s.isBack, s.back, s.backMode = true, decodePairs(query), "query"
		if strings.Contains(location, "#") {
			s.backMode = "fragment"
		}
	}
}

// reWebMessage finds the response that a page posts to the page that frames it.
var reWebMessage = regexp.MustCompile(`(?s)authorization_response.*?response"?\s*:\s*(\{[^{}]*\})`)

// byPage sees whether a page is the application's answer: a form for it, or a message.
func (s *signing) byPage(c *call) {
	if f := onwardForm(s.forms); f != nil {
		if _, ok := cutBack(f.action, s.client.redirect); ok {
			s.isBack, s.back, s.backMode = true, f.fields, "form_post"
		}
	}
	if m := reWebMessage.FindStringSubmatch(beginning(c.exchange.Response.Body)); m != nil {
		v, _ := contract.DecodeStrict([]byte(m[1]))
		members, _ := v.(map[string]any)
		s.isBack, s.back, s.backMode = len(members) > 0, nil, "web_message"
		for _, name := range sortedKeys(members) {
			s.back = append(s.back, pair{name, textOf(members[name])})
		}
	}
}

// cutBack returns the parameters behind the application's own address; a bare origin may
// have got its slash.
func cutBack(location, redirect string) (string, bool) {
	if redirect == "" {
		return "", false
	}
	for _, prefix := range []string{redirect, strings.TrimRight(redirect, "/"), strings.TrimRight(redirect, "/") + "/"} {
		rest, ok := strings.CutPrefix(location, prefix)
		if ok && rest == "" {
			return "", true
		}
		if ok && strings.ContainsAny(rest[:1], "?#&") {
			return rest[1:], true
		}
	}
	return "", false
}

// follow goes where the last redirect leads.
func (s *signing) follow() error {
	if len(s.hops) == 0 || s.isBack {
		return s.w.block("there is no redirect to follow")
	}
	h := s.hops[len(s.hops)-1]
	to, err := h.from.Parse(h.location)
	if err != nil || to.Host == "" {
		return s.w.block("the redirect leads nowhere: " + h.location)
	}
	s.arrive(s.send(s.operationAt(http.MethodGet, to), http.MethodGet, to.String(), "", nil))
	return nil
}

// toPage follows redirects until a page is shown or the browser is back.
func (s *signing) toPage() error {
	for range mostHops {
		switch {
		case s.isBack || s.page != nil:
			return nil
		case locationOf(s.last) == "":
			return s.obstacle(s.last, "the sign-in shows no page (is the client known to the target? --set client_id=… --set redirect_uri=…)")
		}
		if err := s.follow(); err != nil {
			return err
		}
	}
	return s.w.block("the sign-in goes round in circles")
}

// mostAttempts is how often a page may ask for the password.
const mostAttempts = 3

// signIn goes from wherever the browser is back to the application, filling in what is asked.
func (s *signing) signIn() error {
	attempts := 0
	for range mostHops {
		if err := s.toPage(); err != nil || s.isBack {
			return err
		}
		if f := signInForm(s.forms); f != nil && f.password != "" {
			attempts++
		}
		if attempts > mostAttempts {
			break
		}
		if err := s.fillIn(); err != nil {
			return err
		}
	}
	return s.w.block("the sign-in asks again and again: is the user known to the target? (--set username=… --set password=…)")
}

// fillIn answers the page that is shown: by the documented JSON sign-in where the page is
// the contract's own and there is one, else by its form.
func (s *signing) fillIn() error {
	at, err := url.Parse(s.page.exchange.Request.URL)
	if err != nil {
		return s.w.block("the page has no address")
	}
	forms := s.forms
	f := signInForm(forms)
	if f == nil {
		f = onwardForm(forms)
	}
	if s.documentedSignIn(at) {
		if f, err = s.logInByJSON(at, forms); err != nil {
			return err
		}
	}
	if f == nil {
		return s.w.block("the page at " + at.Path + " has no form that could be filled in")
	}
	return s.submit(f, at)
}

// submit sends a form as a browser does.
func (s *signing) submit(f *form, at *url.URL) error {
	to, err := at.Parse(f.action)
	if err != nil {
		return s.w.block("the form leads nowhere: " + f.action)
	}
	values := f.values(s.signedIn).Encode()
	if f.method == http.MethodGet {
		to.RawQuery, values = values, ""
		s.arrive(s.send(s.operationAt(http.MethodGet, to), http.MethodGet, to.String(), "", nil))
		return nil
	}
	c := s.send(s.operationAt(http.MethodPost, to), http.MethodPost, to.String(), values, map[string]string{
		"Content-Type": formType, "Referer": at.String(), "Origin": at.Scheme + "://" + at.Host, "Accept": "text/html",
	})
	s.arrive(c)
	if locationOf(c) == "" && c.class() != success {
		return s.obstacle(c, "the sign-in was refused")
	}
	return nil
}

// documentedSignIn reports whether the page belongs to a JSON sign-in that the contract documents.
func (s *signing) documentedSignIn(at *url.URL) bool {
	op := s.w.run.contract.Operation(logIn)
	return s.provider.foreign == "" && op != nil && op.Body != nil && mediaType(op.Body.Types) == "application/json" && s.operationAt(http.MethodGet, at) == "loginPage"
}

// logInByJSON sends the documented members: from the page's form what it holds, from its
// address and the authorization request what they hold, and the user. It returns the form
// that the answer holds.
func (s *signing) logInByJSON(at *url.URL, forms []form) (*form, error) {
	op := s.w.run.contract.Operation(logIn)
	body := map[string]any{}
	for name, v := range exampleOf(op, "documented") {
		body[name] = v
		if asked, ok := s.askedFor(name); ok {
			body[name] = asked
		}
	}
	if f := signInForm(forms); f != nil {
		for _, p := range f.fields {
			if _, is := body[p.name].(string); is {
				body[p.name] = p.value
			}
		}
	}
	body["state"] = at.Query().Get("state")
	body["username"], body["password"] = s.signedIn.name, s.signedIn.password
	raw, err := encodeInOrder(op, body)
	if err != nil {
		return nil, s.w.wrong("%v", err)
	}
	c := s.send(logIn, http.MethodPost, s.address(logIn), raw, map[string]string{"Content-Type": "application/json", "Origin": at.Scheme + "://" + at.Host, "Referer": at.String()})
	s.kept["logIn"] = ""
	if c.class() != success {
		return nil, s.obstacle(c, "the sign-in was refused")
	}
	s.examine(c)
	s.kept["logIn"] = c.exchange.Response.Body
	f := onwardForm(readForms(c.exchange.Response.Body))
	if f == nil {
		return nil, s.obstacle(c, "the answer to the sign-in holds no form")
	}
	return f, nil
}

// encodeInOrder writes a body with its members in the order of the contract.
func encodeInOrder(op *contract.Operation, body map[string]any) (string, error) {
	var b strings.Builder
	b.WriteByte('{')
	for _, p := range op.Body.Schema.Properties {
		v, ok := body[p.Name]
		if !ok {
			continue
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return "", err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(p.Name) // a string always marshals
		b.Write(name)
		b.WriteByte(':')
		b.Write(raw)
	}
	b.WriteByte('}')
	return b.String(), nil
}

// code is what came back to the application.
func (s *signing) code() string {
	v, _ := valueIn(s.back, "code")
	return v
}

// haveCode signs in up to the code.
func (s *signing) haveCode(change func()) error {
	if err := s.begin(); err != nil {
		return err
	}
	s.ask(change)
	s.sendAsk()
	if err := s.signIn(); err != nil {
		return err
	}
	if s.code() == "" {
		v, _ := valueIn(s.back, "error")
		d, _ := valueIn(s.back, "error_description")
		return s.w.block(strings.TrimSpace("no code came back: " + v + " " + d + " (is the client known to the target? --set client_id=… --set redirect_uri=…)"))
	}
	return nil
}

// exchangeParams are those of the documented token request.
func (s *signing) exchangeParams() map[string]string {
	m := map[string]string{"client_id": s.client.id, "grant_type": "authorization_code", "code": s.code(), "redirect_uri": s.client.redirect, "code_verifier": s.verifier}
	if s.client.secret != "" {
		m["client_secret"] = s.client.secret
	}
	return m
}

// post sends a form, or JSON where asked to, to an operation.
func (s *signing) post(op string, params map[string]string, asJSON bool, header map[string]string) *call {
	kind, body := formType, ""
	if secret := params["client_secret"]; s.provider.basic && secret != "" && secret == s.client.secret && params["client_id"] == s.client.id {
		header = map[string]string{"Authorization": basicOf(s.client)}
		delete(params, "client_id")
		delete(params, "client_secret")
	}
	if asJSON {
		raw, _ := json.Marshal(params) // texts always marshal
		kind, body = "application/json", string(raw)
	} else {
		var pairs []pair
		for _, name := range sortedKeys(params) {
			pairs = append(pairs, pair{name, params[name]})
		}
		body = encodePairs(pairs)
	}
	all := map[string]string{"Content-Type": kind, "Accept": "application/json"}
	for name, value := range header {
		all[name] = value
	}
	return s.send(op, http.MethodPost, s.address(op), body, all)
}

// basicOf is the header of a client that authenticates by HTTP Basic; the parts are
// form-encoded first (RFC 6749 §2.3.1).
func basicOf(c oidcClient) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(c.id)+":"+url.QueryEscape(c.secret)))
}

// jsonFirst reports whether the contract documents JSON bodies for the operation first.
func (s *signing) jsonFirst(op string) bool {
	o := s.w.run.contract.Operation(op)
	return s.provider.foreign == "" && o != nil && o.Body != nil && mediaType(o.Body.Types) == "application/json"
}

// gotTokens takes the tokens of the last answer, and judges it.
func (s *signing) gotTokens() bool {
	c := s.last
	m, _ := c.value.(map[string]any)
	if c.class() != success {
		return false
	}
	s.examine(c)
	if token, _ := m["access_token"].(string); token == "" {
		return false
	}
	s.before, s.tokens, s.tokenAnswer = s.tokens, m, c
	return true
}

// haveTokens signs in and exchanges the code.
func (s *signing) haveTokens(change func()) error {
	if err := s.haveCode(change); err != nil {
		return err
	}
	s.post("token", s.exchangeParams(), s.jsonFirst("token"), nil)
	return s.mustHaveTokens()
}

// mustHaveTokens takes the tokens of a plain request, or blocks the scenario: that none
// came is a finding of the token endpoint's own rule.
func (s *signing) mustHaveTokens() error {
	c := s.last
	if s.gotTokens() {
		return nil
	}
	const why = "the code gives no tokens"
	if c.class() == success {
		return s.w.block(why + ": " + c.actual())
	}
	return s.must(c, why)
}
