package steps

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"assay/contract"
)

var (
	reAskCode     = regexp.MustCompile(`^I ask for a code( by POST)?( .*)?$`)
	reBackBy      = regexp.MustCompile(`^I am back by (query|fragment|form_post|web_message) with a code$`)
	reFollow      = regexp.MustCompile(`^I follow the redirect$`)
	reToPage      = regexp.MustCompile(`^I go to the sign-in page$`)
	reSignInAs    = regexp.MustCompile(`^I sign in( with a wrong password)?$`)
	reHaveCode    = regexp.MustCompile(`^I have a (?:fresh )?code( .*)?$`)
	reHaveTokens  = regexp.MustCompile(`^I have (?:fresh )?tokens( .*)?$`)
	reAnother     = regexp.MustCompile(`^I am (another|the first) client$`)
	reGuest       = regexp.MustCompile(`^I am the guest$`)
	reFreshJar    = regexp.MustCompile(`^my browser is fresh$`)
	reAPIThere    = regexp.MustCompile(`^the API is there$`)
	reSwapCode    = regexp.MustCompile(`^I exchange the code( .*)?$`)
	reRefresh     = regexp.MustCompile(`^I refresh( .*)?$`)
	reShow        = regexp.MustCompile(`^I show (userInfo|protectedResource) (.+)$`)
	reRevoke      = regexp.MustCompile(`^I revoke (my access token|my refresh token|a made-up token)$`)
	reIntrospect  = regexp.MustCompile(`^I ask what (my access token|a made-up token) is worth$`)
	reSignOut     = regexp.MustCompile(`^I sign out by (endSession|endSessionByForm|logOut)( to an address that nobody registered| to no address)?$`)
	reCodeExpired = regexp.MustCompile(`^the code has expired$`)
	reTokenOld    = regexp.MustCompile(`^the tokens have expired$`)
	reForgeLogin  = regexp.MustCompile(`^I send a forged result of the sign-in$`)
	reDocumented  = regexp.MustCompile(`^the provider is the documented one$`)
	reSignedOut   = regexp.MustCompile(`^I am signed out and back with my state$`)
	reDiscover    = regexp.MustCompile(`^I ask for the metadata$`)

	reLeads        = regexp.MustCompile(`^(\w+) leads to "(.*)"$`)
	reForms        = regexp.MustCompile(`^the page has a form for name and password$`)
	reAskedToSign  = regexp.MustCompile(`^I am asked to sign in$`)
	reBack         = regexp.MustCompile(`^I am back with a code$`)
	reBackError    = regexp.MustCompile(`^I am back with the error ([a-z_]+)((?: or [a-z_]+)*)$`)
	reRefusedAsk   = regexp.MustCompile(`^the request is refused$`)
	reNowhere      = regexp.MustCompile(`^I am shown a page and sent nowhere$`)
	reStillOut     = regexp.MustCompile(`^I am not signed in$`)
	reStateBack    = regexp.MustCompile(`^my state is back as I sent it$`)
	reNoState      = regexp.MustCompile(`^no state is back$`)
	reGetTokens    = regexp.MustCompile(`^I get tokens$`)
	reOAuthError   = regexp.MustCompile(`^I am refused with ([a-z_]+)((?: or [a-z_]+)*)$`)
	reLetIn        = regexp.MustCompile(`^I am let in$`)
	reTurnedAway   = regexp.MustCompile(`^I am turned away with (\d{3})(?: or (\d{3}))?$`)
	reNamesBearer  = regexp.MustCompile(`^the refusal names the scheme Bearer$`)
	reActive       = regexp.MustCompile(`^it is (active|not active, and no more is said)$`)
	reNotStored    = regexp.MustCompile(`^the answer is not to be stored$`)
	reNonce        = regexp.MustCompile(`^the id token holds (my nonce|no nonce)$`)
	reAtHash       = regexp.MustCompile(`^its at_hash fits the access token$`)
	reKeySet       = regexp.MustCompile(`^the id token is signed by a key of the key set$`)
	reAuthTime     = regexp.MustCompile(`^the id token holds auth_time, not before I signed in$`)
	reScopeOnly    = regexp.MustCompile(`^the scope holds "([^"]+)" and not "([^"]+)"$`)
	reRefreshThere = regexp.MustCompile(`^there is (a|no) refresh token$`)
	reNewRefresh   = regexp.MustCompile(`^the refresh token is a new one$`)
	reSameSubject  = regexp.MustCompile(`^(userInfo|the id token) speaks of the same person$`)
	reSameClaims   = regexp.MustCompile(`^userInfo shows the claims of the id token$`)
	reUpdatedAt    = regexp.MustCompile(`^updated_at is the moment of my sign-in$`)
	reOldUpdated   = regexp.MustCompile(`^the login token shows an updated_at from before$`)
	reIssuer       = regexp.MustCompile(`^the issuer is the address of the metadata, and the iss of my tokens$`)
	reHasClaims    = regexp.MustCompile(`^the access token holds the claims (.+)$`)
	reIssEnds      = regexp.MustCompile(`^its iss ends with "([^"]+)"$`)
	reAudienceOf   = regexp.MustCompile(`^its aud is an array of the API and userInfo$`)
	reLives        = regexp.MustCompile(`^it expires (\d+) seconds after its issue$`)
	rePermission   = regexp.MustCompile(`^its permissions hold "([^"]+)"$`)
	reHandle       = regexp.MustCompile(`^the state of the sign-in page is a map of h, n, tid and cid$`)
	reBareForm     = regexp.MustCompile(`^the answer of logIn begins with a form of wa, wresult and wctx$`)
	reLoginError   = regexp.MustCompile(`^I am told name, code, description and statusCode$`)
)

