package cognito

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"assay/contract"
)

// Wrap puts around the mock what AWS adds to every answer of its JSON
// protocol: the type of a refusal stands in a header too, also where the mock
// itself refused before the pool was asked, and pages may read those headers.
func Wrap(c *contract.Contract, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wire := &wireWriter{ResponseWriter: w, contract: c, method: r.Method}
		next.ServeHTTP(wire, r)
		wire.flush(nil)
	})
}

// wireWriter holds the status back until the body tells the type of a refusal.
type wireWriter struct {
	http.ResponseWriter
	contract *contract.Contract
	method   string
	status   int
	sent     bool
}

func (w *wireWriter) WriteHeader(status int) {
	w.status = status
	if status < http.StatusBadRequest {
		w.flush(nil)
	}
}

func (w *wireWriter) Write(body []byte) (int, error) {
	w.flush(body)
	return w.ResponseWriter.Write(body)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *wireWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// flush sends status and headers, once. The mock writes a body in one piece.
func (w *wireWriter) flush(body []byte) {
	if w.sent || w.status == 0 && body == nil {
		return
	}
	w.sent = true
	h := w.Header()
	if h.Get("Access-Control-Expose-Headers") != "" {
		h.Set("Access-Control-Expose-Headers", "x-amzn-RequestId, x-amzn-ErrorType, x-amzn-ErrorMessage, Date, Retry-After")
	}
	if w.status >= http.StatusBadRequest {
		if kind := gjson.GetBytes(body, "__type"); kind.Type == gjson.String {
			h.Set("X-Amzn-Errortype", kind.Str+":")
			h.Set("Content-Type", amzJSON)
			if message := gjson.GetBytes(body, "message"); headerSafe(message.Str) {
				h.Set("X-Amzn-Errormessage", message.Str)
			}
		}
	}
	unsaidOfWire(w.contract, h, w.method, w.status)
	if w.status != 0 {
		w.ResponseWriter.WriteHeader(w.status)
	}
}

const amzJSON = "application/x-amz-json-1.1"

// headerSafe reports whether a text can stand in a header as it is.
func headerSafe(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}
