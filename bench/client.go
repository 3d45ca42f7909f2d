package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A shot is one request, ready to be written again and again.
type shot struct {
	text   []byte
	status string // that the answer must have
}

func newShot(address, method, path, token, body, status string) shot {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, address)
	if token != "" {
		fmt.Fprintf(&b, "X-Access-Token: %s\r\n", token)
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return shot{text: []byte(b.String() + "\r\n" + body), status: status}
}

// rate returns how many answers a second come over so many connections, each
// sending its next request when it has its answer. The client reads no more
// than it must, so that the servers' own cost shows.
func rate(address string, s shot, connections int, span time.Duration) (float64, error) {
	var mu sync.Mutex
	var total int
	var failed error
	var all sync.WaitGroup
	began := time.Now()
	for range connections {
		all.Go(func() {
			n, err := fire(address, s, began.Add(span))
			mu.Lock()
			defer mu.Unlock()
			total += n
			failed = errors.Join(failed, err)
		})
	}
	all.Wait()
	return float64(total) / time.Since(began).Seconds(), failed
}

func fire(address string, s shot, until time.Time) (n int, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	reader := bufio.NewReaderSize(conn, 16<<10)
	for time.Now().Before(until) {
		if _, err := conn.Write(s.text); err != nil {
			return n, err
		}
		status, _, err := readAnswer(reader, false)
		if err != nil {
			return n, err
		}
		if status != s.status {
			return n, fmt.Errorf("answered %s, expected %s", status, s.status)
		}
		n++
	}
	return n, nil
}

// readAnswer reads one answer of announced length.
func readAnswer(r *bufio.Reader, keep bool) (status, body string, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", "", err
	}
	if len(line) < len("HTTP/1.1 200") {
		return "", "", fmt.Errorf("%q is no status line", line)
	}
	status = string(line[9:12])
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return "", "", err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return "", "", err
			}
		}
	}
	if length < 0 {
		return "", "", errors.New("the answer announces no length")
	}
	if !keep {
		_, err = r.Discard(length)
		return status, "", err
	}
	text := make([]byte, length)
	_, err = io.ReadFull(r, text)
	return status, string(text), err
}

// ask sends one request on a connection of its own.
func ask(address, method, path, token, body, status string) (string, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	s := newShot(address, method, path, token, body, status)
	if _, err := conn.Write(s.text); err != nil {
		return "", err
	}
	got, answer, err := readAnswer(bufio.NewReader(conn), true)
	if err == nil && got != status {
		err = fmt.Errorf("%s %s: answered %s %s", method, path, got, answer)
	}
	return answer, err
}
