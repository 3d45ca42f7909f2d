package mockserver

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Keys are what a mock signs its tokens with. Making an RSA key takes a tenth
// of a second and more, so it is made beside listening: only the first
// signature waits. Keys of one seed and size are made once in a process.
type Keys struct {
	bits   int
	seed   uint64
	file   string
	once   sync.Once
	rsa    *rsa.PrivateKey
	err    error
	secret []byte
}

// The sizes of RSA keys taken, in bits: below lies what crypto/rsa refuses,
// beyond what a person would wait for.
const (
	leastKeyBits   = 1024
	defaultKeyBits = 2048
	mostKeyBits    = 8192
)

type keyName struct {
	seed uint64
	bits int
}

var madeKeys struct {
	sync.Mutex
	byName map[keyName]*Keys
}

// newKeys returns the keys of a seed, not yet made. With a file the RSA key is
// read from it, or made and written to it when there is none.
func newKeys(seed uint64, bits int, file string) (*Keys, error) {
	if bits == 0 {
		bits = defaultKeyBits
	}
	if bits < leastKeyBits || bits > mostKeyBits || bits%2 != 0 {
		return nil, fmt.Errorf("a key of %d bits is out of bounds: choose from %d to %d, an even number", bits, leastKeyBits, mostKeyBits)
	}
	if file != "" {
		k := &Keys{seed: seed, bits: bits, file: file, secret: secretOf(seed)}
		return k, k.open()
	}
	madeKeys.Lock()
	defer madeKeys.Unlock()
	name := keyName{seed, bits}
	if k := madeKeys.byName[name]; k != nil {
		return k, nil
	}
	const most = 64 // enough for every test of a process, and little memory
	if madeKeys.byName == nil || len(madeKeys.byName) >= most {
		madeKeys.byName = map[keyName]*Keys{}
	}
	k := &Keys{seed: seed, bits: bits, secret: secretOf(seed)}
	madeKeys.byName[name] = k
	return k, nil
}

func secretOf(seed uint64) []byte {
	secret := make([]byte, 32)
	_, _ = newRandom(seed, "hmac").Read(secret) // Read never fails
	return secret
}

// begin makes the key in the background.
func (k *Keys) begin() { go k.RSA() } //nolint:errcheck // the first signature reports it

// RSA returns the RSA key, making it when it is not there yet.
func (k *Keys) RSA() (*rsa.PrivateKey, error) {
	k.once.Do(func() {
		if k.rsa == nil && k.err == nil {
			k.rsa, k.err = deriveRSA(k.seed, k.bits)
			if k.err == nil && k.file != "" {
				k.err = writeKey(k.file, k.rsa)
			}
		}
	})
	return k.rsa, k.err
}

// Secret returns the key for HMAC signatures, 32 bytes.
func (k *Keys) Secret() []byte { return k.secret }

// open reads the key file, if there is one.
func (k *Keys) open() error {
	text, err := os.ReadFile(k.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it will be made and written
	}
	if err != nil {
		return fmt.Errorf("the key cannot be read: %w", err)
	}
	if k.rsa, err = parseKey(text); err != nil {
		return fmt.Errorf("%s holds no usable key: %w (an RSA private key in PEM is expected; remove the file to have one made)", k.file, err)
	}
	return nil
}

func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it is not PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("it holds %T", parsed)
	}
	return key, nil
}

// writeKey puts the whole file there or nothing, readable by its owner alone.
func writeKey(file string, key *rsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".key-*")
	if err != nil {
		return fmt.Errorf("the key cannot be kept: %w", err)
	}
	defer os.Remove(temporary.Name())
	err = pem.Encode(temporary, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err = errors.Join(err, temporary.Close()); err != nil {
		return fmt.Errorf("the key cannot be kept: %w", err)
	}
	if err := os.Rename(temporary.Name(), file); err != nil {
		return fmt.Errorf("the key cannot be kept: %w", err)
	}
	return nil
}

// deriveRSA makes the RSA key of a seed. rsa.GenerateKey cannot: since Go 1.26
// it takes no randomness but the system's. Both primes are sought at once,
// each in its own stream, so the result does not depend on who is first.
func deriveRSA(seed uint64, bits int) (*rsa.PrivateKey, error) {
	for round := range 100 {
		var p, q *big.Int
		var both sync.WaitGroup
		both.Go(func() { p = prime(seed, fmt.Sprintf("rsa p %d", round), bits/2) })
		both.Go(func() { q = prime(seed, fmt.Sprintf("rsa q %d", round), bits/2) })
		both.Wait()
		if key, ok := rsaOf(p, q); ok {
			return key, nil
		}
	}
	return nil, fmt.Errorf("no RSA key of %d bits follows from seed %d", bits, seed)
}

const publicExponent = 65537

func rsaOf(p, q *big.Int) (*rsa.PrivateKey, bool) {
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	d := new(big.Int).ModInverse(big.NewInt(publicExponent), phi)
	if d == nil || p.Cmp(q) == 0 {
		return nil, false
	}
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: publicExponent},
		D:         d, Primes: []*big.Int{p, q},
	}
	key.Precompute()
	return key, key.Validate() == nil
}

// smallPrimes sort out nine candidates of ten before the costly test.
var smallPrimes = func() (primes []uint64) {
	for n := uint64(3); n < 2000; n += 2 {
		prime := true
		for _, p := range primes {
			if p*p > n {
				break
			}
			if n%p == 0 {
				prime = false
				break
			}
		}
		if prime {
			primes = append(primes, n)
		}
	}
	return primes
}()

// prime returns the first prime of its stream: random odd numbers whose two
// highest bits are set, so that the product of two has all its bits.
func prime(seed uint64, purpose string, bits int) *big.Int {
	stream := rand.NewChaCha8(streamKey(seed, purpose))
	raw := make([]byte, (bits+7)/8)
	candidate, rest, small := new(big.Int), new(big.Int), new(big.Int)
	for {
		_, _ = stream.Read(raw) // never fails
		candidate.SetBytes(raw)
		candidate.Rsh(candidate, uint(len(raw)*8-bits))
		candidate.SetBit(candidate, bits-1, 1).SetBit(candidate, bits-2, 1).SetBit(candidate, 0, 1)
		if hasSmallFactor(candidate, rest, small) {
			continue
		}
		// The server answers while its key is sought.
		runtime.Gosched()
		if candidate.ProbablyPrime(20) {
			return candidate
		}
	}
}

func hasSmallFactor(n, rest, small *big.Int) bool {
	for _, p := range smallPrimes {
		if rest.Mod(n, small.SetUint64(p)).Sign() == 0 {
			return true
		}
	}
	return false
}