// oidcSteps registers the vocabulary of OpenID Connect for one scenario.
func oidcSteps(sc *godog.ScenarioContext, w *World) {
	s := &signing{w: w}
	ready := func(f func() error) func() error {
		return func() error {
			if err := s.begin(); err != nil {
				return err
			}
			return f()
		}
	}
	with := func(f func(string) error) func(string) error {
		return func(text string) error { return ready(func() error { return f(text) })() }
	}
	with2 := func(f func(string, string) error) func(string, string) error {
		return func(a, b string) error { return ready(func() error { return f(a, b) })() }
	}
	s.browserSteps(sc, ready, with, with2)
	s.tokenSteps(sc, ready, with, with2)
	s.claimSteps(sc, ready, with)
}

type (
	plainStep = func(func() error) func() error
	textStep  = func(func(string) error) func(string) error
	pairStep  = func(func(string, string) error) func(string, string) error
)

func (s *signing) browserSteps(sc *godog.ScenarioContext, ready plainStep, with textStep, with2 pairStep) {
	sc.Step(reAskCode, with2(func(byPost, rest string) error {
		var err error
		s.ask(func() { err = s.clauses(rest) })
		switch {
		case err != nil:
		case byPost != "":
			s.postAsk()
		default:
			s.sendAsk()
		}
		return err
	}))
	sc.Step(reBackBy, with(s.backBy))
	sc.Step(reFollow, ready(s.follow))
	sc.Step(reToPage, ready(s.toPage))
	sc.Step(reDocumented, ready(func() error {
		if s.provider.foreign != "" {
			return s.w.skip(s.provider.foreign)
		}
		return nil
	}))
	sc.Step(reSignedOut, ready(s.signedOutWithState))
	sc.Step(reSignInAs, with(s.signInAs))
	sc.Step(reHaveCode, with(func(rest string) error {
		var err error
		if e := s.haveCode(func() { err = s.clauses(rest) }); err == nil {
			err = e
		}
		return err
	}))
	sc.Step(reAnother, with(func(which string) error {
		prefix, example := "other_", "another-client"
		if which == "the first" {
			prefix, example = "", "documented"
		}
		s.client = s.w.oidcClient(prefix, example)
		return nil
	}))
	sc.Step(reGuest, ready(func() error {
		s.signedIn = s.w.oidcUser("guest_", "guest")
		if s.signedIn.name == "" || s.provider.foreign != "" && s.w.run.options.Settings["guest_username"] == "" {
			return s.w.skip("no second user is known: --set guest_username=… --set guest_password=…")
		}
		return nil
	}))
	sc.Step(reFreshJar, ready(func() error { s.jar, _ = cookiejar.New(nil); return nil }))
	sc.Step(reLeads, with2(s.leadsTo))
	sc.Step(reForms, ready(func() error {
		if err := s.foreigner(); err != nil {
			return err
		}
		if s.page == nil {
			return s.obstacle(s.last, "no page is shown")
		}
		s.examine(s.page)
		if f := signInForm(s.forms); f == nil || f.password == "" || f.username == "" {
			s.breaks("a form with a field for the name and one for the password", s.page)
		}
		return nil
	}))
	sc.Step(reAskedToSign, ready(func() error {
		if s.isBack {
			s.breaks("a page to sign in on", s.last)
		}
		return nil
	}))
	sc.Step(reBack, ready(func() error {
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
	}))
	sc.Step(reBackError, with2(s.backWithError))
	sc.Step(reRefusedAsk, ready(func() error {
		if err := s.foreigner(); err != nil {
			return err
		}
		_, failed := valueIn(s.back, "error")
		if !failed && s.last.class() != refusal {
			s.breaks("a redirect to the application with an error, or a page that refuses", s.last)
		}
		return nil
	}))
	sc.Step(reNowhere, ready(func() error {
		if c := s.last.class(); locationOf(s.last) != "" || c == crashed || c == nothing {
			s.breaks("a page for the person, and no redirect", s.last)
		}
		return nil
	}))
	sc.Step(reStillOut, ready(func() error {
		if s.isBack && s.code() != "" {
			s.breaks("no code for who did not sign in", s.last)
		}
		return nil
	}))
	sc.Step(reStateBack, ready(func() error {
		sent, _ := s.askedFor("state")
		if got, ok := valueIn(s.back, "state"); !s.isBack || !ok || got != sent {
			s.breaks(fmt.Sprintf("state %q", sent), s.last)
		}
		return nil
	}))
	sc.Step(reNoState, ready(func() error {
		if _, ok := valueIn(s.back, "state"); !s.isBack || ok {
			s.breaks("a redirect to the application without a state", s.last)
		}
		return nil
	}))
	sc.Step(reSignOut, with2(s.signOut))
	sc.Step(reForgeLogin, ready(s.forgeLogin))
	sc.Step(reBareForm, ready(s.bareForm))
	sc.Step(reLoginError, ready(s.loginError))
	sc.Step(reHandle, ready(s.handle))
}

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

