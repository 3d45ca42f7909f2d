package mockserver

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"assay/contract"
)

// A plan is a contract compiled for serving. It is not changed once made, so
// that another can take its place between two requests.
type plan struct {
	contract   *contract.Contract
	options    *Options
	router     router
	operations []*operation
	kinds      map[string]*kind // by collection
	lifetime   *atomic.Int64    // of new access tokens, shared by all plans of a mock
	accounts   *accounts        // nil when the contract has no sign-up or log-in
	tokens     *tokens          // nil when the contract gives no tokens
	errors     *errorBody       // of refusals outside any operation
	unsaid     []Unsaid
	shapes     shapes
	headers    map[*contract.Scheme]string // canonical names of the headers that carry tokens
	endsAccess bool                        // a later log-in makes access tokens useless, so they are kept by session
	generation uint64                      // grows with every contract that takes the place of another
}

// An operation is one of the contract's, ready to serve.
type operation struct {
	*contract.Operation
	verb      verb
	act       Handler
	place     place
	kind      *kind
	obeys     obeyed
	body      *shape // of the request; nil when none is documented
	takesJSON bool
	takesForm bool
	success   *answer
	refusals  map[contract.Kind]*refusal
	grants    *grants
	pager     *pager
	location  bool // the answer of success documents a Location
}

// An answer is how success is written.
type answer struct {
	status      int
	contentType []string // nil when there is no body
	shape       *shape
	list        *shape // the shape of the array's items, for a list
	member      *member
	array       *shape
}

func newPlan(c *contract.Contract, options *Options, keys *Keys) (*plan, error) {
	p := &plan{contract: c, options: options, kinds: map[string]*kind{}, shapes: shapes{}, headers: map[*contract.Scheme]string{}, errors: plainErrorBody}
	for _, op := range c.Operations {
		p.operations = append(p.operations, p.newOperation(op))
	}
	for _, s := range c.Schemes {
		p.headers[s] = http.CanonicalHeaderKey(s.Key)
	}
	p.findErrors()
	p.findAccounts()
	p.chooseVerbs()
	p.compileKinds()
	if err := p.readSentences(keys); err != nil {
		return nil, err
	}
	for _, op := range p.operations {
		p.finish(op)
		p.router.add(op)
	}
	p.router.bases = serverPaths(c.Servers)
	return p, nil
}

func (p *plan) newOperation(o *contract.Operation) *operation {
	op := &operation{Operation: o, place: placeOf(o.Path)}
	if o.Body != nil {
		op.body = p.shapes.of(o.Body.Schema)
		for _, t := range o.Body.Types {
			op.takesJSON = op.takesJSON || strings.Contains(t, "json") || t == "*/*"
			op.takesForm = op.takesForm || strings.HasPrefix(t, "application/x-www-form-urlencoded") || strings.HasPrefix(t, "multipart/form-data")
		}
	}
	op.success = p.answerOf(o.Success)
	if o.Success != nil {
		for _, h := range o.Success.Header {
			op.location = op.location || http.CanonicalHeaderKey(h.Name) == "Location"
		}
	}
	return op
}

func (p *plan) answerOf(a *contract.Answer) *answer {
	if a == nil {
		return &answer{status: http.StatusOK}
	}
	out := &answer{status: a.Status}
	if out.status == 0 {
		out.status = a.Class * 100
	}
	if len(a.Types) > 0 && out.status != http.StatusNoContent {
		out.shape = p.shapes.of(a.Schema)
		out.contentType = []string{contentType(a.Types)}
	}
	return out
}

// contentType chooses what an answer is labelled with.
func contentType(types []string) string {
	for _, t := range types {
		switch {
		case t == "application/json" || t == "*/*" || t == "application/*":
			return jsonType
		case strings.Contains(t, "json"):
			return t
		}
	}
	return types[0]
}

const jsonType = "application/json; charset=utf-8"

// findErrors takes the first documented form of a refusal for those that
// belong to no operation: unknown routes and methods.
func (p *plan) findErrors() {
	for _, op := range p.operations {
		for _, a := range op.Answers {
			if (a.Status/100 == 4 || a.Class == 4) && a.Schema != nil {
				p.errors = errorBodyOf(a, "")
				return
			}
		}
	}
}

// findAccounts finds how users sign up, log in and stay signed in.
func (p *plan) findAccounts() {
	found := &accounts{}
	var answers, bodies []*contract.Schema
	var examples []contract.Raw
	take := func(slot *string, name string) {
		if *slot == "" {
			*slot = name
		}
	}
	for _, id := range []string{"signUp", "logIn", "refresh", "logOut", "me"} {
		o := p.contract.Operation(id)
		if o == nil || p.options.Handlers[id] != nil {
			continue // such a handler's accounts are its own
		}
		if id == "signUp" || id == "logIn" {
			take(&found.password, passwordMember(bodySchema(o)))
			take(&found.login, loginMember(bodySchema(o)))
		}
		if id != "me" {
			take(&found.access, accessMember(successSchema(o)))
			take(&found.refresh, refreshMember(successSchema(o)))
		}
		if id == "refresh" || id == "logOut" {
			take(&found.refresh, refreshMember(bodySchema(o)))
		}
		if id == "signUp" || id == "me" {
			if s := successSchema(o); s != nil {
				answers = append(answers, s)
			}
			examples = append(examples, examplesOf(o)...)
		}
		if id == "signUp" {
			bodies = append(bodies, bodySchema(o))
		}
	}
	if found.password == "" || found.login == "" {
		return
	}
	found.kind = kindOf("accounts", withoutTokens(answers, found), bodies, examples, p.shapes)
	found.kind.identify(nil, examples)
	found.kind.finish()
	p.accounts = found
}

