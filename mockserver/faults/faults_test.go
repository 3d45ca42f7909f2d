package faults_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/faults"
)

// serve starts the Idea Pool with faults planted, given as YAML.
func serve(t *testing.T, text string) (*mockserver.Server, *faults.Set) {
	t.Helper()
	c, err := contract.Load("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, err := faults.Parse([]byte(text), c)
	if err != nil {
		t.Fatal(err)
	}
	server, err := mockserver.Start(c, mockserver.Options{KeyBits: 1024, Journal: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	set := faults.NewSet(file.Seed, file.Faults...)
	server.World().Plant(set.Fault())
	return server, set
}

type answer struct {
	status int
	header http.Header
	body   string
	err    error // of reading the answer
	took   time.Duration
}

// list asks for the demo user's ideas over a connection of its own.
func list(t *testing.T, s *mockserver.Server, header ...string) answer {
	t.Helper()
	return send(t, s, "GET", "/ideas", "", header...)
}

func send(t *testing.T, s *mockserver.Server, method, path, body string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	demo := s.World().UserByLogin(s.World().Demo().Login)
	grant, err := s.Grant(s.World(), demo.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Access-Token", grant.AccessToken)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	started := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		return answer{err: err, took: time.Since(started)}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text), err, time.Since(started)}
}

func TestEachFaultBefallsARequest(t *testing.T) {
	valid := func(a answer) bool { return json.Valid([]byte(a.body)) }
	for _, it := range []struct {
		name, fault string
		right       func(answer) bool
	}{
		{"a fixed delay", "delay: 150ms", func(a answer) bool {
			return a.status == 200 && valid(a) && a.took >= 150*time.Millisecond
		}},
		{"a ranged delay", "delay: 50ms..150ms", func(a answer) bool {
			return a.status == 200 && a.took >= 50*time.Millisecond
		}},
		{"a documented refusal in the contract's form", "status: 422", func(a answer) bool {
			return a.status == 422 && strings.HasPrefix(a.body, `{"reason":"`)
		}},
		{"a refusal by its kind, with words of its own", "refuse: unauthenticated, reason: the dog ate it", func(a answer) bool {
			return a.status == 401 && strings.Contains(a.body, "the dog ate it")
		}},
		{"too many requests", "status: 429, retry_after: 7", func(a answer) bool {
			return a.status == 429 && a.header.Get("Retry-After") == "7" && strings.HasPrefix(a.body, `{"reason":"`)
		}},
		{"a header beside the usual ones", "header: {X-Cache: STALE}", func(a answer) bool {
			return a.status == 200 && a.header.Get("X-Cache") == "STALE" && valid(a)
		}},
		{"a body that is no JSON", "body: malformed", func(a answer) bool {
			return a.status == 200 && a.err == nil && a.body != "" && !valid(a)
		}},
		{"a body that is cut off", "body: truncated", func(a answer) bool {
			return a.status == 200 && errors.Is(a.err, io.ErrUnexpectedEOF) && a.body != ""
		}},
		{"no body", "body: empty", func(a answer) bool { return a.status == 200 && a.body == "" && a.err == nil }},
		{"a value of another type", "body: wrong-type", func(a answer) bool { return a.status == 200 && valid(a) && wrong(a.body) }},
		{"a slow body", "pace: 8000", func(a answer) bool { return a.status == 200 && valid(a) && a.took > 100*time.Millisecond }},
		{"a connection that is reset", "connection: reset", func(a answer) bool { return errors.Is(a.err, syscall.ECONNRESET) }},
	} {
		t.Run(it.name, func(t *testing.T) {
			server, _ := serve(t, "faults: [{operation: listIdeas, "+it.fault+"}]")
			a := list(t, server)
			if !it.right(a) {
				t.Errorf("%d %v %v after %v: %s", a.status, a.header, a.err, a.took, a.body)
			}
			entries := server.World().Journal.Entries(0)
			if len(entries) != 1 || entries[0].Fault == "" {
				t.Errorf("the journal does not tell of the fault: %+v", entries)
			}
			if me := send(t, server, "GET", "/me", ""); me.status != 200 || me.err != nil {
				t.Errorf("another operation is befallen too: %+v", me)
			}
		})
	}
}

// wrong reports whether an idea has a member of another type than documented.
func wrong(body string) bool {
	type loose struct {
		ID, Content                                   any
		Impact, Ease, Confidence, Average, Created_At any
	}
	var ideas []loose
	if json.Unmarshal([]byte(body), &ideas) != nil {
		return true
	}
	for _, i := range ideas {
		_, id := i.ID.(string)
		_, content := i.Content.(string)
		_, impact := i.Impact.(float64)
		_, ease := i.Ease.(float64)
		_, confidence := i.Confidence.(float64)
		_, created := i.Created_At.(float64)
		if !id || !content || !impact || !ease || !confidence || !created {
			return true
		}
	}
	return strings.Contains(body, `"average_score":"`)
}

func TestNoAnswerIsNoAnswer(t *testing.T) {
	server, _ := serve(t, "faults: [{connection: no-answer, times: 1}]")
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /ideas HTTP/1.1\r\nHost: x\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes came: %v", n, err)
	}
	if a := list(t, server); a.status != 200 {
		t.Errorf("the next request: %+v", a)
	}
}

func TestFaultsChooseTheirRequests(t *testing.T) {
	for _, it := range []struct{ name, fault, outcomes string }{
		{"each third", "every: 3", "ok ok 503 ok ok 503"},
		{"the next one only", "times: 1", "503 ok ok ok ok ok"},
		{"after two", "after: 2", "ok ok 503 503 503 503"},
		{"after two, each second, twice", "after: 2, every: 2, times: 1", "ok ok ok 503 ok ok"},
		{"of one user", "user: nobody@example.com", "ok ok ok ok ok ok"},
		{"of another operation", "operation: createIdea", "ok ok ok ok ok ok"},
	} {
		t.Run(it.name, func(t *testing.T) {
			server, _ := serve(t, "faults: [{status: 503, "+it.fault+"}]")
			if got := outcomes(t, server, 6); got != it.outcomes {
				t.Errorf("%s, expected %s", got, it.outcomes)
			}
		})
	}
	t.Run("by chance, the same with the same seed", func(t *testing.T) {
		runs := map[string]int{}
		for range 2 {
			server, _ := serve(t, "{seed: 11, faults: [{status: 503, chance: 0.5}]}")
			runs[outcomes(t, server, 12)]++
		}
		other, _ := serve(t, "{seed: 12, faults: [{status: 503, chance: 0.5}]}")
		runs[outcomes(t, other, 12)]++
		if len(runs) != 2 {
			t.Errorf("%v", runs)
		}
	})
	t.Run("of the user who signs in", func(t *testing.T) {
		server, set := serve(t, "faults: [{status: 503}]")
		set.Clear(faults.Spec{Status: 503, User: server.World().Demo().Login})
		if got := outcomes(t, server, 2); got != "503 503" {
			t.Error(got)
		}
	})
}

func outcomes(t *testing.T, server *mockserver.Server, n int) string {
	var out []string
	for range n {
		if a := list(t, server); a.status == 200 {
			out = append(out, "ok")
		} else {
			out = append(out, fmt.Sprint(a.status))
		}
	}
	return strings.Join(out, " ")
}

func TestAFaultyFileIsRefused(t *testing.T) {
	c, err := contract.Load("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range []struct{ name, text, says string }{
		{"an unknown key", "faults: [{operatoin: listIdeas}]", "operatoin"},
		{"an unknown operation", "faults: [{operation: listIdea, status: 503}]", "it has refresh, logIn"},
		{"nothing to do", "faults: [{operation: listIdeas}]", "does nothing"},
		{"a chance above 1", "faults: [{status: 503, chance: 2}]", "0 to 1"},
		{"a status that is none", "faults: [{status: 99}]", "200 to 599"},
		{"a refusal of nobody's", "faults: [{refuse: invalid}]", "needs an operation"},
		{"a kind that is none", "faults: [{operation: me, refuse: tired}]", "tired"},
		{"a delay that is none", "faults: [{delay: soon}]", "no delay"},
		{"a delay that ends before it begins", "faults: [{delay: 2s..1s}]", "ends before"},
		{"a header that splits", "faults: [{header: {X-A: \"a\\r\\nb\"}}]", "cannot be sent"},
		{"no mapping", "[]", "cannot be read"},
	} {
		t.Run(it.name, func(t *testing.T) {
			if _, err := faults.Parse([]byte(it.text), c); err == nil || !strings.Contains(err.Error(), it.says) {
				t.Errorf("%v does not say %s", err, it.says)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	c, err := contract.Load("../../openapi.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("seed: 7\nfaults:\n  - {operation: listIdeas, delay: 200ms..2s, header: {A: b}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		if file, err := faults.Parse([]byte(text), c); err == nil {
			for _, s := range file.Faults {
				_ = s.String()
			}
		}
	})
}
