// Package cognito is the engine behind an Amazon Cognito user pool: a sign-in
// with SRP that really verifies the password, tokens of the recorded shape,
// and what follows them: refresh, sign-out, the user, the key set, and the
// settings API that the recorded application calls with its access token.
//
// Nothing comes out of the air: time, randomness and keys are fields of the
// [Engine]. Claims, their order and types, lifetimes and sentences come from
// the contract, as [Terms]; a sentence that the contract does not hold is not
// obeyed, which is how a mutant of the contract is served.
//
// The package srp beside it is the mathematics; handlers.go alone knows the mock.
package cognito

import (
	"crypto/aes"
	"crypto/cipher"
	"io"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/config"
)

// Options are what an engine is made of. Pool, Terms, Now and Random must be there.
type Options struct {
	Pool   config.Cognito
	Users  []config.User
	Terms  Terms
	Now    func() time.Time
	Random io.Reader         // safe for concurrent use
	Keys   *Keys             // nil to have fresh ones made beside the caller
	Ledger mockserver.Ledger // what is done to tokens from outside; nil where nothing is
}

// An Engine is one user pool in one world. It is safe for concurrent use.
type Engine struct {
	pool   pool
	terms  atomic.Pointer[Terms]
	now    func() time.Time
	random io.Reader
	keys   *Keys
	ledger mockserver.Ledger // nil where nothing is done to tokens from outside

	seal     cipher.AEAD // of secret blocks
	tokenKey []byte      // signs what is inside a refresh token

	mu       sync.Mutex
	barred   map[string]bool       // users who may not sign in, where the contract does not say that they may
	spent    map[blockID]time.Time // secret blocks already answered, until they would have expired
	sessions sessions
	verified map[[32]byte]accessToken // access tokens whose signature was checked
}

// NewEngine makes an engine. It does not wait for keys.
func NewEngine(o Options) *Engine {
	if o.Keys == nil {
		o.Keys = GenerateKeys()
	}
	e := &Engine{
		now: o.Now, random: o.Random, keys: o.Keys, ledger: o.Ledger,
		barred: map[string]bool{}, spent: map[blockID]time.Time{}, sessions: newSessions(), verified: map[[32]byte]accessToken{},
	}
	e.Follow(o.Terms)
	e.pool = newPool(o.Pool, o.Users, e.bytes)
	e.seal = newSeal(e.bytes(32))
	e.tokenKey = e.bytes(32)
	return e
}

// Follow makes the engine keep other terms from now on.
func (e *Engine) Follow(t Terms) { e.terms.Store(&t) }

// Fork returns an engine that shares keys, users and secrets with this one and
// goes its own way from here.
func (e *Engine) Fork(now func() time.Time, random io.Reader) *Engine {
	e.mu.Lock()
	defer e.mu.Unlock()
	fork := &Engine{
		pool: e.pool, now: now, random: random, keys: e.keys, seal: e.seal, tokenKey: e.tokenKey,
		barred: maps.Clone(e.barred), spent: maps.Clone(e.spent), sessions: e.sessions.clone(), verified: map[[32]byte]accessToken{},
	}
	fork.terms.Store(e.terms.Load())
	return fork
}

// An Error is a refusal in AWS's words: its type goes into "__type" and
// x-amzn-errortype, and its kind decides the status, by the contract.
type Error struct {
	Kind    contract.Kind
	Type    string
	Message string
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// The types of refusals that the engine gives, as in the AWS API reference.
const (
	NotAuthorized    = "NotAuthorizedException"
	UserNotFound     = "UserNotFoundException"
	ResourceNotFound = "ResourceNotFoundException"
	InvalidParameter = "InvalidParameterException"
	Unauthorized     = "UnauthorizedException"
	UnsupportedToken = "UnsupportedTokenTypeException"
)

// incorrect is what every failed proof is told: it must not say what was wrong with it.
func incorrect() *Error {
	return &Error{contract.Credentials, NotAuthorized, "Incorrect username or password."}
}

func invalid(message string) *Error {
	return &Error{contract.Invalid, InvalidParameter, message}
}

func missing(name string) *Error {
	return &Error{contract.Missing, InvalidParameter, "Missing required parameter " + name}
}

// bytes draws from the engine's randomness.
func (e *Engine) bytes(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(e.random, b); err != nil {
		panic("cognito: the source of randomness failed: " + err.Error()) // as crypto/rand does: nothing safe can follow
	}
	return b
}

func newSeal(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has blocks of 16 bytes
	}
	return seal
}