// withoutTokens leaves out answers' members that hold tokens by their name alone.
func withoutTokens(schemas []*contract.Schema, a *accounts) []*contract.Schema {
	out := make([]*contract.Schema, 0, len(schemas))
	for _, s := range schemas {
		kept := &contract.Schema{Type: s.Type}
		for _, p := range s.Properties {
			if p.Name != a.access && p.Name != a.refresh && p.Name != a.password {
				kept.Properties = append(kept.Properties, p)
			}
		}
		out = append(out, kept)
	}
	return out
}

func bodySchema(o *contract.Operation) *contract.Schema {
	if o == nil || o.Body == nil {
		return nil
	}
	return o.Body.Schema
}

func successSchema(o *contract.Operation) *contract.Schema {
	if o == nil || o.Success == nil {
		return nil
	}
	return o.Success.Schema
}

// examplesOf returns the documented bodies of success.
func examplesOf(o *contract.Operation) (out []contract.Raw) {
	if o.Success != nil {
		for _, e := range o.Success.Examples {
			out = append(out, e.Value)
		}
	}
	return out
}

// chooseVerbs decides what each operation does.
func (p *plan) chooseVerbs() {
	members, creates := map[string]bool{}, map[string]bool{}
	for _, op := range p.operations {
		if op.place.id != "" {
			members[op.place.collection] = true
		} else if op.Method == http.MethodPost && op.Success != nil && op.Success.Status == http.StatusCreated {
			creates[op.place.collection] = true
		}
		if l := listed(op.Operation); op.place.id == "" && op.Method == http.MethodGet && l != nil && l.typ() == "object" {
			creates[op.place.collection] = creates[op.place.collection] || p.posts(op.Path)
		}
	}
	for _, op := range p.operations {
		op.verb = verbOf(op.Operation, op.place, members[op.place.collection], creates[op.place.collection])
		if v, ok := registered[op.ID]; ok && p.serves(op, v) {
			op.verb = v
		}
		if p.options.Handlers[op.ID] != nil {
			op.verb = doHandler
		}
	}
	p.adoptLists()
}

func (p *plan) posts(path string) bool {
	return slices.ContainsFunc(p.operations, func(op *operation) bool { return op.Path == path && op.Method == http.MethodPost })
}

// serves reports whether an operation has what its registered verb works
// with; one that only shares the name is a plain verb.
func (p *plan) serves(op *operation, v verb) bool {
	a := p.accounts
	if a == nil {
		return false
	}
	has := func(name string) bool { return name != "" && bodySchema(op.Operation).Property(name) != nil }
	switch v {
	case doSignUp, doLogIn:
		return has(a.login) && has(a.password)
	case doRefresh, doLogOut:
		return has(a.refresh)
	case doMe:
		return op.Method == http.MethodGet && op.place.id == ""
	}
	return false
}

// adoptLists gives a list that stands beside a collection, such as
// GET /notes/recent, the records of the collection whose items it shows.
func (p *plan) adoptLists() {
	home := map[string]string{} // component name → collection
	for _, op := range p.operations {
		if s := successSchema(op.Operation); op.verb == doCreate && s != nil && s.Name != "" {
			home[s.Name] = op.place.collection
		}
	}
	for _, op := range p.operations {
		if op.verb != doList && op.verb != doReadOne || p.posts(op.Path) {
			continue
		}
		l := listed(op.Operation)
		if l == nil || l.array.Items == nil {
			continue
		}
		if at, ok := home[l.array.Items.Name]; ok && l.array.Items.Name != "" && at != op.place.collection && len(op.place.scope) == 0 && !strings.Contains(at, "{") {
			op.verb, op.place = doList, place{collection: at}
		}
	}
}

// compileKinds collects what the records of each collection hold.
func (p *plan) compileKinds() {
	for _, op := range p.operations {
		if op.verb < doCreate || op.verb > doClear || p.kinds[op.place.collection] != nil {
			continue
		}
		p.kinds[op.place.collection] = p.compileKind(op.place.collection)
	}
	for _, op := range p.operations {
		if op.verb >= doCreate && op.verb <= doClear {
			op.kind = p.kinds[op.place.collection]
		}
	}
}

