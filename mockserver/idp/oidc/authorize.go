package oidc

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// longestAsk bounds an authorization request, in bytes: a transaction keeps it.
const longestAsk = 16 << 10

// An Ask is an authorization request that passed its phases.
type Ask struct {
	ClientID      string
	RedirectURI   string
	Mode          string
	State         string
	StateGiven    bool
	Nonce         string
	Scope         []string
	Audience      string
	Challenge     string
	WantsAuthTime bool // max_age was given: auth_time is due in the id token (OpenID Connect Core §2)
	Origin        string
}

// authorization is a request on its way through the phases.
type authorization struct {
	Ask
	request   *Request
	params    url.Values
	client    *Client
	reachable bool // the redirect URI is known to be the client's: errors may be sent there
	challenge string
	method    string
	prompt    []string
	maxAge    time.Duration // negative when none was given
	current   *session      // the session that may be used without asking, or nil
}

// The phases of the authorization endpoint. Until redirect has passed, a fault is
// shown to the person: RFC 6749 §4.1.2.1 forbids to send the browser anywhere.
var authorizePhases = []func(*Provider, *authorization) *Error{
	(*Provider).checkSize,
	(*Provider).checkClient,
	(*Provider).checkRedirect,
	(*Provider).checkResponse,
	(*Provider).checkOnce,
	(*Provider).checkExtensions,
	(*Provider).checkChallenge,
	(*Provider).checkScope,
	(*Provider).checkPrompt,
}

// Authorize answers the authorization endpoint, by GET and by POST (OpenID Connect Core §3.1.2.1).
func (p *Provider) Authorize(r *Request) *Answer {
	a := &authorization{request: r, params: r.Query, maxAge: -1}
	if r.Method == http.MethodPost && p.obeys(ByPost) {
		a.params = r.Form
	}
	for _, phase := range authorizePhases {
		if fault := phase(p, a); fault != nil {
			return p.deny(a, fault)
		}
	}
	return p.decide(a)
}

func (p *Provider) deny(a *authorization, fault *Error) *Answer {
	if !a.reachable {
		return p.Current().Personality.ErrorPage(fault)
	}
	return p.respond(&a.Ask, Object{{"error", fault.Code}, {"error_description", fault.Description}})
}

