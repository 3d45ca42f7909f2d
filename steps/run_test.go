package steps_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/contract"
	"assay/reports"
	"assay/steps"
)

// notes is a contract without any key of the vocabulary, and without users.
const notes = `
openapi: 3.0.3
info: {title: Notes, version: "1", x-name: notes}
paths:
  /notes:
    post:
      operationId: createNote
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [text]
              properties:
                text: {type: string, maxLength: 40}
                stars: {type: integer, minimum: 1, maximum: 5}
      responses:
        "201":
          description: The note.
          content:
            application/json:
              schema:
                type: object
                required: [id, text]
                properties:
                  id: {type: string}
                  text: {type: string}
                  stars: {type: integer}
`

func notesContract(t *testing.T) *contract.Contract {
	t.Helper()
	c, err := contract.Parse("notes.yaml", []byte(notes))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// verify runs the derived features of the notes contract against a handler.
func verify(t *testing.T, handler http.HandlerFunc, change func(*steps.Options)) *reports.Run {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	options := steps.Options{Target: server.URL, Concurrency: 2, Seed: 1, Timeout: 2 * time.Second}
	if change != nil {
		change(&options)
	}
	run, err := steps.Run(context.Background(), notesContract(t), options)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// keepNotes keeps the contract.
func keepNotes(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	body := new(strings.Builder)
	if _, err := readAll(body, r); err != nil {
		return
	}
	v, err := contract.DecodeStrict([]byte(body.String()))
	m, _ := v.(map[string]any)
	text, ok := m["text"].(string)
	stars, hasStars := contract.Number(m["stars"])
	whole := !hasStars || stars == float64(int(stars)) && stars >= 1 && stars <= 5
	_, given := m["stars"]
	if err != nil || !ok || len([]rune(text)) > 40 || !whole || given && !hasStars {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(`{"id":"1","text":"kept"}`))
}

func readAll(b *strings.Builder, r *http.Request) (int64, error) {
	raw := make([]byte, 1<<16)
	n, err := r.Body.Read(raw)
	b.Write(raw[:n])
	if err != nil && err.Error() != "EOF" {
		return int64(n), err
	}
	return int64(n), nil
}

// verdicts lists the rules of one verdict.
func verdicts(run *reports.Run, want contract.Verdict) (ids []string) {
	for _, r := range run.Rules {
		if r.Verdict == want {
			ids = append(ids, r.Rule.ID)
		}
	}
	return ids
}

func TestAServerThatKeepsAPlainContractPasses(t *testing.T) {
	run := verify(t, keepNotes, nil)
	if run.Exit() != reports.ExitKept {
		t.Errorf("exit status %d, findings %+v, blocked %v", run.Exit(), run.Findings, verdicts(run, contract.Blocked))
	}
	if kept := verdicts(run, contract.Kept); len(kept) < 8 {
		t.Errorf("only %v were judged", kept)
	}
}

func TestOneCauseIsOneFinding(t *testing.T) {
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		rule    string
		verdict contract.Verdict
	}{
		"a server that always crashes": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
			"createNote.201", contract.Crashed,
		},
		"a server that refuses everything": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
			"createNote.201", contract.Broken,
		},
		"a server that never answers a creation": {
			func(_ http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client left
					<-r.Context().Done()
				}
			},
			"createNote.201", contract.Crashed,
		},
		"a server that redirects in a circle": {
			func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
			"createNote.201", contract.Broken,
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := verify(t, test.handler, func(o *steps.Options) { o.Timeout = 100 * time.Millisecond })
			if len(run.Findings) != 1 || run.Findings[0].Rule.ID != test.rule || run.Findings[0].Verdict != test.verdict {
				for _, f := range run.Findings {
					t.Logf("%s %s: %s", f.Verdict, f.Rule.ID, f.Actual)
				}
				t.Errorf("want one finding, %s %s", test.verdict, test.rule)
			}
			if run.Exit() != reports.ExitBroken {
				t.Errorf("exit status %d", run.Exit())
			}
			if blocked := verdicts(run, contract.Blocked); len(blocked) == 0 {
				t.Error("nothing was blocked, though nothing could be judged")
			}
		})
	}
}

