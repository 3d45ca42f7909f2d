package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/store"
	"assay/mockserver/worlds"
)

var loadPool = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load("../../openapi.yaml") })

var made = store.Made{Seed: 1, KeyBits: 1024}

// A house is a mock of the Idea Pool whose worlds are kept in a file.
type house struct {
	t    testing.TB
	file *store.File
	mock *mockserver.Mock
	*worlds.Set
}

// open opens the file and reads what is in it.
func open(t testing.TB, name string) (*house, error) {
	t.Helper()
	c, err := loadPool()
	if err != nil {
		t.Fatal(err)
	}
	file, err := store.Open(name, made, c.Name)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { file.Close() })
	h := &house{t: t, file: file, Set: worlds.New(worlds.Options{})}
	h.mock, err = mockserver.New(c, mockserver.Options{Seed: 1, KeyBits: 1024, Wrap: h.Wrap, WorldOf: h.WorldOf, QuickPasswords: true})
	if err != nil {
		t.Fatal(err)
	}
	return h, h.Bind(h.mock, file.Of(c.Name))
}

func mustOpen(t testing.TB, name string) *house {
	t.Helper()
	h, err := open(t, name)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// again closes the house and opens it anew.
func (h *house) again() *house {
	h.t.Helper()
	name := h.file.Name()
	h.must(h.file.Close())
	return mustOpen(h.t, name)
}

// add puts an idea into a world, and waits until it is safe.
func (h *house) add(world, content string) {
	h.t.Helper()
	w := h.Known(world).State()
	_, err := w.AddRecord("/ideas", "", nil, map[string]any{"content": content})
	h.must(err)
	h.must(w.Safe())
}

func (h *house) world(name string, from worlds.Source) {
	h.t.Helper()
	_, err := h.Create(name, from)
	h.must(err)
}

func (h *house) snapshot(world, name string) {
	h.t.Helper()
	_, err := h.Snapshot(world, name)
	h.must(err)
}

// dumped is all that the worlds hold, in order and readable.
func (h *house) dumped() string {
	var lines []string
	for _, w := range h.List() {
		for c := range w.State().Dump() {
			lines = append(lines, fmt.Sprintf("%s %q %s", w.Name, c.Key, c.Value))
		}
	}
	for _, s := range h.Snapshots() {
		lines = append(lines, fmt.Sprintf("snapshot %s of %s at %s", s.Name, s.World, s.Created.Format(time.RFC3339Nano)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// contents are those of a world's ideas that were added by the test.
func (h *house) contents(world string) string {
	all, _, err := h.Known(world).State().Records("/ideas", "", 0, 1000)
	h.must(err)
	var out []string
	for _, r := range all {
		if _, after, ok := strings.Cut(string(r.Doc), `"content":"my `); ok {
			content, _, _ := strings.Cut(after, `"`)
			out = append(out, content)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// layers is how many the file holds.
func layers(t *testing.T, name string) (n int) {
	t.Helper()
	db, err := bbolt.Open(name, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket([]byte("contract idea-pool")).Bucket([]byte("layers")).Stats().BucketN - 1
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEverythingComesBack(t *testing.T) {
	h := mustOpen(t, filepath.Join(t.TempDir(), "state.db"))
	h.add("default", "my first")
	h.world("blue", worlds.Source{World: "default"})
	h.add("blue", "my <second> \u2028 ü")
	h.snapshot("blue", "two")
	h.add("blue", "my third")
	w := h.mock.World()
	user, err := h.mock.AddUser(w, map[string]any{"email": "me@example.com", "name": "Me", "password": "the-Secret-123"})
	h.must(err)
	grant, err := h.mock.Grant(w, user.ID, 0)
	h.must(err)
	w.Expire(grant.AccessToken)
	w.Clock.Advance(time.Hour)
	w.Clock.Freeze()
	h.must(w.Safe())
	before := h.dumped()
	for range 2 {
		h = h.again()
		if after := h.dumped(); after != before {
			t.Fatalf("after:\n%s\n\nbefore:\n%s", after, before)
		}
	}
	h.must(h.Restore("blue", worlds.Source{Snapshot: "two"}))
	if got := h.contents("blue"); !strings.HasSuffix(got, "first") || strings.Contains(got, "third") {
		t.Errorf("the snapshot holds %q", got)
	}
	h.add("blue", "my fourth")
	h.must(h.Reset("default"))
	h.must(h.Delete("blue"))
	h.must(h.DeleteSnapshot("two"))
	before = h.dumped()
	if after := h.again().dumped(); after != before || strings.Contains(after, "blue") || strings.Contains(after, "my ") {
		t.Errorf("after:\n%s\n\nbefore:\n%s", after, before)
	}
}

func TestWhatWasTakenOutStaysOut(t *testing.T) {
	h := mustOpen(t, filepath.Join(t.TempDir(), "state.db"))
	h.add("default", "my own")
	h.snapshot("default", "full")
	w := h.mock.World()
	if n, err := w.ClearRecords("/ideas"); n != 26 || err != nil { // those of the seed too
		t.Fatal(n, err)
	}
	h.must(w.RemoveUser(w.UserByLogin(w.Demo().Login).ID))
	h.must(w.Safe())
	before := h.dumped()
	h = h.again()
	if after := h.dumped(); after != before {
		t.Errorf("after:\n%s\n\nbefore:\n%s", after, before)
	}
	h.must(h.Restore("default", worlds.Source{Snapshot: "full"}))
	h = h.again()
	if records, users := h.mock.World().Len(); records != 26 || users != 1 {
		t.Errorf("%d records, %d users", records, users)
	}
}

func TestLoginsThatWereExchangedStayExchanged(t *testing.T) {
	h := mustOpen(t, filepath.Join(t.TempDir(), "state.db"))
	w, ids := h.mock.World(), map[string]string{}
	for _, login := range []string{"a@example.com", "b@example.com"} {
		u, err := h.mock.AddUser(w, map[string]any{"email": login, "name": login, "password": "the-Secret-123"})
		h.must(err)
		ids[login] = u.ID
	}
	h.snapshot("default", "before") // the changes stand in a layer above
	for _, step := range [][2]string{{ids["a@example.com"], "c@example.com"}, {ids["b@example.com"], "a@example.com"}, {ids["a@example.com"], "b@example.com"}} {
		_, err := h.mock.SetUser(w, step[0], map[string]any{"email": step[1]})
		h.must(err)
	}
	h.must(w.Safe())
	w = h.again().mock.World()
	for login, id := range map[string]string{"a@example.com": ids["b@example.com"], "b@example.com": ids["a@example.com"]} {
		if u := w.UserByLogin(login); u == nil || u.ID != id {
			t.Errorf("%s is %v, not %s", login, u, id)
		}
	}
}

func TestLayersThatNobodyNeedsGo(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.db")
	h := mustOpen(t, name)
	for i := range 30 {
		h.add("default", fmt.Sprint("my ", i))
		h.snapshot("default", "latest")
		h.world("short", worlds.Source{Snapshot: "latest"})
		h.must(h.Delete("short"))
	}
	before := h.dumped()
	h = h.again()
	if after := h.dumped(); after != before {
		t.Errorf("after:\n%s\n\nbefore:\n%s", after, before)
	}
	h.must(h.file.Close())
	if n := layers(t, name); n != 3 { // the seed, the snapshot, the world
		t.Errorf("the file holds %d layers", n)
	}
}

func TestNewIDsAreNotThoseOfBefore(t *testing.T) {
	h := mustOpen(t, filepath.Join(t.TempDir(), "state.db"))
	seen := map[string]bool{}
	for range 3 {
		for range 20 {
			r, err := h.mock.World().AddRecord("/ideas", "", nil, map[string]any{"content": "my idea"})
			h.must(err)
			if seen[r.ID] {
				t.Fatalf("%s was given twice", r.ID)
			}
			seen[r.ID] = true
		}
		h.must(h.mock.World().Safe())
		h = h.again()
	}
}

func TestThingsWithLongNamesAreKept(t *testing.T) {
	h := mustOpen(t, filepath.Join(t.TempDir(), "state.db"))
	w := h.mock.World()
	for _, id := range []string{strings.Repeat("x", 100_000), strings.Repeat("x", 99_999) + "y"} {
		_, err := w.AddRecord("/ideas", "", nil, map[string]any{"id": id, "content": "my " + id[len(id)-1:]})
		h.must(err)
	}
	h.must(w.Safe())
	if got := h.again().contents("default"); got != "x y" {
		t.Errorf("there is %q", got)
	}
}

func TestManyWritersShareACommit(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.db")
	h := mustOpen(t, name)
	commits := func() int {
		text, err := os.ReadFile(name)
		h.must(err)
		return int(max(transactions(text[16:]), transactions(text[4096+16:]))) // of the two meta pages
	}
	const writers, each = 50, 20
	before := commits()
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for j := range each {
				h.add("default", fmt.Sprint("my ", i, "/", j))
			}
		})
	}
	all.Wait()
	if n := commits() - before; n < 1 || n > writers*each/2 {
		t.Errorf("%d writes took %d commits", writers*each, n)
	}
	if records, _ := h.again().mock.World().Len(); records != 25+writers*each {
		t.Errorf("%d records", records)
	}
}

// transactions reads the number of the last commit from a meta page: magic and
// version, page size and flags, root, free list, high-water mark, then it.
func transactions(meta []byte) (n uint64) {
	for i := range 8 {
		n |= uint64(meta[48+i]) << (8 * i)
	}
	return n
}

func TestAFileThatCannotBeUsedIsTold(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("notes.txt", "shopping list")
	write("long.bin", strings.Repeat("no database at all ", 5000))
	other, err := bbolt.Open(at("other.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err }); err != nil {
		t.Fatal(err)
	}
	other.Close()
	tasks, err := store.Open(at("tasks.db"), made, "tasks", "notes")
	if err != nil {
		t.Fatal(err)
	}
	tasks.Close()
	held := mustOpen(t, at("held.db"))
	held.add("default", "my idea")
	for _, it := range []struct{ name, file, problem, hint string }{
		{"a text", "notes.txt", "is no data file of Assay", "name another file"},
		{"some other file", "long.bin", "is no data file of Assay", "name another file"},
		{"another program's database", "other.db", "is no data file of Assay", "name another file"},
		{"a folder", ".", "is no file", "name a file"},
		{"a file in no folder", "nowhere/state.db", "no such file or directory", "in a folder that exists"},
		{"another contract's file", "tasks.db", "keeps the state of notes, tasks, not of idea-pool", "--contract notes"},
		{"a file that another mock holds", "held.db", "is in use by another process", "stop the other one"},
	} {
		t.Run(it.name, func(t *testing.T) {
			before, _ := os.ReadFile(at(it.file))
			_, err := open(t, at(it.file))
			var f *store.Fault
			if !errors.As(err, &f) || !strings.Contains(f.Error(), it.problem) || !strings.Contains(f.Hint, it.hint) || !strings.Contains(f.Error(), filepath.Base(at(it.file))) {
				t.Fatalf("%v, expected a fault: %s (%s)", err, it.problem, it.hint)
			}
			if after, _ := os.ReadFile(at(it.file)); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

// TestADamagedFileIsNeverTakenForGood damages copies of a file at random
// places: each must be refused, or give exactly what was kept.
func TestADamagedFileIsNeverTakenForGood(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "state.db")
	h := mustOpen(t, name)
	for i := range 40 {
		h.add("default", fmt.Sprint("my ", i, strings.Repeat(" long", 20)))
	}
	h.world("blue", worlds.Source{World: "default"})
	h.snapshot("blue", "snap")
	h.add("blue", "my last")
	good := h.dumped()
	h.must(h.file.Close())
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	rounds := 150
	if testing.Short() {
		rounds = 60
	}
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for i := range rounds {
		damaged, what := damage(random, text, i)
		copied := filepath.Join(dir, "copy.db")
		if err := os.WriteFile(copied, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := open(t, copied)
		var f *store.Fault
		switch {
		case errors.As(err, &f):
			refused++
		case err != nil:
			t.Errorf("%s: %v is no fault", what, err)
		case h.dumped() != good:
			t.Errorf("%s: it was taken, and holds something else", what)
		}
		if h != nil {
			h.file.Close()
		}
		os.Remove(copied)
	}
	if refused < rounds/10 || refused == rounds {
		t.Errorf("%d of %d were refused: the test damages nothing, or everything", refused, rounds)
	}
}

func damage(random *rand.Rand, text []byte, i int) (damaged []byte, what string) {
	at := random.IntN(len(text))
	damaged = slices.Clone(text)
	switch i % 4 {
	case 0:
		damaged[at] ^= 1 << random.IntN(8)
		return damaged, fmt.Sprintf("a bit at %d", at)
	case 1:
		page := at &^ 4095
		clear(damaged[page:min(page+4096, len(damaged))])
		return damaged, fmt.Sprintf("a page of zeros at %d", page)
	case 2:
		page, from := at&^4095, random.IntN(len(text))&^4095
		copy(damaged[page:], text[from:min(from+4096, len(text))])
		return damaged, fmt.Sprintf("the page of %d at %d", from, page)
	}
	return damaged[:at], fmt.Sprintf("cut at %d", at)
}

func TestTheKeysStayThoseOfTheFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.db")
	mustOpen(t, name).file.Close()
	file, err := store.Open(name, store.Made{Seed: 9, KeyBits: 4096}, "idea-pool")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.Made() != made {
		t.Errorf("%+v", file.Made())
	}
}

func TestOneFileKeepsSeveralContracts(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.db")
	mustOpen(t, name).file.Close()
	for _, contracts := range [][]string{{"idea-pool", "tasks"}, {"tasks"}, {"tasks", "notes"}, {"idea-pool"}} {
		file, err := store.Open(name, made, contracts...)
		if err != nil {
			t.Fatalf("%v: %v", contracts, err)
		}
		file.Close()
	}
}

// TestNothingIsAcknowledgedThatCannotBeWritten takes the file away
// under a mock that serves.
func TestNothingIsAcknowledgedThatCannotBeWritten(t *testing.T) {
	h := mustOpen(t, filepath.Join(t.TempDir(), "state.db"))
	var trouble atomic.Value
	h.file.Trouble = func(err error) { trouble.Store(err) }
	server := httptest.NewServer(h.mock)
	defer server.Close()
	h.must(h.file.Close())
	for range 2 {
		resp, err := http.Post(server.URL+"/users", "application/json", strings.NewReader(`{"email":"me@example.com","name":"Me","password":"the-Secret-123"}`))
		h.must(err)
		resp.Body.Close()
		if resp.StatusCode != 500 {
			t.Errorf("%s was answered", resp.Status)
		}
	}
	if err := h.Reset("default"); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("%v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); trouble.Load() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody was told")
		}
	}
}
