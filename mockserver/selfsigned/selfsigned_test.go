package selfsigned_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/mockserver/selfsigned"
)

func open(t *testing.T, file string, hosts ...string) *selfsigned.Certificate {
	t.Helper()
	c, err := selfsigned.Open(file, hosts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACertificateIsMadeOnceAndKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deep", "tls.pem")
	first := open(t, file)
	again := open(t, file)
	if !bytes.Equal(first.PEM, again.PEM) || first.Fingerprint() != again.Fingerprint() {
		t.Error("a second start has another certificate")
	}
	if bytes.Contains(first.PEM, []byte("PRIVATE")) {
		t.Error("what is shown holds the key")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	wider := open(t, file, "mock.test", "192.0.2.7")
	if wider.Fingerprint() == first.Fingerprint() || wider.TLS.Leaf.VerifyHostname("mock.test") != nil || wider.TLS.Leaf.VerifyHostname("192.0.2.7") != nil {
		t.Error("a certificate that is not for the host was kept")
	}
}

func TestAClientTrustsItWhenToldTo(t *testing.T) {
	c := open(t, filepath.Join(t.TempDir(), "tls.pem"))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	server.TLS = c.Config()
	server.StartTLS()
	defer server.Close()
	get := func(roots *x509.CertPool) error {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
		resp, err := client.Get(server.URL)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := get(x509.NewCertPool()); err == nil {
		t.Error("it is trusted without being told to")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(c.PEM) {
		t.Fatal("no certificate in what is shown")
	}
	if err := get(roots); err != nil {
		t.Error(err)
	}
}

func TestAnotherFileIsLeftAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(file, []byte("my notes"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := selfsigned.Open(file); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("%v", err)
	}
	if text, _ := os.ReadFile(file); string(text) != "my notes" {
		t.Errorf("%q", text)
	}
}
