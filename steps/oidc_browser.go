package steps

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"assay/contract"
)

// The person at the browser: what they ask for, how they sign in and out.

var (
	reWith        = regexp.MustCompile(`^ (?:with|and) "([^"]+)" set to "([^"]*)"`)
	reWithSpecial = regexp.MustCompile(`^ (?:with|and) a (state of every kind of character|challenge of a short verifier)`)
	reWithoutAny  = regexp.MustCompile(`^ (?:and )?without "([^"]+)"`)
	reTwice       = regexp.MustCompile(`^ (?:with|and) "([^"]+)" twice`)
	reForAPI      = regexp.MustCompile(`^ for the API`)
	reMore        = regexp.MustCompile(`^ and the scope "([^"]+)"`)
)

// wantsPerson are the errors by which a provider may decline prompt=none though somebody
// is signed in (OpenID Connect Core §3.1.2.6).
var wantsPerson = []string{"interaction_required", "consent_required", "account_selection_required"}

// everyKind are characters that a careless server encodes, decodes or cuts.
const everyKind = `a b+c%2Bd&e=f/g?h#i"j'<k>é;l==`

// clauses change the authorization request.
func (s *signing) clauses(rest string) error {
	for rest != "" {
		var m []string
		switch {
		case match(reWith, rest, &m):
			value := m[2]
			if value == "my redirect_uri and more" {
				value = s.client.redirect + "/more"
			}
			s.setAsked(m[1], value)
			s.consent()
		case match(reWithSpecial, rest, &m) && strings.HasPrefix(m[1], "state"):
			s.setAsked("state", everyKind)
		case match(reWithSpecial, rest, &m):
			s.verifier = s.unguessable(42)
			s.setAsked("code_challenge", challengeOf(s.verifier))
		case match(reWithoutAny, rest, &m):
			s.dropAsked(m[1])
		case match(reTwice, rest, &m):
			v, _ := s.askedFor(m[1])
			s.asked = append(s.asked, pair{m[1], v})
		case match(reForAPI, rest, &m):
			s.setAsked("audience", s.audience())
		case match(reMore, rest, &m):
			v, _ := s.askedFor("scope")
			s.setAsked("scope", v+" "+m[1])
			s.consent()
		default:
			return s.w.wrong("no clause of a request for a code reads%s", rest)
		}
		rest = rest[len(m[0]):]
	}
	return nil
}

// backWithCode demands a code. A fresh sign-in that gives none is a fault of its own hops,
// and stands in the way of what else the scenario is about.
func (s *signing) backWithCode() error {
	if err := s.w.there(s.last); err != nil {
		return err
	}
	if s.isBack && s.code() != "" {
		return nil
	}
	if e, _ := valueIn(s.back, "error"); slices.Contains(wantsPerson, e) {
		return s.w.skip("the target wants the person to act even with a session: " + e)
	}
	s.breaks("a redirect to the application with a code", s.last)
	return nil
}

// remembered goes on only where who is signed in gets a code without a page.
func (s *signing) remembered() error {
	s.ask(func() { s.setAsked("prompt", "none") })
	s.sendAsk()
	e, _ := valueIn(s.back, "error")
	switch {
	case s.isBack && s.code() != "":
		return nil
	case slices.Contains(wantsPerson, e):
		return s.w.skip("the target wants the person to act even with a session: " + e)
	}
	if err := s.w.there(s.last); err != nil {
		return err
	}
	return s.w.blockBy("authorize.session-remembered")
}

// sentNowhere demands that the browser is not sent to an address that is not the
// application's, nor asked to sign in for it. A provider may show the fault at an address
// of its own.
func (s *signing) sentNowhere() error {
	const most = 5 // redirects to a page of the provider
	for range most {
		location := locationOf(s.last)
		if location == "" {
			break
		}
		from, err := url.Parse(s.last.exchange.Request.URL)
		if err != nil {
			break
		}
		to, err := from.Parse(location)
		if err != nil || to.Host != from.Host || s.isBack {
			s.breaks("a page for the person, and no redirect", s.last)
			return nil
		}
		s.arrive(s.send("", http.MethodGet, to.String(), "", nil))
	}
	c := s.last.class()
	if f := signInForm(s.forms); c == crashed || c == nothing || locationOf(s.last) != "" || s.page != nil && f != nil && f.password != "" {
		s.breaks("a page that tells the person what is wrong, and no redirect", s.last)
	}
	return nil
}

// backBy demands a code in a response mode.
func (s *signing) backBy(mode string) error {
	if len(s.last.breached) > 0 {
		return s.w.block("the answer is malformed")
	}
	if !s.isBack || s.code() == "" || s.backMode != mode {
		s.breaks("a code by "+mode, s.last)
	}
	return nil
}

// consent asks another provider to ask the person, where OpenID Connect Core §11 makes
// offline_access depend on it.
func (s *signing) consent() {
	scope, _ := s.askedFor("scope")
	if _, prompted := s.askedFor("prompt"); s.provider.foreign != "" && !prompted && slices.Contains(strings.Fields(scope), "offline_access") {
		s.setAsked("prompt", "consent")
	}
}

func match(re *regexp.Regexp, text string, m *[]string) bool {
	*m = re.FindStringSubmatch(text)
	return *m != nil
}

// audience is the API's: what the target was told (--set audience=…), else the contract's example.
func (s *signing) audience() string {
	if v := s.w.run.options.Settings["audience"]; v != "" {
		return v
	}
	if aud := s.w.run.contract.Schema("ApiAccessClaims").Property("aud"); aud != nil && aud.Items != nil {
		return textOf(aud.Items.Example)
	}
	return ""
}

