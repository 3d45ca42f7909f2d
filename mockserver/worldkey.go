package mockserver

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
)

// Key returns a further RSA key of 2048 bits that follows from the world's
// seed and a purpose, for handlers that sign with keys of their own. It is
// made when first asked for, which takes a tenth of a second and more, and
// kept for every world of that seed.
func (w *World) Key(purpose string) (*rsa.PrivateKey, error) {
	sum := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, w.seed), purpose...))
	keys, err := newKeys(binary.LittleEndian.Uint64(sum[:]), defaultKeyBits, "")
	if err != nil {
		return nil, err
	}
	return keys.RSA()
}
