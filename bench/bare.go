package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
)

// roleVariable makes this program serve instead of measure; its value is the
// JSON of a page, which the bare server answers to every GET.
const roleVariable = "ASSAY_BENCH_PAGE"

// idea is what the bare server decodes and keeps.
type idea struct {
	ID         string  `json:"id"`
	Content    string  `json:"content"`
	Impact     int     `json:"impact"`
	Ease       int     `json:"ease"`
	Confidence int     `json:"confidence"`
	Average    float64 `json:"average_score"`
	Created    int64   `json:"created_at"`
}

// serveBare does the least that an honest server can: no token, no
// validation beyond one bound, no order.
func serveBare(page string) {
	var mu sync.Mutex
	kept := map[string]idea{}
	body := []byte(page)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ideas", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(body)
	})
	mux.HandleFunc("POST /ideas", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		var made idea
		if err := json.NewDecoder(r.Body).Decode(&made); err != nil || made.Impact > 10 {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"reason":"impact must be an integer from 1 to 10"}`))
			return
		}
		mu.Lock()
		made.ID = strconv.Itoa(len(kept))
		kept[made.ID] = made
		mu.Unlock()
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(made)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("http://" + strings.Replace(listener.Addr().String(), "127.0.0.1", "localhost", 1))
	_ = http.Serve(listener, mux) // until the measuring process ends it
}
