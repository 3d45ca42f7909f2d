package cognito

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"assay/mockserver/idp/cognito/srp"
)

// blockSize is the size of the recorded secret block, in bytes.
const blockSize = 1291

// A blockID names one secret block, so that it can be answered once.
type blockID [16]byte

// A challenge is what the server must remember between its two answers. It
// travels to the client and back, sealed, as the secret block: a stranger who
// starts sign-ins and never ends one takes no memory.
type challenge struct {
	id           blockID
	expires      time.Time
	secret       [srp.EphemeralSize]byte // b
	scrambler    [srp.ScramblerSize]byte // u
	public       srp.Public              // A
	user, client [sha256.Size]byte       // hashes of the names
}

// sealBlock writes a challenge as a secret block: nonce, sealed bytes, tag.
func (e *Engine) sealBlock(c challenge) string {
	overhead := e.seal.NonceSize() + e.seal.Overhead()
	plain := make([]byte, 0, blockSize)
	plain = append(plain, c.id[:]...)
	plain = binary.BigEndian.AppendUint64(plain, uint64(c.expires.UnixNano()))
	plain = append(plain, c.secret[:]...)
	plain = append(plain, c.scrambler[:]...)
	plain = append(plain, c.public.Bytes()...)
	plain = append(plain, c.user[:]...)
	plain = append(plain, c.client[:]...)
	plain = plain[:blockSize-overhead] // zeros up to the recorded size
	nonce := e.bytes(e.seal.NonceSize())
	return base64.StdEncoding.EncodeToString(e.seal.Seal(nonce, nonce, plain, nil))
}

// openBlock reads a secret block that this pool sealed; any other is refused.
func (e *Engine) openBlock(sealed []byte) (c challenge, ok bool) {
	if len(sealed) != blockSize {
		return c, false
	}
	n := e.seal.NonceSize()
	plain, err := e.seal.Open(nil, sealed[:n], sealed[n:], nil)
	if err != nil {
		return c, false
	}
	next := func(n int) []byte {
		part := plain[:n]
		plain = plain[n:]
		return part
	}
	copy(c.id[:], next(len(c.id)))
	c.expires = time.Unix(0, int64(binary.BigEndian.Uint64(next(8))))
	copy(c.secret[:], next(len(c.secret)))
	copy(c.scrambler[:], next(len(c.scrambler)))
	c.public = srp.PublicFromBytes(next(srp.ModulusSize))
	copy(c.user[:], next(len(c.user)))
	copy(c.client[:], next(len(c.client)))
	return c, true
}

// spend uses a block up and reports whether it was unused. Only blocks that
// were answered are remembered, and only until they would have expired.
func (e *Engine) spend(c challenge) bool {
	now := e.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.spent) >= sweepAt {
		for id, until := range e.spent {
			if !now.Before(until) {
				delete(e.spent, id)
			}
		}
	}
	if _, used := e.spent[c.id]; used {
		return false
	}
	e.spent[c.id] = c.expires
	return true
}

// sweepAt is how many spent blocks are kept before the expired ones are looked for.
const sweepAt = 4096
