package mockserver

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"assay/contract"
)

// serve takes one request through the phases, in order. A verb or a handler
// fills in only its own, and cannot forget one.
func (m *Mock) serve(w http.ResponseWriter, r *http.Request) {
	p := m.plan.Load()
	world := m.worldOf(r)
	if world.plan.Load() != p {
		world.adopt(p)
	}
	watched := m.options.Log != nil || m.options.Observe != nil || world.Journal != nil
	var started time.Time
	if watched {
		started = time.Now()
	}

	allowOrigin(w.Header(), r)
	found, values := p.router.find(r.URL)
	if isPreflight(r) {
		answerPreflight(w, r, found)
		return
	}
	c := &Call{World: world, Request: r}
	if watched {
		c.notes = &notes{}
	}
	if found != nil {
		c.Path = found.params(values)
	}
	buffer := buffers.Get().(*[]byte)
	out, blow := p.run(c, found, (*buffer)[:0])
	if err := world.Safe(); err != nil {
		reply := failure(err)
		out = p.render((*buffer)[:0], c, &reply)
	}
	out.prepare(w.Header(), &world.Clock)
	if blow == nil {
		out.write(w)
		p.selfCheck(c, &out, w.Header())
	}
	if watched {
		header := w.Header()
		if blow != nil {
			header = header.Clone() // the blow may add to it yet
		}
		m.note(c, &out, blow, started, header)
	}
	if blow != nil { // it may take its time, or never come back
		blow.deliver(w, r, &out)
	}
	if cap(out.body) > 0 && cap(out.body) <= mostPooled {
		*buffer = out.body[:0]
	}
	buffers.Put(buffer)
}

// run is everything between the arrival of a request and the writing of its
// answer. The second result is what befell the request from outside; nil for nothing.
func (p *plan) run(c *Call, found *route, dst []byte) (outcome, *Blow) {
	op, refusal := p.choose(c, found)
	if op != nil {
		c.op, c.Operation = op, op.Operation
	}
	if !threatened(c) {
		return p.act(c, found, op, refusal, dst), nil
	}
	if op != nil {
		c.Query = c.Request.URL.Query()
		_ = p.authenticate(c, op) // a fault may be meant for one user
		if c.notes != nil {
			*c.notes = notes{}
		}
	}
	blow := blow(c)
	if blow == nil {
		return p.act(c, found, op, refusal, dst), nil
	}
	out, instead := blow.render(p, c, dst)
	switch {
	case !instead:
		out = p.act(c, found, op, refusal, dst)
	case c.notes != nil && op != nil:
		_ = p.read(c, op) // for the journal
	}
	out.header = withHeader(out.header, blow.Header)
	return out, blow
}

// act takes a request whose operation is known, unless only the body can tell
// it, through the phases of its own.
func (p *plan) act(c *Call, found *route, op *operation, refusal *Reply, dst []byte) outcome {
	if refusal != nil {
		return p.render(dst, c, refusal)
	}
	if op == nil { // the body must tell which operation is meant
		if op, refusal = p.chooseByBody(c, found); refusal != nil {
			return p.render(dst, c, refusal)
		}
	}
	c.op, c.Operation = op, op.Operation
	if c.Query == nil && c.Request.URL.RawQuery != "" {
		c.Query = c.Request.URL.Query()
	}
	if refusal := p.authenticate(c, op); refusal != nil {
		return p.render(dst, c, refusal)
	}
	if refusal := p.read(c, op); refusal != nil {
		return p.render(dst, c, refusal)
	}
	if refusal := p.decode(c, op); refusal != nil {
		return p.render(dst, c, refusal)
	}
	if refusal := p.validate(c, op); refusal != nil {
		return p.render(dst, c, refusal)
	}
	reply := op.act(c)
	return p.render(dst, c, &reply)
}

// choose finds the operation of a request, or the refusal. Both are nil when
// only the body can tell.
func (p *plan) choose(c *Call, found *route) (*operation, *Reply) {
	r := c.Request
	if found == nil {
		return nil, &Reply{Status: http.StatusNotFound, Reason: fmt.Sprintf("no operation has the path %s", clip(r.URL.Path))}
	}
	candidates := found.candidates(r.Method)
	if candidates == nil {
		allow := http.Header{"Allow": {found.allow}}
		if r.Method == http.MethodOptions {
			return nil, &Reply{Status: http.StatusNoContent, Header: allow}
		}
		return nil, &Reply{Status: http.StatusMethodNotAllowed, Header: allow, Reason: fmt.Sprintf("%s has no %s, it has %s", clip(r.URL.Path), clip(r.Method), found.allow)}
	}
	op, ok := dispatched(candidates, r.Header)
	if !ok {
		name := candidates[0].Dispatch.Header
		return nil, &Reply{Refuse: contract.Unknown, Status: http.StatusBadRequest, Reason: fmt.Sprintf("%s: no operation is called %s", name, quoted(r.Header.Get(name)))}
	}
	return op, nil
}

