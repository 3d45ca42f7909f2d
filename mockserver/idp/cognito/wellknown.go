package cognito

import (
	"strings"

	"assay/contract"
)

// A KeySet is what is published to check tokens with.
type KeySet struct {
	Keys []JWK `json:"keys"`
}

// KeySet tells the pool's public keys. It waits until they are made.
func (e *Engine) KeySet(poolID string) (*KeySet, *Error) {
	if refusal := e.known(poolID); refusal != nil {
		return nil, refusal
	}
	access, id := e.signers()
	set := &KeySet{Keys: []JWK{id.jwk(e), access.jwk(e)}}
	if !e.obeys("token.keys-published") {
		set.Keys = set.Keys[:1]
	}
	return set, nil
}

// A Discovery is the OpenID Connect discovery document of a pool without a domain of its own.
type Discovery struct {
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	Issuer        string   `json:"issuer"`
	KeySet        string   `json:"jwks_uri"`
	ResponseTypes []string `json:"response_types_supported"`
	Scopes        []string `json:"scopes_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
}

// Discover tells the issuer, which is the one in the tokens, and where the key
// set is: at the origin through which the pool was reached.
func (e *Engine) Discover(poolID, origin string) (*Discovery, *Error) {
	if refusal := e.known(poolID); refusal != nil {
		return nil, refusal
	}
	d := &Discovery{
		Algorithms: []string{"RS256"}, Issuer: e.issuer(),
		KeySet:        strings.TrimSuffix(origin, "/") + "/" + e.pool.id + "/.well-known/jwks.json",
		ResponseTypes: []string{"code", "token"}, Scopes: []string{"openid", "email", "phone", "profile"},
		SubjectTypes: []string{"public"},
	}
	if !e.obeys("discover.issuer-of-tokens") {
		d.Issuer = origin
	}
	if !e.obeys("discover.key-set") {
		d.KeySet += ".gone"
	}
	return d, nil
}

func (e *Engine) known(poolID string) *Error {
	if poolID != e.pool.id {
		return &Error{contract.Unknown, ResourceNotFound, "User pool " + poolID + " does not exist."}
	}
	return nil
}
