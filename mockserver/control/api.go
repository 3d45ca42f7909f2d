package control

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/control/console"
	"assay/mockserver/problem"
	"assay/mockserver/verdict"
	"assay/mockserver/worlds"
)

// Prefix is where the API stands.
const Prefix = "/_assay"

//go:embed control.yaml
var document embed.FS

// loaded is control.yaml, read when it is needed first.
var loaded = sync.OnceValues(func() (*contract.Contract, error) { return contract.LoadFS(document, "control.yaml") })

// Options say what the API stands for.
type Options struct {
	Version     string         // of Assay
	Guard       Guard          // who may
	Worlds      *worlds.Set    // of the mock; required
	Verdict     *verdict.Tally // of what clients did; nil where nobody judges
	Source      Source         // what is told of the contract's file
	Certificate func() []byte  // PEM; nil where the mock serves plain HTTP
	Data        string         // the file that keeps the state; empty for none
	Done        <-chan struct{}
}

// A Source tells of the file that a contract comes from. It is safe for
// concurrent use.
type Source interface {
	// Read returns the text of the contract's file, or of one that it refers to.
	Read(file string) ([]byte, error)
	// Loaded is when the edition that is served was read.
	Loaded() time.Time
	// Watched reports whether edits are taken up.
	Watched() bool
	// Fault says why the last edit is not in force; nil while it is.
	Fault() error
}

// An API is the control API of one mock. [API.Bind] names the mock.
type API struct {
	options Options
	mock    *mockserver.Mock
	started time.Time

	once   sync.Once
	routes *http.ServeMux
	broken error // why there are no routes: a fault of this package
}

// New returns an API, to be mounted at [Prefix] + "/".
func New(options Options) *API {
	return &API{options: options, started: time.Now()}
}

// Bind names the mock; it is called once, before the mock serves.
func (a *API) Bind(m *mockserver.Mock) { a.mock = m }

// maxBody bounds what is sent to the API, and maxImport a state, in bytes.
const (
	maxBody   = 1 << 20
	maxImport = 256 << 20
)

// ServeHTTP serves everything below the prefix.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if enters(r.URL) {
		a.options.Worlds.Enter(a.mock, w, r)
		return
	}
	if p := a.options.Guard.admit(w, r); p != nil {
		p.Write(w)
		return
	}
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	a.once.Do(a.open)
	if a.broken != nil {
		failed.New("%v", a.broken).Write(w)
		return
	}
	a.routes.ServeHTTP(w, r)
}

// enters reports whether a path enters a world: /_assay/worlds/NAME/…
func enters(u *url.URL) bool {
	rest, ok := strings.CutPrefix(u.EscapedPath(), worlds.Prefix)
	return ok && strings.Contains(rest, "/")
}

// An action is what one operation of control.yaml does. It returns what is
// answered as JSON, or nil where nothing is or the action has answered itself.
type action func(*call) (any, error)

// A call is one request on its way.
type call struct {
	*API
	w     http.ResponseWriter
	r     *http.Request
	op    *contract.Operation
	world *worlds.World
	raw   []byte // the body
}

// open compiles control.yaml into routes.
func (a *API) open() {
	c, err := loaded()
	if err != nil {
		a.broken = err
		return
	}
	mux := http.NewServeMux()
	methods := map[string]map[string]*contract.Operation{}
	for _, op := range c.Operations {
		if actions[op.ID] == nil {
			a.broken = fmt.Errorf("no code stands under %s", op.ID)
			return
		}
		if methods[op.Path] == nil {
			methods[op.Path] = map[string]*contract.Operation{}
		}
		methods[op.Path][op.Method] = op
	}
	for path, ops := range methods {
		// A record's reference has slashes where it stands in a scope.
		mux.Handle(Prefix+strings.Replace(path, "{ref}", "{ref...}", 1), a.route(ops))
	}
	page := console.Handler(Prefix)
	mux.Handle(Prefix+"/{$}", page)
	mux.Handle(Prefix+"/console/", page)
	mux.Handle(Prefix+"/docs/", page)
	mux.HandleFunc(Prefix+"/", func(w http.ResponseWriter, r *http.Request) {
		notFound.New("there is nothing at %s", r.URL.Path).With("GET " + Prefix + "/control.yaml tells what there is").Write(w)
	})
	a.routes = mux
}

