package assay_test

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"assay"
	"assay/contract"
	"assay/mockserver"
	"assay/steps"
)

// arrows says which of our packages each may import. What is not listed may
// import nothing of ours but contract.
var arrows = map[string][]string{
	"contract":   {},
	"samples":    {"contract"},
	"reports":    {"contract"},
	"steps":      {"contract", "reports", "samples"},
	"mockserver": {"contract", "samples", "mockserver"},
	"mutants":    {"contract", "reports", "steps", "mockserver", "samples"},
	"assay":      {"contract", "reports", "steps", "mockserver", "mutants"},
	"cmd":        {"assay", "contract", "reports", "steps", "mockserver", "mutants"},
	"bench":      {"assay", "contract", "mockserver", "samples"},
	"sdktest":    {"assay", "contract", "mockserver"},
}

// alone says which package alone imports a library.
var alone = map[string]string{
	"github.com/getkin/kin-openapi": "contract",
	"github.com/cucumber/godog":     "steps",
}

func TestArrowsPointOneWay(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		seen++
		return checkImports(t, path)
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Fatalf("only %d files were read: the walk is broken", seen)
	}
}

func checkImports(t *testing.T, path string) error {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	from := room(filepath.ToSlash(filepath.Dir(path)))
	for _, imported := range file.Imports {
		name := strings.Trim(imported.Path.Value, `"`)
		if name == "assay" || strings.HasPrefix(name, "assay/") {
			to := room(strings.TrimPrefix(strings.TrimPrefix(name, "assay"), "/"))
			if to != from && !contains(arrows[from], to) {
				t.Errorf("%s: %s may not import %s", path, from, to)
			}
		}
		for library, owner := range alone {
			if strings.HasPrefix(name, library) && from != owner {
				t.Errorf("%s: %s is for %s alone", path, library, owner)
			}
		}
	}
	return nil
}

// room is the top folder of a package: mockserver for all below it.
func room(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	if first == "." || first == "" {
		return "assay"
	}
	return first
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func TestDocsRulesIsGenerated(t *testing.T) {
	var want bytes.Buffer
	c, err := assay.Load("")
	if err != nil {
		t.Fatal(err)
	}
	if err := contract.WriteLedger(&want, c); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("docs/rules.md is not what the contract says: make generate writes it")
	}
}

// A sentence of the contract is obeyed on one side and checked on the other.
func TestEverySentenceStandsOnBothSides(t *testing.T) {
	for _, name := range assay.Contracts() {
		c, err := assay.Load(name)
		if err != nil {
			t.Errorf("%s:\n%v", name, err)
			continue
		}
		mock, err := mockserver.New(c, assay.Equip(mockserver.Options{Empty: true}, c, nil))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, unsaid := range mock.Unsaid() {
			t.Errorf("%s: the mock does not know the sentence %v", name, unsaid)
		}
		for _, rule := range sentences(c) {
			if !judged(t, c, rule.ID) {
				t.Errorf("%s: no scenario judges %s", name, rule.ID)
			}
		}
	}
}

func sentences(c *contract.Contract) (out []*contract.Rule) {
	for _, r := range c.Rules {
		if r.Keyword == "sentence" {
			out = append(out, r)
		}
	}
	return out
}

// judged reports whether a scenario is tagged with the rule.
func judged(t *testing.T, c *contract.Contract, id string) bool {
	t.Helper()
	for _, f := range assay.Features(c) {
		if regexp.MustCompile(`@` + regexp.QuoteMeta(id) + `\s`).MatchString(f.Text) {
			return true
		}
	}
	return false
}

func TestEveryTagOfAFeatureIsARuleOrAKnownWord(t *testing.T) {
	known := map[string]bool{"slow": true, "derived": true, "alone": true}
	for _, name := range assay.Contracts() {
		c, err := assay.Load(name)
		if err != nil {
			t.Errorf("%s:\n%v", name, err)
			continue
		}
		for _, f := range append(assay.Features(c), steps.Derive(c)...) {
			for i, line := range strings.Split(f.Text, "\n") {
				for _, word := range strings.Fields(line) {
					if tag, ok := strings.CutPrefix(word, "@"); ok && strings.HasPrefix(strings.TrimSpace(line), "@") && c.Rule(tag) == nil && !known[tag] {
						t.Errorf("%s:%d: @%s is neither a rule of %s nor a known word", f.File, i+1, tag, name)
					}
				}
			}
		}
	}
}

// Numbers in the prose of the features are compared with the contract, so that
// neither changes without the other.
func TestLiteralNumbersInTheFeaturesAreTheContracts(t *testing.T) {
	c, err := assay.Load("")
	if err != nil {
		t.Fatal(err)
	}
	page := *c.Operation("listIdeas").Success.Schema.MaxItems
	lifetime := c.Operation("logIn").Success.Schema.TokenMember().JWT.Lifetime / 60
	content := *c.Operation("createIdea").Body.Schema.Property("content").MaxLength
	for pattern, want := range map[string]int{
		`[Aa] page holds (\d+)`:                                             page,
		`but the last holds (\d+) items`:                                    page,
		`lives for (\d+) minutes`:                                           int(lifetime),
		`"content" set to (\d+) characters`:                                 content,
		`Exactly one page full\n(?:.*\n){1}.*called createIdea (\d+) times`: page,
	} {
		found := 0
		for _, f := range assay.Features(c) {
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(f.Text, -1) {
				found++
				if got, _ := strconv.Atoi(m[1]); got != want {
					t.Errorf("%s says %q, the contract %d", f.File, m[0], want)
				}
			}
		}
		if found == 0 {
			t.Errorf("no feature says %s any more: mend this test", pattern)
		}
	}
}

// recorder is a T that keeps what it is told.
type recorder struct{ said strings.Builder }

func (*recorder) Helper()                             {}
func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(&r.said, format, args...) }
func (r *recorder) Fatalf(format string, args ...any) { fmt.Fprintf(&r.said, format, args...) }

func TestVerifyFailsATestWithEachFinding(t *testing.T) {
	text, err := assay.Source("idea-pool")
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(text), "maximum: 10", "maximum: 11", 1)
	c, err := contract.Parse("edited.yaml", []byte(edited))
	if err != nil {
		t.Fatal(err)
	}
	server, err := mockserver.Start(c, mockserver.Options{Empty: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var r recorder
	assay.Verify(&r, server.URL)
	for _, want := range []string{"createIdea.body.impact.maximum", "a refusal (any 4xx)", "201 Created", "curl"} {
		if !strings.Contains(r.said.String(), want) {
			t.Errorf("the failure does not say %q:\n%s", want, r.said.String())
		}
	}
}

func ExampleVerify() {
	// In a test of your own server:
	//
	//	func TestIdeaPool(t *testing.T) {
	//		server := httptest.NewServer(myHandler())
	//		defer server.Close()
	//		assay.Verify(t, server.URL)
	//	}
	fmt.Println(assay.Contracts()[0])
	// Output: idea-pool
}
