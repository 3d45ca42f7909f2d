// Command serve shows the example pages on this machine:
//
//	go run ./examples/serve [PORT]
//
// They are plain files, so any other web server does as well.
package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// folder holds the pages; it is named from the top of the repository.
const folder = "examples"

func main() {
	port := "8080"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	fmt.Fprintln(os.Stderr, "serve:", serve(port))
	os.Exit(1)
}

// serve returns only when it cannot go on.
func serve(port string) error {
	if _, err := os.Stat(folder + "/idea-pool"); err != nil {
		return errors.New("no pages here: run it at the top of the repository")
	}
	listener, err := net.Listen("tcp", "localhost:"+port)
	if err != nil {
		return err
	}
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	fmt.Printf("http://localhost:%s/idea-pool/\n", port)
	server := &http.Server{Handler: fresh(http.FileServer(http.Dir(folder))), ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}

// fresh keeps browsers from showing an older edition of what is being edited.
func fresh(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
