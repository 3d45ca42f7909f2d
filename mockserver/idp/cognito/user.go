package cognito

import (
	"slices"
	"strings"

	"assay/contract"
	"assay/mockserver/idp/config"
)

// User tells the attributes of the user whom an access token belongs to
// (GetUser): "sub" first, the others in the order of the configuration.
func (e *Engine) User(token string) (username string, attributes config.Attributes, refusal *Error) {
	t, refusal := e.opened(token)
	if refusal != nil {
		return "", nil, refusal
	}
	who := e.pool.bySub[t.Subject]
	if who == nil {
		return "", nil, refused("Invalid Access Token")
	}
	who, attributes = e.unsaidOfUser(who)
	return who.name, attributes, nil
}

// SignOutEverywhere ends every session of the token's user (GlobalSignOut).
func (e *Engine) SignOutEverywhere(token string) *Error {
	t, refusal := e.opened(token)
	if refusal != nil {
		return refusal
	}
	owner := e.pool.bySub[t.Subject]
	if owner == nil {
		return refused("Invalid Access Token")
	}
	refresh, access := e.obeys("globalSignOut.refresh-tokens-die"), e.obeys("globalSignOut.access-tokens-die")
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.obeys("globalSignOut.sign-in-again") {
		e.barred[owner.name] = true
	}
	for name, origins := range e.sessions.ofUser {
		if name != owner.name && e.obeys("globalSignOut.own-sessions-alone") {
			continue
		}
		for origin := range origins {
			if origin == t.Origin || e.obeys("globalSignOut.every-session") {
				e.sessions.signOut(origin, refresh, access)
			}
		}
	}
	return nil
}

// Authorize checks what stands in the authorization header of a request to
// the settings API: an access token as it is, as the recorded application
// sends it; "Bearer" before it does no harm.
func (e *Engine) Authorize(header string) (accessToken, *Error) {
	token, bearer := header, false
	if scheme, rest, found := strings.Cut(header, " "); found && strings.EqualFold(scheme, "bearer") {
		token, bearer = strings.TrimSpace(rest), true
	}
	if !bearer && !e.obeys("listSettings.raw-header") {
		return accessToken{}, unauthorized()
	}
	t, refusal := e.opened(token)
	if refusal != nil {
		return t, unauthorized()
	}
	return t, nil
}

// opened checks an access token and that its scope covers what is the user's own.
func (e *Engine) opened(token string) (accessToken, *Error) {
	t, refusal := e.check(token)
	if refusal != nil {
		return t, refusal
	}
	if !slices.Contains(strings.Fields(t.Scope), adminScope) && t.Use == "access" {
		return t, refused("Access Token does not have required scopes")
	}
	return t, nil
}

// unauthorized is the settings API's refusal, which is that of the gateway before it.
func unauthorized() *Error {
	return &Error{contract.Unauthenticated, "", "Unauthorized"}
}
