package mockserver

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Listen opens a TCP address such as "127.0.0.1:4100"; port 0 takes a free
// one. When the port is taken the error says by whom, as far as this machine
// tells, and what to do.
func Listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err == nil {
		return listener, nil
	}
	_, port, splitErr := net.SplitHostPort(address)
	switch {
	case splitErr != nil:
		return nil, fmt.Errorf("%q is no address to listen on: write host:port, as in 127.0.0.1:4100", address)
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %s is taken%s: stop that, or choose another port (0 takes any free one)", port, by(port))
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("port %s is not yours to open: choose one above 1023 (0 takes any free one)", port)
	}
	return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
}

// by says which process listens on a port: " by assay (process 123)". It is
// empty where the machine does not tell, as everywhere but on Linux.
func by(port string) string {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return ""
	}
	socket := listeningSocket(uint16(number))
	if socket == "" {
		return ""
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*") // a fixed pattern is never malformed
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == "socket:["+socket+"]" {
			pid := strings.Split(link, "/")[2]
			return fmt.Sprintf(" by %s (process %s)", programOf(pid), pid)
		}
	}
	return " by another user's process"
}

// listeningSocket returns the inode of the socket that listens on a port,
// from the kernel's table of connections; empty for none.
func listeningSocket(port uint16) string {
	suffix := fmt.Sprintf(":%04X", port)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(text) {
			fields := strings.Fields(string(line))
			const listening, inode = "0A", 9
			if len(fields) > inode && strings.HasSuffix(fields[1], suffix) && fields[3] == listening {
				return fields[inode]
			}
		}
	}
	return ""
}

// programOf is the name of a process and its first argument.
func programOf(pid string) string {
	text, err := os.ReadFile("/proc/" + pid + "/cmdline")
	if err != nil || len(text) == 0 {
		return "a process"
	}
	words := strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
	words[0] = filepath.Base(words[0])
	if len(words) > 2 {
		words = words[:2]
	}
	return strings.Join(words, " ")
}
