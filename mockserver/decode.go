package mockserver

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"assay/contract"
)

// readBody reads a request's body whole, at most limit bytes. It returns the
// refusal when it is longer or ends before its announced length.
func readBody(r *http.Request, limit int64) ([]byte, *Reply) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, tooLong(limit)
	}
	if r.ContentLength > 0 {
		body := make([]byte, r.ContentLength)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			return nil, cutOff(err)
		}
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if int64(len(body)) > limit {
		return nil, tooLong(limit)
	}
	if err != nil {
		return nil, cutOff(err)
	}
	return body, nil
}

func tooLong(limit int64) *Reply {
	return &Reply{Status: http.StatusRequestEntityTooLarge, Reason: fmt.Sprintf("the body is longer than %d bytes", limit), Header: http.Header{"Connection": {"close"}}}
}

func cutOff(err error) *Reply {
	return &Reply{Refuse: contract.Malformed, Reason: "the body did not come to its end: " + err.Error(), Header: http.Header{"Connection": {"close"}}}
}

// decode reads the body as what it is: JSON or a form. What the content type
// says counts only where the mock is strict; clients say many things.
func (p *plan) decode(c *Call, op *operation) *Reply {
	body := c.Raw
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	kind, params := mediaType(c.Request.Header)
	switch {
	case kind == "application/x-www-form-urlencoded" && !looksLikeJSON(body):
		return p.decodeForm(c, op, kind, func() (url.Values, error) { return url.ParseQuery(string(body)) })
	case kind == "multipart/form-data":
		return p.decodeForm(c, op, kind, func() (url.Values, error) { return multipartValues(body, params["boundary"]) })
	}
	if op.Body != nil && !op.takesJSON && len(op.Body.Types) > 0 {
		if op.takesForm && !looksLikeJSON(body) {
			return p.decodeForm(c, op, op.Body.Types[0], func() (url.Values, error) { return url.ParseQuery(string(body)) })
		}
		if !op.takesForm { // plain text, bytes: not ours to read
			c.hasBody = true
			return nil
		}
	}
	if kind != "" && !isJSON(kind) {
		if p.options.Strict {
			return &Reply{Status: http.StatusUnsupportedMediaType, Reason: fmt.Sprintf("Content-Type: %q is not documented, application/json is", kind)}
		}
		c.remark(RemarkForm, "Content-Type", fmt.Sprintf("Content-Type: %q for a JSON body", kind))
	}
	if rest, ok := bytes.CutPrefix(body, []byte("\xef\xbb\xbf")); ok && !p.options.Strict {
		c.remark(RemarkForm, "", "a byte-order mark stands before the JSON")
		body = rest
	}
	value, err := contract.DecodeStrict(body)
	if err != nil {
		return &Reply{Refuse: contract.Malformed, Reason: "the body is not acceptable JSON: " + err.Error()}
	}
	c.Body, c.hasBody = value, true
	return nil
}

func looksLikeJSON(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

func mediaType(h http.Header) (string, map[string]string) {
	value := headerValue(h, "Content-Type")
	switch value {
	case "", "application/json":
		return value, nil
	}
	kind, params, err := mime.ParseMediaType(value)
	if err != nil {
		kind, _, _ = strings.Cut(strings.ToLower(value), ";")
		return strings.TrimSpace(kind), nil
	}
	return kind, params
}

func isJSON(kind string) bool {
	return strings.HasSuffix(kind, "json") || strings.HasPrefix(kind, "application/x-amz-json")
}

// decodeForm reads a form as an object of texts; a name that stands several
// times is an array.
func (p *plan) decodeForm(c *Call, op *operation, kind string, read func() (url.Values, error)) *Reply {
	if !op.takesForm && op.Body != nil {
		if p.options.Strict {
			return &Reply{Status: http.StatusUnsupportedMediaType, Reason: fmt.Sprintf("Content-Type: %q is not documented, application/json is", kind)}
		}
		c.remark(RemarkForm, "Content-Type", "a form was sent where JSON is documented")
	}
	values, err := read()
	if err != nil {
		return &Reply{Refuse: contract.Malformed, Reason: "the form cannot be read: " + err.Error()}
	}
	c.Body, c.hasBody = formObject(values), true
	return nil
}

func formObject(values url.Values) map[string]any {
	object := make(map[string]any, len(values))
	for name, all := range values {
		if len(all) == 1 {
			object[name] = all[0]
			continue
		}
		list := make([]any, len(all))
		for i, v := range all {
			list[i] = v
		}
		object[name] = list
	}
	return object
}

// multipartValues reads the fields of a form; files are passed over.
func multipartValues(body []byte, boundary string) (url.Values, error) {
	const most = 1000 // parts; each costs more than its bytes
	values := url.Values{}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for range most {
		part, err := reader.NextPart()
		if err == io.EOF {
			return values, nil
		}
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			continue
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		values.Add(part.FormName(), string(text))
	}
	return nil, fmt.Errorf("it has more than %d parts", most)
}
