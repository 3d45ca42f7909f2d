package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"assay"
	"assay/mockserver"
	"assay/mockserver/control"
	"assay/mockserver/worlds"
)

// roleVariable tells a process that it is to be the mock.
const roleVariable = "ASSAY_LOAD_MOCK"

// healthPath tells how the mock's process is.
const healthPath = "/_load/health"

// health is how a process is after a collection.
type health struct {
	Heap       uint64 `json:"heap"` // bytes in use
	Goroutines int    `json:"goroutines"`
}

// serve is a mock with all that `assay mock` puts around it.
func serve() error {
	c, err := assay.Load("idea-pool")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	set := worlds.New(worlds.Options{Most: 1 << 20, Journal: 100})
	api := control.New(control.Options{Version: assay.Version, Worlds: set, Done: ctx.Done()})
	mock, err := mockserver.New(c, mockserver.Options{
		Seed: 1, Empty: true, TokenLifetime: 24 * time.Hour, Journal: 1000, Wrap: set.Wrap, WorldOf: set.WorldOf,
		Mounts: map[string]http.Handler{control.Prefix + "/": api, healthPath: http.HandlerFunc(tellHealth)},
	})
	if err != nil {
		return err
	}
	if err := set.Bind(mock, nil); err != nil {
		return err
	}
	api.Bind(mock)
	go set.Run(ctx)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return mock.Serve(ctx, listener)
}

func tellHealth(w http.ResponseWriter, _ *http.Request) {
	runtime.GC()
	runtime.GC() // what the first one finalised
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	_ = json.NewEncoder(w).Encode(health{m.HeapAlloc, runtime.NumGoroutine()}) // a client that has gone needs no answer
}

// A mock is the process under load.
type mock struct {
	process *exec.Cmd
	address string
}

func start() (*mock, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	m := &mock{process: exec.Command(self)}
	m.process.Env = append(os.Environ(), roleVariable+"=1")
	m.process.Stderr = os.Stderr
	out, err := m.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := m.process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		m.stop()
		return nil, fmt.Errorf("the mock does not start: %w", err)
	}
	m.address = strings.TrimSpace(line)
	return m, nil
}

func (m *mock) stop() {
	_ = m.process.Process.Kill()
	_ = m.process.Wait() // it was killed
}

func (m *mock) health() (h health, err error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	resp, err := client.Get("http://" + m.address + healthPath)
	if err != nil {
		return h, err
	}
	defer resp.Body.Close()
	return h, json.NewDecoder(resp.Body).Decode(&h)
}

// settled demands that the goroutines of the connections have ended.
func (m *mock) settled(idle health) error {
	const spare = 5
	var h health
	for range 50 {
		time.Sleep(100 * time.Millisecond)
		var err error
		if h, err = m.health(); err != nil {
			return err
		}
		if h.Goroutines <= idle.Goroutines+spare {
			fmt.Printf("goroutines once all have gone: %d, before they came: %d\n", h.Goroutines, idle.Goroutines)
			return nil
		}
	}
	return fmt.Errorf("%d goroutines are left, there were %d", h.Goroutines, idle.Goroutines)
}
