package control_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/control"
	"assay/mockserver/faults"
	"assay/mockserver/verdict"
	"assay/mockserver/worlds"
)

// A desk is a mock of the Idea Pool with everything that controls it.
type desk struct {
	t       *testing.T
	mock    *mockserver.Mock
	url     string
	world   string // that requests name
	control *contract.Contract
}

// fromFile tells of a contract's file, as the command does.
type fromFile struct{}

func (fromFile) Read(file string) ([]byte, error) { return os.ReadFile(file) }
func (fromFile) Loaded() time.Time                { return time.Unix(1, 0) }
func (fromFile) Watched() bool                    { return false }
func (fromFile) Fault() error                     { return nil }

func open(t *testing.T, edit ...func(*control.Options, *worlds.Options)) *desk {
	t.Helper()
	c, err := contract.Load("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	described, err := contract.Load("control.yaml")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	tally := verdict.New()
	options, ofWorlds := control.Options{Version: "test", Verdict: tally, Source: fromFile{}, Done: done}, worlds.Options{Journal: 50}
	for _, e := range edit {
		e(&options, &ofWorlds)
	}
	set := worlds.New(ofWorlds)
	options.Worlds = set
	api := control.New(options)
	mock, err := mockserver.New(c, mockserver.Options{
		Seed: 1, KeyBits: 1024, Journal: 100, Wrap: func(h http.Handler) http.Handler { return api.Front(set.Wrap(h)) }, WorldOf: set.WorldOf, Observe: tally.Observe,
		Mounts: map[string]http.Handler{control.Prefix + "/": api},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Bind(mock, nil); err != nil {
		t.Fatal(err)
	}
	api.Bind(mock)
	server := httptest.NewServer(mock)
	t.Cleanup(server.Close)
	return &desk{t: t, mock: mock, url: server.URL, control: described}
}

// in returns the desk for another world.
func (d *desk) in(world string) *desk {
	other := *d
	other.world = world
	return &other
}

// reply is an answer as it came.
type reply struct {
	t      *testing.T
	said   string
	status int
	header http.Header
	body   string
}

// send sends a request; header is in pairs.
func (d *desk) send(method, path, body string, header ...string) *reply {
	d.t.Helper()
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if d.world != "" {
		r.Header.Set(worlds.Header, d.world)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return &reply{d.t, method + " " + path, resp.StatusCode, resp.Header, string(text)}
}

// do calls an operation of control.yaml by its id, and judges the answer by
// that document. Parameters are "name=value"; those of the path are told apart.
func (d *desk) do(operation, body string, params ...string) *reply {
	d.t.Helper()
	op := d.control.Operation(operation)
	if op == nil {
		d.t.Fatalf("control.yaml has no %s", operation)
	}
	path, query := op.Path, url.Values{}
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		if strings.Contains(path, "{"+name+"}") {
			path = strings.Replace(path, "{"+name+"}", value, 1)
		} else {
			query.Set(name, value)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	r := d.send(op.Method, control.Prefix+path, body)
	if op.Answer(r.status) == nil {
		d.t.Errorf("%s answers %d, which control.yaml does not document: %s", operation, r.status, r.body)
	}
	j := op.JudgeResponse(r.status, r.header, []byte(r.body))
	for _, b := range append(j.Breaches, j.Remarks...) {
		d.t.Errorf("%s breaks control.yaml: %s expected %s, got %s\n%d %s", operation, b.Pointer, b.Expected, b.Actual, r.status, r.body)
	}
	return r
}

func (r *reply) has(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Errorf("%s: expected %d, got %d %s", r.said, status, r.status, r.body)
	}
	return r
}

func (r *reply) says(part string) *reply {
	r.t.Helper()
	if !strings.Contains(r.body, part) {
		r.t.Errorf("%s: expected %s in %d %s", r.said, part, r.status, r.body)
	}
	return r
}

func (r *reply) lacks(part string) *reply {
	r.t.Helper()
	if strings.Contains(r.body, part) {
		r.t.Errorf("%s: expected no %s in %d %s", r.said, part, r.status, r.body)
	}
	return r
}

// into decodes the body.
func (r *reply) into(v any) *reply {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		r.t.Fatalf("%s: %v in %s", r.said, err, r.body)
	}
	return r
}

// text is a member of the body; empty for none.
func (r *reply) text(name string) string {
	r.t.Helper()
	var object map[string]any
	r.into(&object)
	if object[name] == nil {
		return ""
	}
	return fmt.Sprint(object[name])
}

// signIn gives an access token of the demo account in the desk's world.
func (d *desk) signIn() (token string) {
	d.t.Helper()
	return d.do("signIn", "", "user="+d.mock.World().Demo().Login).has(201).text("access_token")
}

const goodIdea = `{"content":"x","impact":8,"ease":8,"confidence":8}`

func TestTheMockTellsWhatItServes(t *testing.T) {
	d := open(t)
	d.do("getStatus", "").has(200).says(`"title":"My Idea Pool"`).says(`"x-access-token"`).says(`"id":"createIdea"`).says(`"records":25`)
	d.do("getControl", "").has(200).says("operationId: getStatus")
	served := d.do("getContract", "").has(200).says(`"servers":[{"url":"/"}]`).says(`"operationId":"createIdea"`)
	if c, err := contract.Parse("served.json", []byte(served.body)); err != nil || len(c.Operations) != 9 {
		t.Errorf("what is served is no contract any more: %v", err)
	}
	d.send("GET", "/_assay/worlds/blue/_assay/contract", "").has(200).says(`"servers":[{"url":"/_assay/worlds/blue/"}]`)
	d.do("getCertificate", "").has(404).says("--tls")
	d.do("explainProblem", "", "kind=cross-site").has(200).says("another site")
	d.do("explainProblem", "", "kind=nonsense").has(404)
}

func TestTimeIsAtHand(t *testing.T) {
	d := open(t)
	token := d.signIn()
	me := func() *reply { return d.send("GET", "/me", "", "X-Access-Token", token) }
	me().has(200)

	d.do("changeClock", `{"advance":"9m50s"}`).has(200).says(`"moved":true`)
	me().has(200)
	d.do("changeClock", `{"advance":20}`).has(200)
	me().has(401).says("expired")
	d.do("changeClock", `{"advance":"-1d"}`).has(200)
	me().has(200)

	d.do("changeClock", `{"set":"2030-01-02T03:04:05Z","frozen":true}`).has(200).says(`"now":"2030-01-02T03:04:05Z"`).says(`"rate":0,"frozen":true`)
	token = d.signIn()
	d.send("POST", "/ideas", goodIdea, "X-Access-Token", token).has(201).says(`"created_at":1893553445`)
	d.do("changeClock", `{"set":1893553446.5}`).has(200).says(`"now":"2030-01-02T03:04:06.5Z"`)
	d.do("changeClock", `{"frozen":false,"rate":3600}`).has(200).says(`"rate":3600`)
	time.Sleep(200 * time.Millisecond)
	me().has(401)
	d.do("changeClock", `{"follow":true}`).has(200).says(`"moved":false`)

	for _, wrong := range []string{`{"set":"soon"}`, `{"advance":"1 week"}`, `{"rate":-1}`, `{"rate":"fast"}`, `{"freeze":true}`, `{"set":1e300}`, `{"advance":1e300}`, `[]`, `null`} {
		d.do("changeClock", wrong).has(422)
	}
	d.do("getClock", "").has(200).says(`"moved":false`)
}

func TestTokensLiveAsLongAsOneLikes(t *testing.T) {
	d := open(t)
	d.do("getTokenLifetime", "").has(200).says(`{"lifetime":600,"contract":600,"changed":false}`)
	d.do("setTokenLifetime", `{"lifetime":"5s"}`).has(200).says(`"lifetime":5,`)
	token := d.signIn()
	d.do("changeClock", `{"advance":6}`)
	d.send("GET", "/me", "", "X-Access-Token", token).has(401)
	d.do("setTokenLifetime", `{"lifetime":0}`).has(422)
	d.do("setTokenLifetime", `{"lifetime":"-5s"}`).has(422)
	d.do("setTokenLifetime", `{}`).has(422)
	d.do("resetTokenLifetime", "").has(200).says(`"changed":false`)
}

func TestTheJournalShowsBothSidesAndWhy(t *testing.T) {
	d := open(t)
	token := d.signIn()
	d.send("POST", "/ideas", `{"content":"x","impact":11,"ease":8,"confidence":8}`, "X-Access-Token", token).has(422)
	d.send("POST", "/ideas", `{"content":"x","impact":"8","ease":8,"confidence":8,"more":1}`, "X-Access-Token", token).has(201)
	d.send("GET", "/me", "").has(401)

	var entries []struct {
		Number    uint64
		Operation string
		Status    int
		Who       string
		Rules     []struct{ ID, Sentence, From string }
		Remarks   []struct{ Kind, At, Text string }
		Curl      string
		Response  struct{ Body string }
	}
	d.do("getJournal", "").has(200).into(&entries)
	if len(entries) != 3 {
		t.Fatalf("%+v", entries)
	}
	refused, sloppy, denied := entries[0], entries[1], entries[2]
	if refused.Status != 422 || len(refused.Rules) != 1 || refused.Rules[0].ID != "createIdea.body.impact.maximum" || !strings.Contains(refused.Rules[0].From, "idea pool document, line") {
		t.Errorf("%+v", refused)
	}
	if !strings.HasPrefix(refused.Curl, "curl -i "+d.url+"/ideas") || !strings.Contains(refused.Curl, token) {
		t.Errorf("the command that repeats it: %s", refused.Curl)
	}
	if sloppy.Who != d.mock.World().Demo().Login || len(sloppy.Remarks) != 2 || sloppy.Remarks[0].At != "/impact" {
		t.Errorf("%+v", sloppy)
	}
	if len(denied.Rules) != 1 || denied.Rules[0].ID != "me.security" {
		t.Errorf("%+v", denied)
	}
	d.do("getEntry", "", fmt.Sprint("number=", refused.Number)).has(200).says("integer from 1 to 10")
	d.do("getEntry", "", "number=999").has(404)
	d.do("getEntry", "", "number=zero").has(422)
	d.do("getJournal", "", fmt.Sprint("after=", sloppy.Number)).has(200).lacks("createIdea").says(`"/me"`)
	d.do("getJournal", "", "limit=1").has(200).lacks("createIdea")
	d.do("getJournal", "", "limit=0").has(422)
	d.do("clearJournal", "").has(204)
	d.do("getJournal", "").has(200).says("[]")
}

func TestTheJournalIsFollowedLive(t *testing.T) {
	d := open(t)
	resp, err := http.Get(d.url + "/_assay/journal/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	next := func() (event, data string) {
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "event":
				event = value
			case "data":
				return event, value
			}
		}
		return "", ""
	}
	for _, path := range []string{"/me", "/ideas"} {
		d.send("GET", path, "")
		if event, data := next(); event != "entry" || !strings.Contains(data, fmt.Sprintf(`"url":%q`, path)) {
			t.Errorf("%s: %s %s", path, event, data)
		}
	}
	d.do("reset", "").has(204) // the journal goes on
	d.send("GET", "/me?again", "")
	if _, data := next(); !strings.Contains(data, "again") {
		t.Errorf("after a reset: %s", data)
	}
}

func TestStateIsSeenAndShaped(t *testing.T) {
	d := open(t)
	login := d.mock.World().Demo().Login
	token := d.signIn()
	d.do("getCollections", "").has(200).says(`{"name":"/ideas","records":25,"members":["id","content"`)

	var records struct {
		Total   int
		Records []struct {
			Ref, Owner string
			OwnerLogin string `json:"owner_login"`
		}
	}
	d.do("getRecords", "", "collection=ideas", "limit=3", "offset=23").has(200).into(&records)
	if records.Total != 25 || len(records.Records) != 2 || records.Records[0].OwnerLogin != login {
		t.Errorf("%+v", records)
	}
	d.do("getRecords", "", "collection=ideas", "owner="+login).has(200).says(`"total":25`)
	d.do("getRecords", "", "collection=ideas", "owner=nobody").has(404)
	d.do("getRecords", "", "collection=thoughts").has(404).says("there are: ideas")

	ref := d.do("addRecord", fmt.Sprintf(`{"owner":%q,"doc":{"id":"mine","content":"x","impact":10,"ease":10,"confidence":10,"created_at":5}}`, login), "collection=ideas").has(201).text("ref")
	d.do("getRecord", "", "collection=ideas", "ref="+ref).has(200).says(`"average_score":10.0,"created_at":5`)
	d.do("addRecord", `{"doc":{"id":"mine"}}`, "collection=ideas").has(409)
	d.do("addRecord", `{"doc":[]}`, "collection=ideas").has(422)
	d.do("setRecord", `{"doc":{"content":"changed","impact":1,"ease":2,"confidence":3}}`, "collection=ideas", "ref="+ref).has(200).says(`"average_score":2.0`)
	d.send("GET", "/ideas?page=3", "", "X-Access-Token", token).has(200).says(`"content":"changed"`)
	d.do("deleteRecord", "", "collection=ideas", "ref="+ref).has(204)
	d.do("deleteRecord", "", "collection=ideas", "ref="+ref).has(404).says("no record")
	d.do("clearRecords", "", "collection=ideas").has(200).says(`{"count":25}`)
	d.send("GET", "/ideas", "", "X-Access-Token", token).has(200).says("[]")
	d.do("reset", "").has(204)
	d.do("getCollections", "").has(200).says(`"records":25`)
}

func TestAStateIsExportedAndImported(t *testing.T) {
	d := open(t)
	exported := d.do("exportState", "").has(200).says(`"assay":"state/1"`)
	d.do("clearRecords", "", "collection=ideas")
	d.do("importState", exported.body).has(200)
	if again := d.do("exportState", "").has(200); again.body != exported.body {
		t.Errorf("an import gives another state:\n%s\n%s", exported.body, again.body)
	}
	d.in("copy").do("importState", exported.body).has(200)
	d.in("copy").do("getCollections", "").has(200).says(`"records":25`)

	hand := `{"assay":"state/1","user":[{"id":"u1","login":"hand@example.com","password":"the-Secret-123","doc":{"name":"Hand","email":"hand@example.com"}}],
		"record":[{"collection":"/ideas","id":"i1","owner":"u1","doc":{"id":"i1","content":"by hand","impact":1,"ease":1,"confidence":1,"average_score":1,"created_at":1}}]}`
	d.do("importState", hand).has(200).says(`{"count":2}`)
	token := d.send("POST", "/access-tokens", `{"email":"hand@example.com","password":"the-Secret-123"}`).has(201).text("jwt")
	d.send("GET", "/ideas", "", "X-Access-Token", token).has(200).says(`"content":"by hand"`)

	for _, wrong := range []string{`{}`, `{"assay":"state/2"}`, `{"assay":"state/1","user":{}}`, `{"assay":"state/1","user":[{}]}`, `{"assay":"state/1","record":[{"collection":"/ideas","id":"x","doc":3}]}`, `{"assay":"state/1","nonsense":[{}]}`} {
		d.do("importState", wrong).has(422)
	}
	d.do("importState", `{`).has(400)
	d.send("GET", "/ideas", "", "X-Access-Token", token).has(200).says(`"content":"by hand"`)
}

func TestUsersAndTokensAreSeenAndEnded(t *testing.T) {
	d := open(t)
	login := d.mock.World().Demo().Login
	first := d.signIn()
	d.do("changeClock", `{"advance":1}`)
	second := d.signIn()
	me := func(token string) *reply { return d.send("GET", "/me", "", "X-Access-Token", token) }
	d.do("getUsers", "").has(200).says(`"total":1`).says(`"tokens":2`)

	var tokens []struct {
		Number    int
		Token     string
		Remaining float64
	}
	d.do("getTokens", "").has(200).into(&tokens)
	if len(tokens) != 2 || tokens[0].Token != second || tokens[0].Remaining < 598 || tokens[0].Remaining > 600 {
		t.Fatalf("%+v", tokens)
	}
	d.do("expireToken", "", fmt.Sprint("number=", tokens[1].Number)).has(204)
	me(first).has(401).says("expired")
	me(second).has(200)
	d.do("getTokens", "").has(200).lacks(first)
	d.do("getTokens", "", "all=true").has(200).says(`"denied":"expired early"`)
	d.do("expireTokens", fmt.Sprintf(`{"user":%q}`, login)).has(200).says(`{"count":1}`)
	me(second).has(401)
	d.do("expireToken", "", "number=99").has(404)

	refresh := d.do("signIn", `{"lifetime":"2s"}`, "user="+login).has(201).text("refresh_token")
	d.do("endSessions", `{"user":"`+login+`"}`).has(200)
	d.send("POST", "/access-tokens/refresh", fmt.Sprintf(`{"refresh_token":%q}`, refresh)).has(409)
	d.do("expireTokens", "").has(200).says(`{"count":1}`)

	id := d.do("addUser", `{"email":"new@example.com","name":"New","password":"x"}`).has(201).text("id")
	d.do("addUser", `{"email":"new@example.com","name":"New","password":"x"}`).has(409)
	d.do("addUser", `{"name":"New"}`).has(422)
	d.do("changeUser", `{"name":"Newer","password":"y","email":"newer@example.com"}`, "user="+id).has(200).says(`"name":"Newer"`)
	d.send("POST", "/access-tokens", `{"email":"newer@example.com","password":"y"}`).has(201)
	d.do("getUser", "", "user=newer@example.com").has(200)
	d.do("changeUser", fmt.Sprintf(`{"email":%q}`, login), "user="+id).has(409)
	d.do("deleteUser", "", "user="+id).has(204)
	d.do("getUser", "", "user="+id).has(404)
	d.do("signIn", "", "user=nobody").has(404)
}

func TestFaultsArePlantedWhileItRuns(t *testing.T) {
	d := open(t, func(_ *control.Options, w *worlds.Options) {
		w.Faults = faults.File{Faults: []faults.Spec{{Operation: "refresh", Status: 503}}}
	})
	token := d.signIn()
	list := func() *reply { return d.send("GET", "/ideas", "", "X-Access-Token", token) }
	d.do("getFaults", "").has(200).says(`"operation":"refresh"`)
	id := d.do("addFault", `{"operation":"listIdeas","status":429,"retry_after":3,"times":2}`).has(201).says(`"words":"status 429, retry after 3 s"`).text("id")
	if a := list().has(429); a.header.Get("Retry-After") != "3" {
		t.Errorf("%v", a.header)
	}
	d.do("getFaults", "").has(200).says(`"struck":1,"spent":false`)
	list().has(429)
	list().has(200)
	d.do("removeFault", "", "id="+id).has(204)
	d.do("removeFault", "", "id="+id).has(404)
	d.do("addFault", `{"status":503}`).has(201)
	list().has(503)
	d.in("another").send("GET", "/ideas", "", "X-Access-Token", token).has(200)
	d.do("clearFaults", "").has(204)
	list().has(200)
	d.do("reset", "").has(204)
	d.do("getFaults", "").has(200).says(`"operation":"refresh"`)
	for _, wrong := range []string{`{}`, `{"status":1}`, `{"operation":"nothing","status":503}`, `{"statsu":503}`, `{"delay":"x"}`, `{"body":"odd"}`, `{"status":503,"chance":3}`} {
		d.do("addFault", wrong).has(422)
	}
}

func TestWorldsAndSnapshotsAreMadeAndForgotten(t *testing.T) {
	d := open(t)
	d.do("createWorld", `{"name":"blue"}`).has(201).says(`"from":"seed"`).says(`"records":25`)
	d.do("createWorld", `{"name":"blue"}`).has(409)
	d.do("createWorld", `{"name":"no good"}`).has(400)
	d.do("createWorld", `{"name":"red","snapshot":"none"}`).has(404)
	d.do("createWorld", `{"name":"red","snapshot":"a","from":"b"}`).has(422)
	d.in("blue").do("clearRecords", "", "collection=ideas").has(200)
	d.do("getCollections", "").has(200).says(`"records":25`)
	d.do("getCollections", "", "world=blue").has(200).says(`"records":0`)
	d.send("GET", "/_assay/worlds/blue/_assay/collections", "").has(200).says(`"records":0`)

	d.in("blue").do("takeSnapshot", `{"name":"empty"}`).has(201).says(`"world":"blue"`)
	d.do("getSnapshots", "").has(200).says("empty")
	d.do("createWorld", `{"name":"red","snapshot":"empty"}`).has(201).says(`"records":0`)
	d.do("createWorld", `{"name":"green","from":"red"}`).has(201).says(`"from":"world red"`)
	d.do("restoreSnapshot", "", "name=empty").has(204)
	d.do("getCollections", "").has(200).says(`"records":0`)
	d.do("restoreSnapshot", "", "name=none").has(404)
	d.do("deleteSnapshot", "", "name=empty").has(204)
	d.do("deleteSnapshot", "", "name=empty").has(404)

	d.do("getWorlds", "").has(200).says(`"limit":10000`).says(`"name":"green"`)
	d.do("deleteWorld", "", "name=green").has(204)
	d.do("getWorld", "", "name=green").has(404)
	d.do("deleteWorld", "", "name=default").has(409)
}

func TestTheVerdictIsAtHand(t *testing.T) {
	d := open(t)
	d.send("GET", "/me", "")
	d.do("getVerdict", "").has(200).says(`"kind":"no token","operation":"me"`)
	d.do("clearVerdict", "").has(204)
	d.do("getVerdict", "").has(200).says(`{"exchanges":0,"faults":[]}`)
	unjudged := open(t, func(o *control.Options, _ *worlds.Options) { o.Verdict = nil })
	unjudged.do("getVerdict", "").has(404).says("--judge")
	unjudged.do("clearVerdict", "").has(404)
}

func TestWhatIsWrongIsToldAsRFC9457Has(t *testing.T) {
	d := open(t)
	for _, it := range []struct {
		name, method, path, body string
		status                   int
		says                     string
	}{
		{"an address that is none", "GET", "/_assay/nothing", "", 404, "control.yaml"},
		{"a method that is not taken", "PUT", "/_assay/clock", "", 405, "GET, PATCH"},
		{"a body that is no JSON", "PATCH", "/_assay/clock", "{", 400, "not acceptable JSON"},
		{"a body with a key twice", "PATCH", "/_assay/clock", `{"rate":1,"rate":2}`, 400, "twice"},
		{"a member of another type", "PATCH", "/_assay/clock", `{"rate":true}`, 422, `"pointer":"/rate"`},
		{"a missing body", "POST", "/_assay/worlds", "", 422, "body"},
		{"a huge body", "POST", "/_assay/faults", strings.Repeat(" ", 2<<20), 413, "longer"},
		{"a world that cannot be", "GET", "/_assay/clock?world=a%20b", "", 400, "no name"},
		{"a world's prefix with nothing behind", "GET", "/_assay/worlds//ideas", "", 400, "no name"},
	} {
		t.Run(it.name, func(t *testing.T) {
			a := d.send(it.method, it.path, it.body)
			var p struct {
				Type, Title, Detail string
				Status              int
			}
			if a.has(it.status).says(it.says); a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("Content-Type: %s", a.header.Get("Content-Type"))
			}
			if a.into(&p); p.Status != it.status || p.Title == "" || p.Detail == "" {
				t.Errorf("%s", a.body)
			}
			d.send("GET", p.Type, "").has(200)
		})
	}
}