// backBy demands a code in a response mode.
func (s *signing) backBy(mode string) error {
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
	got, ok := valueIn(s.back, "error")
	if !s.isBack || !ok || !slices.Contains(allowed, got) {
		s.breaks("a redirect to the application with error="+strings.Join(allowed, " or "), s.last)
	}
	return nil
}

var rePlaceholder = regexp.MustCompile(`\{([a-z_]+)(?::(\d+))?(?: without ([a-z_ ]+))?\}`)

// leadsTo compares where an operation led with a template. {uid:21} is 21 URL-safe
// characters, equal wherever the name stands again; {query} is the authorization request
// as it was sent; {origin}, {client_id}, {redirect_uri} and {state} are known. Both sides
// are compared decoded, as the document shows them.
func (s *signing) leadsTo(op, template string) error {
	if err := s.foreigner(); err != nil {
		return err
	}
	i := slices.IndexFunc(s.hops, func(h hop) bool { return h.op == op })
	if i < 0 {
		if len(s.hops) == 0 && s.last != nil {
			if err := s.w.there(s.last); err != nil {
				return err
			}
		}
		s.breaks(op+" leads to "+template, s.last)
		return nil
	}
	h := s.hops[i]
	pattern, names := s.compile(template)
	decoded := decodeLocation(h.location)
	m := regexp.MustCompile(pattern).FindStringSubmatch(decoded)
	if m == nil {
		s.w.find(s.w.rule(), "", op+" leads to "+template, "it leads to "+h.location, false)
		return nil
	}
	for i, name := range names {
		s.caught[name] = m[i+1]
	}
	return nil
}

