package mockserver_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"assay/mockserver"
)

// These measure the handler alone; the network and net/http come on top, see
// bench/ for that comparison.

func BenchmarkList(b *testing.B) {
	mock, token := benchMock(b, 50)
	request(b, mock, token, "GET", "/ideas?page=1", "", 200)
}

func BenchmarkCreate(b *testing.B) {
	mock, token := benchMock(b, 10)
	request(b, mock, token, "POST", "/ideas", idea("the-content", 8, 8, 8), 201)
}

func BenchmarkRefusedCreate(b *testing.B) {
	mock, token := benchMock(b, 10)
	request(b, mock, token, "POST", "/ideas", idea("the-content", 11, 8, 8), 422)
}

func BenchmarkMe(b *testing.B) {
	mock, token := benchMock(b, 10)
	request(b, mock, token, "GET", "/me", "", 200)
}

// BenchmarkPage shows that a page costs the same wherever it stands.
func BenchmarkPage(b *testing.B) {
	for _, c := range []struct{ records, page int }{{10, 1}, {100_000, 1}, {100_000, 5_000}} {
		b.Run(fmt.Sprintf("%d-of-%d", c.page, c.records), func(b *testing.B) {
			mock, token := benchMock(b, c.records)
			request(b, mock, token, "GET", fmt.Sprintf("/ideas?page=%d", c.page), "", 200)
		})
	}
}

// BenchmarkFork shows that a fork costs the same whatever the world holds.
func BenchmarkFork(b *testing.B) {
	for _, records := range []int{10, 100_000} {
		b.Run(fmt.Sprint(records), func(b *testing.B) {
			mock, _ := benchMock(b, records)
			b.ReportAllocs()
			for b.Loop() {
				mock.World().Fork()
			}
		})
	}
}

func benchMock(b *testing.B, records int) (*mockserver.Mock, string) {
	b.Helper()
	mock, err := mockserver.New(pool(b), mockserver.Options{Seed: 1, Empty: true, KeyBits: 1024})
	if err != nil {
		b.Fatal(err)
	}
	a := direct(mock, "POST", "/users", `{"email":"bench@example.com","name":"Bench","password":"the-Secret-123"}`, nil)
	token := (&answer{t: b, body: a.Body.String(), status: a.Code}).text("jwt")
	w := &discard{}
	for i := range records {
		mock.ServeHTTP(w, newRequest(token, "POST", "/ideas", idea(fmt.Sprint("idea ", i), 1+i%10, 1+i/10%10, 1+i/100%10)))
		if w.status != 201 {
			b.Fatal(w.status)
		}
	}
	return mock, token
}

func newRequest(token, method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Access-Token", token)
	r.Header.Set("Content-Type", "application/json")
	return r
}

func request(b *testing.B, mock *mockserver.Mock, token, method, path, body string, status int) {
	b.Helper()
	r := newRequest(token, method, path, body)
	reader := strings.NewReader(body)
	w := &discard{}
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset(body)
		r.Body = readCloser{reader}
		w.header = nil
		mock.ServeHTTP(w, r)
	}
	if w.status != status {
		b.Fatalf("%d, expected %d", w.status, status)
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// discard is a ResponseWriter that costs next to nothing.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