func TestForeignPagesAreRefused(t *testing.T) {
	d := open(t)
	host := strings.TrimPrefix(d.url, "http://")
	_, port, _ := strings.Cut(host, ":")
	for _, it := range []struct {
		name   string
		status int
		header []string
	}{
		{"curl", 200, nil},
		{"the page itself", 200, []string{"Origin", d.url, "Sec-Fetch-Site", "same-origin"}},
		{"the frontend under development, on another port", 200, []string{"Origin", "http://localhost:5173", "Sec-Fetch-Site", "same-site"}},
		{"another name of this machine", 200, []string{"Host", "localhost:" + port}},
		{"a name of this machine by RFC 6761", 200, []string{"Host", "app.localhost:" + port}},
		{"IPv6", 200, []string{"Host", "[::1]:" + port}},
		{"a page of another site", 403, []string{"Origin", "https://evil.example"}},
		{"a page whose site only looks like ours", 403, []string{"Origin", "http://localhost.evil.example"}},
		{"a page that hides its origin", 403, []string{"Origin", "null"}},
		{"a page of another site without Origin", 403, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"}},
		{"a form of another site", 403, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}},
		{"a link on another site", 200, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}},
		{"a name that was pointed at this machine", 403, []string{"Host", "rebound.evil.example:" + port}},
		{"the same from its own page", 403, []string{"Host", "rebound.evil.example:" + port, "Origin", "http://rebound.evil.example:" + port}},
		{"no host", 403, []string{"Host", "."}},
	} {
		t.Run(it.name, func(t *testing.T) {
			a := d.send("GET", "/_assay/status", "", it.header...).has(it.status)
			if allowed := a.header.Get("Access-Control-Allow-Origin"); it.status == 403 && allowed != "" {
				t.Errorf("the page may read the refusal: %s", allowed)
			}
			d.send("GET", "/_assay/worlds/x/ideas", "", it.header...).has(401) // the API itself is for any page
		})
	}
	t.Run("a preflight", func(t *testing.T) {
		d.send("OPTIONS", "/_assay/clock", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "PATCH").has(403)
		a := d.send("OPTIONS", "/_assay/clock", "", "Origin", "http://localhost:5173", "Access-Control-Request-Method", "PATCH").has(204)
		if !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "PATCH") {
			t.Errorf("%v", a.header)
		}
	})
}