// compile turns a template into a regular expression and the names that it catches.
func (s *signing) compile(template string) (string, []string) {
	var b strings.Builder
	var names []string
	b.WriteString("^(?s:")
	at := 0
	for _, loc := range rePlaceholder.FindAllStringSubmatchIndex(template, -1) {
		b.WriteString(regexp.QuoteMeta(template[at:loc[0]]))
		at = loc[1]
		name := template[loc[2]:loc[3]]
		part := func(i int) string {
			if loc[i] < 0 {
				return ""
			}
			return template[loc[i]:loc[i+1]]
		}
		switch value, known := s.known(name, part(6)); {
		case known:
			b.WriteString(regexp.QuoteMeta(value))
		case name == "rest":
			b.WriteString(".*")
		case slices.Contains(names, name):
			b.WriteString(".*") // caught above; RE2 knows no back reference, and the contract's pattern says its form
		default:
			count := "+"
			if n := part(4); n != "" {
				count = "{" + n + "}"
			}
			b.WriteString("([A-Za-z0-9_.~-]" + count + ")")
			names = append(names, name)
		}
	}
	b.WriteString(regexp.QuoteMeta(template[at:]))
	b.WriteString(")$")
	return b.String(), names
}

// known is the value of a placeholder that is not caught.
func (s *signing) known(name, without string) (string, bool) {
	switch name {
	case "origin":
		u, err := url.Parse(s.address("authorize"))
		if err != nil {
			return "", false
		}
		return u.Scheme + "://" + u.Host, true
	case "query":
		var parts []string
		for _, p := range s.asked {
			if !slices.Contains(strings.Fields(strings.ReplaceAll(without, " and ", " ")), p.name) {
				parts = append(parts, p.name+"="+p.value)
			}
		}
		return strings.Join(parts, "&"), true
	case "client_id":
		return s.client.id, true
	case "redirect_uri":
		return strings.TrimSuffix(s.client.redirect, "/"), true
	case "state":
		v, _ := s.askedFor("state")
		return v, true
	}
	v, ok := s.caught[name]
	return v, ok
}

// decodeLocation decodes path and query; a plus sign in a query is a space.
func decodeLocation(location string) string {
	before, query, has := strings.Cut(location, "?")
	if p, err := url.PathUnescape(before); err == nil {
		before = p
	}
	if !has {
		return before
	}
	if q, err := url.QueryUnescape(query); err == nil {
		query = q
	}
	return strings.TrimSuffix(before, "/") + "?" + query
}

func (s *signing) tokenSteps(sc *godog.ScenarioContext, ready plainStep, with textStep, with2 pairStep) {
	sc.Step(reHaveTokens, with(s.prepareTokens))
	sc.Step(reAPIThere, ready(func() error {
		if err := s.show("protectedResource", "my access token"); err != nil {
			return err
		}
		if c := s.last.status(); c == http.StatusNotFound || c == http.StatusMethodNotAllowed || s.provider.foreign != "" && c != http.StatusOK {
			return s.w.skip("the target has no " + s.last.op.Path)
		}
		return nil
	}))
	sc.Step(reSwapCode, with(s.swap))
	sc.Step(reRefresh, with(s.refresh))
	sc.Step(reGetTokens, ready(func() error {
		if err := s.w.there(s.last); err != nil {
			return err
		}
		if !s.gotTokens() {
			s.breaks("tokens", s.last)
			return s.w.block("no tokens came: " + s.last.actual())
		}
		return nil
	}))
	sc.Step(reOAuthError, with2(s.oauthError))
	sc.Step(reShow, with2(s.show))
	sc.Step(reLetIn, ready(func() error {
		if err := s.w.there(s.last); err != nil {
			return err
		}
		if s.last.class() != success {
			s.breaks("an answer of success", s.last)
			return nil
		}
		s.examine(s.last)
		return nil
	}))
	sc.Step(reTurnedAway, with2(s.turnedAway))
	sc.Step(reNamesBearer, ready(func() error {
		if s.last.class() == refusal && !strings.Contains(strings.ToLower(strings.Join(s.last.exchange.Response.Header.Values("WWW-Authenticate"), ",")), "bearer") {
			s.breaks("the header WWW-Authenticate with the scheme Bearer", s.last)
		}
		return nil
	}))
	sc.Step(reRevoke, with(s.revoke))
	sc.Step(reIntrospect, with(s.introspect))
	sc.Step(reActive, with(s.active))
	sc.Step(reNotStored, ready(func() error {
		if !strings.Contains(strings.ToLower(s.last.exchange.Response.Header.Get("Cache-Control")), "no-store") {
			s.breaks("the header Cache-Control with no-store", s.last)
		}
		return nil
	}))
	sc.Step(reCodeExpired, func(ctx context.Context) error {
		const longest = 10*time.Minute + 5*time.Second // RFC 6749 §4.1.2
		return s.w.pass(ctx, longest)
	})
	sc.Step(reTokenOld, func(ctx context.Context) error {
		life, _ := contract.Number(s.tokens["expires_in"])
		d := time.Duration(life+5) * time.Second
		const longest = 15 * time.Minute
		if s.w.run.options.Advance == nil && (life == 0 || d > longest) {
			return s.w.skip(fmt.Sprintf("the target's tokens live %s, too long to wait for", d))
		}
		return s.w.pass(ctx, d)
	})
}

