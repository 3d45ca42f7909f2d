package mockserver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/contract"
	"assay/mockserver"
)

func TestTheSameSeedAndClockGiveTheSameAnswers(t *testing.T) {
	session := func(seed uint64) string {
		mock, err := mockserver.New(pool(t), mockserver.Options{Seed: seed, Now: noon, Frozen: true, KeyBits: 1024})
		if err != nil {
			t.Fatal(err)
		}
		demo := mock.World().Demo()
		login := direct(mock, "POST", "/access-tokens", fmt.Sprintf(`{"email":%q,"password":%q}`, demo.Login, demo.Password), nil)
		token := map[string]string{"X-Access-Token": (&answer{t: t, body: login.Body.String()}).text("jwt")}
		var all strings.Builder
		for _, step := range [][3]string{
			{"POST", "/users", `{"email":"a@example.com","name":"A","password":"the-Secret-123"}`},
			{"GET", "/me", ""},
			{"GET", "/ideas?page=1", ""},
			{"GET", "/ideas?page=3", ""},
			{"POST", "/ideas", idea("new", 5, 5, 5)},
		} {
			w := direct(mock, step[0], step[1], step[2], token)
			fmt.Fprintln(&all, w.Code, w.Header(), w.Body)
		}
		return login.Body.String() + all.String()
	}
	if a, b := session(42), session(42); a != b {
		t.Errorf("one seed, two answers:\n%s\n%s", a, b)
	}
	if session(42) == session(43) {
		t.Error("two seeds give the same answers")
	}
}

func TestAMockStartsWithBelievableData(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Seed: 9, Now: noon, Frozen: true})
	demo := c.server.World().Demo()
	if demo == nil || demo.Records != 25 || demo.Kind != "ideas" || !strings.HasSuffix(demo.Login, "@example.com") {
		t.Fatalf("%+v", demo)
	}
	c.email = demo.Login
	c.keep(c.logIn(demo.Password).has(201))
	if name := c.send("GET", "/me", "").has(200).text("name"); name != demo.Name {
		t.Errorf("%q is not %q", name, demo.Name)
	}
	seen := map[string]bool{}
	for page, want := range []int{10, 10, 5, 0} {
		items := c.list(page + 1)
		if len(items) != want {
			t.Errorf("page %d holds %d", page+1, len(items))
		}
		for _, item := range items {
			seen[item["id"].(string)] = true
			at := time.Unix(int64(item["created_at"].(float64)), 0)
			if at.After(noon) || at.Before(noon.Add(-15*24*time.Hour)) {
				t.Errorf("made at %v", at)
			}
			if content := item["content"].(string); len(content) < 10 || len(content) > 255 {
				t.Errorf("%q", content)
			}
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d ids", len(seen))
	}
}

func TestEveryItemStandsOnExactlyOnePageWhenAveragesAreEqual(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	for i := range 35 {
		c.create(fmt.Sprint("idea ", i), 5, 5, 5)
	}
	seen := map[string]int{}
	for page := 1; page <= 4; page++ {
		for _, item := range c.list(page) {
			seen[item["content"].(string)]++
		}
	}
	if len(seen) != 35 {
		t.Errorf("%d of 35 items", len(seen))
	}
	for content, times := range seen {
		if times != 1 {
			t.Errorf("%s stands on %d pages", content, times)
		}
	}
}

func TestAForkGoesItsOwnWay(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Now: noon, Frozen: true, Empty: true}).signUp("me@example.com")
	kept := c.create("before", 5, 5, 5).text("id")
	first := c.server.World()
	snapshot := first.Fork()

	c.create("in the first", 9, 9, 9)
	c.send("PUT", "/ideas/"+kept, idea("changed in the first", 1, 1, 1)).has(200)
	c.another().signUp("first@example.com")
	first.Clock.Advance(time.Minute)

	fork := snapshot.Fork()
	c.server.SetWorld(fork)
	if got := contents(c.list(1), "content"); got != "before" {
		t.Errorf("the fork holds %q", got)
	}
	c.create("in the fork", 9, 9, 9)
	c.send("DELETE", "/ideas/"+kept, "").has(204)
	c.another().signUp("first@example.com")
	if !fork.Now().Equal(noon) {
		t.Errorf("the fork's clock shows %v", fork.Now())
	}

	c.server.SetWorld(first)
	if got := contents(c.list(1), "content"); got != "in the first changed in the first" {
		t.Errorf("the first holds %q", got)
	}
	c.server.SetWorld(snapshot)
	if got := contents(c.list(1), "content"); got != "before" {
		t.Errorf("the snapshot holds %q", got)
	}
}