func (s *signing) signInAs(how string) error {
	if how == "" {
		return s.signIn()
	}
	if err := s.foreigner(); err != nil {
		return err
	}
	known := s.signedIn
	s.signedIn.password = "not-" + known.password
	defer func() { s.signedIn = known }()
	if err := s.toPage(); err != nil {
		return err
	}
	for range 2 { // a name first, and then a password, on some targets
		if s.page == nil {
			break
		}
		before := s.last
		if err := s.fillIn(); err != nil && s.last == before {
			return err
		}
		s.w.blocked = "" // that the sign-in is refused is what is asked for
		if s.isBack {
			return nil
		}
	}
	for range mostHops { // whatever a target does with a wrong password, it must not end with a code
		if s.isBack || locationOf(s.last) == "" {
			return nil
		}
		if err := s.follow(); err != nil {
			return err
		}
	}
	return nil
}

func (s *signing) backWithError(code, more string) error {
	allowed := append([]string{code}, strings.Fields(strings.ReplaceAll(more, " or ", " "))...)
	if s.provider.foreign != "" && code == "login_required" { // OpenID Connect Core §3.1.2.1 calls it typical, not the only one
		allowed = append(allowed, wantsPerson...)
	}
	got, ok := valueIn(s.back, "error")
	if !s.isBack || !ok || !slices.Contains(allowed, got) {
		s.breaks("a redirect to the application with error="+strings.Join(allowed, " or "), s.last)
	}
	return nil
}

// signOut ends the session, by what the contract calls endSession or by the vendor's own way.
func (s *signing) signOut(how, nowhere string) error {
	if how == "logOut" && s.provider.foreign != "" {
		return s.w.skip(s.provider.foreign)
	}
	if err := s.lacks(how); err != nil {
		return err
	}
	to := s.w.run.options.Settings["post_logout_redirect_uri"]
	if to == "" && s.provider.foreign == "" {
		to = s.client.redirect
	}
	switch nowhere {
	case " to no address":
		to = ""
	case " to an address that nobody registered":
		to = "http://nobody-registered-this.example/"
	default:
		s.kept["return"] = to
	}
	pairs := []pair{{"client_id", s.client.id}}
	if how == "logOut" {
		pairs = append(pairs, pair{"returnTo", to})
	} else {
		pairs = append(pairs, pair{"id_token_hint", s.id()})
		if to != "" {
			pairs = append(pairs, pair{"post_logout_redirect_uri", to}, pair{"state", "signed out"})
		}
	}
	var c *call
	if how == "endSessionByForm" {
		c = s.send(how, http.MethodPost, s.address(how), encodePairs(pairs), map[string]string{"Content-Type": formType, "Accept": "text/html"})
	} else {
		c = s.send(how, http.MethodGet, s.address(how)+"?"+encodePairs(pairs), "", map[string]string{"Accept": "text/html"})
	}
	s.hops = nil
	s.arrive(c)
	if c.class() == success && nowhere == "" { // some ask first
		at, err := url.Parse(c.exchange.Request.URL)
		if f := onwardForm(s.forms); f != nil && err == nil {
			return s.submit(f, at)
		}
	}
	if c.class() != success {
		s.notThere(c)
	}
	return s.w.there(c)
}

// signedOutWithState looks for the state where the sign-out led.
func (s *signing) signedOutWithState() error {
	if s.kept["return"] == "" {
		return s.w.skip("no address to return to after signing out is known: --set post_logout_redirect_uri=…")
	}
	for _, h := range s.hops {
		if query, ok := cutBack(h.location, s.kept["return"]); ok {
			if state, _ := valueIn(decodePairs(query), "state"); state == "signed out" {
				return nil
			}
		}
	}
	s.breaks("a redirect to "+s.kept["return"]+" with the state of the sign-out", s.last)
	return nil
}

// forgeLogin ends the sign-in with a result that nobody signed: the documented form with its
// token's signature broken.
func (s *signing) forgeLogin() error {
	if err := s.foreigner(); err != nil {
		return err
	}
	if err := s.toPage(); err != nil {
		return err
	}
	if s.page == nil {
		return s.w.block("the sign-in shows no page")
	}
	at, err := url.Parse(s.page.exchange.Request.URL)
	if err != nil {
		return s.w.block("the page has no address")
	}
	f, at, err := s.toResult(at, s.forms)
	if err != nil {
		return err
	}
	if f == nil {
		return s.w.block("no form carries the result of the sign-in")
	}
	for i, p := range f.fields {
		if _, ok := contract.ReadToken(p.value); ok {
			f.fields[i].value = breakSignature(p.value)
		}
	}
	if s.submit(f, at) != nil {
		s.w.blocked = "" // that it is refused is what is asked for
		return nil
	}
	for range mostHops {
		if s.isBack || locationOf(s.last) == "" {
			return nil
		}
		if err := s.follow(); err != nil {
			return err
		}
	}
	return nil
}

// toResult signs in on the page up to the form that carries the result.
func (s *signing) toResult(at *url.URL, forms []form) (*form, *url.URL, error) {
	if s.documentedSignIn(at) {
		f, err := s.logInByJSON(at, forms)
		return f, at, err
	}
	f := signInForm(forms)
	if f == nil {
		return nil, nil, s.w.block("the page at " + at.Path + " has no form that could be filled in")
	}
	if err := s.submit(f, at); err != nil {
		return nil, nil, err
	}
	if s.page == nil {
		return nil, nil, s.w.block("the sign-in goes on without a form")
	}
	to, err := url.Parse(s.page.exchange.Request.URL)
	return onwardForm(s.forms), to, err
}
