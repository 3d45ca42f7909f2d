package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"

	"assay"
	"assay/mockserver"
)

// measurePages compares pages of a big collection with the first page of a
// small one, handler and network together, one connection. The records are put
// in through the handler, since a million requests over loopback would take
// minutes.
func measurePages(records int, span time.Duration) error {
	c, err := assay.Load("idea-pool")
	if err != nil {
		return err
	}
	server, err := mockserver.Start(c, mockserver.Options{Seed: 1, Empty: true, TokenLifetime: 24 * time.Hour})
	if err != nil {
		return err
	}
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	small, err := signUp(address, "small@example.com")
	if err != nil {
		return err
	}
	big, err := signUp(address, "big@example.com")
	if err != nil {
		return err
	}
	before := heap()
	began := time.Now()
	if err := fill(server.Mock, small, 10); err != nil {
		return err
	}
	if err := fill(server.Mock, big, records); err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Printf("%d records: %.1f µs and %.0f bytes of memory each\n", records, took.Seconds()*1e6/float64(records), float64(heap()-before)/float64(records))

	last := max(records/10/2, 1)
	shots := []struct {
		name, token string
		page        int
		best        float64
	}{
		{"page 1 of 10 records", small, 1, 0},
		{fmt.Sprintf("page 1 of %d", records), big, 1, 0},
		{fmt.Sprintf("page %d of %d", last, records), big, last, 0},
	}
	const rounds = 5
	for range rounds {
		for i := range shots {
			s := &shots[i]
			got, err := rate(address, newShot(address, "GET", fmt.Sprintf("/ideas?page=%d", s.page), s.token, "", "200"), 1, span/2)
			if err != nil {
				return err
			}
			s.best = max(s.best, got)
		}
	}
	for _, s := range shots {
		fmt.Printf("%-28s %8.1f µs a request, %.2f times the small one (aim 2)\n", s.name, 1e6/s.best, shots[0].best/s.best)
	}
	return nil
}

func fill(mock *mockserver.Mock, token string, n int) error {
	w := &sink{header: http.Header{}}
	r := &http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/ideas"}, Header: http.Header{"X-Access-Token": {token}}}
	for i := range n {
		body := fmt.Sprintf(`{"content":"idea %d","impact":%d,"ease":%d,"confidence":%d}`, i, 1+i%10, 1+i/10%10, 1+i/100%10)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		mock.ServeHTTP(w, r)
		if w.status != http.StatusCreated {
			return fmt.Errorf("creating record %d was answered with %d", i, w.status)
		}
	}
	return nil
}

// sink is an answer that nobody reads.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

// heap is the memory in use, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
