package faults

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"assay/mockserver"
)

// writer returns how the answer goes out; nil for the usual way.
func (r *rule) writer() mockserver.Writer {
	s := r.Spec
	switch {
	case s.Connection == Reset:
		return reset
	case s.Connection == NoAnswer:
		return silence
	case s.Body == "" && s.Pace == 0:
		return nil
	}
	draw := r.random.Uint64() // drawn now, under the lock
	return func(w http.ResponseWriter, req *http.Request, status int, body []byte) {
		body = bytes.Clone(body) // the mock uses its buffer again
		cut := len(body)
		switch s.Body {
		case Malformed:
			body = malformed(body)
		case WrongType:
			body = wrongType(body, rand.New(rand.NewPCG(draw, 0)))
		case Empty:
			body = nil
		case Truncated:
			cut = len(body) / 2
		}
		if s.Body != Truncated {
			cut = len(body)
		}
		if hasBody(status) {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		}
		w.WriteHeader(status)
		if hasBody(status) {
			trickle(w, req, body[:cut], s.Pace)
		}
		if cut < len(body) {
			_ = http.NewResponseController(w).Flush() // the half is to arrive
			panic(http.ErrAbortHandler)
		}
	}
}

func hasBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// trickle writes a body at a pace of bytes a second; 0 is at once.
func trickle(w http.ResponseWriter, r *http.Request, body []byte, pace int) {
	if pace <= 0 {
		_, _ = w.Write(body) // a client that has gone needs no answer
		return
	}
	const perSecond = 10 // pieces
	out := http.NewResponseController(w)
	piece := max(pace/perSecond, 1)
	pause := time.Second * time.Duration(piece) / time.Duration(pace)
	for len(body) > 0 {
		n := min(piece, len(body))
		_ = out.SetWriteDeadline(time.Now().Add(time.Minute + pause)) // not every writer has deadlines
		if _, err := w.Write(body[:n]); err != nil {
			return
		}
		_ = out.Flush()
		if body = body[n:]; len(body) > 0 && !sleep(r, pause) {
			return
		}
	}
}

func sleep(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// reset ends the connection as a crashed peer's does: with a TCP RST. Where it
// carries other requests too (HTTP/2), only the request's stream is reset.
func reset(w http.ResponseWriter, _ *http.Request, _ int, _ []byte) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	below := conn
	for {
		inner, wrapped := below.(interface{ NetConn() net.Conn })
		if !wrapped {
			break
		}
		below = inner.NetConn()
	}
	if tcp, ok := below.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0) // close then sends RST
	}
	_ = below.Close()
	_ = conn.Close()
}

// longestSilence ends a connection whose client waits for ever.
const longestSilence = 10 * time.Minute

func silence(w http.ResponseWriter, r *http.Request, _ int, _ []byte) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // not every writer has deadlines
	sleep(r, longestSilence)
	panic(http.ErrAbortHandler)
}

// malformed makes of a body what no JSON parser takes.
func malformed(body []byte) []byte {
	body = bytes.TrimSpace(body)
	if len(body) < 2 {
		return []byte(`{"`)
	}
	last := body[len(body)-1]
	if last != '}' && last != ']' {
		return append(body, '}')
	}
	return append(body[:len(body)-1:len(body)-1], ',', last, last)
}

// wrongType gives one value of a body another JSON type.
func wrongType(body []byte, random *rand.Rand) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var spots [][2]int // where scalars stand
	var kinds []byte
	var path []bool // whether an object is open, and its key next
	key := false
	for {
		token, err := dec.Token()
		if err != nil {
			break
		}
		end := int(dec.InputOffset())
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{':
				path, key = append(path, true), true
			case '[':
				path, key = append(path, false), false
			default:
				path = path[:len(path)-1]
				key = len(path) > 0 && path[len(path)-1]
			}
			continue
		case string:
			if key {
				key = false
				continue
			}
		}
		start := startOf(body, end, token)
		spots, kinds = append(spots, [2]int{start, end}), append(kinds, body[start])
		key = len(path) > 0 && path[len(path)-1]
	}
	if len(spots) == 0 {
		return containerSwapped(body)
	}
	i := random.IntN(len(spots))
	return replaced(body, spots[i], kinds[i])
}

// startOf finds where the scalar begins that ends at end.
func startOf(body []byte, end int, token json.Token) int {
	start := end - 1
	if _, text := token.(string); text {
		for start--; body[start] != '"' || escaped(body, start); start-- {
		}
		return start
	}
	for start > 0 && bytes.IndexByte([]byte(" \t\r\n,:[{"), body[start-1]) < 0 {
		start--
	}
	return start
}

// escaped reports whether the quote at i belongs to the text.
func escaped(body []byte, i int) bool {
	n := 0
	for i--; i >= 0 && body[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

func replaced(body []byte, at [2]int, kind byte) []byte {
	old := body[at[0]:at[1]]
	var put []byte
	switch kind {
	case '"':
		put = []byte("0")
	case 'n': // null
		put = []byte(`{}`)
	default: // a number or a truth becomes its text
		put = append(append([]byte{'"'}, old...), '"')
	}
	return append(append(bytes.Clone(body[:at[0]]), put...), body[at[1]:]...)
}

// containerSwapped turns an empty array into an object and the reverse.
func containerSwapped(body []byte) []byte {
	if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && trimmed[0] == '[' {
		return []byte("{}")
	}
	return []byte("[]")
}
