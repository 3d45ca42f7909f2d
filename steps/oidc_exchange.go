package steps

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"assay/contract"
)

// The application behind the browser: exchanging, refreshing and giving back tokens.

// prepareTokens signs in and exchanges the code, under the conditions that are named.
func (s *signing) prepareTokens(rest string) error {
	if rest == " of another issuer" {
		return s.otherIssuer()
	}
	var err error
	if e := s.haveTokens(func() { err = s.clauses(rest) }); err == nil {
		err = e
	}
	if err == nil && slices.Contains(s.tokenAnswer.breached, "/refresh_token") {
		return s.w.block("the refresh token is malformed")
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
	reByBasic   = regexp.MustCompile(`^ by HTTP Basic`)
	reAsKind    = regexp.MustCompile(`^ as (JSON|a form)`)
	reOnceMore  = regexp.MustCompile(`^ (?:once more|with the first refresh token)`)
)

// swap exchanges the code, with something changed.
func (s *signing) swap(rest string) error {
	params, asJSON, plain := s.exchangeParams(), s.jsonFirst("token"), rest == ""
	twice := ""
	header := map[string]string{}
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
			case "another secret":
				value = "not-" + s.client.secret
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
		case match(reByBasic, rest, &m):
			header["Authorization"] = basicOf(s.client)
			delete(params, "client_id")
			delete(params, "client_secret")
		case match(reAsKind, rest, &m):
			asJSON = m[1] == "JSON"
		case match(reOnceMore, rest, &m):
		default:
			return s.w.wrong("no clause of an exchange reads%s", rest)
		}
		rest = rest[len(m[0]):]
	}
	defer func() { s.plain = plain }()
	if twice != "" {
		var pairs []pair
		for _, name := range sortedKeys(params) {
			pairs = append(pairs, pair{name, params[name]})
		}
		pairs = append(pairs, pair{twice, params[twice]})
		s.send("token", http.MethodPost, s.address("token"), encodePairs(pairs), map[string]string{"Content-Type": formType})
		return nil
	}
	s.post("token", params, asJSON, header)
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
			if s.kept["refresh"] == token {
				return s.w.skip("the target gave no other refresh token in place of the first")
			}
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

// takenTwice sends the code again, and goes on only where that is refused.
func (s *signing) takenTwice() error {
	s.post("token", s.exchangeParams(), s.jsonFirst("token"), nil)
	if err := s.w.there(s.last); err != nil {
		return err
	}
	if s.last.class() == success {
		return s.w.blockBy("token.code-single-use")
	}
	return nil
}

// getTokens takes what an exchange or a refresh gave. Where that was a plain request in a
// scenario about something else, it is the plain request's rule that does not hold.
func (s *signing) getTokens() error {
	if err := s.w.there(s.last); err != nil {
		return err
	}
	rule := s.w.rule()
	refreshed := strings.Contains(s.last.exchange.Request.Body, "refresh_token")
	switch {
	case !refreshed && s.plain:
		return s.mustHaveTokens()
	case s.gotTokens():
		return nil
	case refreshed && rule != nil && !slices.Contains(refreshing, rule.ID):
		return s.w.block("the plain refresh gives no tokens: " + s.last.actual())
	}
	if len(s.last.breached) == 0 {
		s.breaks("tokens", s.last)
	}
	return s.w.block("no tokens came: " + s.last.actual())
}

// refreshing are the rules that say that a refresh gives tokens.
var refreshing = []string{"refresh.rotates", "revoke.of-client"}

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
	if s.provider.foreign != "" && status == "401" { // RFC 6750 §3.1 has no MUST for the status
		allowed = append(allowed, "400", "403")
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
	s.plain = which != "a made-up token"
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
	if c.class() == success {
		s.examine(c)
	}
	switch {
	case s.provider.foreign != "" && c.class() == refusal:
		return s.w.skip("the target does not let this client ask")
	case c.class() != success:
		return s.must(c, "no answer of what a token is worth")
	case c.breachedAt("/active"):
	case how == "active" && (!said || !active):
		s.breaks(`"active": true`, c)
	case how != "active" && (!said || active || len(m) > 1):
		s.breaks(`{"active": false} and nothing more`, c)
	}
	return nil
}