func (p *Provider) checkSize(a *authorization) *Error {
	size := 0
	for name, values := range a.params {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if size > longestAsk {
		return refuse("invalid_request", "the request is longer than "+strconv.Itoa(longestAsk)+" bytes")
	}
	return nil
}

func (p *Provider) checkClient(a *authorization) *Error {
	id := a.params.Get("client_id")
	a.client = p.Client(id)
	switch {
	case len(a.params["client_id"]) > 1 && p.obeys(ParameterOnce):
		return refuse("invalid_request", "client_id is given more than once")
	case a.client != nil:
	case p.obeys(ClientKnown):
		return refuse("invalid_client", "client_id is missing or names no registered client")
	default:
		a.client = &Client{ID: id, RedirectURIs: a.params["redirect_uri"]}
	}
	a.ClientID = a.client.ID
	return nil
}

func (p *Provider) checkRedirect(a *authorization) *Error {
	given := a.params["redirect_uri"]
	switch {
	case len(given) > 1 && p.obeys(ParameterOnce):
		return refuse("invalid_request", "redirect_uri is given more than once")
	case len(given) == 0:
		return refuse("invalid_request", "redirect_uri is missing") // OpenID Connect Core §3.1.2.1
	case !p.redirectAllowed(a.client, given[0]):
		return refuse("invalid_request", "redirect_uri is not registered for this client")
	default:
		a.RedirectURI = given[0]
	}
	a.reachable = true
	a.Origin = a.request.Origin
	a.State, a.StateGiven = a.params.Get("state"), a.params.Has("state")
	a.Nonce = a.params.Get("nonce")
	return nil
}

// redirectAllowed compares with what is registered: exactly (RFC 9700 §4.1.3), but
// for a bare origin, which browsers and SDKs write with and without the slash.
func (p *Provider) redirectAllowed(c *Client, given string) bool {
	begins := false
	for _, registered := range c.RedirectURIs {
		if SameURI(registered, given) {
			return true
		}
		begins = begins || strings.HasPrefix(given, registered)
	}
	if begins {
		return !p.obeys(RedirectExact)
	}
	return !p.obeys(RedirectRegistered)
}

// SameURI reports whether two redirect URIs are equal byte for byte, or name the same bare origin.
func SameURI(a, b string) bool {
	return a == b || bare(a) != "" && bare(a) == bare(b)
}

// bare returns an origin without its slash, or "" for any other URI.
func bare(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Modes are the response modes, in the order of discovery.
var Modes = []string{"query", "fragment", "form_post", "web_message"}

func (p *Provider) checkResponse(a *authorization) *Error {
	mode := a.params.Get("response_mode")
	a.Mode = "query"
	switch {
	case mode == "", !p.obeys(ResponseMode):
	case slices.Contains(Modes, mode):
		a.Mode = mode
	default:
		return refuse("invalid_request", "response_mode must be one of "+strings.Join(Modes, ", "))
	}
	switch kind := a.params.Get("response_type"); {
	case kind == "code" || !p.obeys(ResponseType):
		return nil
	case kind == "":
		return refuse("invalid_request", "response_type is missing")
	default:
		return refuse("unsupported_response_type", "response_type must be code")
	}
}

func (p *Provider) checkOnce(a *authorization) *Error {
	if name, is := repeated(a.params); is && p.obeys(ParameterOnce) {
		return refuse("invalid_request", name+" is given more than once")
	}
	return nil
}

// checkExtensions refuses what OpenID Connect Core §6.1, §6.2 and §7.2.1 let a provider refuse.
func (p *Provider) checkExtensions(a *authorization) *Error {
	for _, name := range []string{"request", "request_uri", "registration"} {
		if a.params.Get(name) != "" && p.obeys(RequestObject) {
			return refuse(name+"_not_supported", name+" is not supported")
		}
	}
	a.challenge, a.method = a.params.Get("code_challenge"), a.params.Get("code_challenge_method")
	a.Challenge = a.challenge
	return nil
}

func (p *Provider) checkScope(a *authorization) *Error {
	asked := words(a.params.Get("scope"))
	var api *API
	if audience := a.params.Get("audience"); audience != "" && len(p.APIs) > 0 {
		if api = p.api(audience); api == nil && p.obeys(AudienceKnown) {
			return refuse("access_denied", "Service not found: "+audience)
		}
		a.Audience = audience
	}
	a.Scope = p.narrow(asked, api)
	return nil
}

// narrow grants of what was asked what the provider knows, each once.
func (p *Provider) narrow(asked []string, api *API) []string {
	if !p.obeys(ScopeNarrowed) {
		return asked
	}
	return p.Current().Personality.Scope(asked, api)
}

// checkPrompt finds the session that may be used, and what must be refused when nobody may be asked.
func (p *Provider) checkPrompt(a *authorization) *Error {
	a.prompt = words(a.params.Get("prompt"))
	none := slices.Contains(a.prompt, "none")
	if none && len(a.prompt) > 1 {
		if p.obeys(PromptNoneAlone) {
			return refuse("invalid_request", "prompt=none stands alone")
		}
		a.prompt = []string{"none"}
	}
	if given := a.params.Get("max_age"); given != "" {
		seconds, err := strconv.ParseUint(given, 10, 31)
		if err != nil {
			return refuse("invalid_request", "max_age must be a number of seconds")
		}
		a.maxAge, a.WantsAuthTime = time.Duration(seconds)*time.Second, true
	}
	a.current = p.usable(a)
	if none && a.current == nil && p.obeys(PromptNone) {
		return refuse("login_required", "nobody is signed in here")
	}
	return nil
}

// usable returns the session that answers the request without a page, or nil.
func (p *Provider) usable(a *authorization) *session {
	s, ok := p.session(a.request)
	switch {
	case !ok || !p.obeys(SessionRemembered):
		return nil
	case (slices.Contains(a.prompt, "login") || slices.Contains(a.prompt, "select_account")) && p.obeys(PromptLogin):
		return nil
	case a.maxAge >= 0 && p.Now().Sub(s.AuthTime) > a.maxAge && p.obeys(MaxAge):
		return nil
	case a.params.Get("id_token_hint") != "" && p.hinted(a.params.Get("id_token_hint"), a.Origin) != s.UserID:
		return nil
	}
	return &s
}

// decide is the last phase: a code at once, or a page first.
func (p *Provider) decide(a *authorization) *Answer {
	if a.current != nil {
		return p.grant(&a.Ask, *a.current)
	}
	if p.AutoLogin != "" && !slices.Contains(a.prompt, "none") {
		p.mu.Lock()
		u, ok := p.named(p.AutoLogin)
		p.mu.Unlock()
		if ok {
			s, cookie := p.begin(u.ID, a.Origin)
			answer := p.grant(&a.Ask, s)
			answer.header().Add("Set-Cookie", cookie)
			return answer
		}
	}
	tx := p.open(a)
	return Redirect(p.Current().Personality.SignIn(p, tx))
}

// grant answers with a code for who is signed in.
func (p *Provider) grant(ask *Ask, s session) *Answer {
	return p.respond(ask, Object{{"code", p.issue(ask, s)}})
}
