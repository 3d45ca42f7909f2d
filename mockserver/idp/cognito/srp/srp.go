// Package srp is the server's side of the Secure Remote Password protocol as
// Cognito computes it: SRP-6a over the 3072-bit group of RFC 5054, SHA-256,
// two's-complement padding, and a key drawn with HKDF.
//
// It is pure mathematics: no clock, no randomness, no state. The password is
// needed once, for [NewVerifier]; after that the server knows only the
// [Verifier], from which the password cannot be read back.
package srp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"sync"
)

// Sizes of what travels, in bytes.
const (
	SaltSize      = 16
	ModulusSize   = 384
	EphemeralSize = 32 // of the server's secret exponent b: 256 bits, twice the strength of the group
	KeySize       = 16
	ScramblerSize = sha256.Size
)

// info is what Cognito derives its session key for (HKDF's info, with the counter of its only block).
const info = "Caldera Derived Key\x01"

// The group: RFC 5054 appendix A, 3072 bits; its modulus is that of RFC 3526 section 5.
var (
	modulus    = mustHex(modulusHex)
	generator  = big.NewInt(2)
	multiplier = hashInt(pad(modulus), pad(generator)) // k
)

const modulusHex = "" +
	"ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74" +
	"020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437" +
	"4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed" +
	"ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05" +
	"98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb" +
	"9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b" +
	"e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718" +
	"3995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33" +
	"a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7" +
	"abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864" +
	"d87602733ec86a64521f2b18177b200cbbe117577a615d6c770988c0bad946e2" +
	"08e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff"

// Why a client's public value is refused.
var (
	ErrNotHex  = errors.New("SRP_A is not a hexadecimal number")
	ErrTooLong = errors.New("SRP_A is longer than the modulus")
	ErrZero    = errors.New("SRP_A is zero modulo N")
)

// A Public value is the client's A, read and found fit to reckon with.
type Public struct{ n *big.Int }

// ParsePublic reads the client's public value A from hexadecimal digits, of
// which there may be an odd number. It refuses, before any reckoning, what is
// longer than the modulus, and then every multiple of the modulus, for which
// the session key would not depend on the password (RFC 5054 section 2.5.4).
func ParsePublic(text string) (Public, error) {
	a, err := parseHex(text)
	if err != nil {
		return Public{}, err
	}
	if new(big.Int).Mod(a, modulus).Sign() == 0 {
		return Public{}, ErrZero
	}
	return Public{a}, nil
}

// ParsePublicUnchecked is [ParsePublic] without its refusal of multiples of
// the modulus: the fault that lets anybody in, for whoever must show it.
func ParsePublicUnchecked(text string) (Public, error) {
	a, err := parseHex(text)
	return Public{a}, err
}

func parseHex(text string) (*big.Int, error) {
	if text == "" || strings.Trim(text, "0123456789abcdefABCDEF") != "" {
		return nil, ErrNotHex
	}
	digits := strings.TrimLeft(text, "0") // some clients write a sign digit first
	if len(digits) > 2*ModulusSize {
		return nil, ErrTooLong
	}
	n, _ := new(big.Int).SetString("0"+digits, 16)
	return n, nil
}

// Bytes returns the value as ModulusSize bytes, for [PublicFromBytes].
func (p Public) Bytes() []byte { return p.n.FillBytes(make([]byte, ModulusSize)) }

// PublicFromBytes returns a value that [Public.Bytes] wrote down.
func PublicFromBytes(b []byte) Public { return Public{new(big.Int).SetBytes(b)} }

// A Verifier is what a server keeps instead of a password: v = g^x and its salt.
type Verifier struct {
	salt []byte
	v    *big.Int
	kv   *big.Int // k·v, the same in every sign-in
}

// NewVerifier derives the verifier of a user's password. The pool name is the
// part of the pool id after "_". Names and passwords are taken byte for byte,
// as UTF-8; either may hold colons.
//
// Salt is read as a number, so leading zero bytes would not count; some
// clients count them all the same, and a caller who wants to serve both draws
// another salt.
func NewVerifier(poolName, user, password string, salt []byte) *Verifier {
	inner := sha256.Sum256([]byte(poolName + user + ":" + password))
	x := hashInt(pad(new(big.Int).SetBytes(salt)), inner[:])
	v := powerOfG(x)
	return &Verifier{salt: salt, v: v, kv: new(big.Int).Mul(multiplier, v)}
}

