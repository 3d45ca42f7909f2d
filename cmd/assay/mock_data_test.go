package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestNothingAcknowledgedIsLost kills a mock again and again while many write
// to it. After each start everything that was acknowledged must be there, and
// what was on its way there as a whole or not at all.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 10
	}
	k := &killed{t: t, file: filepath.Join(t.TempDir(), "state.db"), port: vacant(t), random: rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))}
	k.start()
	for i := range 8 {
		w := &writer{house: k, random: rand.New(rand.NewPCG(2, uint64(i))), ideas: map[string]string{}}
		if i%2 == 1 {
			w.world = fmt.Sprint("w-", i) // half of them have a world of their own, with snapshots
		}
		w.signUp(fmt.Sprintf("writer-%d@example.com", i))
		k.writers = append(k.writers, w)
	}
	for range rounds {
		k.round()
	}
	k.process.Process.Kill()
	k.process.Wait()
	acknowledged := 0
	for _, w := range k.writers {
		acknowledged += w.acknowledged
	}
	t.Logf("%d writes were acknowledged in %d lives of the mock", acknowledged, rounds)
	if acknowledged < 5*rounds {
		t.Errorf("only %d writes were acknowledged: the test tests nothing", acknowledged)
	}
}

// killed is a mock that is killed and started again.
type killed struct {
	t       *testing.T
	file    string
	port    int
	random  *rand.Rand
	process *exec.Cmd
	client  *http.Client
	writers []*writer
}

func vacant(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// launch starts the process and does not wait until it serves.
func (k *killed) launch(said *bytes.Buffer) *exec.Cmd {
	k.t.Helper()
	p := exec.Command("assay", "mock", "-c", "idea-pool", "--port", strconv.Itoa(k.port), "--data", k.file, "--empty", "--key-bits", "1024", "--quiet")
	p.Stderr = said
	if err := p.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

func (k *killed) start() {
	k.t.Helper()
	var said bytes.Buffer
	if k.random.IntN(5) == 0 { // once in a while it does not even get to serve
		p := k.launch(&said)
		time.Sleep(time.Duration(k.random.IntN(300)) * time.Millisecond)
		_ = p.Process.Kill()
		_ = p.Wait()
	}
	started := k.launch(&said)
	k.process = started
	k.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10}, Timeout: patience}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		resp, err := k.client.Get(fmt.Sprintf("http://127.0.0.1:%d/", k.port))
		if err == nil {
			resp.Body.Close()
			return
		}
	}
	_ = started.Process.Kill()
	_ = started.Wait()
	k.t.Fatalf("the mock does not start: %s", said.String())
}

// round lets everybody write until the mock is killed, and looks what is left.
func (k *killed) round() {
	k.t.Helper()
	var all sync.WaitGroup
	for _, w := range k.writers {
		all.Go(w.write)
	}
	time.Sleep(time.Duration(k.random.IntN(100)) * time.Millisecond)
	if err := k.process.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
	_ = k.process.Wait()
	all.Wait()
	k.client.CloseIdleConnections()
	k.start()
	for _, w := range k.writers {
		w.look()
	}
	if k.t.Failed() {
		k.t.FailNow()
	}
}

// A writer knows what it wrote: what was acknowledged, and what may have
// happened since.
type writer struct {
	house        *killed
	world        string // empty for the mock's own
	random       *rand.Rand
	jwt, refresh string
	acknowledged int

	ideas map[string]string   // content by id
	saved map[string]string   // those of the snapshot
	maybe []map[string]string // what the ideas are instead, if what was on its way took place
	made  string              // content of an idea that may be there, its id unknown
	mark  map[string]string   // what the snapshot may hold instead
	count int
}

// send returns status 0 when no answer came.
func (w *writer) send(method, path string, body any) (status int, answer []byte) {
	text, _ := json.Marshal(body)
	r, err := http.NewRequest(method, fmt.Sprintf("http://127.0.0.1:%d%s", w.house.port, path), bytes.NewReader(text))
	if err != nil {
		w.house.t.Error(err)
		return 0, nil
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Access-Token", w.jwt)
	if w.world != "" {
		r.Header.Set("X-Assay-World", w.world)
	}
	resp, err := w.house.client.Do(r)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil
	}
	return resp.StatusCode, answer
}

