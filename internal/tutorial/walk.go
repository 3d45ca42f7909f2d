package tutorial

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Walk is a reader on their way through a page.
type Walk struct {
	t         testing.TB
	folder    string
	ports     map[string]string // what the page names, and what is used instead
	env       []string
	output    string // of the last command
	terminals []*terminal
	mark      int // how much the first terminal had printed when the last command ended
}

// Options say what a page leaves open.
type Options struct {
	// Repository is the folder that the reader has cloned; they find it as "assay".
	Repository string
	// Ports are those that the page names. Others that are free stand in for
	// them; PORT holds what stands in for the first.
	Ports []string
	// Env is added to the environment, as "name=value".
	Env []string
	// Acts are done for the paragraphs that hold their words.
	Acts map[string]func(*Walk)
}

// Patience with one command, which may build and download.
const patience = 15 * time.Minute

// Follow follows a page in a new folder, and fails the test where a step does
// not do what the page says.
func Follow(t testing.TB, page string, o Options) {
	t.Helper()
	steps, err := read(page)
	if err != nil {
		t.Fatal(err)
	}
	w := begin(t, o)
	undone := map[string]bool{}
	for words := range o.Acts {
		undone[words] = true
	}
	for _, s := range steps {
		t.Logf("%s:%d", filepath.Base(page), s.line)
		if s.kind == act {
			s.file = o.words(s.text)
			delete(undone, s.file)
		}
		if err := w.do(s, o); err != nil {
			t.Fatalf("%s:%d: %v", page, s.line, err)
		}
	}
	if len(undone) > 0 {
		t.Fatalf("%s asks nowhere for %v", page, undone)
	}
}

// words returns the key of the act that a paragraph asks for; empty for none.
func (o Options) words(paragraph string) string {
	for words := range o.Acts {
		if strings.Contains(paragraph, words) {
			return words
		}
	}
	return ""
}

func begin(t testing.TB, o Options) *Walk {
	t.Helper()
	w := &Walk{t: t, folder: t.TempDir(), ports: map[string]string{}}
	repository, err := filepath.Abs(o.Repository)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(repository, filepath.Join(w.folder, "assay")); err != nil {
		t.Fatal(err)
	}
	for _, port := range o.Ports {
		w.ports[port] = freePort(t)
	}
	w.env = append(os.Environ(), o.Env...)
	if len(o.Ports) > 0 {
		w.env = append(w.env, "PORT="+w.ports[o.Ports[0]])
	}
	for name, text := range map[string]string{".place": w.folder, ".env": ""} {
		if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, terminal := range w.terminals {
			terminal.close()
		}
	})
	return w
}

func (w *Walk) do(s step, o Options) error {
	w.t.Helper()
	text := w.Text(s.text)
	switch s.kind {
	case run:
		return w.run(text)
	case open:
		return w.open(text)
	case write:
		return w.write(s.file, text)
	case printed:
		return compare(w.output, text)
	case logged:
		return w.compareLog(text)
	case act:
		if s.file == "" {
			return fmt.Errorf("nobody knows how to do this: %s", text)
		}
		o.Acts[s.file](w)
	}
	return nil
}

// Text returns what stands on the page with the ports that are used instead.
func (w *Walk) Text(page string) string {
	for named, used := range w.ports {
		page = regexp.MustCompile(`\b`+named+`\b`).ReplaceAllString(page, used)
	}
	return page
}

// Printed returns what a terminal has printed so far; the first is 0.
func (w *Walk) Printed(terminal int) string { return w.terminals[terminal].text() }

// Address returns the first address that a terminal has printed.
func (w *Walk) Address(terminal int) string { return w.terminals[terminal].address() }

// script runs commands where the last ones ended, with the variables they exported.
func (w *Walk) script(commands string) string {
	return "set -eu\n. " + w.file(".env") + "\ncd \"$(cat " + w.file(".place") + ")\"\n" + commands
}

func (w *Walk) file(name string) string { return "'" + filepath.Join(w.folder, name) + "'" }

func (w *Walk) run(commands string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", w.script(commands)+"\nexport -p >"+w.file(".env")+"\npwd >"+w.file(".place"))
	cmd.Env, cmd.WaitDelay = w.env, time.Second
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	w.output = string(out)
	if len(w.terminals) > 0 {
		w.mark = len(w.terminals[0].text())
	}
	if err != nil {
		return fmt.Errorf("%w\n%s\n%s", err, out, errors.String())
	}
	return nil
}

func (w *Walk) write(name, text string) error {
	place, err := os.ReadFile(filepath.Join(w.folder, ".place"))
	if err != nil {
		return err
	}
	file := filepath.Join(strings.TrimSpace(string(place)), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// logTime is how long a log may take to be written.
const logTime = 10 * time.Second

func (w *Walk) compareLog(want string) error {
	if len(w.terminals) == 0 {
		return fmt.Errorf("no terminal is open that could print this")
	}
	end := time.Now().Add(logTime)
	for {
		err := compare(w.terminals[0].text()[w.mark:], want)
		if err == nil || time.Now().After(end) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// ellipsis stands on a page for what differs each time, or does not matter.
const ellipsis = "…"

// compare compares what was printed with what the page says, line by line. A
// line of an ellipsis alone stands for any lines.
func compare(got, want string) error {
	pattern := `^\s*`
	for line := range strings.SplitSeq(strings.TrimSpace(want), "\n") {
		if line == ellipsis {
			pattern += `(?s:.*?)`
			continue
		}
		pattern += strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(line, " ")), ellipsis, ".*") + `[ \t]*(\n|$)`
	}
	if ok, err := regexp.MatchString(pattern+`\s*$`, got); err != nil || !ok {
		return fmt.Errorf("the page says\n%s\nbut what came is\n%s", want, got)
	}
	return nil
}

// freePort returns a port that nobody listens on.
func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}
