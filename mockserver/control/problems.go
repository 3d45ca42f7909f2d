package control

import (
	"errors"
	"net/http"

	"assay/mockserver"
	"assay/mockserver/problem"
	"assay/mockserver/worlds"
)

// The problems that the API tells of, beside those of package worlds.
var (
	malformed = &problem.Kind{Name: "malformed", Title: "Not JSON", Status: http.StatusBadRequest, Meaning: "The body could not be read as JSON. Duplicate keys, trailing text and broken escapes count too."}
	invalid   = &problem.Kind{Name: "invalid", Title: "Invalid request", Status: http.StatusUnprocessableEntity, Meaning: "A parameter or a member of the body is not as /_assay/control.yaml describes it; errors tells which."}
	tooLarge  = &problem.Kind{Name: "too-large", Title: "Too large", Status: http.StatusRequestEntityTooLarge, Meaning: "The body is larger than the control API takes: 1 MiB, and 256 MiB for a state."}
	notFound  = &problem.Kind{Name: "not-found", Title: "Not found", Status: http.StatusNotFound, Meaning: "There is no such thing in this world, or no such address in the control API."}
	badMethod = &problem.Kind{Name: "method", Title: "Method not allowed", Status: http.StatusMethodNotAllowed, Meaning: "The address takes other methods; the header Allow lists them."}
	taken     = &problem.Kind{Name: "taken", Title: "Taken", Status: http.StatusConflict, Meaning: "Something that must be unique, such as a login or an id, is taken already."}
	failed    = &problem.Kind{Name: "failed", Title: "The mock failed", Status: http.StatusInternalServerError, Meaning: "The mock itself could not do what it should."}
	foreign   = &problem.Kind{Name: "cross-site", Title: "Cross-site request", Status: http.StatusForbidden, Meaning: "A page of another site asked for this. Only pages of this machine, or of the mock's own host, may use the control API from a browser."}
	rebound   = &problem.Kind{Name: "unknown-host", Title: "Unknown host", Status: http.StatusForbidden, Meaning: "The request is for a host name that is not this machine's, as in an attack by DNS rebinding. Use localhost or an IP address, or start the mock with --control-token and send the token."}
	noToken   = &problem.Kind{Name: "token", Title: "Token required", Status: http.StatusUnauthorized, Meaning: "The control API of this mock asks for the token that was printed when it started: Authorization: Bearer TOKEN."}
)

// kinds are all problems by name, for their explanations.
var kinds = map[string]*problem.Kind{}

func init() {
	for _, k := range []*problem.Kind{
		malformed, invalid, tooLarge, notFound, badMethod, taken, failed, foreign, rebound, noToken,
		worlds.NoSuchWorld, worlds.WorldExists, worlds.TooManyWorlds, worlds.BadName, worlds.NoSuchSnapshot, worlds.NotSaved,
	} {
		kinds[k.Name] = k
	}
}

// problemOf words any error as a problem.
func problemOf(err error) *problem.Problem {
	var told *problem.Problem
	switch {
	case errors.As(err, &told):
		return told
	case errors.Is(err, mockserver.ErrUnknown):
		return notFound.New("%v", err)
	case errors.Is(err, mockserver.ErrTaken):
		return taken.New("%v", err)
	}
	return failed.New("%v", err)
}