// Salt returns the salt in hexadecimal, two digits a byte.
func (v *Verifier) Salt() string { return hex.EncodeToString(v.salt) }

// An Offer is the server's answer to a client's public value: B and the
// secret exponent b behind it.
type Offer struct {
	b, public *big.Int
}

// NewOffer reckons B = k·v + g^b. The secret is EphemeralSize random bytes,
// fresh for every sign-in. One that yields B = 0 is no use (ok is false).
func NewOffer(v *Verifier, secret []byte) (offer Offer, ok bool) {
	b := new(big.Int).SetBytes(secret)
	public := powerOfG(b)
	public.Add(public, v.kv)
	public.Mod(public, modulus)
	return Offer{b, public}, public.Sign() != 0
}

// Hex returns B as 768 lower-case hexadecimal digits.
func (o Offer) Hex() string {
	return hex.EncodeToString(o.public.FillBytes(make([]byte, ModulusSize)))
}

// Scrambler returns u = H(pad A ‖ pad B), which binds both public values.
func (o Offer) Scrambler(a Public) []byte {
	u := sha256.New()
	u.Write(pad(a.n))
	u.Write(pad(o.public))
	return u.Sum(nil)
}

// SessionKey reckons the key that a client who knows the password reckons too:
// S = (A·v^u)^b, then HKDF with pad(u) as its salt.
func SessionKey(v *Verifier, a Public, scrambler, secret []byte) []byte {
	u := new(big.Int).SetBytes(scrambler)
	s := new(big.Int).Exp(v.v, u, modulus)
	s.Mul(s, a.n)
	s.Mod(s, modulus)
	s.Exp(s, new(big.Int).SetBytes(secret), modulus)
	return mac(mac(pad(u), pad(s)), []byte(info))[:KeySize]
}

// Claim is the proof that a client knows the session key: the HMAC over pool
// name, user, secret block and the text of its timestamp.
func Claim(key []byte, poolName, user string, block []byte, timestamp string) []byte {
	return mac(key, []byte(poolName), []byte(user), block, []byte(timestamp))
}

// Proves reports, in constant time, whether the signature (standard base64)
// is this claim.
func Proves(claim []byte, signature string) bool {
	got, err := base64.StdEncoding.DecodeString(signature)
	return err == nil && hmac.Equal(claim, got)
}

// powers are g^(d·16^i) for every digit d and place i of an exponent of 256
// bits: 400 KB that turn 256 squarings into 64 multiplications.
var powers = sync.OnceValue(func() *[2 * EphemeralSize][15]*big.Int {
	table := new([2 * EphemeralSize][15]*big.Int)
	base := generator
	for i := range table {
		power := base
		for d := range table[i] {
			table[i][d] = power
			power = new(big.Int).Mul(power, base)
			power.Mod(power, modulus)
		}
		base = power // base^16
	}
	return table
})

// powerOfG is g^e modulo N for an exponent of at most 256 bits.
func powerOfG(e *big.Int) *big.Int {
	table := powers()
	digits := e.FillBytes(make([]byte, EphemeralSize))
	result, quotient := big.NewInt(1), new(big.Int)
	times := func(place int, digit byte) {
		if digit > 0 {
			result.Mul(result, table[place][digit-1])
			quotient.QuoRem(result, modulus, result)
		}
	}
	for i, b := range digits {
		place := 2 * (EphemeralSize - 1 - i)
		times(place+1, b>>4)
		times(place, b&15)
	}
	return result
}

// pad writes a number as Java's BigInteger does, in two's complement: as few
// bytes as hold it, and a zero byte before them where the top bit is set.
func pad(n *big.Int) []byte {
	return n.FillBytes(make([]byte, n.BitLen()/8+1))
}

func hashInt(parts ...[]byte) *big.Int {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return new(big.Int).SetBytes(h.Sum(nil))
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func mustHex(text string) *big.Int {
	n, ok := new(big.Int).SetString(text, 16)
	if !ok {
		panic("srp: the modulus is misspelt")
	}
	return n
}
