package mockserver_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/contract"
	"assay/mockserver"
)

func TestServeLetsRequestsUnderWayFinish(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	mock, err := mockserver.New(pool(t), mockserver.Options{Empty: true, Handlers: map[string]mockserver.Handler{
		"signUp": func(*mockserver.Call) mockserver.Reply {
			close(entered)
			<-leave
			return mockserver.Refusal(contract.Taken, "finished")
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := mockserver.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- mock.Serve(ctx, listener) }()
	got := make(chan string, 1)
	go func() {
		resp, err := http.Post("http://"+listener.Addr().String()+"/users", "application/json", strings.NewReader(`{"email":"a@example.com","name":"A","password":"the-Secret-123"}`))
		if err != nil {
			got <- err.Error()
			return
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		got <- string(text)
	}()
	<-entered
	stop()
	time.Sleep(20 * time.Millisecond)
	close(leave)
	if answer := <-got; answer != `{"reason":"finished"}` {
		t.Errorf("the request under way got %s", answer)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
}

func TestASecondMockOnAPortSaysWhoIsThere(t *testing.T) {
	first, err := mockserver.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, port, _ := net.SplitHostPort(first.Addr().String())
	_, err = mockserver.Listen(first.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "port "+port+" is taken") || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("%v", err)
	}
	if _, there := os.Stat("/proc/net/tcp"); there == nil && !strings.Contains(err.Error(), "by mockserver.test") {
		t.Errorf("it does not say who: %v", err)
	}
	if _, err := mockserver.Listen("nonsense"); err == nil || !strings.Contains(err.Error(), "host:port") {
		t.Errorf("%v", err)
	}
}

func TestConnectionsBeyondTheLimitWait(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true, Limits: mockserver.Limits{Connections: 2}})
	address := strings.TrimPrefix(c.server.URL, "http://")
	var held []net.Conn
	for range 2 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, conn)
	}
	time.Sleep(50 * time.Millisecond)
	answered := make(chan int, 1)
	go func() {
		client := http.Client{Transport: &http.Transport{}}
		resp, err := client.Get(c.server.URL + "/ideas")
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	select {
	case status := <-answered:
		t.Errorf("a third connection was answered with %d", status)
	case <-time.After(100 * time.Millisecond):
	}
	for _, conn := range held {
		conn.Close()
	}
	if status := <-answered; status != 401 {
		t.Errorf("after the others left: %d", status)
	}
}

func TestTheAccessLogHasOneLineARequest(t *testing.T) {
	var mu sync.Mutex
	var text bytes.Buffer
	log := slog.New(slog.NewJSONHandler(writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return text.Write(p)
	}), nil))
	c := serve(t, pool(t), mockserver.Options{Empty: true, Log: log}).signUp("me@example.com")
	c.send("POST", "/ideas", idea("x", 99, 1, 1))
	c.server.Close()
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), text.String())
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[1]), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"msg": "request", "method": "POST", "path": "/ideas", "status": 422.0, "operation": "createIdea", "who": "me@example.com"} {
		if line[name] != want {
			t.Errorf("%s: expected %v, got %v", name, want, line[name])
		}
	}
	if strings.Contains(text.String(), "the-Secret-123") || strings.Contains(text.String(), c.jwt) {
		t.Error("the log holds a secret")
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestAKeyFollowsFromTheSeedOrIsKeptInAFile(t *testing.T) {
	keyOf := func(options mockserver.Options) *rsa.PrivateKey {
		t.Helper()
		options.Empty = true
		mock, err := mockserver.New(pool(t), options)
		if err != nil {
			t.Fatal(err)
		}
		key, err := mock.Keys().RSA()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	for _, bits := range []int{1024, 2048} {
		key := keyOf(mockserver.Options{Seed: 77, KeyBits: bits})
		if key.N.BitLen() != bits || key.Validate() != nil {
			t.Errorf("%d bits: %d, %v", bits, key.N.BitLen(), key.Validate())
		}
	}
	if keyOf(mockserver.Options{Seed: 77}).N.BitLen() != 2048 {
		t.Error("the default is not 2048 bits")
	}
	if keyOf(mockserver.Options{Seed: 77, KeyBits: 1024}).Equal(keyOf(mockserver.Options{Seed: 78, KeyBits: 1024})) {
		t.Error("two seeds have one key")
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	kept := keyOf(mockserver.Options{Seed: 1, KeyBits: 1024, KeyFile: file})
	if !keyOf(mockserver.Options{Seed: 2, KeyBits: 2048, KeyFile: file}).Equal(kept) {
		t.Error("the key in the file was not taken")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	for name, bad := range map[string]mockserver.Options{
		"no PEM": {KeyFile: write(t, "nonsense")}, "PEM of something else": {KeyFile: write(t, "-----BEGIN X-----\nAAAA\n-----END X-----\n")},
		"too few bits": {KeyBits: 512}, "too many": {KeyBits: 1 << 20}, "an odd number": {KeyBits: 2047}, "a folder": {KeyFile: t.TempDir()},
	} {
		if _, err := mockserver.New(pool(t), bad); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func ExampleStart() {
	c, err := contract.Load("../openapi.yaml")
	if err != nil {
		panic(err)
	}
	server, err := mockserver.Start(c, mockserver.Options{Seed: 1})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	resp, err := http.Get(server.URL + "/me")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(os.Stdout, resp.Body)
	// Output: {"reason":"x-access-token: an access token is required"}
}
