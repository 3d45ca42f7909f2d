package mockserver

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A connection holds one of the places that a mock has for them, and makes
// deadlines cheap. net/http sets five deadlines for every request, and the
// kernel of the runtime pays a timer for each; nearly all of them are put off
// by the next request before they pass. So a deadline further away than the
// one that is set already is only noted. When the set one passes and another
// is noted, that is set then and the call goes on.
type connection struct {
	net.Conn
	read, write deadline
	places      chan struct{}
	left        atomic.Bool
}

// A deadline is what was asked for, and what the socket has, which is never
// later than that.
type deadline struct {
	mu       sync.Mutex    // held while the socket is set, too: two goroutines set one
	wanted   time.Time     // zero for none
	set      time.Time     // zero for none
	broken   bool          // the socket's is long past, to break off a call
	shortest time.Duration // that was ever set; 0 for none
}

// began is before every deadline that is meant to be waited for.
var began = time.Now()

// want notes a deadline, and sets the socket where it must.
func (d *deadline) want(t time.Time, socket func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = t
	switch {
	case t.IsZero() && !d.broken:
		return nil // what is set goes on when it passes
	case t.IsZero():
		// What follows will ask for no less than was ever asked for, and so
		// will need no more setting.
		d.broken = false
		if d.shortest > 0 {
			t = time.Now().Add(d.shortest)
		}
	case !d.broken && !d.set.IsZero() && !t.Before(d.set):
		return nil
	default:
		d.broken = t.Before(began)
		if span := time.Until(t); span > 0 && (d.shortest == 0 || span < d.shortest) {
			d.shortest = span
		}
	}
	d.set = t
	return socket(t)
}

// passed is asked when the socket's deadline has passed. It reports whether
// the call may go on because a later one is wanted, to which the socket is set.
func (d *deadline) passed(socket func(time.Time) error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.wanted.IsZero() && !d.wanted.After(time.Now()) {
		return false
	}
	d.set = d.wanted
	return socket(d.wanted) == nil
}

func (c *connection) SetReadDeadline(t time.Time) error {
	return c.read.want(t, c.Conn.SetReadDeadline)
}

func (c *connection) SetWriteDeadline(t time.Time) error {
	return c.write.want(t, c.Conn.SetWriteDeadline)
}

func (c *connection) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *connection) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if n > 0 || err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if !c.read.passed(c.Conn.SetReadDeadline) {
			return n, err
		}
	}
}

func (c *connection) Write(p []byte) (written int, err error) {
	for {
		n, err := c.Conn.Write(p[written:])
		written += n
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
		if !c.write.passed(c.Conn.SetWriteDeadline) {
			return written, err
		}
	}
}

// NetConn returns the connection below, as tls.Conn does; a planted fault that
// resets a connection must reach the socket.
func (c *connection) NetConn() net.Conn { return c.Conn }

func (c *connection) Close() error {
	if !c.left.Swap(true) {
		<-c.places
	}
	return c.Conn.Close()
}

// limitConnections makes a listener wait while as many connections are open.
func limitConnections(l net.Listener, most int) net.Listener {
	return &limited{Listener: l, places: make(chan struct{}, most), closed: make(chan struct{})}
}

type limited struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &connection{Conn: c, places: l.places}, nil
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}
