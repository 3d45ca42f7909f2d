// Package console holds the pages of a running mock: the console itself and the
// documentation of the contract. They are static files that speak to the control
// API beside them; nothing comes from any other address.
package console

import (
	"embed"
	"net/http"
)

//go:embed page
var pages embed.FS

// Handler serves the pages below a prefix such as "/_assay".
func Handler(prefix string) http.Handler {
	return http.StripPrefix(prefix, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := pages.ReadFile("page/index.html")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(text)
	}))
}
