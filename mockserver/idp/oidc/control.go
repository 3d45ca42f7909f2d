package oidc

import (
	"encoding/json"
	"net/http"
	"strings"
)

// KeysPath is where the keys of a mock are turned by hand: GET lists them, POST …/rotate makes a
// fresh one sign while the old ones still verify, POST …/retire takes the old ones away.
const KeysPath = "/_assay/keys"

// KeyControl serves KeysPath for the keys that a request means.
func KeyControl(keys func(*http.Request) []*Keys) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := keys(r)
		switch verb := strings.TrimPrefix(r.URL.Path, KeysPath); {
		case verb == "" && r.Method == http.MethodGet:
		case verb == "/rotate" && r.Method == http.MethodPost:
			for _, k := range all {
				if _, err := k.Rotate(); err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
					return
				}
			}
		case verb == "/retire" && r.Method == http.MethodPost:
			for _, k := range all {
				k.RetireOld()
			}
		default:
			http.Error(w, "GET "+KeysPath+", POST "+KeysPath+"/rotate or POST "+KeysPath+"/retire", http.StatusNotFound)
			return
		}
		ids := []string{}
		for _, k := range all {
			ids = append(ids, k.IDs()...)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": ids}) // a client that has gone needs no answer
	})
}
