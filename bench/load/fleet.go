package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ideasKept is how many ideas an account has: each new one takes the place of
// the oldest, so that what the mock holds does not grow.
const ideasKept = 10

// A fleet is all clients.
type fleet struct {
	boats   []*boat
	sailing sync.WaitGroup
	halted  atomic.Bool
}

// A boat is one connection with worlds of its own.
type boat struct {
	host   string
	conn   net.Conn
	reader *bufio.Reader
	worlds []*visit

	mu        sync.Mutex
	latencies []time.Duration // since they were harvested
	err       error
}

// A visit is what a client knows of a world.
type visit struct {
	name, token string
	ideas       []string // ids, oldest first
	steps       int
}

// launch opens the connections and makes the worlds.
func (p *plan) launch(m *mock) (*fleet, error) {
	f := &fleet{}
	for i := range p.connections {
		conn, err := net.Dial("tcp", m.address)
		if err != nil {
			f.close()
			return nil, err
		}
		b := &boat{host: m.address, conn: conn, reader: bufio.NewReaderSize(conn, 8<<10)}
		for n := i; n < p.worlds; n += p.connections {
			b.worlds = append(b.worlds, &visit{name: fmt.Sprint("test-", n)})
		}
		f.boats = append(f.boats, b)
	}
	return f, f.each(func(b *boat) error {
		for _, v := range b.worlds {
			if _, err := b.ask("POST", "/_assay/worlds", nil, fmt.Sprintf(`{"name":%q}`, v.name), 201); err != nil {
				return err
			}
		}
		return nil
	})
}

// settle signs up in each world, and stores ideas.
func (f *fleet) settle() error {
	return f.each(func(b *boat) error {
		for _, v := range b.worlds {
			var session struct{ JWT string }
			answer, err := b.ask("POST", "/users", v, `{"email":"me@example.com","name":"Me","password":"the-Secret-123"}`, 201)
			if err != nil {
				return err
			}
			if err := json.Unmarshal(answer, &session); err != nil {
				return err
			}
			v.token = session.JWT
			for len(v.ideas) < ideasKept {
				if err := b.create(v); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// each lets all boats do something at once.
func (f *fleet) each(do func(*boat) error) error {
	errs := make([]error, len(f.boats))
	var all sync.WaitGroup
	for i, b := range f.boats {
		all.Go(func() { errs[i] = do(b) })
	}
	all.Wait()
	var err error
	for _, one := range errs {
		err = few(err, one)
	}
	return err
}

// few joins errors, but no more than a person reads.
func few(all, one error) error {
	const most = 300 // bytes
	if one == nil || all != nil && len(all.Error()) > most {
		return all
	}
	return errors.Join(all, one)
}

// work begins the steady use; halt ends it.
func (f *fleet) work(rate int) {
	pause := time.Duration(0)
	if rate > 0 {
		pause = time.Duration(len(f.boats)) * time.Second / time.Duration(rate)
	}
	for i, b := range f.boats {
		f.sailing.Go(func() {
			next := time.Now().Add(pause * time.Duration(i) / time.Duration(len(f.boats))) // not all at once
			for n := 0; !f.halted.Load(); n++ {
				time.Sleep(time.Until(next))
				if !b.step(b.worlds[n%len(b.worlds)]) {
					return
				}
				if next = next.Add(pause); time.Until(next) < -pause {
					next = time.Now() // it is late: what was missed is not made up for
				}
			}
		})
	}
}

func (f *fleet) halt() {
	f.halted.Store(true)
	f.sailing.Wait()
}

// harvest returns the latencies since the last time, and what went wrong.
func (f *fleet) harvest() (all []time.Duration, err error) {
	for _, b := range f.boats {
		b.mu.Lock()
		all = append(all, b.latencies...)
		b.latencies = b.latencies[:0]
		err = few(err, b.err)
		b.mu.Unlock()
	}
	return all, err
}

func (f *fleet) close() {
	for _, b := range f.boats {
		_ = b.conn.Close()
	}
}

// step does the next thing in a world: reading, writing, being refused, and
// now and then starting anew. It reports whether the boat can go on.
func (b *boat) step(v *visit) bool {
	v.steps++
	began := time.Now()
	var err error
	switch v.steps % 6 {
	case 0, 2:
		_, err = b.ask("GET", "/ideas?page=1", v, "", 200)
	case 1:
		err = b.create(v)
	case 3:
		_, err = b.ask("DELETE", "/ideas/"+v.ideas[0], v, "", 204)
		v.ideas = v.ideas[1:]
	case 4:
		_, err = b.ask("POST", "/ideas", v, `{"content":"","impact":11,"ease":"8","confidence":8}`, 400)
	case 5:
		_, err = b.ask("GET", "/me", v, "", 200)
	}
	took := time.Since(began)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.latencies = append(b.latencies, took)
	if err != nil {
		b.err = fmt.Errorf("%s: %w", v.name, err)
	}
	return err == nil
}

func (b *boat) create(v *visit) error {
	answer, err := b.ask("POST", "/ideas", v, `{"content":"the-content","impact":8,"ease":8,"confidence":8}`, 201)
	if err != nil {
		return err
	}
	var idea struct{ ID string }
	if err := json.Unmarshal(answer, &idea); err != nil {
		return err
	}
	v.ideas = append(v.ideas, idea.ID)
	return nil
}

// patience bounds one answer.
const patience = 30 * time.Second

// ask sends one request and reads its answer, which must have the status.
func (b *boat) ask(method, path string, v *visit, body string, status int) ([]byte, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load\r\nContent-Length: %d\r\n", method, path, b.host, len(body))
	if body != "" {
		text.WriteString("Content-Type: application/json\r\n")
	}
	if v != nil {
		fmt.Fprintf(&text, "X-Assay-World: %s\r\n", v.name)
		if v.token != "" {
			fmt.Fprintf(&text, "X-Access-Token: %s\r\n", v.token)
		}
	}
	text.WriteString("\r\n" + body)
	if err := b.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(b.conn, text.String()); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(b.reader, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != status {
		err = fmt.Errorf("%s %s: answered %d %s", method, path, resp.StatusCode, answer)
	}
	return answer, err
}
