package contract_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/contract"
)

// now is the moment of the recorded answers.
var now = time.Unix(1553657927, 0)

const goodIdea = `{"id":"tg2b9rh1i","content":"the-content","impact":8,"ease":8,"confidence":8,"average_score":8.0,"created_at":1553657927}`

func TestTheJudgeNamesTheRuleThatAnAnswerBreaks(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(goodIdea, old, new, 1) }
	for name, test := range map[string]struct {
		operation string
		status    int
		body      string
		want      string // "rule: expected | actual", one a line
	}{
		"the documented answer keeps every rule":      {"createIdea", 201, goodIdea, ""},
		"8 and 8.0 are the same number":               {"createIdea", 201, replace("8.0", "8"), ""},
		"members in another order are no breach":      {"createIdea", 201, `{"created_at":1553657927,"average_score":8,"confidence":8,"ease":8,"impact":8,"content":"x","id":"1"}`, ""},
		"another status of success breaks the status": {"createIdea", 200, goodIdea, "createIdea.201: 201 Created | 200 OK"},
		"a member less":                       {"createIdea", 201, replace(`"impact":8,`, ""), "createIdea.201.impact.required: an integer | no such member"},
		"null for a member":                   {"createIdea", 201, replace(`"impact":8`, `"impact":null`), "createIdea.201.impact.required: an integer | null"},
		"a number as text":                    {"createIdea", 201, replace(`8.0`, `"8.0"`), `createIdea.201.average_score.type: a number | string "8.0"`},
		"an integer as text":                  {"createIdea", 201, replace(`"ease":8`, `"ease":"8"`), `createIdea.201.ease.type: an integer | string "8"`},
		"a wrong mean":                        {"createIdea", 201, replace(`8.0`, `7.9`), "createIdea.201.average_score.computed: number 8, from impact integer 8, ease integer 8 and confidence integer 8 | number 7.9"},
		"milliseconds":                        {"createIdea", 201, replace("1553657927", "1553657927000"), "createIdea.201.created_at.computed: seconds since the epoch, now (1553657927) | integer 1553657927000, which would be milliseconds"},
		"an hour of time zone":                {"createIdea", 201, replace("1553657927", "1553661527"), "createIdea.201.created_at.computed: seconds since the epoch, now (1553657927) | integer 1553661527"},
		"HTML":                                {"createIdea", 201, "<!DOCTYPE html><p>", "createIdea.201.type: JSON, an object | an HTML page"},
		"nothing":                             {"createIdea", 201, "", "createIdea.201.type: JSON, an object | an empty body"},
		"bytes after the JSON are one breach": {"createIdea", 201, goodIdea + "}", "createIdea.201.type: JSON, an object | more bytes stand after the JSON value at byte 121"},
		"a page of ten":                       {"listIdeas", 200, page(10), ""},
		"a page of eleven":                    {"listIdeas", 200, page(11), "listIdeas.200.maxItems: an array of at most 10 items | an array of 11 items"},
		"a wrapped page":                      {"listIdeas", 200, `{"ideas":[]}`, "listIdeas.200.type: an array of at most 10 items | an object with ideas"},
		"an empty page":                       {"listIdeas", 200, `[]`, ""},
		"no body where none is documented":    {"deleteIdea", 204, "", ""},
		"an avatar of another Gravatar host":  {"me", 200, `{"email":"email-4@test.com","name":"n","avatar_url":"//s.gravatar.com/avatar/B36AAFE03E05A85031FD8C411B69F792"}`, ""},
		"an avatar of another address": {"me", 200, `{"email":"email-5@test.com","name":"n","avatar_url":"https://www.gravatar.com/avatar/b36aafe03e05a85031fd8c411b69f792"}`,
			`me.200.avatar_url.computed: string "https://www.gravatar.com/avatar/59b36e8a8ee1b4f9d3d3dd2d5a6f97f5?d=mm&s=200", from email string "email-5@test.com" | string "https://www.gravatar.com/avatar/b36aafe03e05a85031fd8c411b69f792"`},
		"an undocumented member is a remark": {"createIdea", 201, replace("{", `{"updated_at":1,`), ""},
		"a refusal is left to the caller":    {"createIdea", 422, "", ""},
		"a crash is left to the caller":      {"createIdea", 500, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := ideaPool(t)
			j := c.Operation(test.operation).JudgeResponse(test.status, nil, []byte(test.body), contract.At(now, 0))
			var lines []string
			for _, b := range j.Breaches {
				lines = append(lines, fmt.Sprintf("%s: %s | %s", b.RuleID, b.Expected, b.Actual))
				if b.Rule == nil {
					t.Errorf("%s is no rule of the ledger", b.RuleID)
				}
			}
			got := strings.Join(lines, "\n")
			if strings.HasPrefix(test.want, "me.200.avatar_url") { // the hash is the function's own affair
				got, _, _ = strings.Cut(got, ":")
				test.want, _, _ = strings.Cut(test.want, ":")
			}
			if got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// page is a page of n documented ideas.
func page(n int) string {
	ideas := make([]string, n)
	for i := range ideas {
		ideas[i] = goodIdea
	}
	return "[" + strings.Join(ideas, ",") + "]"
}

func TestTheOrderIsJudgedByTheContractsKeys(t *testing.T) {
	worse := strings.NewReplacer(`"impact":8`, `"impact":2`, "8.0", "6.0").Replace(goodIdea)
	for name, test := range map[string]struct {
		body string
		kept bool
	}{
		"best first":     {"[" + goodIdea + "," + worse + "]", true},
		"worst first":    {"[" + worse + "," + goodIdea + "]", false},
		"equal averages": {"[" + goodIdea + "," + goodIdea + "]", true},
	} {
		t.Run(name, func(t *testing.T) {
			j := ideaPool(t).Operation("listIdeas").JudgeResponse(200, nil, []byte(test.body), contract.At(now, 0))
			if kept := len(j.Breaches) == 0; kept != test.kept {
				t.Errorf("breaches: %+v", j.Breaches)
			}
		})
	}
}

func TestTheJudgeSortsWhatARequestLacks(t *testing.T) {
	for name, test := range map[string]struct {
		query string
		body  string
		op    string
		want  string // "kind rule"
	}{
		"the documented request":      {"", `{"content":"the-content","impact":8,"ease":8,"confidence":8}`, "createIdea", ""},
		"a member too little":         {"", `{"content":"x","ease":8,"confidence":8}`, "createIdea", "missing createIdea.body.impact.required"},
		"null for a member":           {"", `{"content":null,"impact":8,"ease":8,"confidence":8}`, "createIdea", "missing createIdea.body.content.required"},
		"a value beyond its bound":    {"", `{"content":"x","impact":11,"ease":8,"confidence":8}`, "createIdea", "invalid createIdea.body.impact.maximum"},
		"255 characters of two bytes": {"", `{"content":"` + strings.Repeat("é", 255) + `","impact":8,"ease":8,"confidence":8}`, "createIdea", ""},
		"256 characters":              {"", `{"content":"` + strings.Repeat("e", 256) + `","impact":8,"ease":8,"confidence":8}`, "createIdea", "invalid createIdea.body.content.maxLength"},
		"a page that is no number":    {"page=abc", "", "listIdeas", "invalid listIdeas.query.page.type"},
		"page 0":                      {"page=0", "", "listIdeas", "invalid listIdeas.query.page.minimum"},
		"a password without a number": {"", `{"email":"a@example.com","name":"A","password":"Secretary"}`, "signUp", "invalid signUp.body.password.pattern-number"},
		"no e-mail address":           {"", `{"email":"a","name":"A","password":"the-Secret-123"}`, "signUp", "invalid signUp.body.email.format"},
	} {
		t.Run(name, func(t *testing.T) {
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			var body any
			if test.body != "" {
				if body, err = contract.DecodeStrict([]byte(test.body)); err != nil {
					t.Fatal(err)
				}
			}
			j := ideaPool(t).Operation(test.op).JudgeRequest(nil, query, nil, body, test.body != "")
			var lines []string
			for _, b := range j.Breaches {
				lines = append(lines, string(b.Kind)+" "+b.RuleID)
			}
			if got := strings.Join(lines, "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestALifetimeIsJudgedFromTheMomentOfTheAnswer(t *testing.T) {
	token := func(claims string) string {
		return `{"jwt":"` + segment(`{"alg":"RS256"}`) + "." + segment(claims) + `.c2ln"}`
	}
	for name, test := range map[string]struct {
		body string
		kept bool
	}{
		"ten minutes":                  {token(`{"exp":1553658527,"id":"1","email":"e","name":"n"}`), true},
		"four seconds less":            {token(`{"exp":1553658523,"id":"1","email":"e","name":"n"}`), true},
		"an hour":                      {token(`{"exp":1553661527,"id":"1","email":"e","name":"n"}`), false},
		"no end":                       {token(`{"id":"1","email":"e","name":"n"}`), false},
		"a clock that differs, by iat": {token(`{"exp":1553658587,"iat":1553657987,"id":"1","email":"e","name":"n"}`), true},
		"an opaque token":              {`{"jwt":"0123456789abcdef"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			j := ideaPool(t).Operation("refresh").JudgeResponse(200, nil, []byte(test.body), contract.At(now, time.Second))
			kept := true
			for _, b := range j.Breaches {
				kept = kept && b.RuleID != "refresh.200.jwt.lifetime"
			}
			if kept != test.kept {
				t.Errorf("breaches: %+v", j.Breaches)
			}
		})
	}
}

func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
