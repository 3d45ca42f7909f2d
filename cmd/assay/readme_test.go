package main

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Every command that a page prints is one that can be typed: the targets of
// make are there, and the command takes the flags.
func TestDocumentedCommandsCanBeTyped(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, page := range []string{"../../README.md", "../../docs/ci/README.md", "../../docs/architecture.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range printed(string(text)) {
			seen++
			words := shellWords(t, command)
			if words[0] != "make" {
				parses(t, page, command, words[1:])
			} else if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(words[1]) + `:`).Match(makefile) {
				t.Errorf("%s prints %q, and there is no such target", page, command)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d commands were found: the pages are read wrongly", seen)
	}
}

// printed finds the commands of a page: in indented blocks, and between
// backquotes. A name in capitals stands for something else there.
func printed(text string) (out []string) {
	for _, pattern := range []string{`(?m)^    ((?:bin/assay|make) .*)$`, "`((?:bin/)?assay [^`]*|make [^`]*)`"} {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			out = append(out, m[1])
		}
	}
	return out
}

// shellWords lets the shell take a line apart, comments and quotes and all.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	cmd := exec.Command("sh", "-c", "set -- "+line+"\nfor word; do printf '%s\\n' \"$word\"; done")
	cmd.Env = append(os.Environ(), "URL=http://localhost:3000")
	out, err := cmd.Output()
	words := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(words) < 2 {
		t.Fatalf("%q is no command: %v", line, err)
	}
	return words
}

// parses reads a command line as the command does, and runs nothing.
func parses(t *testing.T, page, command string, words []string) {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("assay"), kong.Vars{"contracts": "x"}, kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(words); err != nil && !strings.Contains(err.Error(), "expected ") {
		t.Errorf("%s prints %q: %v", page, command, err)
	}
}