func TestForksMayBeMadeAndWrittenAtOnce(t *testing.T) {
	mock, err := mockserver.New(pool(t), mockserver.Options{KeyBits: 1024})
	if err != nil {
		t.Fatal(err)
	}
	demo := mock.World().Demo()
	login := direct(mock, "POST", "/access-tokens", fmt.Sprintf(`{"email":%q,"password":%q}`, demo.Login, demo.Password), nil)
	token := (&answer{t: t, body: login.Body.String()}).text("jwt")
	worlds := []*mockserver.World{mock.World()}
	for range 4 {
		worlds = append(worlds, mock.World().Fork())
	}
	routed, err := mockserver.New(pool(t), mockserver.Options{KeyBits: 1024, WorldOf: func(r *http.Request) *mockserver.World {
		return worlds[int(r.Header.Get("World")[0]-'0')]
	}})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range worlds {
		wait.Go(func() {
			for n := range 50 {
				header := map[string]string{"World": fmt.Sprint(i), "X-Access-Token": token}
				if w := direct(routed, "POST", "/ideas", idea(fmt.Sprint(i, " ", n), 1+n%10, 1, 1), header); w.Code != 201 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				direct(routed, "GET", "/ideas?page=2", "", header)
				worlds[i].Fork()
			}
		})
	}
	wait.Wait()
	for i := range worlds {
		total := 0
		for page := 1; ; page++ {
			var items []map[string]any
			w := direct(routed, "GET", fmt.Sprint("/ideas?page=", page), "", map[string]string{"World": fmt.Sprint(i), "X-Access-Token": token})
			if err := json.Unmarshal(w.Body.Bytes(), &items); err != nil {
				t.Fatal(err, w.Body)
			}
			if len(items) == 0 {
				break
			}
			total += len(items)
			for _, item := range items {
				if content := item["content"].(string); content[0] >= '0' && content[0] <= '4' && content[0] != byte('0'+i) {
					t.Errorf("world %d holds %q", i, content)
				}
			}
		}
		if total != 75 {
			t.Errorf("world %d holds %d records", i, total)
		}
	}
}

// Many clients of one user at once: nothing is lost and nothing stands twice.
func TestRequestsMayCrossEachOther(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	var wait sync.WaitGroup
	ids := make(chan string, 400)
	for worker := range 8 {
		wait.Go(func() {
			for n := range 50 {
				a := c.create(fmt.Sprint(worker, "-", n), 1+n%10, 5, 5)
				id := a.text("id")
				c.send("PUT", "/ideas/"+id, idea(fmt.Sprint(worker, "-", n), 10-n%10, 5, 5)).has(200)
				if n%5 == 0 {
					c.send("DELETE", "/ideas/"+id, "").has(204)
					continue
				}
				ids <- id
				c.list(1 + n%3)
			}
		})
	}
	wait.Wait()
	close(ids)
	want := map[string]bool{}
	for id := range ids {
		want[id] = true
	}
	seen := map[string]bool{}
	for page := 1; ; page++ {
		items := c.list(page)
		if len(items) == 0 {
			break
		}
		for _, item := range items {
			id := item["id"].(string)
			if seen[id] || !want[id] {
				t.Errorf("%s stands twice, or was deleted", id)
			}
			seen[id] = true
		}
	}
	if len(want) != 320 || len(seen) != 320 {
		t.Errorf("%d made, %d listed", len(want), len(seen))
	}
}

