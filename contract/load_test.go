package contract_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/contract"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func ideaPool(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := contract.Load("../openapi.yaml")
	if err != nil {
		t.Fatalf("the contract is invalid:\n%v", err)
	}
	return c
}

// The document's recorded ETags are the first 32 hex digits of the SHA-256 of
// the body, so the examples can be proven byte for byte.
func TestDocumentedBodiesHashToTheRecordedETags(t *testing.T) {
	c := ideaPool(t)
	for operation, etag := range map[string]string{
		"me":         "c547b0fe6f7c536c5c20e89d364678a0",
		"createIdea": "21361a08b566a38605dc8894be90272a",
		"updateIdea": "a442e31afea0c8529bc1a496a416e682",
		"listIdeas":  "e799e5905ac2345344d596b367c377a7",
	} {
		t.Run(operation, func(t *testing.T) {
			body := c.Operation(operation).Success.Examples[0].Value
			sum := sha256.Sum256(body)
			if got := hex.EncodeToString(sum[:])[:32]; got != etag {
				t.Errorf("%s\nhashes to %s, the recorded ETag is %s", body, got, etag)
			}
		})
	}
}

func TestEveryRuleOfTheIdeaPoolIsCitedOrSaysWhyItIsAssumed(t *testing.T) {
	for _, r := range ideaPool(t).Rules {
		if len(r.Citations) == 0 && r.Why == "" {
			t.Errorf("%s (line %d) neither cites a document nor says why it was chosen", r.ID, r.Line)
		}
	}
}

func TestQuotationsMatchTheCitedLines(t *testing.T) {
	sources := os.Getenv("SOURCES")
	if sources == "" {
		sources = "../../shared/documents"
	}
	if !filepath.IsAbs(sources) {
		if _, err := os.Stat(sources); err != nil {
			sources = filepath.Join("..", sources) // as seen from the top of the repository
		}
	}
	for _, file := range contractFiles(t) {
		c, err := contract.Load(file)
		if err != nil {
			t.Errorf("%s:\n%v", file, err)
			continue
		}
		faults, missing := c.CheckCitations(os.DirFS(sources))
		for _, name := range missing {
			t.Logf("%s: %s is not at hand in %s, so its quotations are not compared", file, name, sources)
		}
		if len(faults) > 0 {
			t.Errorf("%v", faults)
		}
	}
}

func contractFiles(t *testing.T) []string {
	t.Helper()
	siblings, err := filepath.Glob("../openapi/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{"../openapi.yaml"}, siblings...)
}

// Each file in testdata/faulty has faults; the golden beside it shows what a
// person is told of them.
func TestFaultsNameThePlaceAndTheWayOut(t *testing.T) {
	files, err := filepath.Glob("testdata/faulty/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no faulty contracts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			_, err := contract.Load(file)
			var faults contract.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("no faults were found, but %v", err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", faults.Error()+"\n")
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test ./contract -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}

func TestTheLedgerReadsLikeTheContract(t *testing.T) {
	c := ideaPool(t)
	for id, want := range map[string]contract.Rule{
		"createIdea.body.impact.maximum":        {Sentence: "Impact is an integer from 1 to 10.", Basis: contract.Stated, Keyword: "maximum"},
		"listIdeas.200.maxItems":                {Sentence: "A page holds 10.", Basis: contract.Stated, Keyword: "maxItems"},
		"listIdeas.200.order":                   {Sentence: "The order is descending average_score.", Basis: contract.Assumed, Keyword: "order"},
		"signUp.201.jwt.lifetime":               {Sentence: "Jwt expires 10 minutes after its issue.", Basis: contract.Stated, Keyword: "lifetime"},
		"createIdea.201.average_score.computed": {Sentence: "Average score is the arithmetic mean of impact, ease and confidence.", Basis: contract.Shown, Keyword: "computed"},
		"logOut.refresh-token-dies":             {Sentence: "After logging out the refresh token no longer works.", Basis: contract.Stated, Keyword: "sentence", Security: true},
		"token.algorithm":                       {Sentence: "An access token that names the algorithm none is refused.", Basis: contract.Spec, Keyword: "sentence", Security: true},
		"me.security":                           {Sentence: "me is refused without a valid token.", Basis: contract.Shown, Keyword: "security", Security: true},
	} {
		got := c.Rule(id)
		if got == nil {
			t.Errorf("the ledger has no rule %s", id)
			continue
		}
		if got.Sentence != want.Sentence || got.Basis != want.Basis || got.Keyword != want.Keyword || got.Security != want.Security {
			t.Errorf("%s\n got %q %s %s security %t\nwant %q %s %s security %t", id, got.Sentence, got.Basis, got.Keyword, got.Security, want.Sentence, want.Basis, want.Keyword, want.Security)
		}
	}
}
