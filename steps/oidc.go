package steps

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"assay/contract"
)

// This file and those named oidc_… are the vocabulary of OpenID Connect: a
// browser that follows redirects by hand, an application that exchanges codes,
// and an API that is shown tokens. Where a contract and its vendor are one the
// recorded shapes are judged; another OpenID provider is judged by the RFCs alone.

// provider is what a run knows of the target as an OpenID provider. It is found out once.
type provider struct {
	once      sync.Once
	endpoints map[string]string // operationId → absolute URL, from the metadata
	issuer    string
	basic     bool   // clients send their secret by HTTP Basic
	foreign   string // how the target shows that it is another provider than the contract's; empty when it is not
}

// metadataOf names, for an operation, the member of the metadata that holds its address.
var metadataOf = map[string]string{
	"authorize": "authorization_endpoint", "token": "token_endpoint", "userInfo": "userinfo_endpoint", "keySet": "jwks_uri",
	"introspect": "introspection_endpoint", "revoke": "revocation_endpoint", "endSession": "end_session_endpoint",
}

// signing is one scenario's browser and application.
type signing struct {
	w        *World
	provider *provider
	jar      *cookiejar.Jar
	client   oidcClient
	signedIn oidcUser

	asked       []pair // the authorization request, in order
	verifier    string
	hops        []hop
	began       time.Time         // when the browser was sent off
	plain       bool              // the last call was made with nothing changed
	caught      map[string]string // what templates have caught, by name
	page        *call             // the page that the browser shows
	forms       []form            // of that page
	back        []pair            // what came back to the application
	isBack      bool
	backMode    string
	tokens      map[string]any
	tokenAnswer *call          // the answer that they came with
	before      map[string]any // the tokens before a refresh
	kept        map[string]string
	metadata    *call
	last        *call
}

type pair struct{ name, value string }

// A hop is a redirect that the browser was given.
type hop struct {
	op       string // operationId; empty for an address that the contract does not have
	from     *url.URL
	location string
	call     *call
}

type oidcClient struct{ id, redirect, secret string }

type oidcUser struct{ name, password string }

// begin readies the scenario's browser; the first one of a run finds out about the target.
func (s *signing) begin() error {
	if s.jar != nil {
		return nil
	}
	s.jar, _ = cookiejar.New(nil) // without options it never fails
	s.caught, s.kept = map[string]string{}, map[string]string{}
	s.client, s.signedIn = s.w.oidcClient("", "documented"), s.w.oidcUser("", "documented")
	if s.w.run.contract.Operation("authorize") == nil || s.w.run.contract.Operation("token") == nil {
		return s.w.wrong("the contract %s has no operations authorize and token", s.w.run.contract.Name)
	}
	kept, _ := s.w.run.kept.LoadOrStore("oidc", &provider{})
	s.provider = kept.(*provider)
	s.provider.once.Do(func() { s.discover() })
	return nil
}

// oidcClient is what the target was told to know (--set client_id=…), else the one in the
// contract's examples of the token request.
func (w *World) oidcClient(prefix, example string) oidcClient {
	m := exampleOf(w.run.contract.Operation("token"), example)
	get := func(name string) string {
		if v := w.run.options.Settings[prefix+name]; v != "" {
			return v
		}
		return textOf(m[name])
	}
	return oidcClient{get("client_id"), get("redirect_uri"), get("client_secret")}
}

// oidcUser is who can sign in (--set username=… --set password=…), else the one in the
// contract's examples of the sign-in.
func (w *World) oidcUser(prefix, example string) oidcUser {
	m := exampleOf(w.run.contract.Operation(logIn), example)
	get := func(name string) string {
		if v := w.run.options.Settings[prefix+name]; v != "" {
			return v
		}
		return textOf(m[name])
	}
	return oidcUser{get("username"), get("password")}
}

// known reports whether the target can be expected to have what the contract's examples name:
// Assay's own mock has, and another target where it was said (--set).
func (s *signing) known(setting string) bool {
	return s.w.run.options.Own || s.w.run.options.Settings[setting] != ""
}

// exampleOf is an example of an operation's body.
func exampleOf(op *contract.Operation, name string) map[string]any {
	if op == nil || op.Body == nil {
		return nil
	}
	for _, e := range op.Body.Examples {
		if e.Name == name {
			v, _ := contract.DecodeStrict(e.Value)
			m, _ := v.(map[string]any)
			return m
		}
	}
	return nil
}

