package mockserver

import (
	"net/http"
	"net/url"
	"time"

	"assay/contract"
)

// A Handler acts for one operation once the phases before it have routed,
// authenticated, decoded and validated the request.
type Handler func(*Call) Reply

// A Call is one request on its way through the phases.
type Call struct {
	World     *World // state, clock, ids, randomness: never the wall clock, never crypto/rand
	Operation *contract.Operation
	Request   *http.Request // its body has been read
	Path      map[string]string
	Query     url.Values
	Raw       []byte // the body as it came
	Body      any    // decoded JSON with json.Number kept, or a form as map[string]any of strings; nil when none came
	User      *User  // who is signed in; nil for nobody
	Token     *Token // the access token sent; nil when none counts

	op      *operation
	hasBody bool
	notes   *notes // nil when nobody will read them
}

// notes are what the phases find worth telling about a request.
type notes struct {
	remarks []Remark
	rules   []string // ids of those broken
	denied  Denied
}

// A Token is an access token that was found valid.
type Token struct {
	Raw     string
	User    string         // id of the user it stands for; empty when it names none
	Expires time.Time      // zero for never
	Claims  map[string]any // as decoded; nil for an opaque token
}

// Remark notes something sloppy about the request that is let pass.
func (c *Call) Remark(text string) { c.remark(RemarkOther, "", text) }

func (c *Call) remark(kind RemarkKind, at, text string) {
	if c.notes != nil {
		c.notes.remarks = append(c.notes.remarks, Remark{kind, at, text})
	}
}

// Member returns a member of the request's body, nil for none.
func (c *Call) Member(name string) any {
	m, _ := c.Body.(map[string]any)
	return m[name]
}

// Text returns a member of the request's body that is a text; empty for none.
func (c *Call) Text(name string) string {
	s, _ := c.Member(name).(string)
	return s
}

// A Reply is what a handler wants written. The zero value answers the
// operation's documented success without a body.
type Reply struct {
	Status int // 0 is the operation's documented success
	Header http.Header
	Value  any    // JSON value, projected on the documented answer's schema, members in the contract's order
	Body   []byte // or bytes written as they are, under Header's Content-Type

	Refuse contract.Kind // or a refusal, whose status and body are the contract's
	Reason string        // in words, naming field and rule

	doc    []byte // or raw JSON of a record or user, projected on the schema
	around look   // where computed members of doc find what doc does not hold
	shape  *shape // the shape doc is written in, when known: it is copied where the answer's is the same
	page   *page  // or a page of records
}

// Refusal returns the reply that refuses.
func Refusal(kind contract.Kind, reason string) Reply { return Reply{Refuse: kind, Reason: reason} }

// An Authenticator checks the token that a request carries for an operation
// with security. It returns the token's user, or why the token does not count.
type Authenticator func(call *Call, scheme *contract.Scheme, token string) (*User, *Token, error)
