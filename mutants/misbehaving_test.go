package mutants_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"

	"assay/contract"
	"assay/reports"
	"assay/steps"
)

// What stands at the other end of a wrong address, or of a server that has
// gone mad. Each is verified; the golden says what a person is told.
var misbehaving = []struct {
	name    string
	timeout time.Duration // for one request; long where time is not the point
	target  func(t *testing.T) (url string)
}{
	{"an HTML page for everything", patient, answering(200, "text/html", "<!DOCTYPE html><html><body>It works!</body></html>")},
	{"bytes that mean nothing", patient, answering(200, "application/json", "\x00\xff\xfe\x9d\x01 \x80")},
	{"ten million brackets", patient, answering(200, "application/json", strings.Repeat("[", 10_000_000))},
	{"200 without a body", patient, answering(200, "application/json", "")},
	{"204 for everything", patient, answering(204, "", "")},
	{"null for everything", patient, answering(200, "application/json", "null")},
	{"an empty object for everything", patient, answering(201, "application/json", "{}")},
	{"404 for everything", patient, answering(404, "text/plain", "404 page not found\n")},
	{"401 for everything", patient, answering(401, "application/json", `{"reason":"who are you?"}`)},
	{"500 for everything", patient, answering(500, "text/html", "<h1>Internal Server Error</h1>")},
	{"a redirect to itself", patient, serving(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
	})},
	{"a body without end", patient, serving(withoutEnd)},
	{"a gzip bomb", patient, serving(bomb)},
	{"a megabyte of headers", patient, serving(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", strings.Repeat("x", 1<<20)) })},
	{"a body shorter than announced", patient, speaking("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"jwt\"")},
	{"another protocol", patient, speaking("SSH-2.0-OpenSSH_9.6\r\n")},
	{"a status beyond all numbers", patient, speaking("HTTP/1.1 99999 Very Fine\r\n\r\n")},
	{"interim answers without end", patient, talking(interim)},
	{"connections closed at once", patient, talking(func(c net.Conn) {})},
	{"connections reset", patient, talking(reset)},
	{"nothing at all", patient, nothing},
	{"one byte a second", hurried, talking(drip)},
	{"answers that take twelve seconds", hurried, serving(slow)},
}

const (
	patient = 20 * time.Second
	hurried = 200 * time.Millisecond // as a --timeout of a person who knows
)

func TestMisbehavingTargetsGetTheVerdictTheyDeserve(t *testing.T) {
	s := carried(t, "")
	for _, m := range misbehaving {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			run, err := steps.Run(ctx, s.Contract, steps.Options{Target: m.target(t), Features: s.Features, Seed: 1, Concurrency: 8, Timeout: m.timeout})
			if err != nil {
				t.Fatal(err)
			}
			if run.Interrupted != "" {
				t.Fatalf("the run did not come to its end: %s", run.Interrupted)
			}
			for _, write := range reports.Formats { // whatever was answered can be written
				if err := write(io.Discard, run, reports.Options{}); err != nil {
					t.Error(err)
				}
			}
			golden(t, "testdata/misbehaving/"+strings.ReplaceAll(m.name, " ", "-")+".golden", verdict(run))
		})
	}
}

