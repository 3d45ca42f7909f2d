package mockserver

import (
	"net/http"
	"time"

	"assay/contract"
)

// A Fault is planted in a world from outside. Once it is known which operation
// a request is for and who sends it, the fault may let something befall it.
type Fault struct {
	// Strike is called for every request of the world. Its Call has no
	// Operation where the path belongs to none, and no User where nobody is
	// signed in. It returns what befalls the request; nil lets it be.
	Strike func(*Call) *Blow
}

// A Blow is what befalls one request. The zero value of each member lets that
// part be.
type Blow struct {
	Name   string        // in a few words, for the journal
	Delay  time.Duration // until the answer goes out; the request is acted upon at once
	Status int           // answered in the contract's words instead of acting
	Refuse contract.Kind // or a refusal of this kind
	Reason string        // in the body of either
	// Example names the documented body to answer Status with; empty for the
	// first one of a success, and for none of a refusal.
	Example string
	Header  http.Header // beside the answer's own
	Write   Writer      // sends the answer in its own way
}

// A Writer sends an answer whose header is prepared. It may break the
// connection off by panicking with [http.ErrAbortHandler].
type Writer func(w http.ResponseWriter, r *http.Request, status int, body []byte)

// Plant puts a fault into the world, in the place of the one before; nil takes it out.
func (w *World) Plant(f *Fault) { w.fault.Store(f) }

// threatened reports whether something may befall a request.
func threatened(c *Call) bool {
	return c.World.fault.Load() != nil || c.Request.Header["Prefer"] != nil
}

// blow returns what befalls a request: what it asks for itself (prefer.go),
// else what the planted fault says; nil for nothing.
func blow(c *Call) *Blow {
	if b := preferred(c, c.Request.Header["Prefer"]); b != nil {
		return b
	}
	if planted := c.World.fault.Load(); planted != nil {
		return planted.Strike(c)
	}
	return nil
}

// withHeader adds to a header that may be shared.
func withHeader(h, more http.Header) http.Header {
	if len(more) == 0 {
		return h
	}
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	for name, values := range more {
		h[http.CanonicalHeaderKey(name)] = values
	}
	return h
}

// render makes the answer that a blow puts in the place of the operation's
// own. The second result is false when the operation is to act.
func (b *Blow) render(p *plan, c *Call, dst []byte) (outcome, bool) {
	switch {
	case b.Refuse != "" && c.op != nil:
		return p.render(dst, c, &Reply{Refuse: b.Refuse, Status: b.Status, Reason: b.reason()}), true
	case b.Status != 0:
		return b.answer(p, c, dst), true
	}
	return outcome{}, false
}

func (b *Blow) reason() string {
	if b.Reason != "" {
		return b.Reason
	}
	return "the mock was told to answer so"
}

// answer is the blow's status as the contract documents it: with its example,
// or in the form of its refusals. A status that it does not name takes the form
// that its refusals have in general.
func (b *Blow) answer(p *plan, c *Call, dst []byte) outcome {
	out := outcome{status: b.Status, contentType: jsonHeader}
	documented := &contract.Answer{}
	if c.op != nil {
		if a := c.op.Answer(b.Status); a != nil {
			documented = a
		}
	}
	if len(documented.Types) > 0 {
		out.contentType = []string{contentType(documented.Types)}
	}
	refusal := b.Status >= http.StatusBadRequest
	example := exampleOf(documented, b.Example, !refusal)
	switch {
	case example != nil:
		out.body = append(dst, example...)
	case refusal && documented.Schema != nil:
		out.body = errorBodyOf(documented, "").append(dst, b.Status, b.reason())
	case refusal:
		out.body = p.errors.append(dst, b.Status, b.reason())
	case documented.Schema != nil:
		value := decoded(c.World.samples().Value(documented.Schema, ""))
		out.body = appendValue(dst, value, p.shapes.of(documented.Schema))
	}
	if len(out.body) == 0 {
		out.contentType = nil
	}
	if refusal {
		out.reason = b.reason()
	}
	return out
}

// exampleOf returns the documented body of this name, or the first one where
// any will do; nil for none.
func exampleOf(a *contract.Answer, name string, any bool) contract.Raw {
	for _, e := range a.Examples {
		if e.Name == name || name == "" && any {
			return e.Value
		}
	}
	return nil
}

// deliver sends an answer as a blow says.
func (b *Blow) deliver(w http.ResponseWriter, r *http.Request, out *outcome) {
	if b.Delay > 0 && !wait(w, r, b.Delay) {
		panic(http.ErrAbortHandler) // nobody waits for the answer any more
	}
	if b.Write != nil {
		b.Write(w, r, out.status, out.body)
		return
	}
	out.write(w)
}

// answerTime is what a client gets to take an answer after a delay.
const answerTime = time.Minute

// wait reports whether the client is still there after the delay.
func wait(w http.ResponseWriter, r *http.Request, delay time.Duration) bool {
	// A server that allows less would cut the connection before the answer.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(delay + answerTime)) // not every writer has deadlines
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
