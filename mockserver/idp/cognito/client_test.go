package cognito

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"testing"
)

// A client is the other side of the sign-in, written after the public
// description of SRP and sharing no code with the server.
type client struct {
	a, A *big.Int
}

var (
	clientN, _ = new(big.Int).SetString(""+
		"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"+
		"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"+
		"98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"+
		"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33"+
		"A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864"+
		"D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF", 16)
	clientG = big.NewInt(2)
)

func newClient(t testing.TB) *client {
	t.Helper()
	a, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 256))
	if err != nil {
		t.Fatal(err)
	}
	return &client{a, new(big.Int).Exp(clientG, a, clientN)}
}

// sign answers a challenge, as a client that believes this password.
func (c *client) sign(t testing.TB, pool, password string, challenge *Challenge, timestamp string) string {
	t.Helper()
	b, _ := new(big.Int).SetString(challenge.PublicB, 16)
	salt, _ := new(big.Int).SetString(challenge.Salt, 16)
	x := clientInt(clientHash(clientPad(salt), clientHash([]byte(pool+challenge.Username+":"+password))))
	k := clientInt(clientHash(clientPad(clientN), clientPad(clientG)))
	u := clientInt(clientHash(clientPad(c.A), clientPad(b)))
	base := new(big.Int).Sub(b, new(big.Int).Mul(k, new(big.Int).Exp(clientG, x, clientN)))
	s := new(big.Int).Exp(base.Mod(base, clientN), new(big.Int).Add(c.a, new(big.Int).Mul(u, x)), clientN)
	return c.signWith(t, pool, clientKey(u, s), challenge, timestamp)
}

func (c *client) signWith(t testing.TB, pool string, key []byte, challenge *Challenge, timestamp string) string {
	t.Helper()
	block, err := base64.StdEncoding.DecodeString(challenge.SecretBlock)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(clientMAC(key, []byte(pool), []byte(challenge.Username), block, []byte(timestamp)))
}

func clientKey(u, s *big.Int) []byte {
	return clientMAC(clientMAC(clientPad(u), clientPad(s)), []byte("Caldera Derived Key"), []byte{1})[:16]
}

func clientPad(n *big.Int) []byte {
	text := n.Text(16)
	if len(text)%2 == 1 {
		text = "0" + text
	}
	if text[0] >= '8' {
		text = "00" + text
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

func clientInt(b []byte) *big.Int { return new(big.Int).SetBytes(b) }

func clientHash(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func clientMAC(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