// How far a run came when its target died differs from run to run; what is
// said of it does not.
func TestATargetThatDiesIsUnreachable(t *testing.T) {
	s := carried(t, "")
	run, err := steps.Run(context.Background(), s.Contract, steps.Options{Target: dying(40)(t), Features: s.Features, Concurrency: 8, Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	if run.Exit() != reports.ExitUnreachable || run.Unreachable != "the target stopped answering during the run" {
		t.Errorf("exit status %d, %q", run.Exit(), run.Unreachable)
	}
}

// Memory stays bounded whatever a target sends: a few answers of the largest
// size that is read, not all of them.
func TestAnEndlessAnswerTakesBoundedMemory(t *testing.T) {
	s := carried(t, "")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	run, err := steps.Run(context.Background(), s.Contract, steps.Options{Target: serving(withoutEnd)(t), Features: s.Features, Concurrency: 2, Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	const most = 256 << 20
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > most {
		t.Errorf("the run of %d requests holds %d MiB", run.Requests, held>>20)
	}
	runtime.KeepAlive(run)
}

// verdict is what a person is told, without what differs from run to run.
func verdict(run *reports.Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "exit status %d\n", run.Exit())
	if run.Unreachable != "" {
		fmt.Fprintf(&b, "unreachable: %s\n", steady(run.Unreachable))
	}
	counts := run.Counts()
	for _, v := range []contract.Verdict{contract.Kept, contract.Broken, contract.Crashed, contract.Advised, contract.Blocked, contract.NotJudged} {
		if counts[v] > 0 {
			fmt.Fprintf(&b, "%d %s\n", counts[v], v)
		}
	}
	for _, f := range run.Findings {
		fmt.Fprintf(&b, "\n%s  %s\n  expected  %s\n  actual    %s\n", f.Verdict, f.Rule.ID, steady(f.Expected), steady(f.Actual))
	}
	var blocked []string
	for _, r := range run.Rules {
		if r.Verdict == contract.Blocked {
			blocked = append(blocked, "blocked by  "+steady(r.Because))
		}
	}
	sort.Strings(blocked)
	last, n := "", 0
	for _, line := range append(blocked, "") {
		if line != last && last != "" {
			fmt.Fprintf(&b, "\n%s (%d)", last, n)
			n = 0
		}
		last = line
		n++
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

var (
	ports     = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	ended     = regexp.MustCompile(`^(EOF|read tcp .*: connection reset by peer)$`) // which of them is the kernel's to choose
	durations = regexp.MustCompile(`\b\d+(\.\d+)?(ms|µs|s)\b`)
)

func steady(text string) string {
	text = ended.ReplaceAllString(text, "the connection ended")
	return durations.ReplaceAllString(ports.ReplaceAllString(text, "127.0.0.1:0"), "0s")
}

func serving(handle http.HandlerFunc) func(*testing.T) string {
	return func(t *testing.T) string {
		server := httptest.NewServer(handle)
		t.Cleanup(func() {
			server.CloseClientConnections()
			server.Close()
		})
		return server.URL
	}
}

func answering(status int, contentType, body string) func(*testing.T) string {
	return serving(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func withoutEnd(w http.ResponseWriter, r *http.Request) {
	chunk := bytes.Repeat([]byte("["), 64<<10)
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// bomb answers a gigabyte of spaces in a megabyte.
func bomb(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	chunk := bytes.Repeat([]byte(" "), 64<<10)
	for range 16 << 10 {
		if _, err := z.Write(chunk); err != nil || r.Context().Err() != nil {
			return
		}
	}
	_ = z.Close()
}

func slow(w http.ResponseWriter, r *http.Request) {
	select {
	case <-time.After(12 * time.Second):
	case <-r.Context().Done():
	}
}

// talking serves raw connections: each is closed when talk returns.
func talking(talk func(net.Conn)) func(*testing.T) string {
	return func(t *testing.T) string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					talk(c)
				}()
			}
		}()
		return "http://" + listener.Addr().String()
	}
}

// speaking reads a request and answers these bytes.
func speaking(text string) func(*testing.T) string {
	return talking(func(c net.Conn) {
		if hear(c) {
			_, _ = io.WriteString(c, text)
		}
	})
}

// hear reads the start of a request.
func hear(c net.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err := c.Read(make([]byte, 64<<10))
	return err == nil
}

func interim(c net.Conn) {
	for hear(c); ; {
		if _, err := io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"); err != nil {
			return
		}
	}
}

func reset(c net.Conn) {
	hear(c)
	_ = c.(*net.TCPConn).SetLinger(0)
}

func drip(c net.Conn) {
	for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func nothing(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}

// dying answers like a fine API and goes away after n requests.
func dying(n int) func(*testing.T) string {
	return func(t *testing.T) string {
		var server *httptest.Server
		left := make(chan struct{}, n)
		for range n {
			left <- struct{}{}
		}
		server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-left:
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, `{"jwt":"opaque","refresh_token":"opaque"}`)
			default:
				server.Listener.Close()
				panic(http.ErrAbortHandler)
			}
		}))
		server.Config.ErrorLog = nil
		t.Cleanup(server.Close)
		return server.URL
	}
}
