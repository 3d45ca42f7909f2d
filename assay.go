// Package assay tries an API: it serves a documented one as a stateful mock,
// and verifies any implementation of it, both driven by one OpenAPI document.
//
// This file embeds the contracts and their features, so that the command is
// one file. In a Go test, [Verify] runs the whole suite against a server.
package assay

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/auth0"
	"assay/mockserver/idp/authing"
	"assay/mockserver/idp/cognito"
	"assay/mockserver/idp/config"
	"assay/reports"
	"assay/steps"
)

//go:embed openapi.yaml openapi features
var files embed.FS

// Version of Assay, as reports name it.
const Version = "1.0.0"

// ideaPool is the contract that stands at the top of the repository, and the
// one meant when none is named.
const ideaPool = "idea-pool"

// Contracts lists the names of the contracts that Assay carries, the default first.
func Contracts() []string {
	names := []string{ideaPool}
	entries, err := fs.ReadDir(files, "openapi")
	if err != nil {
		return names
	}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok {
			names = append(names, name)
		}
	}
	return names
}

// Load proves the contract of that name, or the one in that file. An empty
// name means the Idea Pool.
func Load(nameOrFile string) (*contract.Contract, error) {
	for _, name := range Contracts() {
		if nameOrFile == name || nameOrFile == "" && name == ideaPool {
			return contract.LoadFS(files, embedded(name))
		}
	}
	if _, err := os.Stat(nameOrFile); err != nil && !strings.ContainsAny(nameOrFile, "./\\") {
		return nil, contract.Faults{{File: nameOrFile, Problem: "is neither a file nor a contract that Assay carries", Hint: "those are " + strings.Join(Contracts(), ", ")}}
	}
	return contract.Load(nameOrFile)
}

// embedded is where a carried contract stands.
func embedded(name string) string {
	if name == ideaPool {
		return "openapi.yaml"
	}
	return "openapi/" + name + ".yaml"
}

// Source returns the text of a contract that Assay carries.
func Source(name string) ([]byte, error) { return files.ReadFile(embedded(name)) }

// Features returns the features written for the contract, told by its name:
// none for a contract that Assay does not carry, which is verified by its
// derived features alone.
func Features(c *contract.Contract) []steps.Feature {
	dir := path.Join("features", c.Name)
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil
	}
	var out []steps.Feature
	for _, e := range entries {
		text, err := files.ReadFile(path.Join(dir, e.Name()))
		if err == nil && strings.HasSuffix(e.Name(), ".feature") {
			out = append(out, steps.Feature{File: c.Name + "/" + e.Name(), Text: string(text)})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].File < out[j].File })
	return out
}

// Equip adds to a mock's options what acts for the contract's operations that
// are no plain verb and no session: the identity providers', told by the
// contract's name. A nil configuration is the default one.
func Equip(o mockserver.Options, c *contract.Contract, cfg *config.Config) mockserver.Options {
	cfg = orDefault(cfg)
	switch c.Name {
	case "cognito":
		return cognito.New(cfg).Equip(o, c)
	case "authing":
		return authing.New(c, cfg).Equip(o)
	case "auth0":
		return auth0.New(c, cfg).Equip(o)
	}
	return o
}

// Handlers are those of [Equip] alone.
func Handlers(c *contract.Contract, cfg *config.Config) map[string]mockserver.Handler {
	return Equip(mockserver.Options{}, c, cfg).Handlers
}

// Settings are what a verification of our own mock must be told.
func Settings(c *contract.Contract, cfg *config.Config) map[string]string {
	switch cfg = orDefault(cfg); c.Name {
	case "cognito":
		return cognito.Settings(cfg)
	case "authing":
		return authing.Settings(cfg)
	case "auth0":
		return auth0.Settings(cfg)
	}
	return nil
}

// Guide tells a person what to configure in a client of an identity provider
// that is served at this address; nothing for other contracts.
func Guide(c *contract.Contract, cfg *config.Config, url string) []string {
	switch cfg = orDefault(cfg); c.Name {
	case "cognito":
		return cognito.Guide(cfg, url)
	case "authing":
		return authing.Guide(cfg, url)
	case "auth0":
		return auth0.Guide(cfg, url)
	}
	return nil
}

func orDefault(cfg *config.Config) *config.Config {
	if cfg == nil {
		byDefault := config.Default()
		cfg = &byDefault
	}
	return cfg
}

// Options are what [Verify] may be told.
type Options struct {
	Contract string            // name or file; empty for the Idea Pool
	Strict   bool              // advice fails the test too
	Settings map[string]string // what the target needs to be told: username, client_id, …
	Tags     string            // a tag expression that selects scenarios
}

// T is the part of [testing.TB] that Verify needs.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Verify runs the suite against the server at url and fails the test with
// each finding: what is wrong, where the document says so, and how to repeat it.
func Verify(t T, url string, options ...Options) {
	t.Helper()
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	c, err := Load(o.Contract)
	if err != nil {
		t.Fatalf("the contract is invalid:\n%v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	run, err := steps.Run(ctx, c, steps.Options{Target: url, Features: Features(c), Strict: o.Strict, Concurrency: 4, Seed: 1,
		Settings: o.Settings, Selection: steps.Selection{Tags: o.Tags}, Version: Version, Wait: 10 * time.Second})
	if err != nil {
		t.Fatalf("%v", err)
	}
	if status := run.Exit(); status != reports.ExitKept {
		t.Errorf("%s does not keep its contract (exit status %d)\n%s", url, status, text(run))
	}
}

// text renders the run for a person.
func text(run *reports.Run) string {
	var b strings.Builder
	if err := reports.Terminal(&b, run, reports.Options{}); err != nil {
		return fmt.Sprint(err)
	}
	return b.String()
}