func (w *writer) signUp(email string) {
	w.house.t.Helper()
	status, answer := w.send("POST", "/users", map[string]any{"email": email, "name": "Writer", "password": "the-Secret-123"})
	var tokens struct {
		JWT     string `json:"jwt"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal(answer, &tokens); status != 201 || err != nil {
		w.house.t.Fatalf("%d %s %v", status, answer, err)
	}
	w.jwt, w.refresh = tokens.JWT, tokens.Refresh
}

// write writes until nobody answers.
func (w *writer) write() {
	for {
		status, expected := w.step()
		if status == 0 {
			return
		}
		if status != expected {
			w.house.t.Errorf("%s: answered %d, not %d", w.world, status, expected)
			return
		}
		w.acknowledged++
	}
}

// step does one thing, and notes what it changed.
func (w *writer) step() (status, expected int) {
	w.count++
	content := fmt.Sprintf("idea <%d>", w.count)
	body := map[string]any{"content": content, "impact": 1 + w.count%10, "ease": 5, "confidence": 5}
	some := ""
	for id := range w.ideas {
		some = id
		break
	}
	what := w.random.IntN(10)
	switch {
	case what == 0 && w.world != "":
		return w.snapshot(), 201
	case what == 1 && w.world != "" && w.saved != nil:
		return w.restore(), 204
	case what == 2:
		status, _ = w.send("POST", "/access-tokens/refresh", map[string]string{"refresh_token": w.refresh})
		return status, 200
	case what < 5 && some != "":
		changed := maps.Clone(w.ideas)
		changed[some] = content
		w.maybe = []map[string]string{changed}
		status, _ = w.send("PUT", "/ideas/"+some, body)
		return w.settle(status, 200, changed), 200
	case what < 6 && some != "" || len(w.ideas) > 12:
		changed := maps.Clone(w.ideas)
		delete(changed, some)
		w.maybe = []map[string]string{changed}
		status, _ = w.send("DELETE", "/ideas/"+some, nil)
		return w.settle(status, 204, changed), 204
	}
	w.made = content
	status, answer := w.send("POST", "/ideas", body)
	if status == 201 {
		var idea struct{ ID string }
		_ = json.Unmarshal(answer, &idea)
		w.ideas[idea.ID] = content
		w.made = ""
	}
	return status, 201
}

// settle notes that what may have happened has.
func (w *writer) settle(status, expected int, changed map[string]string) int {
	if status == expected {
		w.ideas, w.maybe = changed, nil
	}
	return status
}

func (w *writer) snapshot() int {
	w.mark = maps.Clone(w.ideas)
	status, _ := w.send("POST", "/_assay/snapshots", map[string]string{"name": w.world})
	if status == 201 {
		w.saved, w.mark = w.mark, nil
	}
	return status
}

func (w *writer) restore() int {
	w.maybe = []map[string]string{w.saved}
	if w.mark != nil {
		w.maybe = append(w.maybe, w.mark)
	}
	status, _ := w.send("POST", "/_assay/snapshots/"+w.world+"/restore", nil)
	if status == 204 {
		w.ideas, w.maybe = maps.Clone(w.saved), nil
	}
	return status
}

// look compares what is there with what was acknowledged.
func (w *writer) look() {
	w.house.t.Helper()
	found, ok := w.list()
	if !ok {
		return
	}
	if !w.could(found, w.ideas) {
		fits := false
		for _, other := range w.maybe {
			fits = fits || maps.Equal(found, other)
		}
		if !fits {
			w.house.t.Errorf("%q: there is %v, expected %v or one of %v, and perhaps %q", w.world, found, w.ideas, w.maybe, w.made)
		}
	}
	w.ideas, w.maybe, w.made = found, nil, ""
	if w.world == "" {
		return
	}
	w.settleSnapshot()
}

// could reports whether the ideas are the expected ones, perhaps with the one
// whose making was not acknowledged.
func (w *writer) could(found, expected map[string]string) bool {
	rest := maps.Clone(found)
	for id, content := range rest {
		if content == w.made && w.made != "" && expected[id] == "" {
			delete(rest, id)
			break
		}
	}
	return maps.Equal(rest, expected)
}

// settleSnapshot goes back to the snapshot, and looks what it held.
func (w *writer) settleSnapshot() {
	w.house.t.Helper()
	if w.saved == nil && w.mark == nil {
		return
	}
	status, answer := w.send("POST", "/_assay/snapshots/"+w.world+"/restore", nil)
	if status == 404 && w.saved == nil { // it was never acknowledged
		w.mark = nil
		return
	}
	if status != 204 {
		w.house.t.Errorf("%s: the snapshot is lost: %d %s", w.world, status, answer)
		return
	}
	found, _ := w.list()
	if !maps.Equal(found, w.saved) && (w.mark == nil || !maps.Equal(found, w.mark)) {
		w.house.t.Errorf("%s: the snapshot holds %v, expected %v or %v", w.world, found, w.saved, w.mark)
	}
	w.ideas, w.saved, w.mark = found, maps.Clone(found), nil
}

// list reads all of the writer's ideas; still signed in, as nothing else let it in.
func (w *writer) list() (map[string]string, bool) {
	w.house.t.Helper()
	found := map[string]string{}
	for page := 1; ; page++ {
		status, answer := w.send("GET", fmt.Sprint("/ideas?page=", page), nil)
		var ideas []struct{ ID, Content string }
		if err := json.Unmarshal(answer, &ideas); status != 200 || err != nil {
			w.house.t.Errorf("%q: the list is answered %d %s", w.world, status, answer)
			return nil, false
		}
		for _, idea := range ideas {
			found[idea.ID] = idea.Content
		}
		if len(ideas) == 0 {
			return found, true
		}
	}
}
