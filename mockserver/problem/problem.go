// Package problem writes what went wrong as RFC 9457 problem details.
package problem

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// A Problem is one thing that went wrong, as its members are called in RFC 9457 §3.
type Problem struct {
	Type   string  `json:"type"` // a relative address, under which the kind of problem is explained
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail,omitempty"`
	Hint   string  `json:"hint,omitempty"`   // the way out
	Errors []Error `json:"errors,omitempty"` // of single members of what was sent
}

// An Error is what is wrong with one member or parameter.
type Error struct {
	In      string `json:"in"`                // "body", "query", "path"
	Pointer string `json:"pointer,omitempty"` // JSON pointer into the body, or the parameter's name
	Detail  string `json:"detail"`
}

// Error lets a problem be returned as an error.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Title + ": " + p.Detail
}

// Base is the address below which kinds of problems are explained.
const Base = "/_assay/problems/"

// A Kind is a sort of problem that has an explanation.
type Kind struct {
	Name    string // the last part of its address
	Title   string
	Status  int
	Meaning string // what it is, and what to do
}

// New returns a problem of this kind. The detail is worded as by fmt.Sprintf.
func (k *Kind) New(format string, args ...any) *Problem {
	return &Problem{Type: Base + k.Name, Title: k.Title, Status: k.Status, Detail: fmt.Sprintf(format, args...)}
}

// With gives a problem a way out.
func (p *Problem) With(hint string) *Problem {
	p.Hint = hint
	return p
}

// Write answers with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a client that has gone needs no answer
}
