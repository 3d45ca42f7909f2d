package control

import (
	"net/http"
	"slices"

	"assay/contract"
)

// Front leads a person who opens the bare address of the mock to the console,
// unless the contract itself serves something there. Programs and pages that
// ask for it get what the mock answers.
func (a *API) Front(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" && visits(r) && !a.serves("/") {
			http.Redirect(w, r, Prefix+"/", http.StatusFound)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// visits reports whether a browser is to show the answer as a page (Fetch Metadata).
func visits(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// serves reports whether the contract has an operation at a path.
func (a *API) serves(path string) bool {
	return slices.ContainsFunc(a.mock.Contract().Operations, func(op *contract.Operation) bool { return op.Path == path })
}
