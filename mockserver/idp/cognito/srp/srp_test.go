package srp

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"
)

// A vector is one sign-in whose client side an SDK of AWS reckoned; see
// sdktest/cognito/vectors.mjs, which writes the file.
type vector struct {
	Name, Pool, User, Password, Salt string
	SecretB                          string `json:"b"`
	PublicA                          string `json:"A"`
	PublicB                          string `json:"B"`
	U                                string `json:"u"`
	S                                string
	Key, Block, Timestamp, Signature string
}

func vectors(t *testing.T) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	// encoding/json matches names without regard to case, and "b" and "B" are two things here.
	var raw []map[string]string
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	var all []vector
	for _, m := range raw {
		all = append(all, vector{
			Name: m["name"], Pool: m["pool"], User: m["user"], Password: m["password"], Salt: m["salt"],
			SecretB: m["b"], PublicA: m["A"], PublicB: m["B"], U: m["u"], S: m["S"],
			Key: m["key"], Block: m["block"], Timestamp: m["timestamp"], Signature: m["signature"],
		})
	}
	return all
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheServerAgreesWithAnIndependentClient(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			verifier := NewVerifier(v.Pool, v.User, v.Password, unhex(t, v.Salt))
			a, err := ParsePublic(v.PublicA)
			if err != nil {
				t.Fatal(err)
			}
			secret := unhex(t, v.SecretB)
			offer, ok := NewOffer(verifier, secret)
			if !ok {
				t.Fatal("the offer is no use")
			}
			if got := strings.TrimLeft(offer.Hex(), "0"); got != v.PublicB || len(offer.Hex()) != 768 {
				t.Errorf("B is %s, want %s, padded to 768 digits", got, v.PublicB)
			}
			u := offer.Scrambler(PublicFromBytes(a.Bytes()))
			if got := hex.EncodeToString(u); got != v.U {
				t.Errorf("u is %s, want %s", got, v.U)
			}
			key := SessionKey(verifier, a, u, secret)
			if got := hex.EncodeToString(key); got != v.Key {
				t.Errorf("the key is %s, want %s", got, v.Key)
			}
			block, err := base64.StdEncoding.DecodeString(v.Block)
			if err != nil {
				t.Fatal(err)
			}
			if !Proves(Claim(key, v.Pool, v.User, block, v.Timestamp), v.Signature) {
				t.Error("the client's signature is refused")
			}

			wrong := NewVerifier(v.Pool, v.User, v.Password+"x", unhex(t, v.Salt))
			if Proves(Claim(SessionKey(wrong, a, u, secret), v.Pool, v.User, block, v.Timestamp), v.Signature) {
				t.Error("the signature is taken for another password")
			}
			for name, claim := range map[string][]byte{
				"another pool":      Claim(key, v.Pool+"x", v.User, block, v.Timestamp),
				"another user":      Claim(key, v.Pool, v.User+"x", block, v.Timestamp),
				"another block":     Claim(key, v.Pool, v.User, append([]byte{1}, block...), v.Timestamp),
				"another timestamp": Claim(key, v.Pool, v.User, block, v.Timestamp+" "),
			} {
				if Proves(claim, v.Signature) {
					t.Errorf("the signature is taken for %s", name)
				}
			}
		})
	}
}

// The trap values are what the vectors are for: each must show its trap.
func TestTheVectorsHoldTheTraps(t *testing.T) {
	traps := map[string]func(vector) bool{
		"an odd number of digits in A": func(v vector) bool { return len(v.PublicA)%2 == 1 },
		"a zero byte before A":         func(v vector) bool { return len(v.PublicA) <= 766 },
		"a zero byte before B":         func(v vector) bool { return len(v.PublicB) <= 766 },
		"a zero byte before u":         func(v vector) bool { return strings.HasPrefix(v.U, "00") },
		"a zero byte before S":         func(v vector) bool { return len(v.S) <= 766 },
		"a zero byte before the salt":  func(v vector) bool { return strings.HasPrefix(v.Salt, "00") },
		"a colon in a name":            func(v vector) bool { return strings.Contains(v.User, ":") },
		"a name outside ASCII": func(v vector) bool {
			return v.User != strings.ToValidUTF8(v.User, "") || len(v.User) != len([]rune(v.User))
		},
		"an empty password": func(v vector) bool { return v.Password == "" },
		"a one-digit day":   func(v vector) bool { return strings.Contains(v.Timestamp, " 5 ") },
	}
	for trap, shows := range traps {
		t.Run(trap, func(t *testing.T) {
			for _, v := range vectors(t) {
				if shows(v) {
					return
				}
			}
			t.Error("no vector holds it")
		})
	}
}

