package oidc

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"slices"
	"sync"

	"github.com/golang-jwt/jwt/v5"
)

// keyBits is the size of a fresh key; the recorded signatures are 256 bytes.
const keyBits = 2048

// A Key signs tokens with RS256.
type Key struct {
	ID      string
	Private *rsa.PrivateKey
}

// NewKey names a key by its RFC 7638 thumbprint, cut to length characters (43 is all of it).
func NewKey(private *rsa.PrivateKey, length int) *Key {
	thumb := sha256.Sum256([]byte(`{"e":"` + exponent(private) + `","kty":"RSA","n":"` + modulus(private) + `"}`))
	id := base64.RawURLEncoding.EncodeToString(thumb[:])
	return &Key{ID: id[:min(length, len(id))], Private: private}
}

func modulus(k *rsa.PrivateKey) string { return base64.RawURLEncoding.EncodeToString(k.N.Bytes()) }

func exponent(k *rsa.PrivateKey) string {
	return base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes())
}

// JWK returns the public half as RFC 7517 writes it.
func (k *Key) JWK() Object {
	return Object{{"kty", "RSA"}, {"use", "sig"}, {"alg", "RS256"}, {"kid", k.ID}, {"n", modulus(k.Private)}, {"e", exponent(k.Private)}}
}

// Sign makes a JWT of the claims as they are encoded, signed with RS256; the header's members
// stand in the recorded order.
func (k *Key) Sign(claims any) (string, error) { return k.signWith(rs256, claims) }

const rs256 = "RS256"

// signWith signs with an algorithm that a contract names: RS256, or one of the HS family, whose
// secret is the public key, as a careless server has it.
func (k *Key) signWith(algorithm string, claims any) (string, error) {
	method := jwt.GetSigningMethod(algorithm)
	if method == nil {
		return "", errors.New("no token can be signed with " + algorithm)
	}
	var key any = k.Private
	if _, symmetric := method.(*jwt.SigningMethodHMAC); symmetric {
		key = PublicPEM(&k.Private.PublicKey)
	}
	header, err := encode(Object{{"alg", algorithm}, {"typ", "JWT"}, {"kid", k.ID}})
	if err != nil {
		return "", err
	}
	payload, err := encode(claims)
	if err != nil {
		return "", err
	}
	input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := method.Sign(input, key)
	if err != nil {
		return "", err
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// Keys are the keys of a provider: the newest signs, all of them verify until they are retired.
type Keys struct {
	length int // of a key id
	first  func() (*rsa.PrivateKey, error)
	once   sync.Once
	mu     sync.RWMutex
	keys   []*Key // newest first; empty when the first one could not be had
	err    error  // why
	turned uint64 // how often they were changed by hand
}

// NewKeys takes its first key from a function that may block until the key is made;
// it is not called before a key is needed. Key ids are cut to length characters.
func NewKeys(first func() (*rsa.PrivateKey, error), length int) *Keys {
	return &Keys{first: first, length: length}
}

// Fork returns keys that begin as these are now and go their own way.
func (k *Keys) Fork() *Keys {
	k.wait()
	k.mu.RLock()
	defer k.mu.RUnlock()
	f := &Keys{length: k.length, keys: slices.Clone(k.keys), err: k.err, turned: k.turned}
	f.once.Do(func() {})
	return f
}

func (k *Keys) wait() {
	k.once.Do(func() {
		private, err := k.first()
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.err = err; err == nil {
			k.keys = append(k.keys, NewKey(private, k.length))
		}
	})
}

// Signing returns the key that signs now, or why there is none.
func (k *Keys) Signing() (*Key, error) {
	k.wait()
	k.mu.RLock()
	defer k.mu.RUnlock()
	if len(k.keys) == 0 {
		return nil, k.err
	}
	return k.keys[0], nil
}

// ByID returns the key of this id, or nil.
func (k *Keys) ByID(id string) *Key {
	k.wait()
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, key := range k.keys {
		if key.ID == id {
			return key
		}
	}
	return nil
}

// Rotate makes a fresh key sign. The older ones stay in the key set, so that their tokens hold.
func (k *Keys) Rotate() (*Key, error) {
	k.wait()
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	key := NewKey(private, k.length)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = slices.Insert(k.keys, 0, key)
	k.turned++
	return key, nil
}

// ErrSigning says that the key that signs cannot be retired.
var ErrSigning = errors.New("the key that signs cannot be retired; rotate first")

// Retire takes a key out of the key set, and with it the tokens that it signed.
func (k *Keys) Retire(id string) error {
	k.wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys) > 0 && k.keys[0].ID == id {
		return ErrSigning
	}
	k.turned++
	k.keys = slices.DeleteFunc(k.keys, func(key *Key) bool { return key.ID == id })
	return nil
}

// RetireOld retires every key but the one that signs, and returns how many.
func (k *Keys) RetireOld() int {
	k.wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	before := len(k.keys)
	k.turned++
	k.keys = k.keys[:min(before, 1)]
	return before - len(k.keys)
}

// IDs of the keys, the one that signs first.
func (k *Keys) IDs() []string {
	k.wait()
	k.mu.RLock()
	defer k.mu.RUnlock()
	ids := make([]string, len(k.keys))
	for i, key := range k.keys {
		ids[i] = key.ID
	}
	return ids
}

// Set returns the key set as RFC 7517 §5 writes it.
func (k *Keys) Set() Object {
	k.wait()
	k.mu.RLock()
	defer k.mu.RUnlock()
	set := make([]Object, len(k.keys))
	for i, key := range k.keys {
		set[i] = key.JWK()
	}
	return Object{{"keys", set}}
}
