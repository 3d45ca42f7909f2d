package reports_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"assay/contract"
	"assay/reports"
)

// The three runs that every writer is held against.
var fixtures = []struct {
	name string
	run  func() *reports.Run
}{
	{"kept", keptRun},
	{"broken", brokenRun},
	{"unreachable", unreachableRun},
}

var start = time.Date(2026, 3, 14, 9, 26, 53, 589_000_000, time.UTC)

const base = "http://localhost:3000/v1"

// bytesFrom makes n believable random bytes from a name.
func bytesFrom(name string, n int) []byte {
	var out []byte
	for i := 0; len(out) < n; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", name, i))
		out = append(out, sum[:]...)
	}
	return out[:n]
}

// jwt makes a token of the right shape that nobody signed.
func jwt(who string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"typ":"JWT","alg":"RS256"}`)) + "." +
		encode(fmt.Appendf(nil, `{"exp":1773481013,"id":"%s","email":"%s@example.com","name":"%s"}`, who, who, who)) + "." +
		encode(bytesFrom("signature "+who, 256))
}

func refreshToken(who string) string { return hex.EncodeToString(bytesFrom("refresh "+who, 50)) }

func password(who string) string { return strings.ToUpper(who[:1]) + who[1:] + "-Secret-12" }

// rule makes a rule of the ledger.
func rule(id, chapter, keyword, sentence string, basis contract.Basis, line, cited int, says string) *contract.Rule {
	r := &contract.Rule{
		ID: id, Operation: strings.Split(id, ".")[0], Chapter: chapter, Keyword: keyword,
		Sentence: sentence, Basis: basis, File: "openapi.yaml", Line: line,
	}
	if cited > 0 {
		r.Citations = []contract.Citation{{Source: "pool", Title: "idea pool document", Lines: [2]int{cited, cited}, At: fmt.Sprintf("pool:%d", cited), Says: says}}
	}
	return r
}

func ledger() []*contract.Rule {
	rules := []*contract.Rule{
		rule("signUp.201", "Users", "status", "Signing up answers 201.", contract.Shown, 61, 212, "201"),
		rule("signUp.body.password.pattern", "Users", "pattern", "A password holds an upper-case letter, a lower-case letter and a digit.", contract.Stated, 74, 205, "1 uppercase letter"),
		rule("logIn.201.refresh_token", "Tokens", "required", "Logging in answers a refresh token.", contract.Shown, 118, 88, "refresh_token"),
		rule("access-token.lifetime", "Tokens", "lifetime", "An access token expires after 10 minutes.", contract.Stated, 31, 25, "expired after 10 minutes"),
		rule("access-token.signature", "Tokens", "signature", "A token whose signature does not fit is refused.", contract.Spec, 33, 0, ""),
		rule("logOut.refresh-token-dies", "Tokens", "sentence", "After logging out the refresh token no longer works.", contract.Stated, 152, 131, "log out"),
		rule("me.200.avatar_url.computed", "Users", "computed", "The avatar's address holds the MD5 of the e-mail address.", contract.Stated, 176, 190, "gravatar"),
		rule("createIdea.201", "Ideas", "status", "Creating an idea answers 201.", contract.Shown, 203, 346, "201"),
		rule("createIdea.201.average_score.computed", "Ideas", "computed", "The average is the arithmetic mean of impact, ease and confidence.", contract.Shown, 231, 370, "average_score"),
		rule("createIdea.body.content.maxLength", "Ideas", "maxLength", "Content is at most 255 characters.", contract.Stated, 133, 294, "maximum 255 characters"),
		rule("createIdea.body.impact.maximum", "Ideas", "maximum", "Impact is an integer from 1 to 10.", contract.Stated, 141, 295, "integer between 1 to 10"),
		rule("listIdeas.200.maxItems", "Ideas", "maxItems", "A page holds at most 10 ideas.", contract.Stated, 260, 396, "1 page = 10 ideas"),
		rule("listIdeas.private", "Ideas", "sentence", "A user sees only their own ideas.", contract.Assumed, 266, 0, ""),
		rule("listIdeas.200.order", "Ideas", "order", "Ideas are sorted by their average, the highest first.", contract.Assumed, 262, 0, ""),
		rule("updateIdea.200.confidence", "Ideas", "required", "An updated idea holds its confidence.", contract.Shown, 301, 470, "confidence"),
		rule("deleteIdea.204", "Ideas", "status", "Deleting an idea answers 204 and no body.", contract.Shown, 330, 410, "204"),
	}
	for _, r := range rules {
		switch r.ID {
		case "access-token.lifetime":
			r.Slow = true
		case "access-token.signature":
			r.Security = true
			r.Citations = []contract.Citation{{Title: "RFC 7515 §5.2", At: "RFC 7515 §5.2", Says: "the JWS MUST be considered invalid"}}
		case "listIdeas.private":
			r.Security = true
			r.Why = "the document never says whose ideas are listed"
		case "listIdeas.200.order":
			r.Why = "the recorded page is in that order"
		}
	}
	return rules
}

// clock gives exchanges their times, a few milliseconds apart.
type clock struct{ at time.Time }

func (c *clock) exchange(operation, who, method, path, token, body string, status int, answer string) *contract.Exchange {
	e := &contract.Exchange{
		Operation: operation, Who: who, Started: c.at, Duration: 3100 * time.Microsecond,
		Request: contract.Request{Method: method, URL: base + path, Header: http.Header{"Accept": {"application/json"}}, Body: body},
	}
	if body != "" {
		e.Request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		e.Request.Header.Set("X-Access-Token", token)
	}
	if status != 0 {
		e.Response = &contract.Response{Status: status, Proto: "HTTP/1.1", Header: http.Header{
			"Content-Type": {"application/json; charset=utf-8"}, "X-Request-Id": {"7c2f" + fmt.Sprint(c.at.UnixMilli()%10000)},
		}, Body: answer}
	}
	c.at = c.at.Add(4 * time.Millisecond)
	return e
}

func (c *clock) signUp(who, name string) *contract.Exchange {
	return c.exchange("signUp", who, "POST", "/users", "",
		fmt.Sprintf(`{"email":"%s@example.com","name":"%s","password":"%s"}`, name, name, password(name)),
		201, fmt.Sprintf(`{"jwt":"%s","refresh_token":"%s"}`, jwt(name), refreshToken(name)))
}

func idea(id string, impact int, average string) string {
	return fmt.Sprintf(`{"id":"%s","content":"Plant a tree for every new customer","impact":%d,"ease":8,"confidence":8,"average_score":%s,"created_at":1773480413}`, id, impact, average)
}

func scenario(id, feature, chapter, name string, outcome reports.Outcome, rules ...string) *reports.Scenario {
	file, _, _ := strings.Cut(id, ":")
	line := 0
	fmt.Sscanf(id[len(file):], ":%d", &line)
	return &reports.Scenario{
		ID: id, Feature: feature, File: "features/" + file, Line: line, Chapter: chapter, Name: name,
		Rules: rules, Outcome: outcome, Duration: 21 * time.Millisecond,
	}
}

func step(keyword, text string, outcome reports.Outcome, from, to int) reports.Step {
	return reports.Step{Keyword: keyword, Text: text, Outcome: outcome, Exchanges: [2]int{from, to}}
}

func newRun() *reports.Run {
	return &reports.Run{
		Schema:   "assay.run/1",
		Tool:     reports.Tool{Name: "assay", Version: "0.1.0"},
		Contract: reports.ContractRef{Name: "idea-pool", Title: "Idea Pool", Version: "1.0", File: "openapi.yaml"},
		Target:   base, Seed: 1, Started: start,
	}
}

// results gives every rule of the ledger its verdict; those not named are kept.
func results(verdicts map[string]reports.RuleResult) []reports.RuleResult {
	var all []reports.RuleResult
	for _, r := range ledger() {
		result, ok := verdicts[r.ID]
		if !ok {
			result = reports.RuleResult{Verdict: contract.Kept, Judged: 3, Planned: true}
		}
		result.Rule = r
		all = append(all, result)
	}
	return all
}

func ruleOf(run *reports.Run, id string) *contract.Rule {
	for _, r := range run.Rules {
		if r.Rule.ID == id {
			return r.Rule
		}
	}
	panic("the ledger has no rule " + id)
}

func keptRun() *reports.Run {
	run := newRun()
	run.Rules = results(map[string]reports.RuleResult{
		"access-token.lifetime": {Verdict: contract.NotJudged, Because: "it needs --slow: ten minutes have to pass"},
	})
	c := &clock{start}
	up := c.signUp("I", "ada")
	created := c.exchange("createIdea", "I", "POST", "/ideas", jwt("ada"),
		`{"content":"Plant a tree for every new customer","impact":8,"ease":8,"confidence":8}`, 201, idea("tg7b9rh1i", 8, "8.0"))
	run.Scenarios = []*reports.Scenario{
		scenario("idea-pool/users.feature:12", "Users", "Signing up", "a new user signs up", reports.Passed, "signUp.201"),
		scenario("idea-pool/ideas.feature:8", "Ideas", "Creating an idea", "an idea is created", reports.Passed, "createIdea.201"),
	}
	run.Scenarios[0].Exchanges = []*contract.Exchange{up}
	run.Scenarios[0].Steps = []reports.Step{step("When", "I sign up as a new user", reports.Passed, 0, 1), step("Then", "the answer is as documented", reports.Passed, 0, 0)}
	run.Scenarios[1].Exchanges = []*contract.Exchange{c.signUp("I", "grace"), created}
	run.Scenarios[1].Steps = []reports.Step{
		step("Given", "I am signed in as a new user", reports.Passed, 0, 1),
		step("When", "I create an idea", reports.Passed, 1, 2),
		step("Then", "the answer is as documented", reports.Passed, 0, 0),
	}
	run.Requests, run.Duration = 217, 840*time.Millisecond
	run.Profile = []reports.Trait{{Topic: "refusal of an impact beyond its bound", Choice: "422"}}
	run.Coverage = []reports.Coverage{
		{Operation: "signUp", Method: "POST", Path: "/users", Statuses: map[string]int{"201": 40, "422": 12}},
		{Operation: "createIdea", Method: "POST", Path: "/ideas", Statuses: map[string]int{"201": 31, "401": 2, "422": 18}},
	}
	return run
}

func brokenRun() *reports.Run {
	run := newRun()
	c := &clock{start}
	run.Rules = results(map[string]reports.RuleResult{
		"access-token.lifetime":             {Verdict: contract.NotJudged, Because: "it needs --slow: ten minutes have to pass"},
		"createIdea.body.impact.maximum":    {Verdict: contract.Broken, Judged: 2, Finding: 1, Planned: true},
		"listIdeas.private":                 {Verdict: contract.Advised, Judged: 1, Finding: 2, Planned: true},
		"updateIdea.200.confidence":         {Verdict: contract.Broken, Judged: 1, Finding: 3, Planned: true},
		"createIdea.body.content.maxLength": {Verdict: contract.Crashed, Judged: 1, Finding: 4, Planned: true},
		"listIdeas.200.order":               {Verdict: contract.Advised, Judged: 4, Finding: 5, Planned: true},
		"access-token.signature":            {Verdict: contract.Broken, Judged: 2, Finding: 6, Planned: true},
		"logOut.refresh-token-dies":         {Verdict: contract.Blocked, Because: "logging in gave no refresh token", Planned: true},
		"logIn.201.refresh_token":           {Verdict: contract.Broken, Judged: 1, Finding: 7, Planned: true},
		"deleteIdea.204":                    {Verdict: contract.Blocked, Because: "logging in gave no refresh token", Planned: true},
	})

	ada, grace := c.signUp("I", "ada"), c.signUp("somebody else", "grace")
	beyond := c.exchange("createIdea", "I", "POST", "/ideas", jwt("ada"),
		`{"content":"Plant a tree for every new customer","impact":11,"ease":8,"confidence":8}`, 201, idea("tg2b9rh1i", 11, "9.0"))
	listed := c.exchange("listIdeas", "somebody else", "GET", "/ideas?page=1", jwt("grace"), "", 200, "["+idea("tg2b9rh1i", 11, "9.0")+"]")
	updated := c.exchange("updateIdea", "I", "PUT", "/ideas/tg2b9rh1i", jwt("ada"),
		`{"content":"<script>alert('x')</script>","impact":7,"ease":8,"confidence":8}`, 200,
		`{"id":"tg2b9rh1i","content":"<script>alert('x')</script>","impact":7,"ease":8,"average_score":7.666666666666667,"created_at":1773480413}`)
	long := strings.Repeat("long ", 51) + "x"
	crashed := c.exchange("createIdea", "I", "POST", "/ideas", jwt("ada"), `{"content":"`+long+`","impact":7,"ease":8,"confidence":8}`, 500,
		"<html><body>\x1b[31mActiveRecord::ValueTooLong\x1b[0m <b>PG::StringDataRightTruncation</b></body></html>")
	crashed.Response.Header.Set("Content-Type", "text/html")
	order := c.exchange("listIdeas", "I", "GET", "/ideas?page=1", jwt("ada"), "", 200, "["+idea("tg2b9rh1i", 6, "7.333333333333333")+","+idea("tg2b9rh2j", 9, "8.333333333333334")+"]")
	parts := strings.Split(jwt("ada"), ".")
	forged := parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(bytesFrom("forged", 256))
	taken := c.exchange("me", "I", "GET", "/me", forged, "", 200, `{"email":"ada@example.com","name":"ada","avatar_url":"https://www.gravatar.com/avatar/x"}`)
	logIn := c.exchange("logIn", "I", "POST", "/access-tokens", "", `{"email":"ada@example.com","password":"`+password("ada")+`"}`, 201, `{"jwt":"`+jwt("ada again")+`"}`)

	run.Findings = []*contract.Finding{
		{
			Rule: ruleOf(run, "createIdea.body.impact.maximum"), Verdict: contract.Broken, Scenario: "idea-pool/ideas.feature:42", Step: "Then it is refused",
			Pointer: "/impact", Expected: "a refusal (any 4xx)", Actual: `201 Created, {"id":"tg2b9rh1i","impact":11,…}`, Times: 2,
			Chain: []*contract.Exchange{ada, beyond},
		},
		{
			Rule: ruleOf(run, "listIdeas.private"), Verdict: contract.Advised, Scenario: "idea-pool/ideas.feature:96", Step: "Then somebody else does not see it",
			Pointer: "/0/id", Expected: "no idea of another user", Actual: `an idea of another user, "tg2b9rh1i" (string)`, Times: 1,
			Chain: []*contract.Exchange{ada, grace, beyond, listed},
		},
		{
			Rule: ruleOf(run, "updateIdea.200.confidence"), Verdict: contract.Broken, Scenario: "idea-pool/ideas.feature:120", Step: "Then the answer is as documented",
			Pointer: "/confidence", Expected: "an integer", Actual: "nothing: the member is missing", Times: 1,
			Chain: []*contract.Exchange{ada, beyond, updated},
		},
		{
			Rule: ruleOf(run, "createIdea.body.content.maxLength"), Verdict: contract.Crashed, Scenario: "derived/createIdea.feature:7", Step: "Then it is refused",
			Expected: "a refusal (any 4xx)", Actual: "500 Internal Server Error, an HTML page", Times: 3,
			Chain: []*contract.Exchange{ada, crashed},
		},
		{
			Rule: ruleOf(run, "listIdeas.200.order"), Verdict: contract.Advised, Scenario: "idea-pool/ideas.feature:70", Step: "Then they are in order",
			Pointer: "/1/average_score", Expected: "at most 7.333333333333333 (number), as it stands after it", Actual: "8.333333333333334 (number)", Times: 1,
			Chain: []*contract.Exchange{ada, order},
		},
		{
			Rule: ruleOf(run, "access-token.signature"), Verdict: contract.Broken, Scenario: "idea-pool/tokens.feature:55", Step: "Then it is refused",
			Expected: "a refusal (any 4xx)", Actual: "200 OK, the data of ada@example.com", Times: 1,
			Chain: []*contract.Exchange{ada, taken},
		},
		{
			Rule: ruleOf(run, "logIn.201.refresh_token"), Verdict: contract.Broken, Scenario: "idea-pool/tokens.feature:20", Step: "Then the answer is as documented",
			Pointer: "/refresh_token", Expected: "a string", Actual: "nothing: the member is missing", Times: 1,
			Chain: []*contract.Exchange{ada, logIn},
		},
	}
	add := func(s *reports.Scenario, findings []int, exchanges []*contract.Exchange, steps ...reports.Step) {
		s.Findings, s.Exchanges, s.Steps = findings, exchanges, steps
		run.Scenarios = append(run.Scenarios, s)
	}
	add(scenario("idea-pool/tokens.feature:20", "Tokens", "Logging in", "a user logs in", reports.Failed, "logIn.201.refresh_token"), []int{7}, []*contract.Exchange{ada, logIn},
		step("Given", "I am signed in as a new user", reports.Passed, 0, 1), step("When", "I log in", reports.Passed, 1, 2), step("Then", "the answer is as documented", reports.Failed, 0, 0))
	blocked := scenario("idea-pool/tokens.feature:31", "Tokens", "Logging out", "a refresh token dies with its session", reports.Blocked, "logOut.refresh-token-dies")
	blocked.Because = "logging in gave no refresh token"
	add(blocked, nil, []*contract.Exchange{ada, logIn},
		step("Given", "I have logged in", reports.Passed, 0, 2), reports.Step{Keyword: "When", Text: "I log out", Outcome: reports.Blocked, Because: "logging in gave no refresh token"}, step("Then", "my refresh token is refused", reports.Skipped, 0, 0))
	add(scenario("idea-pool/tokens.feature:55", "Tokens", "Tokens are checked", "a token with another signature is refused", reports.Failed, "access-token.signature"), []int{6}, []*contract.Exchange{ada, taken},
		step("Given", "I am signed in as a new user", reports.Passed, 0, 1), step("When", "I call me with a token whose signature does not fit", reports.Passed, 1, 2), step("Then", "it is refused", reports.Failed, 0, 0))
	add(scenario("idea-pool/ideas.feature:42", "Ideas", "Impact is an integer from 1 to 10", "11 is refused", reports.Failed, "createIdea.body.impact.maximum"), []int{1}, []*contract.Exchange{ada, beyond},
		step("Given", "I am signed in as a new user", reports.Passed, 0, 1), step("When", `I call createIdea with "impact" set to 11`, reports.Passed, 1, 2), step("Then", "it is refused", reports.Failed, 0, 0))
	add(scenario("idea-pool/ideas.feature:70", "Ideas", "A page of ideas", "ideas are in order", reports.Advised, "listIdeas.200.order"), []int{5}, []*contract.Exchange{ada, order},
		step("Given", "I have two ideas", reports.Passed, 0, 1), step("When", "I list my ideas", reports.Passed, 1, 2), step("Then", "they are in order", reports.Advised, 0, 0))
	add(scenario("idea-pool/ideas.feature:96", "Ideas", "A page of ideas", "nobody sees another user's ideas", reports.Advised, "listIdeas.private"), []int{2}, []*contract.Exchange{ada, grace, beyond, listed},
		step("Given", "I have an idea", reports.Passed, 0, 3), step("When", "somebody else lists their ideas", reports.Passed, 3, 4), step("Then", "somebody else does not see it", reports.Advised, 0, 0))
	add(scenario("idea-pool/ideas.feature:120", "Ideas", "Changing an idea", "an idea is changed", reports.Failed, "updateIdea.200.confidence"), []int{3}, []*contract.Exchange{ada, beyond, updated},
		step("Given", "I have an idea", reports.Passed, 0, 2), step("When", "I change it", reports.Passed, 2, 3), step("Then", "the answer is as documented", reports.Failed, 0, 0))
	add(scenario("derived/createIdea.feature:7", "createIdea", "", "content of 256 characters is refused", reports.Failed, "createIdea.body.content.maxLength"), []int{4}, []*contract.Exchange{ada, crashed},
		step("When", "I call createIdea with content of 256 characters", reports.Passed, 0, 2), step("Then", "it is refused", reports.Failed, 0, 0))

	add(scenario("idea-pool/ideas.feature:8", "Ideas", "Creating an idea", "an idea is created by who has logged in", reports.Failed, "createIdea.201"), []int{7}, []*contract.Exchange{ada, logIn},
		step("Given", "I have logged in", reports.Failed, 0, 2), step("When", "I create an idea", reports.Passed, 0, 0), step("Then", "the answer is as documented", reports.Passed, 0, 0))

	run.Requests, run.Duration = 243, 1210*time.Millisecond
	run.Remarks = []reports.Remark{{Operation: "createIdea", Text: "the 201 answer holds an undocumented member: updated_at", Times: 31}}
	run.Profile = []reports.Trait{
		{Topic: "refusal of an impact below its bound", Choice: "422"},
		{Topic: "refusal without a token", Choice: "401"},
		{Topic: "a score sent as a string", Choice: "taken as a number"},
	}
	run.Coverage = []reports.Coverage{
		{Operation: "signUp", Method: "POST", Path: "/users", Statuses: map[string]int{"201": 40, "422": 12}},
		{Operation: "createIdea", Method: "POST", Path: "/ideas", Statuses: map[string]int{"201": 31, "401": 2, "422": 16, "500": 3}},
		{Operation: "deleteIdea", Method: "DELETE", Path: "/ideas/{id}"},
	}
	run.Looks = &reports.Resemblance{Fault: "impact may be 11", Rules: []string{"createIdea.body.impact.maximum"}, Score: 0.5}
	return run
}

func unreachableRun() *reports.Run {
	run := keptRun()
	const why = "connection refused"
	c := &clock{start.Add(time.Second)}
	gone := c.exchange("listIdeas", "I", "GET", "/ideas?page=1", jwt("ada"), "", 0, "")
	gone.Failure = "dial tcp 127.0.0.1:3000: connect: connection refused"
	for i := range run.Rules {
		if i >= 9 {
			run.Rules[i].Verdict, run.Rules[i].Judged, run.Rules[i].Because = contract.NotJudged, 0, "the target could no longer be reached"
		}
	}
	cut := scenario("idea-pool/ideas.feature:70", "Ideas", "A page of ideas", "ideas are in order", reports.Blocked, "listIdeas.200.order")
	cut.Because = why
	cut.Exchanges = []*contract.Exchange{c.signUp("I", "ada"), gone}
	cut.Steps = []reports.Step{step("Given", "I have two ideas", reports.Passed, 0, 1), {Keyword: "When", Text: "I list my ideas", Outcome: reports.Blocked, Because: why, Exchanges: [2]int{1, 2}}}
	run.Scenarios = append(run.Scenarios, cut)
	skipped := scenario("idea-pool/ideas.feature:96", "Ideas", "A page of ideas", "nobody sees another user's ideas", reports.Skipped, "listIdeas.private")
	skipped.Because = "the target could no longer be reached"
	run.Scenarios = append(run.Scenarios, skipped)
	run.Unreachable = why
	run.Requests, run.Duration = 118, 2*time.Minute+5*time.Second
	return run
}
