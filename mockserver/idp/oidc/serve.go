package oidc

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"

	"assay/contract"
	"assay/mockserver"
)

// This file is the engine's seam to the mock that serves it.

// RequestOf reads what the engine needs of a call.
func RequestOf(call *mockserver.Call) *Request {
	r := call.Request
	return &Request{
		Method: r.Method, Origin: origin(r), Path: call.Path, RawQuery: r.URL.RawQuery, Query: call.Query, Form: form(call), Header: r.Header,
	}
}

// origin is the scheme and host that the client used, also behind a proxy that ends TLS.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// form reads the body's members, of a form or of a JSON object. A member of JSON
// that is no text is taken as it is written.
func form(call *mockserver.Call) url.Values {
	kind, _, _ := mime.ParseMediaType(call.Request.Header.Get("Content-Type"))
	if kind != "application/json" {
		values, err := url.ParseQuery(string(call.Raw))
		if err != nil || values == nil {
			return url.Values{}
		}
		return values
	}
	values := url.Values{}
	members, _ := call.Body.(map[string]any)
	for name, value := range members {
		text, isText := value.(string)
		if !isText {
			raw, err := json.Marshal(value)
			if err != nil {
				continue
			}
			text = string(raw)
		}
		values.Set(name, text)
	}
	return values
}

// ReplyOf hands the engine's answer to the mock. Success takes the status that the
// contract documents, so that an edited contract is served as edited.
func ReplyOf(call *mockserver.Call, a *Answer) mockserver.Reply {
	reply := mockserver.Reply{Status: documented(call.Operation, a.Status), Header: a.Header, Value: a.Value}
	if a.Page != nil {
		if reply.Header == nil {
			reply.Header = http.Header{}
		}
		reply.Header.Set("Content-Type", "text/html; charset=utf-8")
		reply.Body = a.Page
	}
	return reply
}

// documented is the first status of the answer's class that the contract documents.
func documented(op *contract.Operation, status int) int {
	if status/100 > 3 || op == nil || op.Answer(status) != nil {
		return status
	}
	for _, a := range op.Answers {
		if a.Status/100 == status/100 {
			return a.Status
		}
	}
	return status
}

// Shape gives claims the shape of a schema; without one they stay as they are.
func Shape(schema *contract.Schema, claims Object) any {
	raw, err := encode(claims)
	if schema == nil || err != nil {
		return claims
	}
	return json.RawMessage(mockserver.Shaped(schema, raw))
}