// discover reads the metadata and sees whose sign-in the target has.
func (s *signing) discover() {
	p := s.provider
	p.endpoints = map[string]string{}
	base := s.w.run.base
	addresses := []string{base + "/.well-known/openid-configuration"}
	if op := s.w.run.contract.Operation("discovery"); op != nil {
		addresses = append([]string{base + op.Path}, addresses...)
	}
	for _, address := range addresses {
		ex := s.exchange("", http.MethodGet, address, "", nil)
		if ex.Response == nil || ex.Response.Status != http.StatusOK {
			continue
		}
		v, _ := contract.DecodeStrict([]byte(ex.Response.Body))
		m, _ := v.(map[string]any)
		if m["authorization_endpoint"] == nil {
			continue
		}
		p.issuer = textOf(m["issuer"])
		p.basic = byBasic(m["token_endpoint_auth_methods_supported"])
		for op, member := range metadataOf {
			if v, _ := m[member].(string); absolute(v) {
				p.endpoints[op] = s.here(v)
			}
		}
		break
	}
	if said := s.w.run.options.Settings["token_endpoint_auth_method"]; said != "" {
		p.basic = said == "client_secret_basic"
	}
	s.ask(nil)
	ex := s.exchange("", http.MethodGet, s.address("authorize")+"?"+encodePairs(s.asked), "", nil)
	p.foreign = s.foreign(ex)
	s.asked, s.w.exchanges = nil, nil
	s.jar, _ = cookiejar.New(nil)
}

// byBasic reports whether a provider that lists these ways of client authentication takes no
// secret in the body. Without a list it is Basic (OpenID Connect Discovery §3).
func byBasic(methods any) bool {
	list, ok := methods.([]any)
	return !ok || !slices.ContainsFunc(list, func(v any) bool { return textOf(v) == "client_secret_post" })
}

// foreign says how the first answer shows that the target is another OpenID provider than
// the one whose hops the contract records. A setting (provider=NAME) decides it: with the
// contract's own name the recorded shapes are judged in any case.
func (s *signing) foreign(ex *contract.Exchange) string {
	name := s.w.run.contract.Name
	switch said := s.w.run.options.Settings["provider"]; {
	case said == name:
		return ""
	case said != "":
		return "the target is said to be " + said
	case s.w.run.options.Own || ex.Response == nil:
		return ""
	case !strings.HasSuffix(s.pathOf("authorize"), s.w.run.contract.Operation("authorize").Path):
		return "the target's authorization endpoint is at " + s.pathOf("authorize")
	case ex.Response.Status >= 400:
		return ""
	case ex.Response.Status < 300:
		return "the target answers the authorization request with a page of its own"
	}
	location := ex.Response.Header.Get("Location")
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	q := u.Query()
	if s.repeats(u) || strings.Contains(u.Path, "/interaction/oidc/") || q.Has("app_id") || q.Has("finish_login_url") || q.Has("client") || q.Get("protocol") == "oauth2" {
		return ""
	}
	return "the target has a sign-in of its own, at " + u.Path
}

// pathOf is the path at which the target has an operation.
func (s *signing) pathOf(op string) string {
	u, err := url.Parse(s.address(op))
	if err != nil {
		return ""
	}
	return u.Path
}

// repeats reports whether a location carries most of the authorization request along.
func (s *signing) repeats(u *url.URL) bool {
	n := 0
	for _, p := range s.asked {
		if u.Query().Get(p.name) == p.value {
			n++
		}
	}
	return n >= 4
}

// foreigner skips the scenario where its rule is about the vendor's own shapes and the
// target is another provider.
func (s *signing) foreigner() error {
	if r := s.w.rule(); s.provider.foreign != "" && r != nil && r.Basis != contract.Spec {
		return s.w.skip(s.provider.foreign)
	}
	return nil
}

// counts reports whether a rule is judged of this target.
func (s *signing) counts(r *contract.Rule) bool {
	return r != nil && (s.provider.foreign == "" || r.Basis == contract.Spec)
}

// here is an address of the target as it is reached: where the metadata gives the target
// another name than it was asked under, as one does that has its name written down or stands
// behind a proxy, the addresses under that name are taken to this one.
func (s *signing) here(address string) string {
	base, err1 := url.Parse(s.w.run.base)
	issuer, err2 := url.Parse(s.provider.issuer)
	u, err3 := url.Parse(address)
	if err1 != nil || err2 != nil || err3 != nil || u.Host != issuer.Host || sameHost(base, issuer) {
		return address
	}
	u.Scheme, u.Host = base.Scheme, base.Host
	return u.String()
}

