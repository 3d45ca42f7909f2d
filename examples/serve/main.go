// Command serve shows the example pages on this machine:
//
//	go run ./examples/serve [PORT]
//
// Without a port it takes 8080, or a free one where that is taken. They are plain files, so any other web server does as well.
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
	fmt.Fprintln(os.Stderr, "serve:", serve(os.Args[1:]))
	os.Exit(1)
}

// serve returns only when it cannot go on.
func serve(ports []string) error {
	if _, err := os.Stat(folder + "/idea-pool"); err != nil {
		return errors.New("no pages here: run it at the top of the repository")
	}
	if len(ports) == 0 {
		ports = []string{"8080", "0"}
	}
	listener, err := listen(ports)
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	fmt.Printf("http://localhost:%s/idea-pool/\n", port)
	server := &http.Server{Handler: fresh(http.FileServer(http.Dir(folder))), ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}

// listen takes the first port that can be had.
func listen(ports []string) (listener net.Listener, err error) {
	for _, port := range ports {
		if listener, err = net.Listen("tcp", "localhost:"+port); err == nil {
			return listener, nil
		}
	}
	return nil, err
}

// fresh keeps browsers from showing an older edition of what is being edited.
func fresh(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
