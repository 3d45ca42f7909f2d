package mutants

import (
	"fmt"
	"net/http"
	"strings"

	"assay/contract"
)

var missing = operator{
	name: "missing",
	does: "an operation is not there at all",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			d.add(Mutant{Name: op.ID + "/missing", Says: op.ID + " is not there", Breaks: []string{success(op)}, Entails: allRules(d.contract),
				plant: planted(op, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
					w.Header().Set("Content-Type", "text/plain")
					w.WriteHeader(http.StatusNotFound)
					fmt.Fprintln(w, "404 page not found")
				})})
		}
	},
}

var crashing = operator{
	name: "crashing",
	does: "an operation answers 500 to everything",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			d.add(Mutant{Name: op.ID + "/crashing", Says: op.ID + " answers 500 to everything", Breaks: []string{success(op)}, Entails: allRules(d.contract),
				plant: planted(op, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
					w.WriteHeader(http.StatusInternalServerError)
				})})
		}
	},
}

// planted puts something in the place of one operation's handler.
func planted(op *contract.Operation, serve func(w http.ResponseWriter, r *http.Request, next http.Handler)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if meant(op, r) {
				serve(w, r, next)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// meant reports whether a request is for the operation.
func meant(op *contract.Operation, r *http.Request) bool {
	if r.Method != op.Method || op.Dispatch.Header != "" && r.Header.Get(op.Dispatch.Header) != op.Dispatch.Value {
		return false
	}
	want, got := strings.Split(strings.Trim(op.Path, "/"), "/"), strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}
