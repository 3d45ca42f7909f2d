// Package selfsigned makes a certificate for a server on this machine, and keeps
// it, so that whoever has told a browser to trust it need not do so again.
package selfsigned

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// lifetime of a certificate: 825 days is the most that Apple's systems take.
const lifetime = 825 * 24 * time.Hour

// spare is how long before its end a certificate is replaced.
const spare = 30 * 24 * time.Hour

// A Certificate is one with its key.
type Certificate struct {
	TLS  tls.Certificate
	PEM  []byte // without the key
	File string
}

// Open reads the certificate and key from a PEM file. When there is none, or it
// ends soon, or it is not for one of the hosts, one is made and written there.
// A file that holds something else is an error, and stays as it is.
func Open(file string, hosts ...string) (*Certificate, error) {
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return create(file, hosts)
	case err != nil:
		return nil, fmt.Errorf("the certificate cannot be read: %w", err)
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, fmt.Errorf("%s holds no certificate with its key: %w (remove the file to have one made)", file, err)
	}
	if own(pair.Leaf) && (time.Until(pair.Leaf.NotAfter) < spare || !coversAll(pair.Leaf, hosts)) {
		return create(file, hosts)
	}
	return &Certificate{TLS: pair, PEM: publicPart(text), File: file}, nil
}

// organization marks what was made here: a certificate of somebody else's is
// used as it is.
const organization = "Assay, self-signed for this machine"

func own(c *x509.Certificate) bool { return slices.Contains(c.Subject.Organization, organization) }

func coversAll(c *x509.Certificate, hosts []string) bool {
	for _, host := range hosts {
		if c.VerifyHostname(host) != nil {
			return false
		}
	}
	return true
}

// publicPart is the certificates of a PEM text, without keys.
func publicPart(text []byte) (out []byte) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return out
		}
		if block.Type == "CERTIFICATE" {
			out = append(out, pem.EncodeToMemory(block)...)
		}
	}
}

func create(file string, hosts []string) (*Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "localhost", Organization: []string{organization}},
		NotBefore:    now.Add(-time.Hour), // clocks differ
		NotAfter:     now.Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// No authority: whoever steals the key can pretend to be this machine, no other.
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost", "*.localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if host != "" && host != "localhost" {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	text := append(slices.Clone(public), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...)
	if err := write(file, text); err != nil {
		return nil, fmt.Errorf("the certificate cannot be kept: %w", err)
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, err
	}
	return &Certificate{TLS: pair, PEM: public, File: file}, nil
}

// write puts a text into a file that only its owner reads, all or nothing.
func write(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".certificate-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// Fingerprint is the SHA-256 of the certificate, as browsers show it.
func (c *Certificate) Fingerprint() string {
	sum := sha256.Sum256(c.TLS.Certificate[0])
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

// Config is how a server uses the certificate.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{c.TLS}}
}