func TestABoundOffByOneIsFoundAndNothingElse(t *testing.T) {
	run := verify(t, func(w http.ResponseWriter, r *http.Request) {
		body := new(strings.Builder)
		_, _ = readAll(body, r)
		if strings.Contains(body.String(), `"stars":6`) {
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"id":"1","text":"kept"}`))
			return
		}
		r.Body = http.NoBody
		again := httptest.NewRequest(http.MethodPost, "/notes", strings.NewReader(body.String()))
		keepNotes(w, again)
	}, nil)
	if len(run.Findings) != 1 || run.Findings[0].Rule.ID != "createNote.body.stars.maximum" {
		t.Fatalf("findings: %+v", run.Findings)
	}
	f := run.Findings[0]
	if f.Expected != "a refusal (any 4xx)" || !strings.HasPrefix(f.Actual, "201 Created") || f.Exchange() == nil {
		t.Errorf("expected %q, actual %q", f.Expected, f.Actual)
	}
}

func TestATooManyRequestsIsWaitedFor(t *testing.T) {
	var requests atomic.Int64
	run := verify(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1)%4 == 0 {
			w.Header().Set("Retry-After", "0.01")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		keepNotes(w, r)
	}, nil)
	if run.Exit() != reports.ExitKept {
		t.Errorf("exit status %d, findings %+v", run.Exit(), run.Findings)
	}
}

func TestATargetUnderAPathIsReached(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/notes", keepNotes)
	run := verify(t, mux.ServeHTTP, func(o *steps.Options) { o.Target += "/v1/" })
	if run.Exit() != reports.ExitKept {
		t.Errorf("exit status %d, findings %+v", run.Exit(), run.Findings)
	}
}

func TestATargetThatIsNotThereIsSaidToBeUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	run, err := steps.Run(context.Background(), notesContract(t), steps.Options{Target: server.URL, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if run.Exit() != reports.ExitUnreachable || run.Unreachable == "" {
		t.Errorf("exit status %d, unreachable %q", run.Exit(), run.Unreachable)
	}
}

func TestAnInterruptedRunSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { cancel(); keepNotes(w, r) }))
	defer server.Close()
	run, err := steps.Run(ctx, notesContract(t), steps.Options{Target: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if run.Exit() != reports.ExitInterrupted {
		t.Errorf("exit status %d", run.Exit())
	}
}

func TestWrongUsageIsToldBeforeAnyRequest(t *testing.T) {
	for name, change := range map[string]func(*steps.Options){
		"a target that is no address":          func(o *steps.Options) { o.Target = "localhost" },
		"a selection that selects nothing":     func(o *steps.Options) { o.Selection.Rules = []string{"createNote.body.colour"} },
		"a tag expression that cannot be read": func(o *steps.Options) { o.Selection.Tags = "and" },
	} {
		t.Run(name, func(t *testing.T) {
			options := steps.Options{Target: "http://127.0.0.1:1"}
			change(&options)
			_, err := steps.Run(context.Background(), notesContract(t), options)
			if !errors.Is(err, steps.ErrUsage) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAStepThatMeansNothingIsAFaultOfTheFeature(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(keepNotes))
	defer server.Close()
	for name, step := range map[string]string{
		"an unknown step":      "When I dance",
		"an unknown operation": "When I call createDance",
		"an unknown clause":    "When I call createNote with pleasure",
	} {
		t.Run(name, func(t *testing.T) {
			feature := "Feature: Dance\n  Scenario: Dancing\n    " + step + "\n"
			_, err := steps.Run(context.Background(), notesContract(t), steps.Options{Target: server.URL, NoDerived: true, Features: []steps.Feature{{File: "dance.feature", Text: feature}}})
			if err == nil || !strings.Contains(err.Error(), "dance.feature:2") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheDerivedFeaturesCanBeRead(t *testing.T) {
	derived := steps.Derive(notesContract(t))
	if len(derived) != 1 {
		t.Fatalf("%d features", len(derived))
	}
	for _, want := range []string{
		"@createNote.body.stars.maximum\n  Scenario: Stars is an integer from 1 to 5 (maximum)\n    When I call createNote with \"stars\" set to 6\n    Then it is refused\n    When I call createNote with \"stars\" set to 5\n    Then it succeeds\n",
		"When I call createNote without \"text\"\n    Then it is refused\n",
		"with \"text\" set to \"éééééééééééééééééééééééééééééééééééééééé\"\n    Then it succeeds\n",
	} {
		if !strings.Contains(derived[0].Text, want) {
			t.Errorf("the feature lacks\n%s\nit is\n%s", want, derived[0].Text)
		}
	}
}
