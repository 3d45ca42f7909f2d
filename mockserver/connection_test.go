package mockserver

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// counted is a connection that tells how often its deadline is really set.
type counted struct {
	net.Conn
	reads int
}

func (c *counted) SetReadDeadline(t time.Time) error {
	c.reads++
	return c.Conn.SetReadDeadline(t)
}

func pipe(t *testing.T) (*connection, *counted, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	far, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	inner := &counted{Conn: near}
	places := make(chan struct{}, 1)
	places <- struct{}{}
	c := &connection{Conn: inner, places: places}
	t.Cleanup(func() { c.Close(); far.Close() })
	return c, inner, far
}

func TestADeadlineThatIsPutOffCostsNothing(t *testing.T) {
	c, inner, _ := pipe(t)
	for range 100 { // as net/http does for each request
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second)) // header
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second)) // body
		_ = c.SetReadDeadline(time.Now().Add(2 * time.Minute))  // idle
		_ = c.SetReadDeadline(time.Time{})
	}
	if inner.reads > 1 {
		t.Errorf("the socket was set %d times", inner.reads)
	}
}

func TestADeadlineEndsARead(t *testing.T) {
	for name, set := range map[string]func(*connection){
		"that was set once": func(c *connection) { _ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) },
		"that was brought nearer": func(c *connection) {
			_ = c.SetReadDeadline(time.Now().Add(time.Hour))
			_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		},
		"that was put off": func(c *connection) {
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			_ = c.SetReadDeadline(time.Now().Add(60 * time.Millisecond))
		},
		"that was lifted and set anew": func(c *connection) {
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			_ = c.SetReadDeadline(time.Unix(1, 0))
			_ = c.SetReadDeadline(time.Time{})
			_ = c.SetReadDeadline(time.Now().Add(60 * time.Millisecond))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, _ := pipe(t)
			began := time.Now()
			set(c)
			_, err := c.Read(make([]byte, 1))
			if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took < 45*time.Millisecond || took > 5*time.Second {
				t.Errorf("%v after %v", err, took)
			}
		})
	}
}

func TestADeadlineLiftedDoesNotEndARead(t *testing.T) {
	c, _, far := pipe(t)
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_ = c.SetReadDeadline(time.Time{})
	go func() {
		time.Sleep(60 * time.Millisecond)
		_, _ = io.WriteString(far, "x")
	}()
	p := make([]byte, 1)
	if n, err := c.Read(p); n != 1 || err != nil || p[0] != 'x' {
		t.Errorf("%d %v", n, err)
	}
}

func TestADeadlineInThePastBreaksOffAReadUnderWay(t *testing.T) {
	c, _, far := pipe(t)
	_ = c.SetReadDeadline(time.Now().Add(time.Hour))
	broken := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		broken <- err
	}()
	time.Sleep(20 * time.Millisecond)
	_ = c.SetReadDeadline(time.Unix(1, 0))
	if err := <-broken; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
	_ = c.SetReadDeadline(time.Time{})
	_, _ = io.WriteString(far, "x")
	if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("after it was lifted: %d %v", n, err)
	}
}

func TestADeadlineEndsAWriteThatNobodyReads(t *testing.T) {
	c, _, _ := pipe(t)
	_ = c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
	_ = c.SetWriteDeadline(time.Now().Add(60 * time.Millisecond))
	began := time.Now()
	_, err := c.Write(make([]byte, 64<<20))
	if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took < 45*time.Millisecond {
		t.Errorf("%v after %v", err, took)
	}
}