func TestWhereATokenIsAskedItIsNeeded(t *testing.T) {
	d := open(t, func(o *control.Options, _ *worlds.Options) { o.Guard.Token = "open-sesame" })
	a := d.send("GET", "/_assay/status", "").has(401)
	if !strings.HasPrefix(a.header.Get("Www-Authenticate"), "Bearer") {
		t.Errorf("%v", a.header)
	}
	d.send("GET", "/_assay/status", "", "Authorization", "Bearer open-sesam").has(401)
	d.send("GET", "/_assay/status", "", "Authorization", "Bearer open-sesame").has(200)
	d.send("GET", "/_assay/status", "", "Authorization", "Bearer open-sesame", "Host", "mock.staging.example").has(200)
	d.send("GET", "/_assay/worlds/blue/_assay/status", "").has(401)
	d.send("GET", "/_assay/", "").has(200) // the page holds nothing
	d.send("GET", "/_assay/worlds/blue/ideas", "").has(401).says("access token")
}

func TestAContractInSeveralFilesIsGivenAsOne(t *testing.T) {
	texts := map[string]string{
		"api/openapi.yaml":       "openapi: 3.0.3\npaths:\n  /a:\n    get: {responses: {\"200\": {$ref: \"parts/answers.yaml#/Ok\"}}}\n",
		"api/parts/answers.yaml": "Ok: {description: yes, content: {application/json: {schema: {$ref: \"#/Tree\"}}}}\nTree: {type: object, properties: {parent: {$ref: \"#/Tree\"}, leaf: {$ref: \"../openapi.yaml#/paths\"}, more: {$ref: \"deep/b.yaml#/X\"}}}\n",
		"api/parts/deep/b.yaml":  "X: {type: string, example: 2026-01-02}\n",
	}
	value, err := control.Bundled("api/openapi.yaml", func(file string) ([]byte, error) {
		text, ok := texts[file]
		if !ok {
			return nil, fmt.Errorf("%s is not there, of %v", file, slices.Collect(maps.Keys(texts)))
		}
		return []byte(text), nil
	}, "/x/")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"200":{"$ref":"#/x-files/api~1parts~1answers.yaml/Ok"}`, `"parent":{"$ref":"#/x-files/api~1parts~1answers.yaml/Tree"}`,
		`"leaf":{"$ref":"#/paths"}`, `"more":{"$ref":"#/x-files/api~1parts~1deep~1b.yaml/X"}`, `"example":"2026-01-02"`, `"servers":[{"url":"/x/"}]`,
	} {
		if !bytes.Contains(got, []byte(part)) {
			t.Errorf("there is no %s in %s", part, got)
		}
	}
}

func TestTheBareAddressLeadsPeopleToTheConsole(t *testing.T) {
	d := open(t)
	for _, asked := range []struct {
		name   string
		path   string
		header []string
		status int
	}{
		{"a person types it", "/", []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 302},
		{"a person types another", "/nothing", []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 404},
		{"a page shows it in a frame", "/", []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 404},
		{"a page asks for it", "/", []string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, 404},
		{"a program asks for it", "/", nil, 404},
	} {
		t.Run(asked.name, func(t *testing.T) {
			a := d.send("GET", asked.path, "", asked.header...).has(asked.status)
			if to := a.header.Get("Location"); asked.status == 302 && to != "/_assay/" {
				t.Errorf("it leads to %q", to)
			}
		})
	}
}

func TestAContractThatServesTheBareAddressKeepsIt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "openapi.yaml")
	text := "openapi: 3.0.3\ninfo: {title: Small, version: '1'}\npaths:\n  /:\n    get:\n      operationId: home\n      responses: {'204': {description: home}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := contract.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	api := control.New(control.Options{Worlds: worlds.New(worlds.Options{})})
	mock, err := mockserver.New(c, mockserver.Options{Wrap: api.Front})
	if err != nil {
		t.Fatal(err)
	}
	api.Bind(mock)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	w := httptest.NewRecorder()
	if mock.ServeHTTP(w, r); w.Code != 204 {
		t.Errorf("it answers %d %v", w.Code, w.Header())
	}
}
