package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheOpenIDProvidersSayWhatTheFileSays(t *testing.T) {
	c, err := Parse("idp.yaml", []byte(`
authing:
  user-pool: 0123456789abcdef01234567
  clients:
    - id: web
      name: the web application
      redirect-uris: ["http://localhost:5173/back", com.example.app:/back]
      logout-uris: ["http://localhost:5173"]
  lifetimes: {access-token: 5m, code: 30s, sign-in: 10m}
auth0:
  tenant: demo
  clients: [{id: one, secret: s, redirect-uris: ["http://localhost:3000"]}]
  apis: [{audience: "https://api.example.com/", scopes: [read:orders], no-permissions: true}]
  permission: read:orders
`))
	if err != nil {
		t.Fatal(err)
	}
	wantAuthing := Authing{
		UserPool:  "0123456789abcdef01234567",
		Clients:   []OIDCClient{{ID: "web", Name: "the web application", RedirectURIs: []string{"http://localhost:5173/back", "com.example.app:/back"}, LogoutURIs: []string{"http://localhost:5173"}}},
		Lifetimes: OIDCLifetimes{AccessToken: 5 * time.Minute, Code: 30 * time.Second, SignIn: 10 * time.Minute},
	}
	wantAuth0 := Auth0{
		Tenant: "demo", Clients: []OIDCClient{{ID: "one", Secret: "s", RedirectURIs: []string{"http://localhost:3000"}}},
		APIs:       []API{{Audience: "https://api.example.com/", Scopes: []string{"read:orders"}, NoPermissions: true}},
		Permission: "read:orders",
	}
	if diff := cmp.Diff(wantAuthing, c.Authing) + cmp.Diff(wantAuth0, c.Auth0); diff != "" {
		t.Error(diff)
	}
}

func TestAFaultOfAnOpenIDProviderIsToldWithItsLine(t *testing.T) {
	client := func(rest string) string { return "auth0:\n  clients:\n    - id: a\n      " + rest + "\n" }
	tests := []struct{ name, text, want string }{
		{"a pool in words", "authing:\n  user-pool: mine\n", `idp.yaml:2: "mine" is no id of a user pool`},
		{"a tenant with a dot", "auth0:\n  tenant: a.b\n", `idp.yaml:2: "a.b" is no name of a tenant`},
		{"no client", "authing:\n  clients: []\n", `idp.yaml:2: the provider has no client`},
		{"a client without an id", "authing:\n  clients:\n    - redirect-uris: [http://a/b]\n", `idp.yaml:3: "" is no id of a client`},
		{"one id for two clients", "authing:\n  clients:\n    - {id: a, redirect-uris: [http://a/b]}\n    - {id: a, redirect-uris: [http://a/b]}\n", `idp.yaml:4: there are two clients "a"`},
		{"a client that can go nowhere", client("name: b"), `idp.yaml:3: client "a" has no redirect URI`},
		{"a redirect URI without a scheme", client("redirect-uris: [localhost/back]"), `idp.yaml:4: "localhost/back" is no redirect URI`},
		{"a redirect URI without a host", client("redirect-uris: ['http:///back']"), `idp.yaml:4: "http:///back" is no redirect URI`},
		{"a redirect URI with a fragment", client("redirect-uris: ['http://a/b#c']"), `idp.yaml:4: the redirect URI "http://a/b#c" has a fragment`},
		{"a redirect URI that is a script", client("redirect-uris: ['javascript:alert(1)']"), `idp.yaml:4: the redirect URI "javascript:alert(1)" would run a script`},
		{"a sign-out URI that is a script", client("redirect-uris: ['http://a/b']\n      logout-uris: ['data:text/html,x']"), `idp.yaml:5: the redirect URI "data:text/html,x" would run a script`},
		{"an API for nobody", "auth0:\n  apis:\n    - scopes: [a]\n", `idp.yaml:3: an API has no audience`},
		{"one audience for two APIs", "auth0:\n  apis:\n    - audience: a\n    - audience: a\n", `idp.yaml:4: there are two APIs for "a"`},
		{"a scope of two words", "auth0:\n  apis:\n    - audience: a\n      scopes: [a b]\n", `idp.yaml:4: "a b" is no scope`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("idp.yaml", []byte(tt.text))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s …", err, tt.want)
			}
		})
	}
}
