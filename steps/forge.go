package steps

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"assay/contract"
)

// Forgeries of an access token. A server that verifies signatures refuses each
// (RFC 7515 §5.2, RFC 8725 §3.1).
type forgery struct {
	onlyJWT bool // needs a token whose inside can be read
	forge   func(token string) string
}

var forgeries = map[string]forgery{
	"with a broken signature":            {forge: breakSignature},
	"with a changed payload":             {onlyJWT: true, forge: changePayload},
	"with the algorithm none":            {onlyJWT: true, forge: func(token string) string { return unsigned(token, "none") }},
	"with the algorithm nOnE":            {onlyJWT: true, forge: func(token string) string { return unsigned(token, "nOnE") }},
	"with the signature of an empty key": {onlyJWT: true, forge: signedByNobody},
	"with no access token":               {forge: func(string) string { return "" }},
	"with a made-up access token":        {forge: func(string) string { return "not-a-token-that-anybody-was-given" }},
}

// breakSignature changes bits in the middle of the signature, where no
// encoding hides them; of an opaque token, a character in its middle.
func breakSignature(token string) string {
	head, signature, ok := cutLast(token, ".")
	if raw, err := base64.RawURLEncoding.DecodeString(signature); ok && err == nil && len(raw) > 0 {
		raw[len(raw)/2] ^= 0x55
		return head + "." + base64.RawURLEncoding.EncodeToString(raw)
	}
	if token == "" {
		return "x"
	}
	middle := []byte(token)
	if i := len(middle) / 2; middle[i] == 'A' {
		middle[i] = 'B'
	} else {
		middle[i] = 'A'
	}
	return string(middle)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// changePayload makes the token live longer and leaves its signature alone.
func changePayload(token string) string {
	parts := strings.Split(token, ".")
	parts[1] = encodeSegment(longer(token))
	return strings.Join(parts, ".")
}

// unsigned is the same token, living longer, with the algorithm none, however spelled, and no signature.
func unsigned(token, algorithm string) string {
	return encodeSegment(map[string]any{"alg": algorithm, "typ": "JWT"}) + "." + encodeSegment(longer(token)) + "."
}

// signedByNobody is the same token, living longer, signed with HMAC and an
// empty key: what a server takes whose secret was never set (RFC 8725 §3.5).
func signedByNobody(token string) string {
	head := encodeSegment(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + encodeSegment(longer(token))
	mac := hmac.New(sha256.New, nil)
	mac.Write([]byte(head))
	return head + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// longer returns the token's claims with exp an hour later.
func longer(token string) map[string]any {
	claims := map[string]any{}
	if t, ok := contract.ReadToken(token); ok {
		for name, v := range t.Claims {
			claims[name] = v
		}
	}
	if exp, ok := contract.Number(claims["exp"]); ok {
		claims["exp"] = int64(exp) + 3600
	} else {
		claims["assay"] = true
	}
	return claims
}

func encodeSegment(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// forge changes the access token of a call.
func (w *World) forge(a *actor, r *request, how string) error {
	token := a.session.access
	switch how {
	case "with my expired access token":
		r.token = &a.session.expired
		return nil
	case "with my access token":
		return nil
	case "with its header in other letters":
		r.otherLetters = true
		return nil
	case "with my refresh token as access token":
		if err := w.withRefreshToken(a); err != nil {
			return err
		}
		r.token = &a.session.refresh
		return nil
	case "with an empty access token":
		empty := ""
		r.token, r.emptyOnly = &empty, true
		return nil
	}
	if quoted, ok := strings.CutSuffix(strings.TrimPrefix(how, "with "), " as access token"); ok {
		word := strings.Trim(quoted, `"`)
		r.token = &word
		return nil
	}
	f := forgeries[how]
	if _, ok := contract.ReadToken(token); f.onlyJWT && !ok {
		return w.skip("the target's access tokens are opaque")
	}
	forged := f.forge(token)
	r.token = &forged
	return nil
}
