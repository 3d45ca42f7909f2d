package mockserver

import (
	"net/http"
	"strings"

	"assay/contract"
)

// A verb is what an operation does.
type verb int

const (
	doSample   verb = iota // nothing known: the documented example
	doCreate               // POST /things
	doList                 // GET /things
	doShow                 // GET /things/{id}
	doReplace              // PUT /things/{id}
	doPatch                // PATCH /things/{id}, or POST on it
	doRemove               // DELETE /things/{id}
	doClear                // DELETE /things
	doReadOne              // GET /settings: a document of its own
	doWriteOne             // PUT, POST or PATCH /settings
	doSignUp
	doLogIn
	doRefresh
	doLogOut
	doMe
	doToken   // no operation: how access tokens are checked
	doHandler // registered from outside
)

var verbNames = [...]string{
	"sample", "create", "list", "show", "replace", "patch", "delete", "clear", "read", "write",
	"signUp", "logIn", "refresh", "logOut", "me", "token", "handler",
}

func (v verb) String() string { return verbNames[v] }

// registered are the operationIds that name what no method and path tell.
var registered = map[string]verb{"signUp": doSignUp, "logIn": doLogIn, "refresh": doRefresh, "logOut": doLogOut, "me": doMe}

// place is where an operation's path stands in a collection.
type place struct {
	collection string   // the path without the last parameter: "/teams/{team}/notes"
	id         string   // name of that parameter; empty for the collection itself
	scope      []string // names of the parameters before it
}

func placeOf(path string) place {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	p := place{collection: "/" + strings.Join(segments, "/")}
	if last := segments[len(segments)-1]; isParam(last) {
		p.id = paramName(last)
		p.collection = "/" + strings.Join(segments[:len(segments)-1], "/")
		segments = segments[:len(segments)-1]
	}
	for _, s := range segments {
		if isParam(s) {
			p.scope = append(p.scope, paramName(s))
		}
	}
	return p
}

func isParam(segment string) bool {
	return strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}")
}

func paramName(segment string) string { return strings.Trim(segment, "{}") }

// verbOf chooses by method and path shape. members says that the collection
// has operations on its members, creates that something is created in it.
func verbOf(op *contract.Operation, at place, members, creates bool) verb {
	if at.id != "" {
		switch op.Method {
		case http.MethodGet:
			return doShow
		case http.MethodPut:
			return doReplace
		case http.MethodPatch, http.MethodPost:
			return doPatch
		case http.MethodDelete:
			return doRemove
		}
		return doSample
	}
	switch op.Method {
	case http.MethodGet:
		if listed(op) != nil && (members || creates || listed(op).typ() == "object") {
			return doList
		}
		if members || creates {
			return doList
		}
		return doReadOne
	case http.MethodPost:
		if members || creates {
			return doCreate
		}
	case http.MethodPut, http.MethodPatch:
		return doWriteOne
	case http.MethodDelete:
		if members || creates {
			return doClear
		}
		return doWriteOne
	}
	return doSample
}

// listing is the array in a list's answer: the answer itself, or its one array member.
type listing struct {
	array  *contract.Schema
	member string // empty when the answer is the array
}

func (l *listing) typ() string {
	if l.array.Items == nil {
		return ""
	}
	if l.array.Items.Type == "" && len(l.array.Items.Properties) > 0 {
		return "object"
	}
	return l.array.Items.Type
}

// listed finds the array in the answer of success; nil when there is none, or several.
func listed(op *contract.Operation) *listing {
	if op.Success == nil || op.Success.Schema == nil {
		return nil
	}
	s := op.Success.Schema
	if s.Type == "array" || s.Type == "" && s.Items != nil {
		return &listing{array: s}
	}
	var found *listing
	for _, p := range s.Properties {
		if p.Type == "array" {
			if found != nil {
				return nil
			}
			found = &listing{array: p.Schema, member: p.Name}
		}
	}
	return found
}
