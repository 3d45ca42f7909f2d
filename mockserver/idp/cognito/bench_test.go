package cognito

import (
	"crypto"
	"crypto/rsa"
	"math/big"
	"testing"

	"assay/mockserver/idp/config"
)

// A sign-in costs the server three exponentiations (g^b, v^u, and the session
// secret) and its signatures; everything else is hashing. Compare:
//
//	go test -bench SignIn ./mockserver/idp/cognito
func BenchmarkSignIn(b *testing.B) {
	bench := newBench(b)
	access, _, _ := bench.keys.wait()
	c := newClient(b)
	exponent := new(big.Int).SetBytes(bench.bytes(32))
	digest := bench.bytes(32)

	b.Run("bound: three exponentiations and one signature", func(b *testing.B) {
		for b.Loop() {
			for range 3 {
				new(big.Int).Exp(c.A, exponent, clientN)
			}
			if _, err := rsa.SignPKCS1v15(nil, access.key, crypto.SHA256, digest); err != nil {
				b.Fatal(err)
			}
		}
	})
	// The client's work is done before the clock starts: it signs as a server that
	// takes any password would let it, with the same exponentiations done all the same.
	b.Run("begin and prove", func(b *testing.B) {
		a := bench.begin("admin", config.DefaultPassword)
		for b.Loop() {
			challenge, refusal := bench.Begin(testClient, map[string]string{"USERNAME": "admin", "SRP_A": c.A.Text(16)})
			if refusal != nil {
				b.Fatal(refusal)
			}
			a.responses["PASSWORD_CLAIM_SECRET_BLOCK"] = challenge.SecretBlock
			if _, refusal := bench.end(a); refusal == nil {
				b.Fatal("a stale signature was taken")
			}
			bench.signIn(bench.pool.clients[testClient], bench.pool.users["admin"])
		}
	})
	b.Run("refresh", func(b *testing.B) {
		tokens := bench.admin()
		for b.Loop() {
			if refusal := bench.refreshed(testClient, tokens.Refresh); refusal != nil {
				b.Fatal(refusal)
			}
		}
	})
	b.Run("get user", func(b *testing.B) {
		tokens := bench.admin()
		for b.Loop() {
			if _, _, refusal := bench.User(tokens.Access); refusal != nil {
				b.Fatal(refusal)
			}
		}
	})
}