func (p *plan) compileKind(collection string) *kind {
	var answers, bodies []*contract.Schema
	var examples []contract.Raw
	var params []string
	var order []contract.SortKey
	for _, v := range []verb{doShow, doCreate, doReplace, doPatch, doList, doRemove} {
		for _, op := range p.operations {
			if op.verb != v || op.place.collection != collection {
				continue
			}
			if op.place.id != "" {
				params = append(params, op.place.id)
			}
			examples = append(examples, examplesOf(op.Operation)...)
			s := successSchema(op.Operation)
			if l := listed(op.Operation); v == doList {
				s = nil
				if l != nil {
					s = l.array.Items
					if order == nil {
						order = l.array.Order
					}
				}
			}
			if s != nil && (s.Type == "object" || len(s.Properties) > 0) {
				answers = append(answers, s)
			}
			if v != doRemove {
				bodies = append(bodies, bodySchema(op.Operation))
			}
		}
	}
	k := kindOf(collection, answers, bodies, examples, p.shapes)
	k.identify(params, examples)
	k.finish()
	k.layout.order = order
	return k
}

// readSentences finds out what each operation obeys, and from that who reads
// a collection how.
func (p *plan) readSentences(keys *Keys) error {
	verbs := map[string]verb{}
	for _, op := range p.operations {
		verbs[op.ID] = op.verb
	}
	specs, err := p.grantsOf()
	if err != nil {
		return err
	}
	if len(specs) > 0 {
		verbs["token"] = doToken
	}
	said := saidBy{contract: p.contract, verbs: verbs}
	together := map[string][]string{}
	for _, op := range p.operations {
		if op.kind != nil {
			together[op.kind.name] = append(together[op.kind.name], op.ID)
		}
	}
	for _, op := range p.operations {
		var missing []Unsaid
		op.obeys, missing = said.obeyedBy(op.ID, op.kind != nil && said.statesPrivate(together[op.kind.name]))
		p.unsaid = append(p.unsaid, missing...)
		if op.kind != nil {
			op.kind.layout.owned = op.kind.layout.owned || op.obeys[sayPrivate]
			op.kind.layout.shared = op.kind.layout.shared || !op.obeys[sayPrivate] || op.Public()
		}
		if op.verb == doLogIn && !op.obeys[saySecondSession] {
			p.endsAccess = true
		}
	}
	if len(specs) > 0 {
		obeys, missing := said.obeyedBy("token", false)
		p.unsaid = append(p.unsaid, missing...)
		p.tokens = newTokens(keys, obeys, specs)
	}
	return nil
}

// grantsOf finds what sign-up, log-in and refresh answer.
func (p *plan) grantsOf() (specs []*tokenSpec, err error) {
	for _, op := range p.operations {
		if op.verb != doSignUp && op.verb != doLogIn && op.verb != doRefresh {
			continue
		}
		schema := successSchema(op.Operation)
		op.grants = &grants{refresh: refreshMember(schema)}
		name := accessMember(schema)
		if name == "" {
			continue
		}
		op.grants.access = name
		if op.grants.spec, err = newTokenSpec(schema.Property(name).Schema, p.shapes); err != nil {
			return nil, fmt.Errorf("%s: %w", op.ID, err)
		}
		specs = append(specs, op.grants.spec)
	}
	return specs, nil
}

// finish gives an operation its handler and the ways in which it refuses.
func (p *plan) finish(op *operation) {
	op.refusals = map[contract.Kind]*refusal{}
	for kind := range defaultStatuses {
		op.refusals[kind] = refusalFor(op.Operation, kind, p.errors)
	}
	if op.kind != nil {
		l := listed(op.Operation)
		if op.verb == doList {
			op.pager = pagerOf(op.Operation, l, op.kind)
			op.success.listing(l)
		}
	}
	op.act = p.handlerOf(op)
}

// listing notes where in a list's answer its items stand.
func (a *answer) listing(l *listing) {
	if l == nil || a.shape == nil {
		return
	}
	a.array = a.shape
	if l.member != "" {
		a.member = a.shape.member(l.member)
		a.array = a.member.shape
	}
	a.list = a.array.items
}

func (p *plan) handlerOf(op *operation) Handler {
	switch op.verb {
	case doHandler:
		return p.options.Handlers[op.ID]
	case doCreate:
		return createHandler(op)
	case doList:
		return listHandler(op)
	case doShow:
		return showHandler(op)
	case doReplace:
		return updateHandler(op, false)
	case doPatch:
		return updateHandler(op, true)
	case doRemove:
		return removeHandler(op)
	case doClear:
		return clearHandler(op)
	case doReadOne:
		return readOneHandler(op)
	case doWriteOne:
		return writeOneHandler(op)
	case doSignUp:
		return p.signUpHandler(op)
	case doLogIn:
		return p.logInHandler(op)
	case doRefresh:
		return p.refreshHandler(op)
	case doLogOut:
		return p.logOutHandler(op)
	case doMe:
		return p.meHandler(op)
	}
	return sampleHandler(op)
}

// serverPaths are the paths of the contract's servers: clients that were told
// "http://host/v1" find the operations there too.
func serverPaths(servers []string) (paths []string) {
	for _, s := range servers {
		u, err := url.Parse(s)
		if err != nil {
			continue
		}
		if path := strings.TrimRight(u.Path, "/"); path != "" && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}
