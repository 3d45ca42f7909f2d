package cognito

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"assay/contract"
	"assay/mockserver/idp/config"
)

// refreshHeader is the recorded header of a refresh token: a JWT inside a JWE.
const refreshHeader = `{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}`

// The recorded refresh token holds 965 bytes. What stands around the claims in
// the JWT inside takes 65 of them; base64 makes the other 900 of 675.
const (
	innerHeader     = `{"alg":"HS256"}`
	innerClaimsSize = 675
)

// refreshToken writes a refresh token: a JWE in the compact form of RFC 7516
// section 7.1, of the recorded algorithms and, for names of ordinary length,
// the recorded size. Nobody but the pool can read it; the pool finds it by its
// hash and never needs to.
func (e *Engine) refreshToken(s session) string {
	if !e.obeys("token.refresh-is-jwe") {
		return hex.EncodeToString(e.bytes(64))
	}
	_, _, wrapping := e.keys.wait()
	key := e.bytes(32)
	wrapped, err := rsa.EncryptOAEP(sha1.New(), e.random, &wrapping.PublicKey, key, nil) // RSA-OAEP is OAEP with SHA-1: RFC 7518 section 4.3
	if err != nil {
		panic(err) // 32 bytes fit into the key
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has blocks of 16 bytes
	}
	header := base64.RawURLEncoding.EncodeToString([]byte(refreshHeader))
	nonce := e.bytes(gcm.NonceSize())
	sealed := gcm.Seal(nil, nonce, e.refreshContent(s), []byte(header))
	cut := len(sealed) - gcm.Overhead()
	parts := []string{header}
	for _, part := range [][]byte{wrapped, nonce, sealed[:cut], sealed[cut:]} {
		parts = append(parts, base64.RawURLEncoding.EncodeToString(part))
	}
	return strings.Join(parts, ".")
}

// refreshContent is the JWT inside a refresh token.
func (e *Engine) refreshContent(s session) []byte {
	claims := []claim{
		{"iss", e.pool.issuer},
		{"client_id", s.client},
		{"username", s.user},
		{"origin_jti", s.origin},
		{"event_id", s.event},
		{"jti", e.uuid()},
		{"token_use", "refresh"},
		{"auth_time", s.authTime},
		{"exp", s.expires.Unix()},
	}
	const padding = `,"pad":""`
	if short := innerClaimsSize - len(claimsObject(claims)) - len(padding); short >= 0 {
		claims = append(claims, claim{"pad", strings.Repeat("0", short)})
	}
	input := base64.RawURLEncoding.EncodeToString([]byte(innerHeader)) + "." + base64.RawURLEncoding.EncodeToString(claimsObject(claims))
	mac := hmac.New(sha256.New, e.tokenKey)
	mac.Write([]byte(input))
	return []byte(input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

// Refresh gives new tokens for a refresh token (InitiateAuth with
// REFRESH_TOKEN_AUTH, and GetTokensFromRefreshToken). The sign-in they belong
// to stays the same: its time, its origin, its event.
func (e *Engine) Refresh(clientID string, parameters map[string]string) (*Tokens, *Error) {
	client, refusal := e.client(clientID)
	if refusal != nil {
		return nil, refusal
	}
	token, refusal := required(parameters, "REFRESH_TOKEN")
	if refusal != nil {
		return nil, refusal
	}
	return e.refresh(client, token, answerOfRefresh, func(names ...string) *Error { return e.authenticateClient(client, parameters, names...) })
}

// Exchange is [Engine.Refresh] as GetTokensFromRefreshToken asks for it: a
// client that has a secret sends the secret itself.
func (e *Engine) Exchange(clientID, token, secret string) (*Tokens, *Error) {
	client, refusal := e.client(clientID)
	if refusal != nil {
		return nil, refusal
	}
	if token == "" {
		return nil, missing("RefreshToken")
	}
	return e.refresh(client, token, answerOfExchange, func(...string) *Error {
		if !sameSecret(client, secret) {
			return refused("Client " + client.ID + " is configured with another secret")
		}
		return nil
	})
}

func (e *Engine) refresh(client config.CognitoClient, token, answer string, authenticate func(names ...string) *Error) (*Tokens, *Error) {
	hash := sha256.Sum256([]byte(token))
	e.mu.Lock()
	s, known := e.sessions.ofRefresh(hash)
	e.mu.Unlock()
	if lent, ok := e.unsaidOfRefresh(client, known); ok {
		s, known = lent, true
	}
	switch {
	case !known, s.client != client.ID && e.obeys("refresh.token-of-client"):
		return nil, refused("Invalid Refresh Token")
	case s.refreshDead:
		return nil, refused("Refresh Token has been revoked")
	case !e.now().Before(s.expires) && e.obeys("refresh.token-expires"):
		return nil, refused("Refresh Token has expired")
	}
	who := e.pool.users[s.user]
	if refusal := authenticate(s.user, who.sub()); refusal != nil {
		return nil, refusal
	}
	tokens := e.tokens(s, who, answer)
	if client.RotateRefreshTokens {
		return e.rotate(s, hash, tokens)
	}
	return tokens, nil
}

// rotate gives a new refresh token in the place of the one that was used. Of
// two uses at once only one is served.
func (e *Engine) rotate(s session, used [32]byte, tokens *Tokens) (*Tokens, *Error) {
	tokens.Refresh = e.refreshToken(s)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sessions.byRefresh[used] != s.origin {
		return nil, refused("Invalid Refresh Token")
	}
	e.sessions.rotate(s.origin, sha256.Sum256([]byte(tokens.Refresh)))
	return tokens, nil
}

// refused is a token that is not taken.
func refused(message string) *Error {
	return &Error{contract.Credentials, NotAuthorized, message}
}

// Revoke ends the session of a refresh token (RevokeToken): the token and
// every access token that came of it. A token that nobody knows is no error,
// as RFC 7009 section 2.2 has it.
func (e *Engine) Revoke(clientID, token, secret string) *Error {
	client, refusal := e.client(clientID)
	if refusal != nil {
		return refusal
	}
	switch {
	case token == "":
		return missing("Token")
	case strings.Count(token, ".") == 2:
		return &Error{contract.Invalid, UnsupportedToken, "Only refresh tokens can be revoked"}
	case !sameSecret(client, secret):
		return &Error{contract.Credentials, Unauthorized, "Invalid client secret"}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s, known := e.sessions.ofRefresh(sha256.Sum256([]byte(token)))
	switch {
	case !known && !e.obeys("revokeToken.unknown-token"):
		return refused("Invalid Refresh Token")
	case !known:
		return nil
	case s.client != client.ID && e.obeys("revokeToken.of-client"):
		return &Error{contract.Credentials, Unauthorized, "The token was given to another client"}
	}
	for origin := range e.sessions.ofUser[s.user] {
		if origin == s.origin || !e.obeys("revokeToken.others-live") {
			e.sessions.signOut(origin, e.obeys("revokeToken.refresh-token-dies"), e.obeys("revokeToken.access-tokens-die"))
		}
	}
	return nil
}

func sameSecret(c config.CognitoClient, secret string) bool {
	return c.Secret == "" || hmac.Equal([]byte(c.Secret), []byte(secret))
}
