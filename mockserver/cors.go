package mockserver

import (
	"net/http"
)

// Browsers let a page read an answer only when the answer says so: every one
// does, refusals too, or the page would see a network error instead of the
// reason. An origin is reflected rather than answered with *, which browsers
// refuse for requests with credentials.

var (
	anyOrigin      = []string{"*"}
	trueHeader     = []string{"true"}
	varyOrigin     = []string{"Origin"}
	exposedHeaders = []string{"Location, Retry-After, WWW-Authenticate, Preference-Applied, Date"}
	preflightAge   = []string{"600"} // seconds
	varyPreflight  = []string{"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
)

func allowOrigin(h http.Header, r *http.Request) {
	origin := r.Header["Origin"]
	if len(origin) == 0 {
		h["Access-Control-Allow-Origin"] = anyOrigin
		return
	}
	h["Access-Control-Allow-Origin"] = origin[:1]
	h["Access-Control-Allow-Credentials"] = trueHeader
	h["Access-Control-Expose-Headers"] = exposedHeaders
	h["Vary"] = varyOrigin
}

// isPreflight reports whether a browser asks what it may send (Fetch standard, CORS-preflight).
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// answerPreflight allows whatever the browser asks for: the headers clients
// send are many and odd. found is the route of the path; nil for none.
func answerPreflight(w http.ResponseWriter, r *http.Request, found *route) {
	h := w.Header()
	h["Vary"] = varyPreflight
	methods := r.Header.Get("Access-Control-Request-Method")
	if found != nil {
		methods = found.allow
	}
	h.Set("Access-Control-Allow-Methods", methods)
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
	h["Access-Control-Max-Age"] = preflightAge
	w.WriteHeader(http.StatusNoContent)
}
