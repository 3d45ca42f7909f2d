package tutorial_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"assay/internal/tutorial"
)

// A judge is a test that a page may fail without failing this one.
type judge struct {
	testing.TB
	verdict string
}

func (j *judge) Helper()             {}
func (j *judge) Logf(string, ...any) {}
func (j *judge) Fatal(args ...any)   { j.Fatalf("%s", fmt.Sprint(args...)) }
func (j *judge) Fatalf(format string, args ...any) {
	j.verdict = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// follow returns why a page cannot be followed; empty where it can.
func follow(t *testing.T, page string, o tutorial.Options) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(page, "~~~", "```")), 0o644); err != nil {
		t.Fatal(err)
	}
	j := &judge{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		tutorial.Follow(j, file, o)
	}()
	<-done
	return j.verdict
}

// server is this test's own binary, which serves when it is told to.
const server = "~~~sh terminal\nSERVE=1 exec \"$SERVER\"\n~~~\n"

func TestMain(m *testing.M) {
	if os.Getenv("SERVE") == "" {
		os.Exit(m.Run())
	}
	fmt.Printf("http://localhost:%s/\n", os.Getenv("PORT"))
	panic(http.ListenAndServe("localhost:"+os.Getenv("PORT"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("asked for", r.URL.Path)
		fmt.Fprintln(w, "this is", r.URL.Path)
	})))
}

func TestAPageIsFollowedAsItStands(t *testing.T) {
	for _, page := range []struct{ name, text, verdict string }{
		{"commands succeed", "~~~sh\ntrue\n~~~", ""},
		{"a command fails", "Try:\n\n~~~sh\necho out; false\necho on\n~~~", "page.md:3: exit status 1\nout"},
		{"what is printed is compared", "~~~sh\necho one; echo two\n~~~\n~~~text\none\ntwo\n~~~", ""},
		{"other words are printed", "~~~sh\necho one\n~~~\n~~~text\ntwo\n~~~", "the page says\ntwo\n\nbut what came is\none"},
		{"more is printed", "~~~sh\necho one; echo two\n~~~\n~~~text\none\n~~~", "the page says"},
		{"less is printed", "~~~sh\necho one\n~~~\n~~~text\none\ntwo\n~~~", "the page says"},
		{"what differs is left out", "~~~sh\necho one 17 two\n~~~\n~~~text\none … two\n~~~", ""},
		{"lines are left out", "~~~sh\nseq 9\n~~~\n~~~text\n1\n…\n8\n9\n~~~", ""},
		{"nothing else is left out", "~~~sh\nseq 9\n~~~\n~~~text\n1\n…\n7\n9\n~~~", "the page says"},
		{"what looks like a pattern is none", "~~~sh\necho abc\n~~~\n~~~text\na.c\n~~~", "the page says"},
		{"a folder and a variable last", "~~~sh\nmkdir -p a/b; cd a/b\nexport WORD='two words'\n~~~\n~~~sh\necho $WORD; basename $PWD\n~~~\n~~~text\ntwo words\nb\n~~~", ""},
		{"a file is written", "Write `a/b.txt`:\n\n~~~txt a/b.txt\nhello\n~~~\n~~~sh\ncat a/b.txt\n~~~\n~~~text\nhello\n~~~", ""},
		{"a file is written where the commands are", "~~~sh\nmkdir c; cd c\n~~~\nWrite `b.txt`:\n\n~~~txt b.txt\nhello\n~~~\n~~~sh\ncat ../c/b.txt\n~~~", ""},
		{"a file's name is not told to the reader", "Write:\n\n~~~txt b.txt\nhello\n~~~", "page.md:3: the text before does not tell the reader that this is b.txt"},
		{"a block that nobody would look at", "~~~json\n{}\n~~~", `page.md:1: nobody says what to do with this block of "json"`},
		{"a block without an end", "~~~sh\ntrue\n", "page.md:1: a block without an end"},
		{"a page without a file", "", ""},
		{"the clone is there", "~~~sh\nhead -1 assay/go.mod\n~~~\n~~~text\nmodule assay\n~~~", ""},
		{"a terminal serves, on a port that is free", server + "~~~sh\ncurl -s localhost:4100/a\n~~~\n~~~text\nthis is /a\n~~~", ""},
		{"a terminal's log is compared", server + "~~~sh\ncurl -s localhost:4100/before >/dev/null\n~~~\n~~~sh\n(sleep 0.2; curl -s localhost:4100/late) >/dev/null 2>&1 &\n~~~\n~~~text log\nasked for /late\n~~~", ""},
		{"a terminal ends", "~~~sh terminal\necho what a pity\n~~~", "page.md:1: it ended:\nwhat a pity"},
		{"no terminal is open", "~~~text log\nnothing\n~~~", "no terminal is open"},
		{"the reader acts", "Well.\n\n**In the browser** press\nthe button.\n\n~~~sh\ntrue\n~~~", ""},
		{"the reader acts behind the last block", "~~~sh\ntrue\n~~~\n\n**In the browser** press\nthe button.\n", ""},
		{"nobody knows how to act", "Well.\n\n**In the browser** jump.\n\nWell.", "page.md:3: nobody knows how to do this: **In the browser** jump."},
	} {
		t.Run(page.name, func(t *testing.T) {
			acted := false
			o := tutorial.Options{Repository: "../..", Ports: []string{"4100"}, Env: []string{"SERVER=" + os.Args[0]}, Acts: map[string]func(*tutorial.Walk){}}
			if strings.Contains(page.text, "button") {
				o.Acts["press\nthe button"] = func(*tutorial.Walk) { acted = true }
			}
			verdict := follow(t, page.text, o)
			if page.verdict == "" && verdict != "" || !strings.Contains(verdict, page.verdict) {
				t.Errorf("it is said\n%s\nand not\n%s", verdict, page.verdict)
			}
			if acted != (len(o.Acts) > 0) {
				t.Error("the act was not done")
			}
		})
	}
}

func TestAnActThatNobodyAsksForIsAFault(t *testing.T) {
	o := tutorial.Options{Repository: "../..", Acts: map[string]func(*tutorial.Walk){"press the button": func(*tutorial.Walk) {}}}
	if verdict := follow(t, "Well.", o); !strings.Contains(verdict, "asks nowhere for") {
		t.Errorf("it is said: %q", verdict)
	}
}
