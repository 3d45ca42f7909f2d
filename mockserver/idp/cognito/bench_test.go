package cognito

import (
	"crypto"
	"crypto/rsa"
	"math/big"
	"testing"
	"time"

	"assay/mockserver/idp/config"
)

// A sign-in costs the server three exponentiations (g^b, v^u, and the session
// secret) and its signatures; everything else is hashing. The benchmark does
// the one and the other in turn and tells the ratio, in processor time, so that
// it holds on a busy machine too:
//
//	go test -run xxx -bench SignIn ./mockserver/idp/cognito
func BenchmarkSignIn(b *testing.B) {
	bench := newBench(b)
	access, _, _ := bench.keys.wait()
	c := newClient(b)
	exponent := new(big.Int).SetBytes(bench.bytes(32))
	digest := bench.bytes(32)
	bound := func() {
		for range 3 {
			new(big.Int).Exp(c.A, exponent, clientN)
		}
		if _, err := rsa.SignPKCS1v15(nil, access.key, crypto.SHA256, digest); err != nil {
			b.Fatal(err)
		}
	}
	// The client's work is not the server's: the proof is one that was made before,
	// which costs the server the same until it is refused; then the tokens are made.
	stale := bench.begin("admin", config.DefaultPassword)
	signIn := func() {
		challenge, refusal := bench.Begin(testClient, map[string]string{"USERNAME": "admin", "SRP_A": c.A.Text(16)})
		if refusal != nil {
			b.Fatal(refusal)
		}
		stale.responses["PASSWORD_CLAIM_SECRET_BLOCK"] = challenge.SecretBlock
		if _, refusal := bench.end(stale); refusal == nil {
			b.Fatal("a stale proof was taken")
		}
		bench.signIn(bench.pool.clients[testClient], bench.pool.users["admin"])
	}
	b.Run("against its bound", func(b *testing.B) {
		var whole, least time.Duration
		for b.Loop() {
			start := processorTime()
			bound()
			middle := processorTime()
			signIn()
			least, whole = least+middle-start, whole+processorTime()-middle
		}
		b.ReportMetric(float64(whole)/float64(least), "times-the-bound")
		b.ReportMetric(float64(whole)/float64(b.N)/1e6, "cpu-ms/sign-in")
		b.ReportMetric(float64(time.Second)*float64(b.N)/float64(whole), "sign-ins/cpu-s")
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
