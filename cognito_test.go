package assay_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/contract"
	"assay/mockserver"
	"assay/reports"
	"assay/steps"
)

// verifyCognito verifies a mock of the served contract against the whole one.
func verifyCognito(t *testing.T, served *contract.Contract, selection steps.Selection) *reports.Run {
	t.Helper()
	whole, err := assay.Load("cognito")
	if err != nil {
		t.Fatal(err)
	}
	server, err := mockserver.Start(served, assay.Equip(mockserver.Options{Seed: 1, Empty: true}, served, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	run, err := steps.Run(context.Background(), whole, steps.Options{
		Target: server.URL, Features: assay.Features(whole), Settings: assay.Settings(whole, nil), Strict: true, Concurrency: 4, Seed: 1,
		Timeout: time.Minute, Selection: selection, Advance: func(d time.Duration) error { server.Advance(d); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
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