// chooseByBody finds, of operations that a header would tell apart, the one
// whose documented body fits best when that header is missing.
func (p *plan) chooseByBody(c *Call, found *route) (*operation, *Reply) {
	candidates := found.candidates(c.Request.Method)
	c.op = candidates[0]
	if refusal := p.read(c, candidates[0]); refusal != nil {
		return nil, refusal
	}
	if refusal := p.decode(c, candidates[0]); refusal != nil {
		return nil, refusal
	}
	var best *operation
	fewest := 0
	for _, op := range candidates {
		j := op.JudgeRequest(c.Path, nil, nil, c.Body, c.hasBody)
		// A body that fits but has members the operation does not know fits worse than one that has none.
		if faults := 1000*len(j.Breaches) + len(j.Remarks); best == nil || faults < fewest {
			best, fewest = op, faults
		}
	}
	return best, nil
}

// read reads the body of an operation that documents one, and of a watched
// request whatever was sent.
func (p *plan) read(c *Call, op *operation) *Reply {
	if c.Raw != nil || op.Body == nil && op.verb != doHandler && c.notes == nil {
		return nil
	}
	raw, refusal := readBody(c.Request, p.options.Limits.Body)
	c.Raw = raw
	return refusal
}

func clip(text string) string {
	const longest = 100
	if len(text) > longest {
		return text[:longest] + "…"
	}
	return text
}

// selfCheck judges the mock's own answer as any target's is judged.
func (p *plan) selfCheck(c *Call, out *outcome, header http.Header) {
	tell := p.options.SelfCheck
	if tell == nil || c.Operation == nil {
		return
	}
	j := c.Operation.JudgeResponse(out.status, header, out.body, contract.At(c.World.Now(), time.Minute), contract.Sent(c.Body))
	if len(j.Breaches) > 0 {
		tell(c.Operation, out.status, out.body, j)
	}
}

// note writes the access log and the journal.
func (m *Mock) note(c *Call, out *outcome, blow *Blow, started time.Time, header http.Header) {
	took := time.Since(started)
	operation, who := "", ""
	if c.Operation != nil {
		operation = c.Operation.ID
	}
	if c.User != nil {
		who = c.User.Login
	}
	if log := m.options.Log; log != nil {
		attrs := []slog.Attr{
			slog.String("method", c.Request.Method), slog.String("path", clip(c.Request.URL.RequestURI())), slog.Int("status", out.status),
			slog.Duration("took", took), slog.Int("bytes", len(out.body)), slog.String("operation", operation),
		}
		if who != "" {
			attrs = append(attrs, slog.String("who", who))
		}
		if out.reason != "" {
			attrs = append(attrs, slog.String("reason", out.reason))
		}
		if len(c.notes.remarks) > 0 {
			attrs = append(attrs, slog.Any("remarks", c.notes.remarks))
		}
		log.LogAttrs(context.Background(), slog.LevelInfo, "request", attrs...)
	}
	if c.World.Journal == nil && m.options.Observe == nil {
		return
	}
	entry := &Entry{
		Time: c.World.Now(), Took: took, Method: c.Request.Method, URL: c.Request.URL.RequestURI(), Operation: operation, Who: who,
		Request: messageOf(c.Request.Header, c.Raw), Status: out.status,
		Response: messageOf(header, out.body), Refused: out.refused, Reason: out.reason,
		Rules: c.notes.rules, Remarks: c.notes.remarks, Denied: c.notes.denied, Token: c.Token,
	}
	if blow != nil {
		entry.Fault = blow.Name
		entry.Took += blow.Delay
	}
	if c.World.Journal != nil {
		c.World.Journal.add(entry)
	}
	if m.options.Observe != nil {
		m.options.Observe(c.World, entry)
	}
}

// contain answers for a handler that panics: the server goes on.
func (m *Mock) contain(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler { //nolint:errorlint // it is compared as net/http does
		panic(cause)
	}
	if log := m.options.Log; log != nil {
		log.Error("the mock failed", "method", r.Method, "path", r.URL.Path, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
	}
	out := outcome{status: http.StatusInternalServerError, contentType: jsonHeader}
	out.body = m.plan.Load().errors.append(nil, out.status, fmt.Sprintf("the mock failed: %v", cause))
	send(w, &out, nil)
}
