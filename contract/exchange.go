package contract

import (
	"net/http"
	"time"
)

// An Exchange is one request and its answer, raw and timed.
type Exchange struct {
	Operation string    `json:"operation,omitempty"` // the operation meant, if any
	Who       string    `json:"who,omitempty"`       // who sent it in the scenario: "I", "somebody else"
	Started   time.Time `json:"started"`
	Request   Request   `json:"request"`
	Response  *Response `json:"response,omitempty"` // nil when none came
	// Failure says why no answer came: refused, reset, timed out, too long.
	Failure  string        `json:"failure,omitempty"`
	Duration time.Duration `json:"duration_ns"`
}

// A Request as it was sent.
type Request struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
}

// A Response as it came.
type Response struct {
	Status    int         `json:"status"`
	Proto     string      `json:"proto,omitempty"`
	Header    http.Header `json:"header,omitempty"`
	Body      string      `json:"body,omitempty"`
	Truncated bool        `json:"truncated,omitempty"` // the body went on beyond what was read
}
