package mockserver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"assay/contract"
	"assay/mockserver"
)

// FuzzHandler sends whatever can be sent to the whole handler: it answers
// every request with valid JSON or nothing, never with a 5xx, and what it
// answers keeps the contract that it serves.
func FuzzHandler(f *testing.F) {
	for _, seed := range []struct {
		method, target, contentType, token, body string
	}{
		{"POST", "/users", "application/json", "", `{"email":"a@example.com","name":"A","password":"the-Secret-123"}`},
		{"POST", "/access-tokens", "", "null", `{"email":"me@example.com","password":"the-Secret-123"}`},
		{"POST", "/access-tokens/refresh", "", "", `{"refresh_token":"x"}`},
		{"DELETE", "/access-tokens?refresh_token=x", "", "good", ``},
		{"GET", "/me", "", "good", ``},
		{"GET", "/ideas?page=1", "", "good", ``},
		{"GET", "/ideas/?page=99999999999999999999", "", "good", ``},
		{"GET", "/ideas?page=1e3&page=-1", "", "good", ``},
		{"POST", "/ideas", "application/json", "good", `{"content":"x","impact":"8","ease":1e0,"confidence":10,"more":{"a":[null]}}`},
		{"POST", "/ideas", "application/x-www-form-urlencoded", "good", `content=x&impact=8&ease=1&confidence=1&impact=2`},
		{"POST", "/ideas", "multipart/form-data; boundary=b", "good", "--b\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\nx\r\n--b--\r\n"},
		{"PUT", "/ideas/kept", "", "good", `{"content":"\u0000\ud800","impact":1,"ease":1,"confidence":1}`},
		{"DELETE", "/ideas/%2F", "", "good", ``},
		{"POST", "/ideas", "", "good", `{"content":"x","content":"y"}`},
		{"POST", "/ideas", "", "good", strings.Repeat("[", 1000)},
		{"POST", "/ideas", "", "good", `{"content":1e999999999,"impact":-0,"ease":1e-400}`},
		{"OPTIONS", "/ideas", "", "", ``},
		{"HEAD", "/ideas", "", "eyJ.e30.x", ``},
		{"POST", "/pets", "", "", `{"name":"Rex","kind":"dog","id":7}`},
		{"PATCH", "/pets/7", "", "", `{"name":5}`},
		{"GET", "/pets?limit=0&offset=9223372036854775807&kind=,", "", "", ``},
		{"PUT", "/settings", "", "", `{"size":"4","colour":null}`},
		{"POST", "/pets/1/toys", "", "", `{"label":"x","id":""}`},
		{"POST", "/search", "", "", `[]`},
	} {
		f.Add(seed.method, seed.target, seed.contentType, seed.token, []byte(seed.body))
	}
	var now *testing.T
	options := mockserver.Options{Now: noon, Frozen: true, KeyBits: 1024}
	options.SelfCheck = func(op *contract.Operation, status int, body []byte, j contract.Judgement) {
		for _, b := range j.Breaches {
			now.Errorf("%s breaks %s at %s: expected %s, got %s\n%d %s", op.ID, b.RuleID, b.Pointer, b.Expected, b.Actual, status, body)
		}
	}
	var mocks []*mockserver.Mock
	var fresh []*mockserver.World
	for _, c := range []*contract.Contract{pool(f), parse(f, petstore)} {
		mock, err := mockserver.New(c, options)
		if err != nil {
			f.Fatal(err)
		}
		mocks, fresh = append(mocks, mock), append(fresh, mock.World())
	}
	signedUp := direct(mocks[0], "POST", "/users", `{"email":"me@example.com","name":"Me","password":"the-Secret-123"}`, nil)
	good := (&answer{t: f, body: signedUp.Body.String()}).text("jwt")

	f.Fuzz(func(t *testing.T, method, target, contentType, token string, body []byte) {
		now = t
		if token == "good" {
			token = good
		}
		r, ok := requestOf(method, target, body)
		if !ok {
			t.Skip("net/http lets no such request through")
		}
		r.Header["Content-Type"] = []string{contentType}
		r.Header["X-Access-Token"] = []string{token}
		for i, mock := range mocks {
			mock.SetWorld(fresh[i].Fork())
			w := httptest.NewRecorder()
			again := r.Clone(r.Context())
			again.Body = http.NoBody
			if len(body) > 0 {
				again.Body = readCloser{strings.NewReader(string(body))}
			}
			mock.ServeHTTP(w, again)
			if w.Code >= 500 {
				t.Errorf("%s %s: %d %s", method, target, w.Code, w.Body)
			}
			if w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %s: %d and no JSON: %s", method, target, w.Code, w.Body)
			}
			if w.Code >= 400 && method != http.MethodHead && w.Body.Len() == 0 {
				t.Errorf("%s %s: %d without a reason", method, target, w.Code)
			}
		}
	})
}

// requestOf makes a request as a server gets it; false where none could come.
func requestOf(method, target string, body []byte) (*http.Request, bool) {
	if !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \t\r\n\x00") {
		return nil, false
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, false
	}
	r, err := http.NewRequest(method, "http://localhost/", nil)
	if err != nil {
		return nil, false
	}
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery, r.RequestURI = u.Path, u.RawPath, u.RawQuery, target
	r.ContentLength = int64(len(body))
	return r, true
}

// FuzzRecordsAreFoundAgain keeps records reachable under whatever id they have.
func FuzzRecordsAreFoundAgain(f *testing.F) {
	f.Add("x")
	f.Add("a/b")
	f.Add("ü %2F ..")
	f.Add("\x1f")
	mock, err := mockserver.New(parse(f, chosenIDs), mockserver.Options{Empty: true})
	if err != nil {
		f.Fatal(err)
	}
	fresh := mock.World()
	f.Fuzz(func(t *testing.T, id string) {
		mock.SetWorld(fresh.Fork())
		text, _ := json.Marshal(id)
		var sent string
		_ = json.Unmarshal(text, &sent)
		if sent == "" || sent == "." || sent == ".." {
			t.Skip("no path names it")
		}
		w := direct(mock, "POST", "/tags", fmt.Sprintf(`{"name":%s}`, text), nil)
		if w.Code != 201 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w := direct(mock, "POST", "/tags", fmt.Sprintf(`{"name":%s}`, text), nil); w.Code != 409 {
			t.Errorf("a second %q: %d %s", id, w.Code, w.Body)
		}
		r, ok := requestOf("GET", "/tags/"+url.PathEscape(sent), nil)
		if !ok {
			t.Skip("net/http lets no such request through")
		}
		again := httptest.NewRecorder()
		mock.ServeHTTP(again, r)
		if again.Code != 200 || again.Body.String() != w.Body.String() {
			t.Errorf("%q is not found again: %d %s", id, again.Code, again.Body)
		}
	})
}

// chosenIDs lets clients choose the ids of what they create.
const chosenIDs = `
openapi: 3.0.3
info: {title: Tags, version: "1"}
paths:
  /tags:
    post: {operationId: addTag, requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Tag"}}}}, responses: {"201": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Tag"}}}}}}
  /tags/{name}:
    get: {operationId: showTag, parameters: [{name: name, in: path, required: true, schema: {type: string}}], responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Tag"}}}}}}
components: {schemas: {Tag: {type: object, required: [name], properties: {name: {type: string}}}}}
`