// sameHost compares hosts; the names of this machine are one.
func sameHost(a, b *url.URL) bool {
	name := func(u *url.URL) string {
		if h := u.Hostname(); h != "127.0.0.1" && h != "::1" {
			return h
		}
		return "localhost"
	}
	return name(a) == name(b) && a.Port() == b.Port()
}

// absolute reports whether an address can be called as it stands.
func absolute(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// address is where the target has an operation. The API behind the access token may be
// served elsewhere (--set resource=URL).
func (s *signing) address(op string) string {
	if a := s.w.run.options.Settings["resource"]; op == "protectedResource" && a != "" {
		return a
	}
	if a := s.provider.endpoints[op]; a != "" {
		return a
	}
	if o := s.w.run.contract.Operation(op); o != nil {
		return s.w.run.base + o.Path
	}
	return s.w.run.base
}

// operationAt is the contract's operation at an address, or "".
func (s *signing) operationAt(method string, at *url.URL) string {
	for op, address := range s.provider.endpoints {
		if u, err := url.Parse(address); err == nil && u.Host == at.Host && u.Path == at.Path {
			if o := s.w.run.contract.Operation(op); o != nil && o.Method == method {
				return op
			}
		}
	}
	base, err := url.Parse(s.w.run.base)
	if err != nil {
		return ""
	}
	rest := strings.TrimPrefix(at.Path, strings.TrimRight(base.Path, "/"))
	for _, o := range s.w.run.contract.Operations {
		if o.Method == method && fitsPath(o.Path, rest) {
			return o.ID
		}
	}
	return ""
}

// fitsPath matches a path with a template of whole segments.
func fitsPath(template, actual string) bool {
	a, b := strings.Split(template, "/"), strings.Split(path.Clean("/"+actual), "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !strings.HasPrefix(a[i], "{") {
			return false
		}
	}
	return true
}

// exchange sends one request with the browser's cookies. op may be empty.
func (s *signing) exchange(op, method, address, body string, header map[string]string) *contract.Exchange {
	ex := &contract.Exchange{Operation: op, Who: actorI, Request: contract.Request{Method: method, URL: address, Body: body, Header: http.Header{"User-Agent": {"assay"}}}}
	for name, value := range header {
		ex.Request.Header.Set(name, value)
	}
	u, err := url.Parse(address)
	if err == nil {
		for _, c := range s.jar.Cookies(u) {
			ex.Request.Header.Add("Cookie", c.Name+"="+c.Value)
		}
		if all := ex.Request.Header.Values("Cookie"); len(all) > 1 {
			ex.Request.Header.Set("Cookie", strings.Join(all, "; "))
		}
	}
	s.w.run.client.send(s.w.ctx, ex)
	s.w.exchanges = append(s.w.exchanges, ex)
	if err == nil && ex.Response != nil {
		s.jar.SetCookies(u, (&http.Response{Header: ex.Response.Header}).Cookies())
	}
	return ex
}

// send makes a call of an operation, or of an address that the contract does not have.
func (s *signing) send(op, method, address, body string, header map[string]string) *call {
	c := &call{op: s.w.run.contract.Operation(op), actor: &actor{name: actorI}, exchange: s.exchange(op, method, address, body, header)}
	if c.op == nil {
		c.op = &contract.Operation{} // it documents nothing, and so nothing of it is judged
	} else {
		s.w.run.seen(s.w, c)
	}
	if c.exchange.Response != nil {
		c.value = readValue(c.exchange.Response.Body)
	}
	s.last, s.plain = c, false
	return c
}

// readValue decodes an answer, and what can be read of one that is not well formed: that
// it is not is found by its own rule, and the others are judged all the same.
func readValue(body string) any {
	if v, err := contract.DecodeStrict([]byte(body)); err == nil {
		return v
	}
	if t, ok := contract.ReadToken(strings.TrimSpace(body)); ok { // a signed userinfo answer (OpenID Connect Core §5.3.2)
		return t.Claims
	}
	dec := json.NewDecoder(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	return v
}

// examine judges an answer by the contract, as far as the target is the contract's provider.
func (s *signing) examine(c *call) {
	res := c.exchange.Response
	if c.op.ID == "" || c.judged || res == nil {
		return
	}
	c.judged = true
	if res.Status >= 300 && res.Status < 400 && c.op.Answer(res.Status) == nil {
		if r := s.redirectRule(c.op); s.counts(r) {
			s.w.find(r, "", r.Sentence, c.actual(), false)
		}
		return
	}
	now, within := targetTime(c.exchange)
	j := c.op.JudgeResponse(res.Status, res.Header, []byte(res.Body), contract.At(now, within))
	for _, id := range j.Judged {
		if s.counts(s.w.run.contract.Rule(id)) {
			s.w.judged[id]++
		}
	}
	for _, b := range j.Breaches {
		if s.counts(b.Rule) && !refreshedWithout(c, b) {
			s.w.find(b.Rule, b.Pointer, b.Expected, b.Actual, false)
			c.breached = append(c.breached, b.Pointer)
		}
	}
}

// refreshedWithout reports whether the breach is that a refresh gave no id token, or did not
// repeat the scope, as OpenID Connect Core §12.2 and RFC 6749 §5.1 allow.
func refreshedWithout(c *call, b contract.Breach) bool {
	if c.op.ID != "token" || !strings.Contains(c.exchange.Request.Body, "refresh_token") {
		return false
	}
	return b.RuleID == "token.200.id_token.required" || b.RuleID == "token.200.scope.required"
}

// breachedAt reports whether a member of the answer, or what holds it, broke a rule of its
// own: what else is said of it is then no second fault.
func (c *call) breachedAt(pointer string) bool {
	return slices.ContainsFunc(c.breached, func(b string) bool {
		return b == "" || b == pointer || strings.HasPrefix(pointer, b+"/") || strings.HasPrefix(b, pointer+"/")
	})
}

// redirectRule is the rule of the operation's documented redirect.
func (s *signing) redirectRule(op *contract.Operation) *contract.Rule {
	for _, a := range op.Answers {
		if a.Status/100 == 3 {
			return s.w.run.contract.Rule(fmt.Sprintf("%s.%d", op.ID, a.Status))
		}
	}
	return nil
}

// obstacle blocks a scenario that cannot go on after a call: the target is gone, or what it
// gave stands in the way. A 5xx, or nothing, is found as a crash of the operation's rule.
func (s *signing) obstacle(c *call, why string) error {
	if err := s.w.there(c); err != nil {
		return err
	}
	s.notThere(c)
	return s.w.block(why + ": " + c.actual())
}

// notThere finds an operation that crashes, or that the target does not have.
func (s *signing) notThere(c *call) {
	r := s.w.run.contract.Rule(successRule(c.op))
	if r == nil {
		return
	}
	switch k := c.class(); {
	case k == crashed && c.status() != http.StatusNotImplemented, k == nothing:
		s.w.find(r, "", "an answer", c.actual(), true)
	case s.counts(r) && slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, c.status()):
		s.w.find(r, "", "an answer of "+contract.ShowStatus(c.op.Success.Status), c.actual(), false)
	}
}

// must demands that a call which prepares something succeeded. If not, that is a finding of
// the operation's own rule, and the scenario cannot go on.
func (s *signing) must(c *call, why string) error {
	if c.class() == success {
		s.examine(c)
		return nil
	}
	if err := s.w.there(c); err != nil {
		return err
	}
	s.notThere(c)
	if r := s.w.run.contract.Rule(successRule(c.op)); c.class() == refusal && s.counts(r) {
		s.w.find(r, "", "an answer of "+contract.ShowStatus(c.op.Success.Status), c.actual(), false)
	}
	return s.w.block(why + ": " + c.actual())
}

// breaks records that the scenario's rule does not hold.
func (s *signing) breaks(expected string, c *call) {
	actual := "nothing was sent"
	crash := false
	if c != nil {
		actual = c.actual()
		if location := locationOf(c); location != "" {
			actual += " to " + location
		}
		crash = c.class() == crashed || c.class() == nothing
	}
	rule := s.w.rule()
	s.w.find(rule, "", expected, actual, crash)
	if s.provider.foreign == "" || crash || rule == nil || !slices.Contains(dutiesOfClients, rule.ID) {
		return
	}
	for _, f := range s.w.findings {
		if f.Rule == rule {
			f.Verdict = contract.Advised
		}
	}
}

// dutiesOfClients are rules whose MUST the RFCs address to the client, or leave to who runs
// the provider (RFC 7636 §4.4.1 begins with "if the server requires"). A provider that has its
// own ways does not break them by being generous; it is advised.
var dutiesOfClients = []string{"authorize.challenge-required", "token.verifier-length", "resource.one-way", "resource.scheme-case"}

func locationOf(c *call) string {
	if c == nil || c.exchange.Response == nil || c.exchange.Response.Status/100 != 3 {
		return ""
	}
	return c.exchange.Response.Header.Get("Location")
}
