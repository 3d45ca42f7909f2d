package mockserver

import (
	"net/http"
	"strconv"
	"sync"

	"assay/contract"
)

// buffers hold answers while they are written.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// mostPooled is the largest buffer kept for later, in bytes.
const mostPooled = 64 << 10

// An outcome is an answer ready to be sent.
type outcome struct {
	status      int
	header      http.Header // beside the usual ones; may be nil
	contentType []string    // nil when there is no body
	body        []byte
	refused     contract.Kind
	reason      string
}

// render turns a reply into an answer: refusals take the contract's status and
// form, values are projected on the documented schema. The body is appended to dst.
func (p *plan) render(dst []byte, c *Call, reply *Reply) outcome {
	op := c.op
	if reply.Refuse != "" {
		return p.renderRefusal(dst, op, reply)
	}
	if reply.Status >= http.StatusBadRequest && reply.Value == nil && reply.Body == nil && reply.doc == nil {
		return outcome{status: reply.Status, header: reply.Header, contentType: jsonHeader, body: p.errors.append(dst, reply.Status, reply.Reason), reason: reply.Reason}
	}
	if op == nil {
		return outcome{status: reply.Status, header: reply.Header}
	}
	a := op.success
	if reply.Status != 0 && reply.Status != a.status {
		a = p.answerOf(op.Answer(reply.Status))
		a.status = reply.Status
	}
	out := outcome{status: a.status, header: reply.Header}
	if reply.Body != nil {
		out.body = append(dst, reply.Body...)
		return out
	}
	if a.contentType == nil {
		return out
	}
	out.contentType = a.contentType
	out.body = a.append(dst, c, reply)
	if len(out.body) == 0 {
		out.contentType = nil
	}
	return out
}

var jsonHeader = []string{jsonType}

func (p *plan) renderRefusal(dst []byte, op *operation, reply *Reply) outcome {
	var how *refusal
	if op != nil {
		how = op.refusals[reply.Refuse]
		if how == nil {
			how = refusalFor(op.Operation, reply.Refuse, p.errors)
		}
	} else {
		how = &refusal{status: defaultStatuses[reply.Refuse][0], body: p.errors, contentType: jsonType}
	}
	status := how.status
	if reply.Status != 0 {
		status = reply.Status
	}
	return outcome{
		status: status, header: reply.Header, contentType: []string{how.contentType},
		body: how.body.append(dst, status, reply.Reason), refused: reply.Refuse, reason: reply.Reason,
	}
}

// append writes what a handler gave in the answer's shape.
func (a *answer) append(dst []byte, c *Call, reply *Reply) []byte {
	switch {
	case reply.page != nil:
		return a.appendPage(dst, c, reply.page)
	case reply.doc != nil:
		around := reply.around
		if around == nil {
			around = lookOf(c.User)
		}
		if reply.shape != nil && same(reply.shape, a.shape) {
			return append(dst, reply.doc...)
		}
		return appendRaw(dst, reply.doc, a.shape, around)
	case reply.Value != nil:
		return appendValue(dst, decoded(reply.Value), a.shape)
	}
	return dst
}

// appendPage writes a page of records: bytes are copied where the items' shape
// is the one in which they are stored.
func (a *answer) appendPage(dst []byte, c *Call, found *page) []byte {
	if a.member == nil {
		if a.array == nil { // the contract documents no array: it gets one all the same, turned into what it does
			return appendRaw(dst, appendRecords(nil, c, found.records, nil), a.shape, nil)
		}
		return appendRecords(dst, c, found.records, a.list)
	}
	dst = append(dst, '{')
	start := len(dst)
	for _, m := range a.shape.members {
		if m == a.member {
			dst = appendRecords(appendKey(dst, start, m.key), c, found.records, a.list)
		} else if v, ok := found.tell(m.name); ok {
			dst = appendComputed(appendKey(dst, start, m.key), v, m.shape)
		} else if s := m.shape.schema; s != nil && s.Default != nil {
			dst = append(appendKey(dst, start, m.key), canonical(s.Default, m.shape)...)
		} else if m.shape.nullable {
			dst = append(appendKey(dst, start, m.key), "null"...)
		}
	}
	return append(dst, '}')
}

func appendRecords(dst []byte, c *Call, records []*record, item *shape) []byte {
	copied := item == nil || same(c.op.kind.shape, item)
	around := look(nil)
	if !copied {
		around = lookOf(c.User)
	}
	dst = append(dst, '[')
	for i, r := range records {
		if i > 0 {
			dst = append(dst, ',')
		}
		if copied {
			dst = append(dst, r.doc...)
		} else {
			dst = appendRaw(dst, r.doc, item, around)
		}
	}
	return append(dst, ']')
}

// send writes an answer.
func send(w http.ResponseWriter, out *outcome, c *Clock) {
	out.prepare(w.Header(), c)
	out.write(w)
}

// prepare fills in the header. The length is always announced, so that a
// client sees a body that was cut off.
func (out *outcome) prepare(h http.Header, c *Clock) {
	for name, values := range out.header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	if out.contentType != nil {
		if _, set := h["Content-Type"]; !set {
			h["Content-Type"] = out.contentType
		}
	}
	if out.status != http.StatusNoContent && out.status != http.StatusNotModified && out.status >= 200 {
		h["Content-Length"] = []string{strconv.Itoa(len(out.body))}
	}
	if c != nil && c.Moved() {
		h["Date"] = []string{c.Now().Format(http.TimeFormat)}
	}
}

// write sends the status and the body.
func (out *outcome) write(w http.ResponseWriter) {
	w.WriteHeader(out.status)
	if len(out.body) > 0 && bodyAllowed(out.status) {
		_, _ = w.Write(out.body) // a client that has gone needs no answer
	}
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
