package mockserver

import (
	"net/http"

	"assay/contract"
)

// A Fault is planted in a world from outside and stands before the phases
// that serve a request: it may answer itself, delay, or break off.
type Fault struct {
	// Strike is called for every request of the world, with the operation that
	// it is for; nil for none. It returns true when it has dealt with the
	// request, and nothing more is to be done.
	Strike func(w http.ResponseWriter, r *http.Request, op *contract.Operation) bool
}

// Plant puts a fault into the world, in the place of the one before; nil takes it out.
func (w *World) Plant(f *Fault) { w.fault.Store(f) }
