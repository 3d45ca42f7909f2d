package tutorial

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// A terminal runs commands until it is closed.
type terminal struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu      sync.Mutex
	printed bytes.Buffer
}

// Write takes what the commands print.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.printed.Write(p)
}

// escapes are what terminals take for colours.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return escapes.ReplaceAllString(t.printed.String(), "")
}

var addresses = regexp.MustCompile(`https?://(localhost|127\.0\.0\.1):\d+[^\s]*`)

func (t *terminal) address() string { return addresses.FindString(t.text()) }

// open starts commands in a terminal of their own, and waits until they serve
// the address that they print.
func (w *Walk) open(commands string) error {
	t := &terminal{cmd: exec.Command("sh", "-c", w.script(commands)), ended: make(chan struct{})}
	t.cmd.Env, t.cmd.Stdout, t.cmd.Stderr = w.env, t, t
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts ends with it
	t.cmd.WaitDelay = time.Second
	if err := t.cmd.Start(); err != nil {
		return err
	}
	go func() {
		_ = t.cmd.Wait() // it is told to end, and may do so as it likes
		close(t.ended)
	}()
	w.terminals = append(w.terminals, t)
	return t.await()
}

func (t *terminal) await() error {
	end := time.After(patience)
	for {
		if serves(t.address()) {
			return nil
		}
		select {
		case <-t.ended:
			return fmt.Errorf("it ended:\n%s", t.text())
		case <-end:
			return fmt.Errorf("it serves nothing:\n%s", t.text())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func serves(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	connection, err := net.DialTimeout("tcp", u.Host, time.Second)
	if err != nil {
		return false
	}
	_ = connection.Close()
	return true
}

// graceful is how long commands may take to end.
const graceful = 5 * time.Second

func (t *terminal) close() {
	_ = syscall.Kill(-t.cmd.Process.Pid, syscall.SIGTERM) // it may have ended by itself
	select {
	case <-t.ended:
	case <-time.After(graceful):
	}
	_ = syscall.Kill(-t.cmd.Process.Pid, syscall.SIGKILL) // whoever is left of the group
	<-t.ended
}
