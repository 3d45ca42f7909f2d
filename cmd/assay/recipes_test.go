package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

const recipes = "../../docs/ci/"

// shellSteps are the scripts of the YAML recipes, by the path that leads there.
func shellSteps(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(recipes + file)
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	steps := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				walk(path+"/"+key, inner)
			}
		case []any:
			for i, inner := range v {
				walk(fmt.Sprintf("%s/%d", path, i), inner)
			}
		case string:
			if regexp.MustCompile(`/(run|(before_)?script/\d+)$`).MatchString(path) {
				steps[path] = v
			}
		}
	}
	walk("", document)
	return steps
}

// recipesText is everything in docs/ci in which the command is called.
func recipesText(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	entries, err := os.ReadDir(recipes)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(recipes + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		texts[e.Name()] = string(text)
	}
	return texts
}

// flagsOf holds each command, and "COMMAND --FLAG" for each of its flags.
func flagsOf(t *testing.T) map[string]bool {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Vars{"contracts": "x"})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, command := range parser.Model.Children {
		known[command.Name] = true
		for _, f := range command.Flags {
			known[command.Name+" --"+f.Name] = true
		}
	}
	return known
}

func TestRecipesNameOnlyFlagsThatThereAre(t *testing.T) {
	known := flagsOf(t)
	foreign := map[string]bool{"--depth": true, "--from": true, "--interval": true, "--start-period": true, "--rm": true, "--network": true}
	seen := 0
	for file, text := range recipesText(t) {
		for _, flag := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(text, -1) {
			if foreign[flag] {
				continue
			}
			seen++
			if !known["verify "+flag] && !known["mock "+flag] {
				t.Errorf("%s names %s, which neither verify nor mock has", file, flag)
			}
		}
		for _, call := range regexp.MustCompile(`(?m)(?:^|[ /]|"/)assay(?:"?, "|"\] | )(verify|mock|health|replay|prove)\b`).FindAllStringSubmatch(text, -1) {
			if !known[call[1]] {
				t.Errorf("%s calls assay %s, which there is not", file, call[1])
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d flags were found: the recipes are read wrongly", seen)
	}
}

func TestRecipesBuildWhatThereIs(t *testing.T) {
	for _, file := range []string{"github-actions.yml", "gitlab-ci.yml"} {
		all := ""
		for path, script := range shellSteps(t, file) {
			all += script + "\n"
			if out, err := exec.Command("sh", "-n", "-c", script).CombinedOutput(); err != nil {
				t.Errorf("%s%s is no shell: %s", file, path, out)
			}
		}
		if !strings.Contains(all, "go build -C .assay -o bin/assay ./cmd/assay") {
			t.Errorf("%s does not build ./cmd/assay", file)
		}
	}
	for _, line := range strings.Split(recipesText(t)["Containerfile"], "\n") {
		if sources, ok := strings.CutPrefix(line, "COPY go."); ok {
			for _, name := range strings.Fields("go." + sources)[:2] {
				if _, err := os.Stat("../../" + name); err != nil {
					t.Errorf("the Containerfile copies %s: %v", name, err)
				}
			}
		}
	}
}

// free is a port on which nothing listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// The verifying step of each recipe runs here as the services would run it,
// against a mock that it starts as its implementation.
func TestRecipesVerify(t *testing.T) {
	makefile, err := filepath.Abs(recipes + "Makefile.example")
	if err != nil {
		t.Fatal(err)
	}
	verifies := func(file string) string {
		for _, script := range shellSteps(t, file) {
			if strings.HasPrefix(script, "assay verify") {
				return script
			}
		}
		t.Fatalf("%s has no step that verifies", file)
		return ""
	}
	pages := regexp.MustCompile(`maxItems: 10\b`)
	pool, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	faulty := filepath.Join(t.TempDir(), "faulty.yaml")
	if err := os.WriteFile(faulty, pages.ReplaceAll(pool, []byte("maxItems: 11")), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, script, served string
		kept                 bool
		leaves               []string
	}{
		{"GitHub Actions, kept", verifies("github-actions.yml"), "idea-pool", true, []string{"assay-reports/index.html", "summary.md"}},
		{"GitHub Actions, broken", verifies("github-actions.yml"), faulty, false, []string{"assay-reports/index.html", "summary.md"}},
		{"GitLab CI, kept", verifies("gitlab-ci.yml"), "idea-pool", true, []string{"assay-reports/junit.xml"}},
		{"GitLab CI, broken", verifies("gitlab-ci.yml"), faulty, false, []string{"assay-reports/junit.xml"}},
		{"Make, kept", "make -f '" + makefile + "' assay", "idea-pool", true, []string{"assay-reports/run.json"}},
		{"Make, a baseline, then only what broke since", "make -f '" + makefile + "' assay-baseline && make -f '" + makefile + "' assay", faulty, true, []string{"assay-baseline.json"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, port := t.TempDir(), free(t)
			cmd := exec.Command("sh", "-e", "-c", test.script)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "TARGET=http://127.0.0.1:"+port, "SERVER=assay mock --quiet --contract "+test.served+" --port "+port,
				"BASELINE=", "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary.md"))
			if strings.HasPrefix(test.name, "Make") {
				cmd.Env = append(cmd.Env, "BASELINE=assay-baseline.json")
			}
			out, err := cmd.CombinedOutput()
			if (err == nil) != test.kept {
				t.Errorf("it ended with %v:\n%s", err, out)
			}
			for _, name := range test.leaves {
				if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
					t.Errorf("it left no %s", name)
				}
			}
			if !test.kept && !strings.Contains(string(out), "listIdeas.200.maxItems") {
				t.Errorf("it does not say what is broken:\n%s", out)
			}
		})
	}
}
