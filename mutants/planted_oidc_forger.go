package mutants

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"assay/contract"
)

// A forger stands between a provider and its clients with a key of its own. It signs
// tokens anew, with other claims, shows its key in the key set, and hands the provider its
// own token back when the new one is presented. So one claim is wrong and nothing else.
type forger struct {
	contract *contract.Contract
	member   string // of the token answer: "access_token" or "id_token"
	edit     func(t *forged)
	given    memory[string] // the provider's tokens, by those given in their place
}

// forged is a token on the forger's table.
type forged struct {
	header, claims map[string]any
	opaque         bool // give a random string in its place
	unsigned       bool // leave the signature out
	whose          func() *rsa.PrivateKey
}

var forgersKey = sync.OnceValue(func() *rsa.PrivateKey { return freshKey() })

// strangersKey is in no key set.
var strangersKey = sync.OnceValue(func() *rsa.PrivateKey { return freshKey() })

func freshKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, smallKey)
	if err != nil {
		panic("mutants: no key can be made: " + err.Error()) // the system's randomness never fails
	}
	return key
}

const forgersKeyID = "the-forger"

// forging puts a forger around a handler, a new one for every run.
func forging(c *contract.Contract, member string, edit func(*forged)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		f := &forger{contract: c, member: member, edit: edit}
		return through(nil, f.before, f.after)(next)
	}
}

// before hands the provider its own tokens back.
func (f *forger) before(p *passage) {
	f.given.Lock()
	defer f.given.Unlock()
	for now, before := range f.given.values {
		p.sent = []byte(strings.ReplaceAll(string(p.sent), now, before))
		p.request.URL.RawQuery = strings.ReplaceAll(p.request.URL.RawQuery, now, before)
		for i, value := range p.request.Header["Authorization"] {
			p.request.Header["Authorization"][i] = strings.ReplaceAll(value, now, before)
		}
	}
}

func (f *forger) after(p *passage) {
	switch m, _ := p.value().(map[string]any); {
	case m == nil || !p.succeeded():
	case meant(f.contract.Operation("token"), p.request):
		f.replace(m)
		p.body = encoded(m)
	case meant(f.contract.Operation("keySet"), p.request):
		if keys, ok := m["keys"].([]any); ok {
			m["keys"] = append(keys, publicKey(forgersKey(), forgersKeyID))
			p.body = encoded(m)
		}
	}
}

// replace gives other tokens. An id token beside a new access token gets its at_hash.
func (f *forger) replace(answer map[string]any) {
	before, _ := answer[f.member].(string)
	now := f.sign(before, f.edit)
	if now == before {
		return
	}
	f.given.put(now, before)
	answer[f.member] = now
	id, _ := answer["id_token"].(string)
	if f.member == "id_token" || id == "" {
		return
	}
	answer["id_token"] = f.sign(id, func(t *forged) {
		if _, has := t.claims["at_hash"]; has {
			sum := sha256.Sum256([]byte(now))
			t.claims["at_hash"] = base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
		}
	})
	f.given.put(answer["id_token"].(string), id)
}

// sign edits a token and signs it; what is no JWT stays as it is.
func (f *forger) sign(token string, edit func(*forged)) string {
	read, ok := contract.ReadToken(token)
	if !ok {
		return token
	}
	t := &forged{header: read.Header, claims: read.Claims, whose: forgersKey}
	t.header["kid"] = forgersKeyID
	edit(t)
	switch {
	case t.opaque:
		sum := sha256.Sum256([]byte(token))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	case t.unsigned:
		t.header["alg"] = "none"
	}
	input := base64.RawURLEncoding.EncodeToString(encoded(t.header)) + "." + base64.RawURLEncoding.EncodeToString(encoded(t.claims))
	if t.unsigned {
		return input + "."
	}
	signature, err := jwt.SigningMethodRS256.Sign(input, t.whose())
	if err != nil {
		return token
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func publicKey(key *rsa.PrivateKey, id string) map[string]any {
	return map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id,
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}
}
