package verdict_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/verdict"
)

// A client of the Idea Pool who is judged.
type client struct {
	t      *testing.T
	server *mockserver.Server
	tally  *verdict.Tally
	token  string
}

func judged(t *testing.T) *client {
	t.Helper()
	c, err := contract.Load("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tally := verdict.New()
	server, err := mockserver.Start(c, mockserver.Options{KeyBits: 1024, Observe: tally.Observe})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return &client{t: t, server: server, tally: tally}
}

func (c *client) signIn(lifetime time.Duration) (refresh string) {
	c.t.Helper()
	w := c.server.World()
	grant, err := c.server.Grant(w, w.UserByLogin(w.Demo().Login).ID, lifetime)
	if err != nil {
		c.t.Fatal(err)
	}
	c.token = grant.AccessToken
	return grant.RefreshToken
}

func (c *client) send(method, path, body string, header ...string) {
	c.t.Helper()
	r, err := http.NewRequest(method, c.server.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.Header.Set("X-Access-Token", c.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

// found is the kinds and operations of what was found.
func (c *client) found() string {
	var out []string
	for _, f := range c.tally.Faults() {
		out = append(out, fmt.Sprintf("%s %s ×%d", f.Kind, f.Operation, f.Times))
	}
	return strings.Join(out, ", ")
}

const idea = `{"content":"x","impact":8,"ease":8,"confidence":8}`

func TestAClientIsJudgedByWhatItDoes(t *testing.T) {
	for _, it := range []struct {
		name  string
		does  func(*client)
		found string
	}{
		{"one that keeps the contract", func(c *client) {
			c.signIn(0)
			c.send("POST", "/ideas", idea)
			c.send("GET", "/ideas?page=1", "")
		}, ""},
		{"numbers as text", func(c *client) {
			c.signIn(0)
			c.send("POST", "/ideas", strings.Replace(idea, "8", `"8"`, 1))
			c.send("POST", "/ideas", strings.Replace(idea, "8", `"9"`, 1))
		}, "type createIdea ×2"},
		{"members that nobody asked for", func(c *client) {
			c.signIn(0)
			c.send("POST", "/ideas", strings.Replace(idea, "{", `{"done":true,`, 1))
		}, "undocumented createIdea ×1"},
		{"values out of bounds", func(c *client) {
			c.signIn(0)
			c.send("POST", "/ideas", strings.Replace(idea, "8", "11", 1))
		}, "rule broken createIdea ×1"},
		{"a body that is no JSON", func(c *client) {
			c.signIn(0)
			c.send("POST", "/ideas", "{")
		}, "rule broken createIdea ×1"},
		{"the token under another header's name", func(c *client) {
			c.signIn(0)
			token := c.token
			c.token = ""
			c.send("GET", "/me", "", "Authorization", "Bearer "+token)
		}, "no token me ×1, place me ×1"},
		{"an address that the contract does not have", func(c *client) {
			c.send("GET", "/idea", "")
			c.send("PATCH", "/ideas", "")
		}, "no operation  ×1, no operation  ×1"},
		{"an expired token", func(c *client) {
			c.signIn(time.Nanosecond)
			time.Sleep(1100 * time.Millisecond)
			c.send("GET", "/me", "")
		}, "expired token me ×1"},
		{"a token that somebody else made expire", func(c *client) {
			c.signIn(0)
			c.server.World().ExpireTokens("")
			c.send("GET", "/me", "")
		}, ""},
		{"a time that only the mock knows", func(c *client) {
			c.signIn(0)
			c.server.Advance(time.Hour)
			c.send("GET", "/me", "")
		}, ""},
		{"calls after logging out", func(c *client) {
			refresh := c.signIn(0)
			c.send("DELETE", "/access-tokens", fmt.Sprintf(`{"refresh_token":%q}`, refresh))
			c.send("GET", "/ideas", "")
		}, "after logout listIdeas ×1"},
		{"rubbish as a token where none is needed", func(c *client) {
			c.token = "undefined"
			c.send("POST", "/access-tokens", `{"email":"a@example.com","password":"x"}`)
		}, "stray token logIn ×1"},
	} {
		t.Run(it.name, func(t *testing.T) {
			c := judged(t)
			it.does(c)
			if got := c.found(); got != it.found {
				t.Errorf("found %q, expected %q", got, it.found)
			}
		})
	}
}

func TestTheVerdictIsWritten(t *testing.T) {
	c := judged(t)
	said := func() string {
		var b strings.Builder
		if err := c.tally.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := said(); got != "client verdict: nobody asked anything\n" {
		t.Error(got)
	}
	c.signIn(0)
	c.send("GET", "/me", "")
	if got := said(); got != "client verdict: 1 exchange, nothing against the contract\n" {
		t.Error(got)
	}
	c.send("POST", "/ideas", strings.Replace(idea, "8", `"8"`, 1))
	want := "client verdict: 2 exchanges, 1 fault\n" +
		`  type           createIdea       /impact: "8" was sent for 8  (1 time, first in exchange 2)` + "\n"
	if got := said(); got != want {
		t.Errorf("%s, expected\n%s", got, want)
	}
	c.tally.Clear()
	if c.tally.Exchanges() != 0 || len(c.tally.Faults()) != 0 {
		t.Error("a cleared tally remembers")
	}
}