// prepareTokens signs in and exchanges the code, under the conditions that are named.
func (s *signing) prepareTokens(rest string) error {
	if rest == " of another issuer" {
		return s.otherIssuer()
	}
	var err error
	if e := s.haveTokens(func() { err = s.clauses(rest) }); err == nil {
		err = e
	}
	if err == nil && strings.Contains(rest, "offline_access") && textOf(s.tokens["refresh_token"]) == "" && s.provider.foreign != "" {
		return s.w.skip("the target gives no refresh token for offline_access")
	}
	return err
}

// otherIssuer gets a token that the target signs under another name, as one that takes its
// name from the Host header does.
func (s *signing) otherIssuer() error {
	forAPI := func() {
		if audience := s.audience(); audience != "" {
			s.setAsked("audience", audience)
		}
	}
	if err := s.haveTokens(forAPI); err != nil {
		return err
	}
	own, err := s.readable()
	if err != nil {
		return err
	}
	if err := s.haveCode(forAPI); err != nil {
		return err
	}
	s.post("token", s.exchangeParams(), s.jsonFirst("token"), map[string]string{"Host": "another-issuer.example"})
	m, _ := s.last.value.(map[string]any)
	t, ok := contract.ReadToken(textOf(m["access_token"]))
	if !ok || textOf(t.Claims["iss"]) == textOf(own.Claims["iss"]) {
		return s.w.skip("the target signs for one issuer only")
	}
	s.tokens = m
	return nil
}

var (
	reParamSet  = regexp.MustCompile(`^ (?:with|and) "([^"]+)" set to "([^"]*)"`)
	reParamDrop = regexp.MustCompile(`^ (?:and )?without "([^"]+)"`)
	reParamTwo  = regexp.MustCompile(`^ with "([^"]+)" twice`)
	reAsOther   = regexp.MustCompile(`^ as another client`)
	reAsKind    = regexp.MustCompile(`^ as (JSON|a form)`)
	reOnceMore  = regexp.MustCompile(`^ (?:once more|with the first refresh token)`)
)

// swap exchanges the code, with something changed.
func (s *signing) swap(rest string) error {
	params, asJSON := s.exchangeParams(), s.jsonFirst("token")
	twice := ""
	for rest != "" {
		var m []string
		switch {
		case match(reParamSet, rest, &m):
			value := m[2]
			switch value {
			case "its challenge":
				value = challengeOf(s.verifier)
			case "another verifier":
				value = s.unguessable(43)
			case "a made-up code":
				value = s.unguessable(43)
			case "another redirect_uri":
				value = s.client.redirect + "/elsewhere"
			}
			params[m[1]] = value
		case match(reParamDrop, rest, &m):
			delete(params, m[1])
		case match(reParamTwo, rest, &m):
			twice, asJSON = m[1], false
		case match(reAsOther, rest, &m):
			other := s.w.oidcClient("other_", "another-client")
			params["client_id"] = other.id
			delete(params, "client_secret")
			if other.secret != "" {
				params["client_secret"] = other.secret
			}
		case match(reAsKind, rest, &m):
			asJSON = m[1] == "JSON"
		case match(reOnceMore, rest, &m):
		default:
			return s.w.wrong("no clause of an exchange reads%s", rest)
		}
		rest = rest[len(m[0]):]
	}
	if twice != "" {
		var pairs []pair
		for _, name := range sortedKeys(params) {
			pairs = append(pairs, pair{name, params[name]})
		}
		pairs = append(pairs, pair{twice, params[twice]})
		s.send("token", http.MethodPost, s.address("token"), encodePairs(pairs), map[string]string{"Content-Type": formType})
		return nil
	}
	s.post("token", params, asJSON, nil)
	return nil
}

