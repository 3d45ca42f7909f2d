package mockserver_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"assay/contract"
	"assay/mockserver"
)

// noon is when frozen worlds stand still.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// loadPool loads the Idea Pool's contract once: it is read-only.
var loadPool = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load("../openapi.yaml") })

func pool(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := loadPool()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// parse reads a contract from a text.
func parse(t testing.TB, text string) *contract.Contract {
	t.Helper()
	c, err := contract.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// edited loads the Idea Pool's contract after edits of its text's tree.
func edited(t testing.TB, edits ...func(*yaml.Node)) *contract.Contract {
	t.Helper()
	text, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	for _, edit := range append(edits, noExamples) {
		edit(root.Content[0])
	}
	text, err = yaml.Marshal(&root)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

// child returns the value of a key, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		if n.Kind == yaml.MappingNode && n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// at walks keys from a node; it panics where one is missing, so that an edit
// that edits nothing is seen.
func at(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		if n = child(n, key); n == nil {
			panic("no " + key + " in " + strings.Join(keys, " "))
		}
	}
	return n
}

// set puts a value, written as YAML, at the end of a path of keys.
func set(value string, keys ...string) func(*yaml.Node) {
	return func(root *yaml.Node) {
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(value), &n); err != nil {
			panic(err)
		}
		parent, key := at(root, keys[:len(keys)-1]...), keys[len(keys)-1]
		if held := child(parent, key); held != nil {
			*held = *n.Content[0]
			return
		}
		parent.Content = append(parent.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key, Tag: "!!str"}, n.Content[0])
	}
}

// drop removes the key at the end of a path.
func drop(keys ...string) func(*yaml.Node) {
	return func(root *yaml.Node) {
		parent, key := at(root, keys[:len(keys)-1]...), keys[len(keys)-1]
		at(parent, key)
		for i := 0; i < len(parent.Content); i += 2 {
			if parent.Content[i].Value == key {
				parent.Content = append(parent.Content[:i], parent.Content[i+2:]...)
				return
			}
		}
	}
}

// rename gives a key another name.
func rename(to string, keys ...string) func(*yaml.Node) {
	return func(root *yaml.Node) {
		parent, key := at(root, keys[:len(keys)-1]...), keys[len(keys)-1]
		at(parent, key)
		for i := 0; i < len(parent.Content); i += 2 {
			if parent.Content[i].Value == key {
				parent.Content[i].Value = to
			}
		}
	}
}

// noExamples removes every documented example, which an edited schema may contradict.
func noExamples(n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Kind == yaml.MappingNode && (n.Content[i].Value == "examples" || n.Content[i].Value == "example") {
			n.Content = append(n.Content[:i], n.Content[i+2:]...)
			i -= 2
		}
	}
	for _, c := range n.Content {
		noExamples(c)
	}
}

// without removes a name from a list, such as required.
func without(name string, keys ...string) func(*yaml.Node) {
	return func(root *yaml.Node) {
		list := at(root, keys...)
		for i, n := range list.Content {
			if n.Value == name {
				list.Content = append(list.Content[:i], list.Content[i+1:]...)
				return
			}
		}
		panic("no " + name)
	}
}

// strike removes a sentence from x-rules.
func strike(id string) func(*yaml.Node) {
	return func(root *yaml.Node) {
		if !struck(root, id) {
			panic("no sentence " + id)
		}
	}
}

func struck(n *yaml.Node, id string) bool {
	if rules := child(n, "x-rules"); rules != nil {
		for i, rule := range rules.Content {
			if child(rule, "id").Value == id {
				rules.Content = append(rules.Content[:i], rules.Content[i+1:]...)
				return true
			}
		}
	}
	for _, c := range n.Content {
		if struck(c, id) {
			return true
		}
	}
	return false
}

// serve starts a mock whose own answers are judged by its own contract.
func serve(t testing.TB, c *contract.Contract, options mockserver.Options) *client {
	t.Helper()
	options.SelfCheck = func(op *contract.Operation, status int, body []byte, j contract.Judgement) {
		for _, b := range j.Breaches {
			t.Errorf("the mock's own answer to %s breaks %s: %s expected %s, got %s\n%d %s", op.ID, b.RuleID, b.Pointer, b.Expected, b.Actual, status, body)
		}
	}
	return serveUnchecked(t, c, options)
}

