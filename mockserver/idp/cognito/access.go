package cognito

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// An accessToken is what a checked access token says.
type accessToken struct {
	Subject  string `json:"sub"`
	Issuer   string `json:"iss"`
	Use      string `json:"token_use"`
	Scope    string `json:"scope"`
	Origin   string `json:"origin_jti"`
	Expires  int64  `json:"exp"`
	Username string `json:"username"`
}

// maxToken bounds a token before anything is decoded; ours have some 1,100 characters.
const maxToken = 16 << 10

// check says whether an access token opens what belongs to its user.
func (e *Engine) check(token string) (accessToken, *Error) {
	t, refusal := e.read(token)
	if refusal != nil {
		return t, refusal
	}
	if e.ledger != nil && e.ledger.Denies(token) != "" {
		return t, refused("Access Token has expired")
	}
	e.mu.Lock()
	s, known := e.sessions.byOrigin[t.Origin]
	e.mu.Unlock()
	switch {
	case t.Expires <= e.now().Unix() && e.obeys("accessToken.not-expired"):
		return t, refused("Access Token has expired")
	case (!known || s.accessDead) && e.obeys("accessToken.not-signed-out"):
		return t, refused("Access Token has been revoked")
	}
	return t, nil
}

// read decodes a token and checks whatever does not change with time: a token
// that was read once is remembered.
func (e *Engine) read(token string) (accessToken, *Error) {
	hash := sha256.Sum256([]byte(token))
	e.mu.Lock()
	t, known := e.verified[hash]
	e.mu.Unlock()
	if known {
		return t, nil
	}
	t, refusal := e.verify(token)
	if refusal == nil {
		e.mu.Lock()
		if len(e.verified) >= maxVerified {
			clear(e.verified)
		}
		e.verified[hash] = t
		e.mu.Unlock()
	}
	return t, refusal
}

// maxVerified is how many checked tokens are remembered before all are forgotten.
const maxVerified = 10_000

// verify checks signature, key, algorithm (RFC 7515 section 5.2, RFC 8725
// sections 3.1 and 3.2), issuer and use of a token.
func (e *Engine) verify(token string) (t accessToken, refusal *Error) {
	bad := refused("Invalid Access Token")
	parts := strings.Split(token, ".")
	if len(token) > maxToken || len(parts) != 3 {
		return t, bad
	}
	var header struct {
		Kid string `json:"kid"`
		Alg string `json:"alg"`
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || !decodePart(parts[0], &header) || !decodePart(parts[1], &t) {
		return t, bad
	}
	if !e.signed(header.Alg, header.Kid, parts[0]+"."+parts[1], signature) {
		return t, refused("Could not verify signature for Access Token")
	}
	switch {
	case t.Issuer != e.issuer(),
		t.Use != "access" && e.obeys("accessToken.not-id-token"):
		return t, bad
	}
	return t, nil
}

// signed reports whether a signature is one of this pool's. Whatever the
// header says, only RS256 with a key of the pool will do.
func (e *Engine) signed(alg, kid, input string, signature []byte) bool {
	if !e.obeys("accessToken.signature") {
		return true
	}
	if alg == "none" && len(signature) == 0 && !e.obeys("accessToken.algorithm") {
		return true
	}
	access, id := e.signers()
	var named *signer
	for _, s := range []signer{access, id} {
		if e.kid(s) == kid {
			named = &s
		}
	}
	switch {
	case named == nil:
		return !e.obeys("accessToken.key-known")
	case alg == "HS256" && e.terms.Load().Answers[answerOfSignIn].Access.Algorithm == alg:
		return hmac.Equal(e.signature(*named, alg, input), signature)
	}
	digest := sha256.Sum256([]byte(input))
	return alg == "RS256" && rsa.VerifyPKCS1v15(&named.key.PublicKey, crypto.SHA256, digest[:], signature) == nil
}

func decodePart(part string, into any) bool {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	return err == nil && json.Unmarshal(text, into) == nil
}
