package oidc_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assay/contract"
)

var contracts = []string{"authing", "auth0"}

func load(t *testing.T, name string) *contract.Contract {
	t.Helper()
	c, err := contract.Load("../../../openapi/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ids are the rule ids that stand as text in the Go files of these folders.
func ids(t *testing.T, folders ...string) []string {
	t.Helper()
	var all []string
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`= +"([a-zA-Z]+\.[a-z0-9]+(?:-[a-z0-9]+)*)"`).FindAllSubmatch(text, -1) {
				all = append(all, string(m[1]))
			}
		}
	}
	return all
}

func TestEverySentenceIsObeyedBySomeLineOfCode(t *testing.T) {
	for _, name := range contracts {
		obeyed := ids(t, ".", "../"+name)
		for _, r := range load(t, name).Rules {
			if r.Keyword == "sentence" && !slices.Contains(obeyed, r.ID) {
				t.Errorf("%s: no code of the mock asks for %s", name, r.ID)
			}
		}
	}
}

func TestEverySentenceThatCodeAsksForStandsInAContract(t *testing.T) {
	both := []*contract.Contract{load(t, "authing"), load(t, "auth0")}
	for _, id := range ids(t, ".") {
		if !slices.ContainsFunc(both, func(c *contract.Contract) bool { return c.Has(id) }) {
			t.Errorf("the engine asks for %s, which no contract has", id)
		}
	}
	for i, name := range contracts {
		for _, id := range ids(t, "../"+name) {
			if !both[i].Has(id) {
				t.Errorf("%s asks for %s, which its contract does not have", name, id)
			}
		}
	}
}

func TestEverySentenceIsJudgedByAScenario(t *testing.T) {
	for _, name := range contracts {
		files, err := filepath.Glob("../../../features/" + name + "/*.feature")
		if err != nil || len(files) == 0 {
			t.Fatalf("no features of %s: %v", name, err)
		}
		var tags []string
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for word := range strings.FieldsSeq(string(text)) {
				if tag, is := strings.CutPrefix(word, "@"); is {
					tags = append(tags, tag)
				}
			}
		}
		for _, r := range load(t, name).Rules {
			if r.Keyword == "sentence" && !slices.Contains(tags, r.ID) {
				t.Errorf("%s: no scenario judges %s", name, r.ID)
			}
		}
	}
}

func TestTheContractsQuoteTheirDocument(t *testing.T) {
	const documents = "../../../../shared/documents"
	if _, err := os.Stat(documents); err != nil {
		t.Skip("the documents are not at hand")
	}
	for _, name := range contracts {
		faults, missing := load(t, name).CheckCitations(os.DirFS(documents))
		for _, f := range faults {
			t.Error(f)
		}
		if len(missing) > 0 {
			t.Errorf("%s: missing %v", name, missing)
		}
	}
}