func TestAnotherContractIsServedFromTheNextRequestOn(t *testing.T) {
	c := serveUnchecked(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	c.create("low", 1, 1, 1)
	c.create("high", 9, 9, 9)
	if err := c.server.Reload(edited(t, set("[average_score]", under(pageSchema, "x-order")...), set("1", under(pageSchema, "maxItems")...))); err != nil {
		t.Fatal(err)
	}
	if got := contents(c.list(1), "content"); got != "low" {
		t.Errorf("%q", got)
	}
	c.create("middle", 5, 5, 5).has(201)
	if got := contents(c.list(2), "content"); got != "middle" {
		t.Errorf("%q", got)
	}
	bad := edited(t, set("ES256", under(jwtSchema, "alg")...))
	if err := c.server.Reload(bad); err == nil || !strings.Contains(err.Error(), "ES256") {
		t.Errorf("%v", err)
	}
	c.send("GET", "/me", "").has(200)
}

func TestTheJournalRemembersTheLastExchanges(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true, Journal: 3}).signUp("me@example.com")
	c.send("POST", "/ideas", `{"content":"x","impact":"8","ease":1,"confidence":1,"more":1}`).has(201)
	c.send("POST", "/ideas", idea("x", 99, 1, 1)).has(422)
	c.send("GET", "/nowhere", "")
	entries := c.server.World().Journal.Entries(0)
	if len(entries) != 3 || entries[0].Number != 2 || len(c.server.World().Journal.Entries(3)) != 1 {
		t.Fatalf("%d entries, the first %d", len(entries), entries[0].Number)
	}
	sloppy := entries[0]
	if sloppy.Who != "me@example.com" || sloppy.Operation != "createIdea" || sloppy.Status != 201 || len(sloppy.Remarks) != 2 ||
		!strings.Contains(fmt.Sprint(sloppy.Remarks), `"8" was sent for 8`) || !strings.Contains(sloppy.Request.Body, `"more"`) || !strings.Contains(sloppy.Response.Body, `"impact":8`) {
		t.Errorf("%+v", sloppy)
	}
	if refused := entries[1]; refused.Refused != contract.Invalid || !strings.Contains(refused.Reason, "impact") {
		t.Errorf("%+v", refused)
	}
	if lost := entries[2]; lost.Status != 404 || lost.Operation != "" {
		t.Errorf("%+v", lost)
	}
	c.server.World().Journal.Clear()
	if len(c.server.World().Journal.Entries(0)) != 0 {
		t.Error("a cleared journal holds entries")
	}
}

func TestAPlantedFaultStandsBeforeEverything(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	c.server.World().Plant(&mockserver.Fault{Strike: func(c *mockserver.Call) *mockserver.Blow {
		if c.Operation == nil || c.Operation.ID != "listIdeas" {
			return nil
		}
		return &mockserver.Blow{Status: http.StatusServiceUnavailable}
	}})
	c.send("GET", "/ideas", "").has(503)
	c.send("GET", "/me", "").has(200)
	c.server.World().Plant(nil)
	c.send("GET", "/ideas", "").has(200)
}

func TestMountsAndWrapsStandAroundTheMock(t *testing.T) {
	mounted := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("mounted")) })
	mock, err := mockserver.New(pool(t), mockserver.Options{
		Mounts: map[string]http.Handler{"/_assay/": mounted},
		Wrap: func(inner http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Wrapped", "yes")
				inner.ServeHTTP(w, r)
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mock)
	defer server.Close()
	if w := direct(mock, "GET", "/_assay/x", "", nil); w.Body.String() != "mounted" || w.Header().Get("Wrapped") != "" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	if w := direct(mock, "GET", "/_assay", "", nil); w.Code != 308 || w.Header().Get("Location") != "/_assay/" {
		t.Errorf("without its slash: %d %v", w.Code, w.Header())
	}
	if w := direct(mock, "GET", "/_assays", "", nil); w.Code != 404 {
		t.Errorf("a longer name: %d %v", w.Code, w.Header())
	}
	if w := direct(mock, "GET", "/ideas", "", nil); w.Code != 401 || w.Header().Get("Wrapped") != "yes" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
