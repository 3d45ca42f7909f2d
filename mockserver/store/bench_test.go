package store_test

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"assay/mockserver"
)

// BenchmarkCreate shows what a request that writes costs with and without a
// data file: one client that waits for each commit, and many that share them.
func BenchmarkCreate(b *testing.B) {
	const body = `{"content":"the-content","impact":8,"ease":8,"confidence":8}`
	create := func(b *testing.B, mock *mockserver.Mock, token string) {
		r := httptest.NewRequest("POST", "/ideas", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Access-Token", token)
		w := httptest.NewRecorder()
		if mock.ServeHTTP(w, r); w.Code != 201 {
			b.Errorf("%d %s", w.Code, w.Body)
		}
	}
	signedIn := func(b *testing.B, mock *mockserver.Mock) string {
		w := mock.World()
		u, err := mock.AddUser(w, map[string]any{"email": "me@example.com", "name": "Me", "password": "the-Secret-123"})
		if err != nil {
			b.Fatal(err)
		}
		grant, err := mock.Grant(w, u.ID, 0)
		if err != nil {
			b.Fatal(err)
		}
		return grant.AccessToken
	}
	b.Run("without a file", func(b *testing.B) {
		c, err := loadPool()
		if err != nil {
			b.Fatal(err)
		}
		mock, err := mockserver.New(c, mockserver.Options{KeyBits: 1024, QuickPasswords: true})
		if err != nil {
			b.Fatal(err)
		}
		token := signedIn(b, mock)
		b.ReportAllocs()
		for b.Loop() {
			create(b, mock, token)
		}
	})
	b.Run("with a file, one client", func(b *testing.B) {
		mock := mustOpen(b, filepath.Join(b.TempDir(), "state.db")).mock
		token := signedIn(b, mock)
		b.ReportAllocs()
		for b.Loop() {
			create(b, mock, token)
		}
	})
	b.Run("with a file, many clients", func(b *testing.B) {
		mock := mustOpen(b, filepath.Join(b.TempDir(), "state.db")).mock
		token := signedIn(b, mock)
		b.ReportAllocs()
		b.SetParallelism(64)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				create(b, mock, token)
			}
		})
	})
}

// BenchmarkSafe is what every answer of a mock without a data file pays.
func BenchmarkSafe(b *testing.B) {
	c, err := loadPool()
	if err != nil {
		b.Fatal(err)
	}
	mock, err := mockserver.New(c, mockserver.Options{KeyBits: 1024})
	if err != nil {
		b.Fatal(err)
	}
	w := mock.World()
	for b.Loop() {
		if err := w.Safe(); err != nil {
			b.Fatal(err)
		}
	}
}
