package oidc

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// s256 is the only transformation: RFC 7636 §4.2 asks clients that can for it, RFC 9700 §2.1.1 forbids to expose the verifier.
const s256 = "S256"

// Challenge is the S256 code challenge of a verifier (RFC 7636 §4.2).
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// checkChallenge is the pkce phase of the authorization endpoint.
func (p *Provider) checkChallenge(a *authorization) *Error {
	switch {
	case a.challenge == "" && a.method != "":
		return refuse("invalid_request", "code_challenge_method is given without a code_challenge")
	case a.challenge == "" && a.client.Public() && p.obeys(ChallengeRequired):
		return refuse("invalid_request", "code_challenge is required of a public client")
	case a.challenge == "":
		return nil
	case a.method != s256 && p.obeys(ChallengeMethod):
		return refuse("invalid_request", "code_challenge_method must be S256")
	case !unreserved(a.challenge, 43, 128):
		return refuse("invalid_request", "code_challenge must be 43 to 128 unreserved characters")
	}
	return nil
}

// checkVerifier compares the verifier with the challenge of the code (RFC 7636 §4.6).
func (p *Provider) checkVerifier(challenge, verifier string) *Error {
	if challenge == "" {
		if verifier != "" && p.obeys(VerifierCompared) { // RFC 9700 §2.1.1: a downgrade
			return refuse("invalid_grant", "code_verifier is given, but the code was asked for without a challenge")
		}
		return nil
	}
	switch {
	case verifier == "":
		if p.obeys(VerifierRequired) {
			return refuse("invalid_grant", "code_verifier is missing")
		}
		return nil
	case !unreserved(verifier, 43, 128) && p.obeys(VerifierLength):
		return refuse("invalid_grant", "code_verifier must be 43 to 128 unreserved characters")
	case equal(verifier, challenge) && !p.obeys(VerifierHashed):
		return nil
	case !equal(Challenge(verifier), challenge) && p.obeys(VerifierCompared):
		return refuse("invalid_grant", "code_verifier does not fit the code_challenge")
	}
	return nil
}

// unreserved reports whether s is least to most of the characters of RFC 3986 §2.3.
func unreserved(s string, least, most int) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
		default:
			return false
		}
	}
	return true
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
