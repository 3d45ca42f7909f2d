package reload_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/reload"
)

const main = `
openapi: 3.0.3
info: {title: Notes, version: "1"}
paths:
  /motd:
    get:
      operationId: motd
      responses:
        "200": {description: words, content: {application/json: {schema: {$ref: "parts.yaml#/Words"}}}}
`

const parts = `
Words: {type: object, properties: {text: {type: string, example: first}}, example: {text: first}}
`

// A bench is a contract in two files that is served and watched.
type bench struct {
	t    *testing.T
	dir  string
	mock *mockserver.Mock
	told chan error
}

func serve(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), told: make(chan error, 10)}
	b.write("api.yaml", main)
	b.write("parts.yaml", parts)
	load := func() (*contract.Contract, error) { return contract.Load(filepath.Join(b.dir, "api.yaml")) }
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if b.mock, err = mockserver.New(c, mockserver.Options{}); err != nil {
		t.Fatal(err)
	}
	w := reload.New(c, load, b.mock.Reload)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	go w.Run(ctx, func(fault error) { b.told <- fault })
	return b
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// replace saves as many editors do: into another file that takes the name.
func (b *bench) replace(name, text string) {
	b.t.Helper()
	b.write("new~", text)
	if err := os.Rename(filepath.Join(b.dir, "new~"), filepath.Join(b.dir, name)); err != nil {
		b.t.Fatal(err)
	}
}

// hears waits for what the watcher tells next.
func (b *bench) hears() error {
	b.t.Helper()
	select {
	case fault := <-b.told:
		return fault
	case <-time.After(5 * time.Second):
		b.t.Fatal("nothing was told of the edit")
		return nil
	}
}

func (b *bench) title() string { return b.mock.Contract().Title }

func TestAValidEditIsServed(t *testing.T) {
	b := serve(t)
	started := time.Now()
	b.write("api.yaml", strings.Replace(main, "Notes", "Edited", 1))
	if fault := b.hears(); fault != nil || b.title() != "Edited" {
		t.Fatalf("%v, %s is served", fault, b.title())
	}
	t.Logf("served %v after the edit", time.Since(started).Round(time.Millisecond))
	b.replace("api.yaml", strings.Replace(main, "Notes", "Renamed", 1))
	if fault := b.hears(); fault != nil || b.title() != "Renamed" {
		t.Errorf("%v, %s is served", fault, b.title())
	}
}

func TestAnEditOfAReferredFileIsServed(t *testing.T) {
	b := serve(t)
	b.replace("parts.yaml", strings.ReplaceAll(parts, "string", "integer")) // its example is no integer
	if fault := b.hears(); fault == nil || !strings.Contains(fault.Error(), "parts.yaml") {
		t.Errorf("%v", fault)
	}
	b.replace("parts.yaml", strings.ReplaceAll(parts, "first", "second"))
	if fault := b.hears(); fault != nil {
		t.Errorf("%v", fault)
	}
	if got := b.mock.Contract().Operation("motd").Success.Schema.Example; !strings.Contains(toText(got), "second") {
		t.Errorf("%v is served", got)
	}
}

func toText(v any) string {
	m, _ := v.(map[string]any)
	s, _ := m["text"].(string)
	return s
}

func TestAnInvalidEditLeavesTheLastGoodContract(t *testing.T) {
	b := serve(t)
	b.write("api.yaml", "openapi: 3.0.3\npaths: [")
	fault := b.hears()
	if fault == nil || !strings.Contains(fault.Error(), "api.yaml") || b.title() != "Notes" {
		t.Fatalf("%v, %s is served", fault, b.title())
	}
	b.write("api.yaml", strings.Replace(main, "Notes", "Mended", 1))
	if fault := b.hears(); fault != nil || b.title() != "Mended" {
		t.Errorf("%v, %s is served", fault, b.title())
	}
}

func TestAContractWaitsForAFileThatIsNotThereYet(t *testing.T) {
	b := serve(t)
	b.write("api.yaml", strings.Replace(main, "parts.yaml", "later.yaml", 1))
	if fault := b.hears(); fault == nil {
		t.Fatal("a contract that refers to nothing is served")
	}
	b.write("later.yaml", parts)
	if fault := b.hears(); fault != nil {
		t.Errorf("%v", fault)
	}
}

func TestOnlyTheContractsFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"api.yaml": main, "parts.yaml": parts, "secret.yaml": "x: 1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := contract.Load(filepath.Join(dir, "api.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w := reload.New(c, nil, nil)
	if text, err := w.Read(filepath.Join(dir, "parts.yaml")); err != nil || string(text) != parts {
		t.Errorf("%q %v", text, err)
	}
	if _, err := w.Read(filepath.Join(dir, "secret.yaml")); err == nil {
		t.Error("any file can be read")
	}
}
