package control

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"

	"assay/mockserver/problem"
)

// A Guard says who may use the control API.
type Guard struct {
	// Token is asked of every request for data, as Authorization: Bearer; empty
	// asks for none, which is safe only where the mock listens on loopback. The
	// page itself holds nothing and is given to anybody.
	Token string
}

// admit returns why a request is refused; nil admits it.
//
// A browser must not lend a foreign page its access to this machine. Such a
// page's requests bear its Origin, or Sec-Fetch-Site: cross-site. One that has
// pointed its own name at this machine (DNS rebinding) is of the same origin to
// the browser, but asks for a Host that is not ours.
func (g Guard) admit(w http.ResponseWriter, r *http.Request) *problem.Problem {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Add("Vary", "Origin")
	bearer := g.Token != "" && g.knows(r)
	if !bearer && !ours(r.Host) && g.Token == "" {
		return rebound.New("%q is not a name of this machine", clip(r.Host)).With("use localhost or an IP address")
	}
	if p := fromSite(h, r); p != nil {
		return p
	}
	if g.Token != "" && !bearer && !isPage(r.URL.Path) && r.Method != http.MethodOptions {
		h.Set("WWW-Authenticate", `Bearer realm="assay control"`)
		return noToken.New("this request bears no token, or another").With("Authorization: Bearer TOKEN, with the token that the mock printed when it started")
	}
	return nil
}

// knows reports whether a request bears the token.
func (g Guard) knows(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(strings.TrimSpace(token)), []byte(g.Token)) == 1
}

// isPage reports whether a path belongs to the pages, which hold no data.
func isPage(path string) bool {
	rest := strings.TrimPrefix(path, Prefix)
	return rest == "/" || strings.HasPrefix(rest, "/console/") || strings.HasPrefix(rest, "/docs/")
}

// ours reports whether a Host names this machine. An IP address cannot be
// rebound: the browser went where it says.
func ours(host string) bool {
	name := hostname(host)
	return loopback(name) || net.ParseIP(name) != nil
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func loopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || ip != nil && ip.IsLoopback()
}

// fromSite refuses what a browser sends for a page of another site, and lets
// pages of this one read the answer.
func fromSite(h http.Header, r *http.Request) *problem.Problem {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return fetched(r)
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || !sameSite(hostname(u.Host), hostname(r.Host)) {
		return foreign.New("a page of %s asked for this", clip(origin)).With("ask from a page of this host, or not from a browser")
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Assay-World")
		h.Set("Access-Control-Max-Age", "600")
	}
	return nil
}

// sameSite reports whether a page of one host may use the API of another. All
// names of this machine are one site; so is a host with itself on any port.
func sameSite(page, api string) bool {
	return page == api || loopback(page) && loopback(api)
}

// fetched judges a request without Origin by what browsers add (Fetch Metadata):
// a link to the page may stand anywhere, anything else of another site is refused.
func fetched(r *http.Request) *problem.Problem {
	if r.Header.Get("Sec-Fetch-Site") != "cross-site" {
		return nil
	}
	if r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		return nil
	}
	return foreign.New("a page of another site asked for this")
}
