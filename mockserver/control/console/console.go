// Package console holds the pages of a running mock: the console itself and the
// documentation of the contract, which is Swagger UI's work. They are static
// files that speak to the control API beside them; nothing comes from any other
// address.
package console

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	swagger "github.com/swaggest/swgui/v5/static"
)

//go:embed page
var pages embed.FS

// What the pages may load and run: their own files. Swagger UI writes styles
// into its elements.
const (
	policy     = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

// Handler serves the pages below a prefix such as "/_assay": the console at /,
// its files below /console/, the documentation below /docs/.
func Handler(prefix string) http.Handler {
	return http.StripPrefix(prefix, http.HandlerFunc(serve))
}

func serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "a page is only read", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", policy)
	name, within := strings.CutPrefix(r.URL.Path, "/docs/")
	if within {
		h.Set("Content-Security-Policy", docsPolicy)
		if file, swagger := strings.CutPrefix(name, "ui/"); swagger {
			serveSwagger(w, r, file)
			return
		}
		name = "docs/" + name
	} else {
		name = strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/"), "console/")
	}
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	text, err := fs.ReadFile(pages, path.Join("page", name))
	if err != nil || path.Clean(name) != name {
		http.Error(w, "there is no such page", http.StatusNotFound)
		return
	}
	send(w, name, text)
}

// send writes a file, named for its type.
func send(w http.ResponseWriter, name string, text []byte) {
	w.Header().Set("Content-Type", typeOf(name))
	_, _ = w.Write(text) // a client that has gone needs no answer
}

// typeOf does not ask the machine, whose tables differ.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// serveSwagger serves a file of Swagger UI, which is kept compressed.
func serveSwagger(w http.ResponseWriter, r *http.Request, name string) {
	packed, err := fs.ReadFile(swagger.FS, name+".gz")
	if err != nil {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "max-age=3600")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		send(w, name, packed)
		return
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, name, text)
}
