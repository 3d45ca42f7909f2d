package assay_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/config"
	"assay/reports"
	"assay/steps"
)

// verifyCognito verifies a mock of the served contract against the whole one.
func verifyCognito(t *testing.T, served *contract.Contract, selection steps.Selection) *reports.Run {
	t.Helper()
	return verifyPool(t, served, nil, selection)
}

func verifyPool(t *testing.T, served *contract.Contract, cfg *config.Config, selection steps.Selection) *reports.Run {
	t.Helper()
	whole, err := assay.Load("cognito")
	if err != nil {
		t.Fatal(err)
	}
	server, err := mockserver.Start(served, assay.Equip(mockserver.Options{Seed: 1, Empty: true}, served, cfg))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	run, err := steps.Run(context.Background(), whole, steps.Options{
		Target: server.URL, Features: assay.Features(whole), Settings: assay.Settings(whole, cfg), Strict: true, Concurrency: 4, Seed: 1,
		Timeout: time.Minute, Selection: selection, Advance: func(d time.Duration) error { server.Advance(d); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// AWS lets a pool hide whom it does not know, and use a refresh token up.
func TestAPoolThatHidesAndRotatesKeepsTheContract(t *testing.T) {
	c, err := assay.Load("cognito")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Cognito.HideUnknownUsers = true
	cfg.Cognito.Clients = slices.Clone(cfg.Cognito.Clients)
	for i := range cfg.Cognito.Clients {
		cfg.Cognito.Clients[i].RotateRefreshTokens = true
	}
	if run := verifyPool(t, c, &cfg, steps.Selection{}); run.Exit() != reports.ExitKept {
		t.Errorf("exit status %d, findings %v", run.Exit(), run.Findings)
	}
}

func TestTheCognitoMockKeepsItsContract(t *testing.T) {
	c, err := assay.Load("cognito")
	if err != nil {
		t.Fatal(err)
	}
	run := verifyCognito(t, c, steps.Selection{})
	if run.Exit() != reports.ExitKept {
		var b bytes.Buffer
		if err := reports.Terminal(&b, run, reports.Options{}); err != nil {
			t.Fatal(err)
		}
		t.Errorf("exit status %d\n%s", run.Exit(), b.String())
	}
	for _, r := range run.Rules {
		if r.Rule.Keyword == "sentence" && r.Judged == 0 {
			t.Errorf("%s was not judged: %s", r.Rule.ID, r.Because)
		}
	}
}

// The faults that mocks of Cognito are known for, each served by a contract
// that lacks the sentence.
func TestAPoolThatIsTooEasyIsFound(t *testing.T) {
	for _, rule := range []string{
		"respondToAuthChallenge.password-proven", "initiateAuth.srp-a-not-zero", "respondToAuthChallenge.secret-block-once",
		"accessToken.not-id-token", "token.two-keys", "listSettings.raw-header",
	} {
		t.Run(rule, func(t *testing.T) {
			run := verifyCognito(t, withoutSentence(t, "cognito", rule), steps.Selection{Rules: []string{rule}})
			for _, f := range run.Findings {
				if f.Rule.ID == rule {
					return
				}
			}
			t.Errorf("it is not found; the findings are %v", run.Findings)
		})
	}
}

// withoutSentence strikes an x-rule out of a contract that Assay carries.
func withoutSentence(t *testing.T, name, rule string) *contract.Contract {
	t.Helper()
	source, err := assay.Source(name)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	indent := -1
	for _, line := range strings.Split(string(source), "\n") {
		at := len(line) - len(strings.TrimLeft(line, " "))
		if strings.TrimSpace(line) == "- id: "+rule {
			indent = at
			continue
		}
		if indent >= 0 && at > indent {
			continue
		}
		indent = -1
		kept = append(kept, line)
	}
	c, err := contract.Parse(name+".yaml", []byte(strings.Join(kept, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	if c.Has(rule) {
		t.Fatalf("the sentence %s was not found", rule)
	}
	return c
}

// Whatever a target answers, a run comes to its end with findings.
func TestHostilePoolsAreFound(t *testing.T) {
	c, err := assay.Load("cognito")
	if err != nil {
		t.Fatal(err)
	}
	challenge := func(parameters string) string {
		return `{"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":` + parameters + `}`
	}
	good := `{"SALT":"40","SECRET_BLOCK":"AAAA","SRP_B":"` + strings.Repeat("7", 768) + `","USERNAME":"admin","USER_ID_FOR_SRP":"admin"}`
	for name, answers := range map[string][2]string{
		"HTML":                        {"<html>", "<html>"},
		"null":                        {"null", "null"},
		"an array":                    {"[]", "[]"},
		"brackets":                    {strings.Repeat("[", 1<<16), ""},
		"parameters that are a text":  {challenge(`"x"`), ""},
		"parameters of other types":   {challenge(`{"SALT":[],"SECRET_BLOCK":{},"SRP_B":true}`), ""},
		"an endless SRP_B":            {challenge(`{"SALT":"1","SECRET_BLOCK":"AAAA","SRP_B":"` + strings.Repeat("7", 1<<16) + `"}`), ""},
		"an SRP_B of zero":            {challenge(`{"SALT":"1","SECRET_BLOCK":"AAAA","SRP_B":"0"}`), ""},
		"no tokens":                   {challenge(good), `{}`},
		"tokens that are numbers":     {challenge(good), `{"AuthenticationResult":{"AccessToken":5,"IdToken":5,"RefreshToken":5,"ExpiresIn":"x"}}`},
		"tokens that are words":       {challenge(good), `{"AuthenticationResult":{"AccessToken":"a","IdToken":"b","RefreshToken":"c"}}`},
		"tokens of nothing":           {challenge(good), `{"AuthenticationResult":{"AccessToken":"e30.e30.","IdToken":"e30.e30.","RefreshToken":"....","ExpiresIn":1e400}}`},
		"tokens that never end":       {challenge(good), `{"AuthenticationResult":{"AccessToken":"e30.eyJleHAiOjFlOTl9.","IdToken":"e30.e30.","RefreshToken":"a.b.c.d.e"}}`},
		"keys that would take a year": {challenge(good), `{"AuthenticationResult":{"AccessToken":"e30.e30.AAAA","IdToken":"e30.e30.AAAA"},"keys":[{"kty":"RSA","n":"` + strings.Repeat("_", 1<<17) + `","e":"AQAB"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := answers[1]
				if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".InitiateAuth") {
					answer = answers[0]
				}
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				_, _ = io.WriteString(w, answer) // the run may have gone
			}))
			defer target.Close()
			run, err := steps.Run(context.Background(), c, steps.Options{
				Target: target.URL, Features: assay.Features(c), Settings: assay.Settings(c, nil), Concurrency: 2, Seed: 1, NoDerived: true,
				Advance: func(time.Duration) error { return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			if run.Exit() != reports.ExitBroken || len(run.Findings) == 0 {
				t.Errorf("exit status %d with %d findings", run.Exit(), len(run.Findings))
			}
		})
	}
}
