package steps

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// An srpClient is the client's side of a sign-in with SRP as Cognito has it:
// RFC 5054's group of 3072 bits, SHA-256, numbers padded as Java pads them.
// It is written after the protocol and not after any server.
type srpClient struct {
	secret, public *big.Int // a and A = g^a
}

var (
	srpModulus, _ = new(big.Int).SetString(srpModulusDigits, 16)
	srpGenerator  = big.NewInt(2)
)

// The prime of RFC 3526 section 5.
const srpModulusDigits = `FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74` +
	`020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437` +
	`4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED` +
	`EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05` +
	`98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB` +
	`9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B` +
	`E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718` +
	`3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33` +
	`A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7` +
	`ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864` +
	`D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2` +
	`08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF`

// srpSecretBits is the least that RFC 5054 section 2.5.4 allows for a secret exponent.
const srpSecretBits = 256

// newSRPClient draws a fresh secret until its public value fits, where a step
// asks for a particular one; nil fits all.
func newSRPClient(fits func(public *big.Int) bool) (*srpClient, error) {
	for range 4096 { // the rarest that a step asks for is one in 16
		secret, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), srpSecretBits))
		if err != nil {
			return nil, err
		}
		public := new(big.Int).Exp(srpGenerator, secret, srpModulus)
		if fits == nil || fits(public) {
			return &srpClient{secret, public}, nil
		}
	}
	return nil, fmt.Errorf("no public value of that kind was found")
}

// A srpChallenge is what the server asks with.
type srpChallenge struct {
	salt, publicB *big.Int
	block         []byte
	user          string // USER_ID_FOR_SRP
}

// readChallenge reads ChallengeParameters; what is missing or unreadable is named.
func readChallenge(parameters map[string]any) (*srpChallenge, error) {
	number := func(name string) (*big.Int, error) {
		text := textOf(parameters[name])
		const most = 2 * 768 // digits: twice the modulus, far beyond what a server sends
		if len(text) > most {
			return nil, fmt.Errorf("%s has %d digits", name, len(text))
		}
		n, ok := new(big.Int).SetString(text, 16)
		if !ok || n.Sign() <= 0 {
			return nil, fmt.Errorf("%s is no hexadecimal number", name)
		}
		return n, nil
	}
	c := &srpChallenge{user: textOf(parameters["USER_ID_FOR_SRP"])}
	var err error
	if c.salt, err = number("SALT"); err != nil {
		return nil, err
	}
	if c.publicB, err = number("SRP_B"); err != nil {
		return nil, err
	}
	if c.block, err = base64.StdEncoding.DecodeString(textOf(parameters["SECRET_BLOCK"])); err != nil || len(c.block) == 0 {
		return nil, fmt.Errorf("SECRET_BLOCK is no standard base64")
	}
	if new(big.Int).Mod(c.publicB, srpModulus).Sign() == 0 {
		return nil, fmt.Errorf("SRP_B is zero modulo N")
	}
	return c, nil
}

// sign answers a challenge as somebody who believes this password.
func (s *srpClient) sign(c *srpChallenge, pool, password, timestamp string) string {
	return c.signed(s.key(c, pool, password), pool, timestamp)
}

// key is the session key: S = (B - k·g^x)^(a + u·x), drawn out with HKDF.
func (s *srpClient) key(c *srpChallenge, pool, password string) []byte {
	x := srpNumber(srpPad(c.salt), srpHash([]byte(pool+c.user+":"+password)))
	k := srpNumber(srpPad(srpModulus), srpPad(srpGenerator))
	base := new(big.Int).Exp(srpGenerator, x, srpModulus)
	base.Mul(base, k).Sub(c.publicB, base).Mod(base, srpModulus)
	u := s.scrambler(c)
	exponent := new(big.Int).Mul(u, x)
	return srpKey(u, base.Exp(base, exponent.Add(exponent, s.secret), srpModulus))
}

// keyOfZero is the session key where A is zero modulo N: whoever sends such an
// A knows it without the password.
func (s *srpClient) keyOfZero(c *srpChallenge) []byte { return srpKey(s.scrambler(c), new(big.Int)) }

func (s *srpClient) scrambler(c *srpChallenge) *big.Int {
	return srpNumber(srpPad(s.public), srpPad(c.publicB))
}

func srpKey(u, shared *big.Int) []byte {
	return srpMAC(srpMAC(srpPad(u), srpPad(shared)), []byte("Caldera Derived Key\x01"))[:16]
}

func (c *srpChallenge) signed(key []byte, pool, timestamp string) string {
	return base64.StdEncoding.EncodeToString(srpMAC(key, []byte(pool), []byte(c.user), c.block, []byte(timestamp)))
}

// srpPad writes a number in two's complement, in as few bytes as hold it.
func srpPad(n *big.Int) []byte {
	digits := n.Text(16)
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	if strings.ContainsRune("89abcdef", rune(digits[0])) {
		digits = "00" + digits
	}
	b, _ := hex.DecodeString(digits) // digits of a number always decode
	return b
}

func srpNumber(parts ...[]byte) *big.Int { return new(big.Int).SetBytes(srpHash(parts...)) }

func srpHash(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func srpMAC(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// srpTime writes a TIMESTAMP: English, UTC, the day not padded.
func srpTime(t time.Time) string { return t.UTC().Format("Mon Jan 2 15:04:05 UTC 2006") }