func TestWhatIsNoPublicValue(t *testing.T) {
	n := modulus.Text(16)
	twice := new(big.Int).Lsh(modulus, 1).Text(16)
	tests := []struct {
		name, text string
		want       error
	}{
		{"nothing", "", ErrNotHex},
		{"zero", "0", ErrZero},
		{"many zeros", strings.Repeat("0", 2000), ErrZero},
		{"the modulus", n, ErrZero},
		{"the modulus in capitals", strings.ToUpper(n), ErrZero},
		{"the modulus behind zeros", "000" + n, ErrZero},
		{"twice the modulus", twice, ErrTooLong},
		{"one digit more than the modulus", "1" + strings.Repeat("0", 768), ErrTooLong},
		{"a megabyte of digits", strings.Repeat("f", 1<<20), ErrTooLong},
		{"a sign", "-5", ErrNotHex},
		{"a prefix", "0x5", ErrNotHex},
		{"an underscore", "1_0", ErrNotHex},
		{"a space", " 5", ErrNotHex},
		{"a letter beyond f", "5g", ErrNotHex},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParsePublic(tt.text); err != tt.want {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestWhatIsAPublicValue(t *testing.T) {
	for name, text := range map[string]string{
		"one":                            "1",
		"an odd number of digits":        "abc",
		"capitals":                       "ABCDEF",
		"768 digits":                     strings.Repeat("e", 768),
		"a sign digit before 768 digits": "0" + strings.Repeat("e", 768),
		"two zeros before 768 digits":    "00" + strings.Repeat("e", 768),
	} {
		t.Run(name, func(t *testing.T) {
			a, err := ParsePublic(text)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := new(big.Int).SetString(text, 16)
			if a.n.Cmp(want) != 0 {
				t.Errorf("read as %x", a.n)
			}
		})
	}
}

// RFC 3526 section 5: 2^3072 - 2^3008 - 1 + 2^64 * { [2^2942 pi] + 1690314 }.
func TestTheModulusIsTheOneOfTheRFC(t *testing.T) {
	bit := func(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }
	want := new(big.Int).Rsh(piShifted(2942+64), 64)
	want.Add(want, big.NewInt(1690314))
	want.Lsh(want, 64)
	want.Add(want, bit(3072))
	want.Sub(want, bit(3008))
	want.Sub(want, big.NewInt(1))
	if modulus.Cmp(want) != 0 {
		t.Errorf("the modulus is %x, want %x", modulus, want)
	}
}

// piShifted returns pi·2^bits, a few units off, by Machin's formula.
func piShifted(bits uint) *big.Int {
	arctan := func(inverse int64) *big.Int {
		sum, n, square := new(big.Int), big.NewInt(inverse), big.NewInt(inverse*inverse)
		term := new(big.Int).Div(new(big.Int).Lsh(big.NewInt(1), bits), n)
		for i := int64(1); term.Sign() != 0; i += 2 {
			part := new(big.Int).Div(term, big.NewInt(i))
			if i%4 == 1 {
				sum.Add(sum, part)
			} else {
				sum.Sub(sum, part)
			}
			term.Div(term, square)
		}
		return sum
	}
	pi := new(big.Int).Mul(big.NewInt(16), arctan(5))
	return pi.Sub(pi, new(big.Int).Mul(big.NewInt(4), arctan(239)))
}

func TestPowersOfGAreThoseOfMathBig(t *testing.T) {
	all := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	for _, e := range []*big.Int{big.NewInt(0), big.NewInt(1), big.NewInt(15), big.NewInt(16), big.NewInt(3071), new(big.Int).Lsh(big.NewInt(5), 251), all} {
		if got, want := powerOfG(e), new(big.Int).Exp(generator, e, modulus); got.Cmp(want) != 0 {
			t.Errorf("g^%x is %x, want %x", e, got, want)
		}
	}
}

func TestPaddingIsThatOfJava(t *testing.T) {
	for text, want := range map[string]string{"0": "00", "14": "14", "7f": "7f", "80": "0080", "ec": "00ec", "100": "0100", "8000": "008000"} {
		n, _ := new(big.Int).SetString(text, 16)
		if got := hex.EncodeToString(pad(n)); got != want {
			t.Errorf("pad(%s) is %s, want %s", text, got, want)
		}
	}
}

func TestWhatProvesNothing(t *testing.T) {
	claim := Claim([]byte("key"), "pool", "user", []byte("block"), "now")
	good := base64.StdEncoding.EncodeToString(claim)
	if !Proves(claim, good) {
		t.Fatal("the right signature is refused")
	}
	for name, signature := range map[string]string{
		"nothing":           "",
		"not base64":        "!" + good[1:],
		"another alphabet":  strings.NewReplacer("+", "-", "/", "_").Replace(base64.StdEncoding.EncodeToString([]byte("\xfb\xff\xfe"))),
		"half of it":        base64.StdEncoding.EncodeToString(claim[:16]),
		"one bit different": base64.StdEncoding.EncodeToString(append([]byte{claim[0] ^ 1}, claim[1:]...)),
		"in hexadecimal":    hex.EncodeToString(claim),
	} {
		if Proves(claim, signature) {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzParsePublic(f *testing.F) {
	for _, seed := range []string{"", "0", "5", "abc", "-1", modulusHex, "0" + modulusHex, strings.Repeat("f", 769)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParsePublic(text)
		if err != nil {
			return
		}
		if a.n.BitLen() > 8*ModulusSize || new(big.Int).Mod(a.n, modulus).Sign() == 0 {
			t.Fatalf("%q was taken as %x", text, a.n)
		}
		if again := PublicFromBytes(a.Bytes()); again.n.Cmp(a.n) != 0 {
			t.Fatalf("%q does not survive being written down", text)
		}
	})
}

func BenchmarkServerSide(b *testing.B) {
	verifier := NewVerifier("pool", "admin", "Correct-Horse-7", []byte("0123456789abcdef"))
	secret := []byte("an ephemeral of thirty-two bytes")
	a, _ := ParsePublic(strings.Repeat("e", 768))
	offer, _ := NewOffer(verifier, secret)
	u := offer.Scrambler(a)
	b.Run("offer", func(b *testing.B) {
		for b.Loop() {
			NewOffer(verifier, secret)
		}
	})
	b.Run("session key", func(b *testing.B) {
		for b.Loop() {
			SessionKey(verifier, a, u, secret)
		}
	})
}
