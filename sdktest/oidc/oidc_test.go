// Package oidc signs in against Assay's Authing and Auth0 mocks with the clients that real
// applications use, unmodified: openid-client 5 and 6 and authing-js-sdk in Node, and oidc-client-ts,
// auth0-spa-js and auth0-react in a browser. It verifies another OpenID provider too, whom
// the suite must find nothing wrong with.
package oidc

import (
	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/auth0"
	"assay/mockserver/idp/authing"
	"assay/mockserver/idp/config"
	"assay/reports"
	"assay/steps"
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const username = "admin@example.com"

// serve starts a provider that knows the applications at this address.
func serve(t *testing.T, name, pages string) string {
	t.Helper()
	c, err := contract.Load("../../openapi/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	redirects := []string{pages}
	for _, app := range []string{"oidc-client-ts", "oidc-client-ts?silent", "auth0-spa-js", "auth0-react"} {
		redirects = append(redirects, pages+"/"+app)
	}
	cfg.Authing.Clients[0].RedirectURIs, cfg.Auth0.Clients[0].RedirectURIs = redirects, redirects
	options := mockserver.Options{SelfCheck: func(op *contract.Operation, status int, body []byte, j contract.Judgement) {
		t.Errorf("the mock's answer to %s breaks its own contract: %d %+v", op.ID, status, j.Breaches)
	}}
	if name == "authing" {
		options = authing.New(c, &cfg).Equip(options)
	} else {
		options = auth0.New(c, &cfg).Equip(options)
	}
	s, err := mockserver.Start(c, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1) // a secure context, for browsers
}

// listen opens the address of the applications.
func listen(t *testing.T) (net.Listener, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l, fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
}

var shell = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>loading</title><link rel="icon" href="data:,">
<script type="application/json" id="config">{{.Config}}</script></head>
<body><div id="root"></div>{{if .Script}}<script type="module" src="/bundle/{{.Script}}"></script>{{end}}</body></html>`))

// applications serves the pages: a path is an application, whatever stands behind it.
func applications(t *testing.T, l net.Listener, bundle string, configs map[string]map[string]string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/bundle/", http.StripPrefix("/bundle/", http.FileServer(http.Dir(bundle))))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(r.URL.Path, "/")
		script := name + ".js"
		if configs[name] == nil {
			script = ""
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := shell.Execute(w, map[string]any{"Config": configs[name], "Script": script}); err != nil {
			t.Error(err)
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }() // it ends with an error when it is closed
	t.Cleanup(func() { _ = server.Close() })
}

// node runs a script with its configuration and shows what it said when it fails.
func node(t *testing.T, script string, argument any) {
	t.Helper()
	raw, err := json.Marshal(argument)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	said, err := exec.CommandContext(ctx, "node", script, string(raw)).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, said)
	}
	t.Logf("%s", said)
}

func TestOpenIDClientSignsInFromNode(t *testing.T) {
	l, pages := listen(t)
	defer l.Close()
	type provider struct {
		Name, Issuer, Client, Redirect, Scope string
		Introspect                            bool
	}
	d := config.Default()
	first := provider{"Authing", serve(t, "authing", pages) + "/oidc", d.Authing.Clients[0].ID, pages + "/oidc-client-ts", "openid profile email", true}
	second := provider{"Auth0", serve(t, "auth0", pages) + "/", d.Auth0.Clients[0].ID, pages, "openid profile email", false}
	lower := func(p provider) map[string]any {
		return map[string]any{"name": p.Name, "issuer": p.Issuer, "client": p.Client, "redirect": p.Redirect, "scope": p.Scope, "introspect": p.Introspect}
	}
	node(t, "node.mjs", map[string]any{"username": username, "password": config.DefaultPassword, "providers": []any{lower(first), lower(second)}})
}

func TestTheSDKsSignInFromABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is missing: run.sh installs it")
	}
	bundle := t.TempDir()
	if said, err := exec.CommandContext(t.Context(), "node", "bundle.mjs", bundle).CombinedOutput(); err != nil {
		t.Fatalf("bundle.mjs: %v\n%s", err, said)
	}
	l, pages := listen(t)
	d := config.Default()
	one, zero := serve(t, "authing", pages), serve(t, "auth0", pages)
	tenant := map[string]string{"authority": zero, "client": d.Auth0.Clients[0].ID, "audience": d.Auth0.APIs[0].Audience}
	applications(t, l, bundle, map[string]map[string]string{
		"oidc-client-ts": {"authority": one + "/oidc", "client": d.Authing.Clients[0].ID},
		"auth0-spa-js":   tenant,
		"auth0-react":    {"authority": zero, "client": d.Auth0.Clients[0].ID},
	})
	ask := url.Values{
		"client_id": {d.Authing.Clients[0].ID}, "redirect_uri": {pages}, "response_type": {"code"}, "scope": {"openid"}, "state": {"a b+c=="},
		"code_challenge": {strings.Repeat("c", 43)}, "code_challenge_method": {"S256"},
	}
	node(t, "browser.mjs", map[string]any{
		"chromium": chromium, "pages": pages, "username": username, "password": config.DefaultPassword,
		"authing": map[string]string{"api": one + "/api/protected", "authorize": one + "/oidc/auth?" + ask.Encode()},
		"auth0":   map[string]string{"api": zero + "/api/protected"},
	})
}

// another starts oidc-provider and returns its address.
func another(t *testing.T, more map[string]any) string {
	t.Helper()
	argument := map[string]any{"clients": []map[string]string{
		{"id": "62a8392bb610e1da3f7aeefb", "redirect": "http://localhost:4000/callback"},
		{"id": "RlbKJBuUxV3yuG00G05DWCqb6eMlFoiS", "redirect": "http://localhost:3000"},
	}}
	for name, value := range more {
		argument[name] = value
	}
	raw, err := json.Marshal(argument)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "provider.mjs", string(raw))
	command.Stderr = io.Discard
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

const secret = "a-secret-of-a-test-that-guards-nothing"

func TestACertifiedProviderIsVerifiedWithoutAFalseAlarm(t *testing.T) {
	for _, tt := range []struct {
		name     string
		more     map[string]any
		settings map[string]string
	}{
		{"as it comes", nil, nil},
		{"below a path, with more endpoints and JWTs for an API", map[string]any{"mount": "/oidc", "more": true, "jwt": true}, nil},
		{"for clients that have a secret, which goes by HTTP Basic", map[string]any{"more": true, "client": map[string]string{"token_endpoint_auth_method": "client_secret_basic", "client_secret": secret}},
			map[string]string{"client_secret": secret, "token_endpoint_auth_method": "client_secret_basic"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := another(t, tt.more)
			for _, name := range []string{"authing", "auth0"} {
				c, err := contract.Load("../../openapi/" + name + ".yaml")
				if err != nil {
					t.Fatal(err)
				}
				run, err := steps.Run(t.Context(), c, steps.Options{Target: target, Features: features(t, name), Settings: tt.settings, Seed: 1, Concurrency: 2, Strict: true, Timeout: 20 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				judged := 0
				for _, r := range run.Rules {
					if r.Verdict == contract.Kept {
						judged++
					}
				}
				const least = 40 // rules that are anybody's, whatever the sign-in looks like
				if run.Exit() != reports.ExitKept || judged < least {
					var text strings.Builder
					_ = reports.Terminal(&text, run, reports.Options{})
					t.Errorf("%s: %d rules kept\n%s", name, judged, text.String())
				}
			}
		})
	}
}

// Each vendor is another provider to the other's contract, and keeps the RFCs.
func TestOneVendorIsNoFalseAlarmUnderTheOthersContract(t *testing.T) {
	d := config.Default()
	for target, tt := range map[string]struct {
		path, contract string
		client         config.OIDCClient
	}{
		"authing": {"/oidc", "auth0", d.Authing.Clients[0]},
		"auth0":   {"", "authing", d.Auth0.Clients[0]},
	} {
		t.Run(target, func(t *testing.T) {
			c, err := contract.Load("../../openapi/" + tt.contract + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			settings := map[string]string{"client_id": tt.client.ID, "redirect_uri": "http://localhost:5173", "username": username}
			run, err := steps.Run(t.Context(), c, steps.Options{Target: serve(t, target, "http://localhost:5173") + tt.path, Settings: settings,
				Features: features(t, tt.contract), Seed: 1, Concurrency: 2, Strict: true, Timeout: 20 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if run.Exit() != reports.ExitKept {
				var text strings.Builder
				_ = reports.Terminal(&text, run, reports.Options{})
				t.Errorf("%s", text.String())
			}
		})
	}
}

func features(t *testing.T, name string) []steps.Feature {
	t.Helper()
	files, err := filepath.Glob("../../features/" + name + "/*.feature")
	if err != nil || len(files) == 0 {
		t.Fatalf("no features of %s: %v", name, err)
	}
	var all []steps.Feature
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, steps.Feature{File: name + "/" + filepath.Base(file), Text: string(text)})
	}
	return all
}
