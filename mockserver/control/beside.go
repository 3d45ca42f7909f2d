package control

import (
	"bytes"
	"net/http"

	"assay/mockserver/worlds"
)

// Beside puts a handler of somebody else's below the prefix under the API's
// guard. What it changes in its world is safe before it is answered.
func (a *API) Beside(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := a.options.Guard.admit(w, r); p != nil {
			p.Write(w)
			return
		}
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer := &held{ResponseWriter: w, status: http.StatusOK}
		a.options.Worlds.Wrap(h).ServeHTTP(answer, r)
		world, err := a.options.Worlds.Of(r.Header.Get(worlds.Header))
		if err == nil {
			err = world.State().Safe()
		}
		if err != nil {
			w.Header().Del("Content-Length")
			problemOf(err).Write(w)
			return
		}
		answer.send()
	})
}

// held is an answer that is held back.
type held struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *held) WriteHeader(status int)      { h.status = status }
func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }

func (h *held) send() {
	h.ResponseWriter.WriteHeader(h.status)
	_, _ = h.ResponseWriter.Write(h.body.Bytes()) // a client that has gone needs no answer
}