// route serves the operations of one path.
func (a *API) route(ops map[string]*contract.Operation) http.Handler {
	var allowed []string
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if ops[method] != nil {
			allowed = append(allowed, method)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		op := ops[method]
		if op == nil {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			badMethod.New("%s is not for %s", clip(r.URL.Path), clip(r.Method)).With("it has " + strings.Join(allowed, ", ")).Write(w)
			return
		}
		c := &call{API: a, w: w, r: r, op: op}
		if err := c.serve(); err != nil {
			problemOf(err).Write(w)
		}
	})
}

// serve takes a call through its phases.
func (c *call) serve() error {
	if err := c.read(); err != nil {
		return err
	}
	if err := c.judge(); err != nil {
		return err
	}
	name := c.r.Header.Get(worlds.Header)
	if named := c.r.URL.Query().Get("world"); named != "" {
		name = named
	}
	var err error
	if c.world, err = c.options.Worlds.Of(name); err != nil {
		return err
	}
	result, err := actions[c.op.ID](c)
	if err != nil {
		return err
	}
	return c.answer(result)
}

func (c *call) read() (err error) {
	if c.op.Body == nil {
		return nil
	}
	limit := int64(maxBody)
	if c.op.ID == "importState" {
		limit = maxImport
	}
	c.raw, err = io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return tooLarge.New("the body is longer than %d bytes", limit)
	case err != nil:
		return malformed.New("the body did not come to its end: %v", err)
	}
	return nil
}

// judge refuses what breaks control.yaml.
func (c *call) judge() error {
	var body any
	has := len(bytes.TrimSpace(c.raw)) > 0
	if has {
		var err error
		if body, err = contract.DecodeStrict(c.raw); err != nil {
			return malformed.New("the body is not acceptable JSON: %v", err)
		}
		if body == nil {
			return invalid.New("the body is null, an object is expected")
		}
	}
	path := map[string]string{}
	for _, p := range c.op.Params {
		if p.In == "path" {
			path[p.Name] = c.r.PathValue(p.Name)
		}
	}
	query := c.r.URL.Query()
	query.Del("world") // any operation takes it
	j := c.op.JudgeRequest(path, query, c.r.Header, body, has)
	breaches := j.Breaches
	for _, r := range j.Remarks {
		if r.In == "body" { // a misspelt member would do nothing, silently
			breaches = append(breaches, r)
		}
	}
	if len(breaches) == 0 {
		return nil
	}
	p := invalid.New("%s does not fit what %s takes", c.r.URL.Path, c.op.ID)
	for _, b := range breaches {
		p.Errors = append(p.Errors, problem.Error{In: b.In, Pointer: b.Pointer, Detail: fmt.Sprintf("expected %s, got %s", b.Expected, b.Actual)})
	}
	return p
}

// body decodes what was sent, which control.yaml has found good.
func (c *call) body(into any) error {
	if len(bytes.TrimSpace(c.raw)) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.raw, into); err != nil {
		return invalid.New("%v", err)
	}
	return nil
}

// answer writes what an action returned.
func (c *call) answer(result any) error {
	c.w.Header().Set("Cache-Control", "no-store")
	if result == nil {
		if c.op.Success.Status == http.StatusNoContent {
			c.w.WriteHeader(http.StatusNoContent)
		}
		return nil
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(c.op.Success.Status)
	_, _ = c.w.Write(append(text, '\n')) // a client that has gone needs no answer
	return nil
}

func clip(text string) string {
	const longest = 100
	if len(text) > longest {
		return text[:longest] + "…"
	}
	return text
}

// actions are what the operations of control.yaml do.
var actions = map[string]action{}

func init() {
	for _, some := range []map[string]action{mockActions, timeActions, journalActions, stateActions, userActions, faultActions, worldActions} {
		for id, act := range some {
			actions[id] = act
		}
	}
}