// refresh uses a refresh token: that of the last answer, or the first one again.
func (s *signing) refresh(rest string) error {
	token := textOf(s.tokens["refresh_token"])
	params := map[string]string{"client_id": s.client.id, "grant_type": "refresh_token", "refresh_token": token}
	if s.client.secret != "" {
		params["client_secret"] = s.client.secret
	}
	for rest != "" {
		var m []string
		switch {
		case match(reOnceMore, rest, &m):
			params["refresh_token"] = s.kept["refresh"]
		case match(reParamSet, rest, &m):
			params[m[1]] = m[2]
		case match(reAsOther, rest, &m):
			params["client_id"] = s.w.oidcClient("other_", "another-client").id
			delete(params, "client_secret")
		default:
			return s.w.wrong("no clause of a refresh reads%s", rest)
		}
		rest = rest[len(m[0]):]
	}
	if s.kept["refresh"] == "" {
		s.kept["refresh"] = token
	}
	s.post("token", params, s.jsonFirst("token"), nil)
	return nil
}

// oauthError demands a refusal of the token endpoint (RFC 6749 §5.2): 400, or 401 where the
// RFC lets choose, or what else the contract documents for the vendor.
func (s *signing) oauthError(code, more string) error {
	allowed := append([]string{code}, strings.Fields(strings.ReplaceAll(more, " or ", " "))...)
	c := s.last
	if err := s.w.there(c); err != nil {
		return err
	}
	expected := fmt.Sprintf("400 with error %s", strings.Join(allowed, " or "))
	m, _ := c.value.(map[string]any)
	status := c.status()
	fits := status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden && c.op.Answer(status) != nil
	if !fits || !slices.Contains(allowed, textOf(m["error"])) {
		s.breaks(expected, c)
	}
	return nil
}

// turnedAway demands a refusal of a resource with one of the statuses.
func (s *signing) turnedAway(status, or string) error {
	c := s.last
	if err := s.w.there(c); err != nil {
		return err
	}
	allowed := []string{status}
	if or != "" {
		allowed = append(allowed, or)
	}
	if s.provider.foreign != "" && status == "401" { // certified providers answer 400 where no token came at all
		allowed = append(allowed, "400")
	}
	if !slices.Contains(allowed, strconv.Itoa(c.status())) {
		s.breaks("a refusal with "+strings.Join(allowed, " or "), c)
	}
	return nil
}

// lacks skips a scenario about an endpoint that another provider does not have.
func (s *signing) lacks(op string) error {
	if s.provider.foreign != "" && s.provider.endpoints[op] == "" {
		return s.w.skip("the target's metadata names no " + metadataOf[op])
	}
	return nil
}

func (s *signing) tokenNamed(name string) string {
	switch name {
	case "my access token":
		return s.access()
	case "my refresh token":
		return textOf(s.tokens["refresh_token"])
	}
	return s.unguessable(43)
}

func (s *signing) revoke(which string) error {
	if err := s.lacks("revoke"); err != nil {
		return err
	}
	params := map[string]string{"client_id": s.client.id, "token": s.tokenNamed(which)}
	if s.client.secret != "" {
		params["client_secret"] = s.client.secret
	}
	s.post("revoke", params, s.jsonFirst("revoke"), nil)
	return nil
}

func (s *signing) introspect(which string) error {
	if err := s.lacks("introspect"); err != nil {
		return err
	}
	params := map[string]string{"client_id": s.client.id, "token": s.tokenNamed(which)}
	if s.client.secret != "" {
		params["client_secret"] = s.client.secret
	}
	s.post("introspect", params, false, nil)
	return nil
}

func (s *signing) active(how string) error {
	c := s.last
	m, _ := c.value.(map[string]any)
	active, said := m["active"].(bool)
	switch {
	case s.provider.foreign != "" && c.class() != success:
		return s.w.skip("the target does not let this client ask")
	case how == "active" && (!said || !active):
		s.breaks(`"active": true`, c)
	case how != "active" && (!said || active || len(m) > 1):
		s.breaks(`{"active": false} and nothing more`, c)
	}
	s.examine(c)
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
	if c.class() == crashed || c.class() == nothing {
		s.breaks("an answer", c)
	}
	return nil
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
