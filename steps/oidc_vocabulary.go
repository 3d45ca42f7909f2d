package steps

import (
	"context"
	"fmt"
	"net/http/cookiejar"
	"regexp"
	"slices"
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
	reSecretive   = regexp.MustCompile(`^I am the confidential client$`)
	rePublic      = regexp.MustCompile(`^my client has no secret$`)
	reAudience    = regexp.MustCompile(`^the (id|access) token is for my client$`)
	reGuest       = regexp.MustCompile(`^I am the guest$`)
	reFreshJar    = regexp.MustCompile(`^my browser is fresh$`)
	reAPIThere    = regexp.MustCompile(`^the API is there$`)
	reSwapCode    = regexp.MustCompile(`^I exchange the code( .*)?$`)
	reRefresh     = regexp.MustCompile(`^I refresh( .*)?$`)
	reShow        = regexp.MustCompile(`^I show (userInfo|protectedResource) (.+)$`)
	reTakenTwice  = regexp.MustCompile(`^the code is not taken twice$`)
	reOut         = regexp.MustCompile(`^I am signed out$`)
	reRemembered  = regexp.MustCompile(`^my session is remembered$`)
	reRevoke      = regexp.MustCompile(`^I revoke (my access token|my refresh token|a made-up token)$`)
	reIntrospect  = regexp.MustCompile(`^I ask what (my access token|my refresh token|a made-up token) is worth$`)
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
	reLoginClaims  = regexp.MustCompile(`^the login token names me, my client and the user pool$`)
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
			return s.postAsk()
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
	sc.Step(rePublic, ready(func() error {
		if s.client.secret != "" {
			return s.w.skip("the client has a secret, and so need not use PKCE")
		}
		return nil
	}))
	sc.Step(reSecretive, ready(func() error {
		s.client = s.w.oidcClient("confidential_", "confidential-client")
		if s.client.secret == "" || !s.known("confidential_client_id") {
			return s.w.skip("no client with a secret is known: --set confidential_client_id=… --set confidential_client_secret=… --set confidential_redirect_uri=…")
		}
		return nil
	}))
	sc.Step(reGuest, ready(func() error {
		s.signedIn = s.w.oidcUser("guest_", "guest")
		if s.signedIn.name == "" || !s.known("guest_username") {
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
		if len(s.page.breached) > 0 {
			return nil
		}
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
	sc.Step(reBack, ready(s.backWithCode))
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
	sc.Step(reNowhere, ready(s.sentNowhere))
	sc.Step(reStillOut, ready(func() error {
		if s.isBack && s.code() != "" {
			s.breaks("no code for who did not sign in", s.last)
		}
		return nil
	}))
	sc.Step(reStateBack, ready(func() error {
		if !s.isBack {
			return s.w.block("nothing came back to the application")
		}
		sent, _ := s.askedFor("state")
		if got, ok := valueIn(s.back, "state"); !s.isBack || !ok || got != sent {
			s.breaks(fmt.Sprintf("state %q", sent), s.last)
		}
		return nil
	}))
	sc.Step(reOut, ready(func() error { return s.must(s.last, "signing out does not work") }))
	sc.Step(reRemembered, ready(s.remembered))
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

func (s *signing) tokenSteps(sc *godog.ScenarioContext, ready plainStep, with textStep, with2 pairStep) {
	sc.Step(reHaveTokens, with(s.prepareTokens))
	sc.Step(reAPIThere, ready(s.apiThere))
	sc.Step(reSwapCode, with(s.swap))
	sc.Step(reRefresh, with(s.refresh))
	sc.Step(reGetTokens, ready(s.getTokens))
	sc.Step(reTakenTwice, ready(s.takenTwice))
	sc.Step(reOAuthError, with2(s.oauthError))
	sc.Step(reShow, with2(s.show))
	sc.Step(reLetIn, ready(s.letIn))
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
		if s.tokenAnswer != nil && slices.Contains(s.tokenAnswer.breached, "/expires_in") {
			return s.w.block("when the tokens expire is malformed")
		}
		life, _ := contract.Number(s.tokens["expires_in"])
		d := time.Duration(life+5) * time.Second
		const longest = 15 * time.Minute
		if s.w.run.options.Advance == nil && (life == 0 || d > longest) {
			return s.w.skip(fmt.Sprintf("the target's tokens live %s, too long to wait for", d))
		}
		return s.w.pass(ctx, d)
	})
}
