package config

import (
	"net/url"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	userPool = regexp.MustCompile(`^[0-9a-f]{24}$`)
	tenant   = regexp.MustCompile(`^[0-9a-z][0-9a-z-]{0,62}$`)
	// oidcID is what both vendors use for a client's id, and what stands in a URL as it is.
	oidcID = regexp.MustCompile(`^[0-9A-Za-z._~-]{1,128}$`)
)

// checkOIDC checks the clients of an OpenID provider.
func (r *reader) checkOIDC(clients []OIDCClient, n *yaml.Node) {
	if len(clients) == 0 {
		r.fault(n, "leave the key out to have the default ones", "the provider has no client")
	}
	seen := map[string]bool{}
	for i, c := range clients {
		at := entry(n, i)
		switch {
		case !oidcID.MatchString(c.ID):
			r.fault(at, `it is up to 128 letters, digits and "-", ".", "_", "~"`, "%q is no id of a client", c.ID)
		case seen[c.ID]:
			r.fault(at, "", "there are two clients %q", c.ID)
		case len(c.RedirectURIs) == 0:
			r.fault(at, "add redirect-uris: [http://localhost:3000/callback]", "client %q has no redirect URI", c.ID)
		}
		seen[c.ID] = true
		r.checkURIs(c.RedirectURIs, child(at, "redirect-uris"))
		r.checkURIs(c.LogoutURIs, child(at, "logout-uris"))
	}
}

// checkURIs demands absolute addresses without a fragment (RFC 6749 §3.1.2). Schemes that
// run script in the page that follows them are no addresses.
func (r *reader) checkURIs(uris []string, n *yaml.Node) {
	for i, uri := range uris {
		u, err := url.Parse(uri)
		web := err == nil && (u.Scheme == "http" || u.Scheme == "https")
		switch {
		case err != nil || u.Scheme == "" || web && u.Host == "":
			r.fault(entry(n, i), "it is absolute: http://localhost:3000/callback", "%q is no redirect URI", uri)
		case strings.Contains(uri, "#"):
			r.fault(entry(n, i), "RFC 6749 §3.1.2 forbids it", "the redirect URI %q has a fragment", uri)
		case u.Scheme == "javascript" || u.Scheme == "data" || u.Scheme == "vbscript":
			r.fault(entry(n, i), "", "the redirect URI %q would run a script", uri)
		}
	}
}

func (r *reader) checkAPIs(apis []API, n *yaml.Node) {
	seen := map[string]bool{}
	for i, a := range apis {
		at := entry(n, i)
		switch {
		case a.Audience == "":
			r.fault(at, "", "an API has no audience")
		case seen[a.Audience]:
			r.fault(at, "", "there are two APIs for %q", a.Audience)
		}
		seen[a.Audience] = true
		for j, scope := range a.Scopes {
			if scope == "" || strings.ContainsAny(scope, " \t\"\\") {
				r.fault(entry(child(at, "scopes"), j), "it is one word", "%q is no scope", scope)
			}
		}
	}
}
