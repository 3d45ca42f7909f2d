package worlds_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/worlds"
)

// todo is a contract with one collection that anybody reads and writes.
const todo = `
openapi: 3.0.3
info: {title: To do, version: "1"}
paths:
  /tasks:
    get:
      operationId: listTasks
      responses:
        "200":
          description: all
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Task"}}}}
    post:
      operationId: createTask
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [text], properties: {text: {type: string}}}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}}
        "404": {description: unknown, content: {application/json: {schema: {type: object, properties: {reason: {type: string}}}}}}
  /tasks/{id}:
    get:
      operationId: showTask
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}}
components:
  schemas:
    Task:
      type: object
      properties:
        id: {type: string, x-computed: {newid: []}}
        text: {type: string}
`

// A house is a mock with worlds.
type house struct {
	t testing.TB
	*worlds.Set
	mock *mockserver.Mock
	url  string
}

func build(t testing.TB, options worlds.Options) *house {
	t.Helper()
	c, err := contract.Parse("todo.yaml", []byte(todo))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, Set: worlds.New(options)}
	enter := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.Enter(h.mock, w, r) })
	h.mock, err = mockserver.New(c, mockserver.Options{Empty: true, Wrap: h.Wrap, WorldOf: h.WorldOf, Mounts: map[string]http.Handler{worlds.Prefix: enter}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Bind(h.mock, nil); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h.mock)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// send speaks to a world, named by the header unless the path names it.
func (h *house) send(world, method, path, body string) (int, string) {
	h.t.Helper()
	r, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if world != "" {
		r.Header.Set("X-Assay-World", world)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

func (h *house) add(world, text string) {
	h.t.Helper()
	if status, body := h.send(world, "POST", "/tasks", fmt.Sprintf(`{"text":%q}`, text)); status != 201 {
		h.t.Fatalf("%d %s", status, body)
	}
}

// holds demands what tasks a world has.
func (h *house) holds(world string, texts ...string) {
	h.t.Helper()
	_, body := h.send(world, "GET", "/tasks", "")
	if n := strings.Count(body, `"text"`); n != len(texts) {
		h.t.Errorf("%s: %d tasks, expected %d: %s", world, n, len(texts), body)
	}
	for _, text := range texts {
		if !strings.Contains(body, fmt.Sprintf(`"text":%q`, text)) {
			h.t.Errorf("%s: there is no %q in %s", world, text, body)
		}
	}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestEachWorldHasAStateOfItsOwn(t *testing.T) {
	h := build(t, worlds.Options{})
	h.add("blue", "in blue")
	h.add("red", "in red")
	h.add("", "in the mock's own")
	h.holds("blue", "in blue")
	h.holds("red", "in red")
	h.holds("", "in the mock's own")
	h.holds("default", "in the mock's own")
}

func TestAWorldIsNamedByHeaderOrByPath(t *testing.T) {
	h := build(t, worlds.Options{})
	if status, body := h.send("", "POST", "/_assay/worlds/blue/tasks", `{"text":"by path"}`); status != 201 {
		t.Fatalf("%d %s", status, body)
	}
	h.holds("blue", "by path")
	h.holds("")
	for _, it := range []struct {
		path   string
		status int
	}{
		{"/_assay/worlds/blue/tasks", 200},
		{"/_assay/worlds/%62lue/tasks?page=1", 200},
		{"/_assay/worlds/blue/", 404},
		{"/_assay/worlds/a%20b/tasks", 400},
		{"/_assay/worlds/blue/_assay/worlds/red/tasks", 404},
	} {
		if status, body := h.send("", "GET", it.path, ""); status != it.status {
			t.Errorf("%s: %d %s, expected %d", it.path, status, body, it.status)
		}
	}
}

func TestAWorldIsForkedAndGoesItsOwnWay(t *testing.T) {
	h := build(t, worlds.Options{})
	h.add("first", "shared")
	if _, err := h.Create("second", worlds.Source{World: "first"}); err != nil {
		t.Fatal(err)
	}
	h.add("second", "only here")
	h.holds("first", "shared")
	h.holds("second", "shared", "only here")
	h.must(h.Reset("first"))
	h.holds("first")
	h.holds("second", "shared", "only here")
}

func TestASnapshotIsGoneBackToAsOftenAsOneLikes(t *testing.T) {
	h := build(t, worlds.Options{})
	h.add("", "before")
	if _, err := h.Snapshot("default", "three-tasks"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		h.add("", "after")
		h.holds("", "before", "after")
		h.must(h.Restore("default", worlds.Source{Snapshot: "three-tasks"}))
		h.holds("", "before")
	}
	if _, err := h.Create("test-1", worlds.Source{Snapshot: "three-tasks"}); err != nil {
		t.Fatal(err)
	}
	h.must(h.DeleteSnapshot("three-tasks"))
	h.holds("test-1", "before")
	if err := h.Restore("default", worlds.Source{Snapshot: "three-tasks"}); err == nil {
		t.Error("a deleted snapshot was restored")
	}
}

func TestWorldsAreLimited(t *testing.T) {
	t.Run("in number", func(t *testing.T) {
		h := build(t, worlds.Options{Most: 2})
		h.add("one", "x")
		h.add("two", "x")
		if status, body := h.send("three", "GET", "/tasks", ""); status != 507 || !strings.Contains(body, "too-many-worlds") {
			t.Errorf("%d %s", status, body)
		}
		h.must(h.Delete("one"))
		h.add("three", "x")
	})
	t.Run("in age", func(t *testing.T) {
		h := build(t, worlds.Options{Most: 1, Idle: 30 * time.Millisecond})
		h.add("old", "x")
		time.Sleep(40 * time.Millisecond)
		h.add("new", "y")
		if h.Known("old") != nil || h.Known("new") == nil {
			t.Error("the old world stands in the way of the new one")
		}
	})
	t.Run("to those that were made", func(t *testing.T) {
		h := build(t, worlds.Options{Refuse: true})
		if status, body := h.send("nobody", "GET", "/tasks", ""); status != 404 || !strings.Contains(body, "no-such-world") {
			t.Errorf("%d %s", status, body)
		}
		if _, err := h.Create("somebody", worlds.Source{}); err != nil {
			t.Fatal(err)
		}
		h.holds("somebody")
	})
	t.Run("to good names", func(t *testing.T) {
		h := build(t, worlds.Options{})
		for _, name := range []string{"../x", "a b", strings.Repeat("x", 101), "-x", "\x00"} {
			if _, err := h.Create(name, worlds.Source{}); err == nil {
				t.Errorf("%q was taken", name)
			}
		}
	})
}

func TestTheWorldsUsedLastRememberTheirExchanges(t *testing.T) {
	h := build(t, worlds.Options{Journal: 10})
	for i := range worlds.MostJournals + 1 {
		h.add(fmt.Sprint("world-", i), "x")
	}
	h.holds("world-0", "x") // used again
	h.ForgetJournals()
	for name, remembers := range map[string]int{"world-0": 2, "world-1": 0, "world-2": 1} {
		if got := len(h.Known(name).State().Journal.Entries(0)); got != remembers {
			t.Errorf("%s remembers %d exchanges, expected %d", name, got, remembers)
		}
	}
	h.holds("world-1", "x")
}

func TestManyClientsNameOneNewWorldAtOnce(t *testing.T) {
	h := build(t, worlds.Options{})
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			h.add(fmt.Sprint("world-", i%5), fmt.Sprint(i))
		})
	}
	all.Wait()
	for i := range 5 {
		if _, body := h.send(fmt.Sprint("world-", i), "GET", "/tasks", ""); strings.Count(body, `"text"`) != 10 {
			t.Errorf("world %d lost a task: %s", i, body)
		}
	}
}

func TestAWorldFollowsAReloadedContract(t *testing.T) {
	h := build(t, worlds.Options{})
	h.add("blue", "old")
	edited, err := contract.Parse("todo.yaml", []byte(strings.Replace(todo, `responses:
        "201": {description: made`, `responses:
        "202": {description: made`, 1)+`
        done: {type: boolean, default: false}
`))
	h.must(err)
	h.must(h.mock.Reload(edited))
	if status, body := h.send("blue", "POST", "/tasks", `{"text":"new"}`); status != 202 || !strings.Contains(body, `"done":false`) {
		t.Errorf("%d %s", status, body)
	}
	h.holds("blue", "old", "new")
	h.holds("green")
}

// BenchmarkFork shows that a world is forked from a snapshot at the same cost whatever it holds.
func BenchmarkFork(b *testing.B) {
	for _, tasks := range []int{10, 100_000} {
		b.Run(fmt.Sprint(tasks, " tasks"), func(b *testing.B) {
			h := build(b, worlds.Options{Most: 1 << 30})
			state := h.mock.World()
			for i := range tasks {
				if _, err := state.AddRecord("/tasks", "", nil, map[string]any{"text": fmt.Sprint(i)}); err != nil {
					b.Fatal(err)
				}
			}
			if _, err := h.Snapshot("default", "full"); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				if _, err := h.Create(fmt.Sprint("w", i), worlds.Source{Snapshot: "full"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkUnnamed shows what a request that names no world pays for the others.
func BenchmarkUnnamed(b *testing.B) {
	c, err := contract.Parse("todo.yaml", []byte(todo))
	if err != nil {
		b.Fatal(err)
	}
	for _, with := range []bool{false, true} {
		b.Run(fmt.Sprintf("with worlds %v", with), func(b *testing.B) {
			options := mockserver.Options{Empty: true}
			set := worlds.New(worlds.Options{})
			if with {
				options.Wrap, options.WorldOf = set.Wrap, set.WorldOf
			}
			mock, err := mockserver.New(c, options)
			if err != nil {
				b.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/tasks", nil)
			b.ReportAllocs()
			for b.Loop() {
				mock.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
