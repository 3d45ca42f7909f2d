package oidc_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/mockserver/idp/oidc"
)

var newKey = sync.OnceValue(func() *oidc.Key {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return oidc.NewKey(private, 43)
})

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// guard stands before an API that asks for the permission admin.
func guard(permission string) *oidc.Guard {
	return &oidc.Guard{
		Key: func(id string) *rsa.PublicKey {
			if id == newKey().ID {
				return &newKey().Private.PublicKey
			}
			return nil
		},
		Issuers: []string{"http://localhost:1/"}, Audiences: []string{"saas-boost:api"}, Permission: permission, Now: func() time.Time { return now },
	}
}

// claims are those of a token that is let in, with some changed; a nil value takes one away.
func claims(changed oidc.Object) oidc.Object {
	all := oidc.Object{
		{Name: "iss", Value: "http://localhost:1/"},
		{Name: "sub", Value: "auth0|0"},
		{Name: "aud", Value: []string{"saas-boost:api", "http://localhost:1/userinfo"}},
		{Name: "iat", Value: now.Unix()},
		{Name: "exp", Value: now.Unix() + 1},
		{Name: "scope", Value: "openid"},
		{Name: "permissions", Value: []string{"admin"}},
	}
	for _, m := range changed {
		all = all.With(m.Name, m.Value)
	}
	kept := all[:0:0]
	for _, m := range all {
		if m.Value != nil {
			kept = append(kept, m)
		}
	}
	return kept
}

func sign(t testing.TB, key *oidc.Key, o oidc.Object) string {
	t.Helper()
	token, err := key.Sign(o)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// headed puts another header before a token and signs it anew by hand.
func headed(token, header string, signature func(input string) []byte) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + strings.Split(token, ".")[1]
	return input + "." + base64.RawURLEncoding.EncodeToString(signature(input))
}

func TestAGuardLetsInAndTurnsAway(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	stranger := oidc.NewKey(private, 43)
	good := sign(t, newKey(), claims(nil))
	with := func(name string, value any) string {
		return sign(t, newKey(), claims(oidc.Object{{Name: name, Value: value}}))
	}
	none := func(string) []byte { return nil }
	secret := func(input string) []byte {
		mac := hmac.New(sha256.New, oidc.PublicPEM(&newKey().Private.PublicKey))
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
	tests := []struct {
		name, token string
		status      int // 0 is let in
	}{
		{"a token as Auth0 gives it", good, 0},
		{"a single audience that is a text", with("aud", "saas-boost:api"), 0},
		{"the same machine by another name", with("iss", "http://127.0.0.1:1/"), 0},
		{"a token as Cognito gives it, with a client and no audience", sign(t, newKey(), claims(oidc.Object{{Name: "aud"}, {Name: "client_id", Value: "saas-boost:api"}, {Name: "token_use", Value: "access"}})), 0},
		{"nothing", "", 401},
		{"no JWT", "abc", 401},
		{"a JWT of two parts", good[:strings.LastIndex(good, ".")], 401},
		{"a JWT of four parts", good + ".x", 401},
		{"an endless one", good + strings.Repeat("a", 20<<10), 401},
		{"a signature cut short", good[:len(good)-8], 401},
		{"no signature", good[:strings.LastIndex(good, ".")+1], 401},
		{"the algorithm none", headed(good, `{"alg":"none","kid":"`+newKey().ID+`"}`, none), 401},
		{"the algorithm None", headed(good, `{"alg":"None","kid":"`+newKey().ID+`"}`, none), 401},
		{"no algorithm", headed(good, `{"kid":"`+newKey().ID+`"}`, none), 401},
		{"HS256 with the public key", headed(good, `{"alg":"HS256","kid":"`+newKey().ID+`"}`, secret), 401},
		{"a key that nobody knows", sign(t, stranger, claims(nil)), 401},
		{"a known name for another key", headed(sign(t, stranger, claims(nil)), `{"alg":"RS256","kid":"`+newKey().ID+`"}`, func(string) []byte { return make([]byte, 256) }), 401},
		{"no key named", headed(good, `{"alg":"RS256"}`, none), 401},
		{"another issuer", with("iss", "http://localhost:2/"), 401},
		{"the issuer without its slash", with("iss", "http://localhost:1"), 401},
		{"no issuer", with("iss", nil), 401},
		{"another audience", with("aud", []string{"another:api"}), 401},
		{"no audience", with("aud", nil), 401},
		{"expired this very second", with("exp", now.Unix()), 401},
		{"no end", with("exp", nil), 401},
		{"an end that is a text", with("exp", "tomorrow"), 401},
		{"not yet", with("nbf", now.Unix()+1), 401},
		{"an id token, by its nonce", with("nonce", "n"), 401},
		{"an id token, by its at_hash", with("at_hash", "h"), 401},
		{"an id token, by its use", with("token_use", "id"), 401},
		{"no scope", with("scope", nil), 401},
		{"no permissions", with("permissions", nil), 403},
		{"another permission", with("permissions", []string{"administrator"}), 403},
		{"a permission that is a number", with("permissions", []int{1}), 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			claims, fault := guard("admin").Check(tt.token)
			switch {
			case tt.status == 0 && (fault != nil || claims["sub"] != "auth0|0"):
				t.Errorf("turned away: %v", fault)
			case tt.status != 0 && (fault == nil || fault.Status != tt.status):
				t.Errorf("got %v, want %d", fault, tt.status)
			}
		})
	}
}

func TestWithoutAPermissionAnyValidTokenIsLetIn(t *testing.T) {
	token := sign(t, newKey(), claims(oidc.Object{{Name: "permissions"}}))
	if _, fault := guard("").Check(token); fault != nil {
		t.Error(fault)
	}
}

func FuzzGuard(f *testing.F) {
	good := sign(f, newKey(), claims(nil))
	f.Add(good)
	f.Add(headed(good, `{"alg":"none"}`, func(string) []byte { return nil }))
	for _, seed := range []string{"", "..", "a.b.c", "e30.e30.", "e30.W10.e30", good + ".", strings.ToUpper(good)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, fault := guard("admin").Check(token); fault == nil && token != good {
			t.Fatalf("%q is let in", token)
		}
	})
}