// serveUnchecked starts a mock for a contract that contradicts itself, as edits make it.
func serveUnchecked(t testing.TB, c *contract.Contract, options mockserver.Options) *client {
	t.Helper()
	options.KeyBits = 1024
	server, err := mockserver.Start(c, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return &client{t: t, server: server}
}

// A client speaks to a mock as one person.
type client struct {
	t       testing.TB
	server  *mockserver.Server
	jwt     string
	refresh string
	email   string
}

// another returns a client of the same mock who is signed in as nobody.
func (c *client) another() *client { return &client{t: c.t, server: c.server} }

// An answer as it came.
type answer struct {
	t      testing.TB
	said   string // the request, for messages
	status int
	header http.Header
	body   string
}

// send sends a body as it stands; header lines are "Name: value".
func (c *client) send(method, path, body string, header ...string) *answer {
	c.t.Helper()
	r, err := http.NewRequest(method, c.server.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.jwt != "" {
		r.Header.Set("X-Access-Token", c.jwt)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return &answer{t: c.t, said: method + " " + path + " " + clip(body), status: resp.StatusCode, header: resp.Header, body: string(text)}
}

func clip(s string) string { return s[:min(len(s), 200)] }

// signUp makes an account and stays signed in.
func (c *client) signUp(email string) *client {
	c.t.Helper()
	c.email = email
	a := c.send("POST", "/users", fmt.Sprintf(`{"email":%q,"name":"Somebody","password":"the-Secret-123"}`, email))
	if a.status/100 != 2 {
		c.t.Fatalf("sign-up: %d %s", a.status, a.body)
	}
	c.keep(a)
	return c
}

// logIn opens another session.
func (c *client) logIn(password string) *answer {
	c.t.Helper()
	return c.send("POST", "/access-tokens", fmt.Sprintf(`{"email":%q,"password":%q}`, c.email, password))
}

// keep takes over the tokens of an answer.
func (c *client) keep(a *answer) {
	c.jwt = a.text("jwt")
	if refresh := a.text("refresh_token"); refresh != "" {
		c.refresh = refresh
	}
}

// create adds an idea and returns it.
func (c *client) create(content string, impact, ease, confidence int) *answer {
	c.t.Helper()
	return c.send("POST", "/ideas", idea(content, impact, ease, confidence))
}

func idea(content string, impact, ease, confidence int) string {
	text, _ := json.Marshal(content)
	return fmt.Sprintf(`{"content":%s,"impact":%d,"ease":%d,"confidence":%d}`, text, impact, ease, confidence)
}

// list returns a page of ideas.
func (c *client) list(page int) []map[string]any {
	c.t.Helper()
	a := c.send("GET", fmt.Sprintf("/ideas?page=%d", page), "")
	var items []map[string]any
	if err := json.Unmarshal([]byte(a.body), &items); err != nil || a.status != 200 {
		c.t.Fatalf("page %d: %d %s", page, a.status, a.body)
	}
	return items
}

// contents returns a member of every item.
func contents(items []map[string]any, name string) string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = fmt.Sprint(item[name])
	}
	return strings.Join(out, " ")
}

// has demands a status and returns the answer.
func (a *answer) has(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: expected %d, got %d %s", a.said, status, a.status, clip(a.body))
	}
	return a
}

// says demands a part of the body.
func (a *answer) says(part string) *answer {
	a.t.Helper()
	if !strings.Contains(a.body, part) {
		a.t.Errorf("%s: expected a body with %s, got %d %s", a.said, part, a.status, clip(a.body))
	}
	return a
}

// lacks demands that the body has no such part.
func (a *answer) lacks(part string) *answer {
	a.t.Helper()
	if strings.Contains(a.body, part) {
		a.t.Errorf("%s: expected a body without %s, got %d %s", a.said, part, a.status, clip(a.body))
	}
	return a
}

// member returns a member of the body, nil for none.
func (a *answer) member(name string) any {
	a.t.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(a.body)))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		a.t.Fatalf("%s: %d %s is no object", a.said, a.status, clip(a.body))
	}
	return object[name]
}

// text returns a member of the body as text; empty for none.
func (a *answer) text(name string) string {
	a.t.Helper()
	switch v := a.member(name).(type) {
	case nil:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

// direct sends a request past the network.
func direct(h http.Handler, method, path, body string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
