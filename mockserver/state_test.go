package mockserver_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/mockserver"
)

// dumped is what a world keeps, in order and readable.
func dumped(w *mockserver.World) string {
	var lines []string
	for c := range w.Dump() {
		lines = append(lines, fmt.Sprintf("%q %s", c.Key, c.Value))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// told is a log that keeps the last change of everything.
type told struct {
	changes map[string]mockserver.Change
	waits   int
	failing error
}

func (l *told) Changed(changes ...mockserver.Change) {
	for _, c := range changes {
		l.changes[c.Key] = c
	}
}
func (l *told) Wait() error { l.waits++; return l.failing }

func TestAWorldIsWrittenDownAndReadBack(t *testing.T) {
	c := serveUnchecked(t, pool(t), mockserver.Options{Seed: 3})
	world := c.server.World()
	log := &told{changes: map[string]mockserver.Change{}}
	for change := range world.Dump() {
		log.Changed(change)
	}
	world.Keep(log)

	live(c)
	if log.waits == 0 {
		t.Error("answers went out that waited for nothing")
	}

	copied := c.server.BlankWorld(world.Seed(), 1)
	for change := range world.Dump() {
		if err := copied.Apply(change); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := dumped(copied), dumped(world); got != want {
		t.Errorf("a copy differs:\n%s\n\n%s", got, want)
	}
	followed := c.server.BlankWorld(world.Seed(), 1)
	for _, change := range log.changes {
		if err := followed.Apply(change); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := dumped(followed), dumped(world); got != want {
		t.Errorf("what the log was told differs from the world:\n%s\n\n%s", got, want)
	}

	before := contents(c.list(1), "id")
	c.server.SetWorld(copied)
	if after := contents(c.list(1), "id"); after != before {
		t.Errorf("the copy lists %s, the world listed %s", after, before)
	}
	c.create("a new one", 5, 5, 5).has(201)
	c.send("POST", "/access-tokens/refresh", fmt.Sprintf(`{"refresh_token":%q}`, c.refresh)).has(200)
}

// live does one of everything that changes a world.
func live(c *client) {
	c.signUp("me@example.com")
	c.another().signUp("gone@example.com")
	for i := range 30 {
		c.create(fmt.Sprint("idea ", i), 1+i%10, 1, 1)
	}
	ids := strings.Fields(contents(c.list(1), "id"))
	c.send("PUT", "/ideas/"+ids[0], idea("changed", 1, 1, 1)).has(200)
	c.send("DELETE", "/ideas/"+ids[1], "").has(204)
	w := c.server.World()
	w.Clock.Advance(time.Minute)
	second := c.another()
	second.email = c.email
	second.keep(second.logIn("the-Secret-123").has(201))
	second.send("DELETE", "/access-tokens", fmt.Sprintf(`{"refresh_token":%q}`, second.refresh)).has(204)
	w.Expire(second.jwt)
	if err := w.RemoveUser(w.UserByLogin("gone@example.com").ID); err != nil {
		c.t.Fatal(err)
	}
	if _, err := w.AddRecord("/ideas", w.UserByLogin(c.email).ID, nil, map[string]any{"content": "from outside", "created_at": 5}); err != nil {
		c.t.Fatal(err)
	}
	if _, err := w.SetRecord("/ideas", ids[2], "", map[string]any{"content": "set", "impact": 9, "ease": 9, "confidence": 9, "created_at": 7}); err != nil {
		c.t.Fatal(err)
	}
}

func TestNothingIsAcknowledgedThatIsNotSafe(t *testing.T) {
	c := serveUnchecked(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	c.server.World().Keep(&told{changes: map[string]mockserver.Change{}, failing: fmt.Errorf("the disk is full")})
	c.create("lost", 1, 1, 1).has(500).says("the disk is full")
}

func TestAWorldThatIsNotKeptPaysNothingForThat(t *testing.T) {
	c := serveUnchecked(t, pool(t), mockserver.Options{Empty: true})
	w := c.server.World()
	if n := testing.AllocsPerRun(100, func() {
		if err := w.Safe(); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("each answer costs %v allocations", n)
	}
}

func TestAWorldIsShapedFromOutside(t *testing.T) {
	c := serveUnchecked(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	w := c.server.World()
	id := c.create("mine", 1, 2, 3).text("id")
	other := c.another().signUp("other@example.com")

	all, total, err := w.Records("/ideas", "", 0, 10)
	if err != nil || total != 1 || all[0].ID != id || all[0].Owner != w.UserByLogin("me@example.com").ID {
		t.Fatalf("%+v %d %v", all, total, err)
	}
	set, err := w.SetRecord("/ideas", all[0].Ref, w.UserByLogin("other@example.com").ID, map[string]any{"content": "theirs", "impact": 10, "ease": 10, "confidence": 10, "created_at": 1})
	if err != nil || !strings.Contains(string(set.Doc), `"average_score":10.0,"created_at":1`) {
		t.Fatalf("%s %v", set.Doc, err)
	}
	if mine, theirs := contents(c.list(1), "content"), contents(other.list(1), "content"); mine != "" || theirs != "theirs" {
		t.Errorf("I see %q, the other sees %q", mine, theirs)
	}
	if n := w.ExpireTokens(""); n != 2 {
		t.Errorf("%d tokens expired", n)
	}
	c.send("GET", "/me", "").has(401).says("expired")
	c.keep(c.exchange(c.refresh).has(200))
	c.send("GET", "/me", "").has(200)
	if n := w.EndSessions(w.UserByLogin("me@example.com").ID); n != 1 {
		t.Errorf("%d sessions ended", n)
	}
	c.exchange(c.refresh).has(409)

	grant, err := c.server.Grant(w, w.UserByLogin("me@example.com").ID, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	c.jwt = grant.AccessToken
	c.send("GET", "/me", "").has(200)
	w.Clock.Advance(6 * time.Second)
	c.send("GET", "/me", "").has(401)

	if _, err := w.Record("/ideas", "nobody"); err != mockserver.ErrUnknown {
		t.Errorf("%v", err)
	}
	if n, err := w.ClearRecords("/ideas"); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

func TestARequestAsksForItsOwnFault(t *testing.T) {
	c := serveUnchecked(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	for _, it := range []struct {
		name, prefer string
		status       int
		says         string
	}{
		{"a documented refusal, in its form", "code=422", 422, `{"reason":"`},
		{"a status that the contract does not name", "code=503", 503, `{"reason":"`},
		{"an example by its name", "example=documented", 200, `"impact"`},
		{"what it would have answered anyway", "code=200", 200, "[]"},
		{"nonsense is passed over", "code=9999, delay=-1, return=minimal, ;;=,", 200, "[]"},
	} {
		t.Run(it.name, func(t *testing.T) {
			c.send("GET", "/ideas", "", "Prefer: "+it.prefer).has(it.status).says(it.says)
		})
	}
	t.Run("a delay", func(t *testing.T) {
		started := time.Now()
		c.send("GET", "/ideas", "", "Prefer: delay=0.2").has(200)
		if took := time.Since(started); took < 200*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
	t.Run("what is answered instead is not acted upon", func(t *testing.T) {
		c.send("POST", "/ideas", idea("never", 1, 1, 1), "Prefer: code=503").has(503)
		if got := contents(c.list(1), "content"); got != "" {
			t.Errorf("%q was stored", got)
		}
	})
}
