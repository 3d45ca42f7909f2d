package auth0

import (
	"encoding/base64"
	"errors"
)

// A state names a transaction in the URL of the sign-in page, as the recorded one does:
// base64url, without padding, of a msgpack map of texts in this order.
type state struct {
	H   string // 32 random characters
	N   string // "login"
	TID string // the transaction, 32 characters
	CID string // the client
}

const (
	fixmap  = 0x80 // and the number of members, up to 15
	fixstr  = 0xa0 // and the length, up to 31
	str8    = 0xd9 // and a byte with the length
	longest = 1024 // characters of an encoded state that is looked at
)

func (s state) String() string {
	b := []byte{fixmap | 4}
	for _, text := range []string{"h", s.H, "n", s.N, "tid", s.TID, "cid", s.CID} {
		b = appendText(b, text)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func appendText(b []byte, text string) []byte {
	text = text[:min(len(text), 255)]
	if len(text) < 32 {
		return append(append(b, fixstr|byte(len(text))), text...)
	}
	return append(append(b, str8, byte(len(text))), text...)
}

var errState = errors.New("the state is no map of texts")

// parseState reads what String wrote; members may come in any order.
func parseState(encoded string) (s state, err error) {
	if len(encoded) > longest {
		return s, errState
	}
	b, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(b) == 0 || b[0]&0xf0 != fixmap {
		return s, errState
	}
	members := int(b[0] & 0x0f)
	b = b[1:]
	for range members {
		var name, value string
		if name, b, err = cutText(b); err != nil {
			return state{}, err
		}
		if value, b, err = cutText(b); err != nil {
			return state{}, err
		}
		switch name {
		case "h":
			s.H = value
		case "n":
			s.N = value
		case "tid":
			s.TID = value
		case "cid":
			s.CID = value
		}
	}
	if len(b) > 0 {
		return state{}, errState
	}
	return s, nil
}

// cutText takes a text off the front.
func cutText(b []byte) (text string, rest []byte, err error) {
	if len(b) == 0 {
		return "", nil, errState
	}
	length := 0
	switch first := b[0]; {
	case first&0xe0 == fixstr:
		length, b = int(first&0x1f), b[1:]
	case first == str8 && len(b) > 1:
		length, b = int(b[1]), b[2:]
	default:
		return "", nil, errState
	}
	if length > len(b) {
		return "", nil, errState
	}
	return string(b[:length]), b[length:], nil
}
