package mockserver

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"strings"
	"sync"

	"assay/contract"
)

// Random is a world's own randomness: seeded, so that the same seed gives the
// same ids, tokens and keys. It is safe for concurrent use. It is no secret:
// whoever knows the seed knows what comes.
type Random struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

var _ io.Reader = (*Random)(nil)

// newRandom returns the stream of this purpose under this seed.
func newRandom(seed uint64, purpose string) *Random {
	return &Random{source: rand.NewChaCha8(streamKey(seed, purpose))}
}

func streamKey(seed uint64, purpose string) (key [32]byte) {
	binary.LittleEndian.PutUint64(key[:], seed)
	copy(key[8:], purpose)
	return key
}

// Read fills p; it never fails.
func (r *Random) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Read(p)
}

// Uint64 returns 64 random bits.
func (r *Random) Uint64() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Uint64()
}

// Intn returns a number from 0 to n-1; 0 for n below 1.
func (r *Random) Intn(n int) int {
	if n < 1 {
		return 0
	}
	return int(r.Uint64() % uint64(n)) // the bias is below n/2^64
}

// Hex returns n hexadecimal digits.
func (r *Random) Hex(n int) string {
	raw := make([]byte, (n+1)/2)
	_, _ = r.Read(raw) // Read never fails
	return hex.EncodeToString(raw)[:n]
}

// Letters returns n characters of the alphabet.
func (r *Random) Letters(n int, alphabet string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[r.source.Uint64()%uint64(len(alphabet))]
	}
	return string(out)
}

// fork returns a stream that goes on as this one does.
func (r *Random) fork() *Random {
	r.mu.Lock()
	defer r.mu.Unlock()
	source := *r.source
	return &Random{source: &source}
}

const (
	digits   = "0123456789"
	lower    = "abcdefghijklmnopqrstuvwxyz"
	upper    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	base36   = digits + lower
	idLength = 9
)

// idForm is how the ids of a schema look.
type idForm struct {
	uuid     bool
	alphabet string
	length   int
}

// idFormOf reads the form from the schema's format and its example: an id
// looks like the documented one. The default is nine characters of base 36.
func idFormOf(schema *contract.Schema, example string) idForm {
	form := idForm{alphabet: base36, length: idLength}
	if schema == nil {
		return form
	}
	if schema.Format == "uuid" {
		return idForm{uuid: true}
	}
	if text, ok := schema.Example.(string); ok && text != "" {
		example = text
	}
	if example != "" {
		if alphabet := alphabetOf(example); alphabet != "" {
			form = idForm{alphabet: alphabet, length: len(example)}
		}
	}
	form.length = max(form.length, schema.MinLength, 1)
	if schema.MaxLength != nil && *schema.MaxLength > 0 {
		form.length = min(form.length, *schema.MaxLength)
	}
	form.length = min(form.length, 1<<10)
	return form
}

// alphabetOf returns the classes of characters that an example uses; empty
// when it uses others than letters and digits, or is too short to be unique.
func alphabetOf(example string) string {
	if len(example) < 6 {
		return ""
	}
	alphabet, hexadecimal := digits, true
	var lowers, uppers bool
	for _, c := range example {
		switch {
		case c >= '0' && c <= '9':
		case c >= 'a' && c <= 'z':
			lowers = true
			hexadecimal = hexadecimal && c <= 'f'
		case c >= 'A' && c <= 'Z':
			uppers = true
			hexadecimal = false
		default:
			return ""
		}
	}
	if hexadecimal && lowers && len(example) >= 16 {
		return "0123456789abcdef"
	}
	if lowers {
		alphabet += lower
	}
	if uppers {
		alphabet += upper
	}
	return alphabet
}

// id returns a fresh id of the form.
func (r *Random) id(form idForm) string {
	if !form.uuid {
		return r.Letters(form.length, form.alphabet)
	}
	var b [16]byte
	_, _ = r.Read(b[:])     // Read never fails
	b[6] = b[6]&0x0f | 0x40 // version 4, RFC 9562 §5.4
	b[8] = b[8]&0x3f | 0x80 // its variant
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
