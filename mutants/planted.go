package mutants

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"assay/contract"
)

// What no edit of a contract can say is planted around the mock's handler: a
// wrapper sees a request before the handler does, and its answer before the
// client does.

// A passage is one request on its way through a wrapper, and its answer on the
// way back.
type passage struct {
	request *http.Request
	sent    []byte // the request's body
	status  int
	header  http.Header
	body    []byte // the answer's
}

// through lets the two functions, either of which may be nil, change the
// request and the answer of an operation; of every one when op is nil.
func through(op *contract.Operation, before, after func(*passage)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if op != nil && !meant(op, r) {
				next.ServeHTTP(w, r)
				return
			}
			p := &passage{request: r}
			p.read()
			if before != nil {
				before(p)
			}
			p.serve(next)
			if after != nil {
				after(p)
			}
			p.write(w)
		})
	}
}

// mostSent is how much of a request's body is read, in bytes.
const mostSent = 4 << 20

func (p *passage) read() {
	if p.request.Body != nil {
		p.sent, _ = io.ReadAll(io.LimitReader(p.request.Body, mostSent)) // what was cut off is the handler's to refuse
	}
}

// serve lets a handler answer the request as it stands now.
func (p *passage) serve(next http.Handler) {
	p.request.Body = io.NopCloser(bytes.NewReader(p.sent))
	p.request.ContentLength = int64(len(p.sent))
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	next.ServeHTTP(rec, p.request)
	p.status, p.header, p.body = rec.status, rec.header, rec.body.Bytes()
}

func (p *passage) write(w http.ResponseWriter) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	if p.status == http.StatusNoContent {
		w.Header().Del("Content-Length")
		w.WriteHeader(p.status)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(p.body)))
	w.WriteHeader(p.status)
	_, _ = w.Write(p.body) // a client that has gone needs no answer
}

// answer puts another answer in the place of the handler's.
func (p *passage) answer(status int, contentType, body string) {
	p.status, p.body = status, []byte(body)
	p.header = p.header.Clone()
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set("Content-Type", contentType)
}

func (p *passage) succeeded() bool { return p.status/100 == 2 }

// again sends another request through the handler, with this one's headers.
func (p *passage) again(next http.Handler, method, target string, body []byte) *passage {
	r := p.request.Clone(p.request.Context())
	r.Method = method
	path, query, _ := strings.Cut(target, "?")
	u := *p.request.URL
	u.Path, u.RawPath, u.RawQuery = path, "", query
	r.URL, r.RequestURI = &u, ""
	inner := &passage{request: r, sent: body}
	inner.serve(next)
	return inner
}

// value decodes the answer; nil when it is no JSON.
func (p *passage) value() any { return decoded(p.body) }

// member returns a member of the request's body; nil for none.
func (p *passage) member(name string) any {
	m, _ := decoded(p.sent).(map[string]any)
	return m[name]
}

func decoded(text []byte) any {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	return v
}

func encoded(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return []byte("null") // only what was decoded is encoded
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// change replaces the members of the request's body.
func (p *passage) change(edit func(map[string]any)) {
	if m, ok := decoded(p.sent).(map[string]any); ok {
		edit(m)
		p.sent = encoded(m)
	}
}

// changeAnswer replaces the answer of success.
func (p *passage) changeAnswer(edit func(any) any) {
	if v := p.value(); v != nil && p.succeeded() {
		p.body = encoded(edit(v))
	}
}

// rewritten changes the value at a place in every answer of its operation.
func (p *place) rewritten(edit func(any) any) func(http.Handler) http.Handler {
	steps := p.path
	for i, step := range steps {
		if step == "schema" {
			steps = steps[i+1:]
			break
		}
	}
	return through(p.op, nil, func(x *passage) {
		x.changeAnswer(func(v any) any { return rewrite(v, steps, edit) })
	})
}

func rewrite(v any, steps []string, edit func(any) any) any {
	if len(steps) == 0 {
		return edit(v)
	}
	if steps[0] == "[]" {
		items, _ := v.([]any)
		for i := range items {
			items[i] = rewrite(items[i], steps[1:], edit)
		}
		return v
	}
	name := strings.TrimPrefix(steps[0], ".")
	if m, ok := v.(map[string]any); ok {
		if old, there := m[name]; there {
			m[name] = rewrite(old, steps[1:], edit)
		}
	}
	return v
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

// memory is what a wrapper remembers between requests.
type memory[T any] struct {
	sync.Mutex
	values map[string]T
}

func (m *memory[T]) put(key string, v T) {
	m.Lock()
	defer m.Unlock()
	if m.values == nil {
		m.values = map[string]T{}
	}
	m.values[key] = v
}

func (m *memory[T]) get(key string) (T, bool) {
	m.Lock()
	defer m.Unlock()
	v, ok := m.values[key]
	return v, ok
}
