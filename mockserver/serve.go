package mockserver

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"assay/contract"
)

// Serve answers requests on a listener until the context ends, then lets those
// under way come to their end, for Limits.DrainTime at most. It returns nil
// after such an end, and what went wrong else. The listener is closed.
func (m *Mock) Serve(ctx context.Context, listener net.Listener) error {
	server := m.httpServer()
	failed := make(chan error, 1)
	limited := limitConnections(listener, m.options.Limits.Connections)
	go func() {
		if server.TLSConfig != nil {
			failed <- server.ServeTLS(limited, "", "")
			return
		}
		failed <- server.Serve(limited)
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	draining, cancel := context.WithTimeout(context.Background(), m.options.Limits.DrainTime)
	defer cancel()
	if err := server.Shutdown(draining); err != nil {
		_ = server.Close() // whoever has not finished is cut off
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// httpServer returns a server whose limits cut off slow and endless clients.
func (m *Mock) httpServer() *http.Server {
	l := m.options.Limits
	return &http.Server{
		Handler:           m,
		ReadHeaderTimeout: l.HeaderTime,
		ReadTimeout:       l.BodyTime,
		WriteTimeout:      l.AnswerTime,
		IdleTimeout:       l.IdleTime,
		MaxHeaderBytes:    l.Header,
		TLSConfig:         m.options.TLS.Clone(),
		ErrorLog:          log.New(io.Discard, "", 0), // what clients do wrong is theirs
	}
}

// Start serves a contract on a free port of the loopback interface, for tests.
func Start(c *contract.Contract, options Options) (*Server, error) {
	m, err := New(c, options)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{Mock: m, URL: "http://" + listener.Addr().String(), stop: stop, stopped: make(chan error, 1)}
	go func() { s.stopped <- m.Serve(ctx, listener) }()
	return s, nil
}

// A Server is a running mock, in the shape of httptest.Server.
type Server struct {
	*Mock
	URL string // base URL, without a slash at the end

	stop    context.CancelFunc
	stopped chan error
	once    sync.Once
}

// Close stops the server and waits until it has.
func (s *Server) Close() {
	s.once.Do(func() {
		s.stop()
		<-s.stopped
	})
}

// Advance moves the clock of the mock's own world.
func (s *Server) Advance(d time.Duration) { s.World().Clock.Advance(d) }
