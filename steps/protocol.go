package steps

import (
	"strings"

	"github.com/cucumber/godog"

	"assay/contract"
)

// A protocol knows how the operations of a contract belong together where
// believable values are not enough: a sign-in in several steps, say. It
// stands under the contract's name in protocols.
type protocol struct {
	// steps registers the vocabulary of the protocol for a scenario's world.
	steps func(sc *godog.ScenarioContext, w *World)
	// signIn gives the actor a session. Without one a call for signed-in users is made as it is.
	signIn func(w *World, a *actor) error
	// plain returns the body of an operation's plain call. handled is false where the usual one will do.
	plain func(w *World, op *contract.Operation, a *actor) (body map[string]any, handled bool, err error)
	// base returns where an operation is served when that is not the target itself; "" for there.
	base func(r *run, op *contract.Operation) string
	// absent says why an operation is not to be called at this target; "" when it is.
	absent func(r *run, op *contract.Operation) string
	// alone lists operations that reach beyond their scenario, such as one that
	// signs a user out everywhere: a scenario that calls one runs while no other does.
	alone []string
}

// protocols are those known, by the contract's name.
var protocols = map[string]protocol{}

// protocol of the run's contract.
func (r *run) protocol() protocol { return protocolOf(r.contract) }

// protocolOf finds a contract's protocol. OpenID Connect is known by its
// operations, whatever the contract is called.
func protocolOf(c *contract.Contract) protocol {
	if p, ok := protocols[c.Name]; ok {
		return p
	}
	if c.Operation("authorize") != nil && c.Operation("token") != nil {
		return protocol{steps: oidcSteps}
	}
	return protocol{}
}

// aloneTag marks scenarios that run while no other does.
const aloneTag = "alone"

// isAlone reports whether a scenario must not run beside others.
func (r *run) isAlone(p *planned) bool {
	if p.hasTag(aloneTag) {
		return true
	}
	for _, op := range r.protocol().alone {
		if p.calls(op) {
			return true
		}
	}
	return false
}

// baseOf is the base URL that an operation is called at.
func (r *run) baseOf(op *contract.Operation) string {
	if base := r.protocol().base; base != nil {
		if url := base(r, op); url != "" {
			return strings.TrimRight(url, "/")
		}
	}
	return r.base
}

// plainBody is the body of an operation's plain call, after a sign-in where
// the protocol has one and the actor no session.
func (w *World) plainBody(op *contract.Operation, a *actor) (map[string]any, error) {
	p := w.run.protocol()
	if p.absent != nil {
		if why := p.absent(w.run, op); why != "" {
			return nil, w.skip(why)
		}
	}
	if p.signIn != nil && !op.Public() && a.session.access == "" && a.name != actorStranger {
		if err := p.signIn(w, a); err != nil {
			return nil, err
		}
	}
	if p.plain != nil {
		if body, handled, err := p.plain(w, op, a); handled || err != nil {
			return body, err
		}
	}
	return w.body(op, a), nil
}
