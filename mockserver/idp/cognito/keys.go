package cognito

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"sync"
)

// keyBits is the size of every key; the recorded signatures and the wrapped key of the refresh token are 256 bytes.
const keyBits = 2048

// Keys are the keys of a pool: one signs access tokens, another id tokens, and
// a third, which is not published, wraps the keys of refresh tokens.
type Keys struct {
	wait func() (access, id signer, refresh *rsa.PrivateKey)
}

// signers are the keys that tokens are signed with.
func (e *Engine) signers() (access, id signer) {
	if !e.obeys("token.key-size") {
		return smallSigners()
	}
	access, id, _ = e.keys.wait()
	return access, id
}

// smallSigners are keys that are too small, one pair in a process.
var smallSigners = sync.OnceValues(func() (access, id signer) {
	const tooSmall = 1024 // the smallest that Go makes
	for _, s := range []*signer{&access, &id} {
		key, _ := rsa.GenerateKey(rand.Reader, tooSmall) // cannot fail: the size is sound and the reader never errs
		*s = newSigner(key)
	}
	return access, id
})

// A signer is an RSA key with the name it has in a key set.
type signer struct {
	kid string
	key *rsa.PrivateKey
}

// LazyKeys takes keys from a function that may block until they are made; it
// is called once, when the first key is needed.
func LazyKeys(from func() (access, id, refresh *rsa.PrivateKey)) *Keys {
	var once sync.Once
	var a, i signer
	var r *rsa.PrivateKey
	return &Keys{func() (signer, signer, *rsa.PrivateKey) {
		once.Do(func() {
			access, id, refresh := from()
			a, i, r = newSigner(access), newSigner(id), refresh
		})
		return a, i, r
	}}
}

// GenerateKeys makes keys beside the caller; whoever first needs one waits.
func GenerateKeys() *Keys {
	var made sync.WaitGroup
	var keys [3]*rsa.PrivateKey
	for i := range keys {
		made.Go(func() {
			keys[i], _ = rsa.GenerateKey(rand.Reader, keyBits) // cannot fail: the size is sound and the reader never errs
		})
	}
	return LazyKeys(func() (access, id, refresh *rsa.PrivateKey) {
		made.Wait()
		return keys[0], keys[1], keys[2]
	})
}

// newSigner names a key by its RFC 7638 thumbprint, in standard base64 with
// padding as Cognito writes its key ids.
func newSigner(key *rsa.PrivateKey) signer {
	thumb := sha256.Sum256([]byte(`{"e":"` + exponent(key) + `","kty":"RSA","n":"` + modulus(key) + `"}`))
	return signer{base64.StdEncoding.EncodeToString(thumb[:]), key}
}

func modulus(k *rsa.PrivateKey) string { return base64.RawURLEncoding.EncodeToString(k.N.Bytes()) }

func exponent(k *rsa.PrivateKey) string {
	return base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes())
}

// A JWK is a public key, its members in the order in which Cognito writes them.
type JWK struct {
	Algorithm string `json:"alg"`
	Exponent  string `json:"e"`
	ID        string `json:"kid"`
	Type      string `json:"kty"`
	Modulus   string `json:"n"`
	Use       string `json:"use"`
}

func (s signer) jwk(e *Engine) JWK {
	key := JWK{Algorithm: "RS256", Exponent: exponent(s.key), ID: e.kid(s), Type: "RSA", Modulus: modulus(s.key), Use: "sig"}
	if !e.obeys("getKeySet.key-complete") {
		key.Algorithm, key.Use = "", ""
	}
	return key
}
