package contract

import (
	"encoding/json"
	"unicode/utf8"
)

// JSON holds Unicode only. A body of other bytes is written in base64, under
// another name, so that no byte of it is lost.

type (
	plainRequest  Request
	plainResponse Response
	requestJSON   struct {
		*plainRequest
		Bytes []byte `json:"body_base64,omitempty"`
	}
	responseJSON struct {
		*plainResponse
		Bytes []byte `json:"body_base64,omitempty"`
	}
)

// MarshalJSON writes the request, with a body that is no Unicode as body_base64.
func (r Request) MarshalJSON() ([]byte, error) {
	plain := plainRequest(r)
	out := requestJSON{plainRequest: &plain}
	if !utf8.ValidString(r.Body) {
		out.Bytes, plain.Body = []byte(r.Body), ""
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Request) UnmarshalJSON(data []byte) error {
	in := requestJSON{plainRequest: (*plainRequest)(r)}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	if in.Bytes != nil {
		r.Body = string(in.Bytes)
	}
	return nil
}

// MarshalJSON writes the response, with a body that is no Unicode as body_base64.
func (r Response) MarshalJSON() ([]byte, error) {
	plain := plainResponse(r)
	out := responseJSON{plainResponse: &plain}
	if !utf8.ValidString(r.Body) {
		out.Bytes, plain.Body = []byte(r.Body), ""
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Response) UnmarshalJSON(data []byte) error {
	in := responseJSON{plainResponse: (*plainResponse)(r)}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	if in.Bytes != nil {
		r.Body = string(in.Bytes)
	}
	return nil
}
