package steps

import (
	"context"
	"time"
)

// aMoment is how long before its end a token is almost expired, and how long
// after it certainly is, whatever the target's clock.
const aMoment = 5 * time.Second

// letExpire waits, or moves the target's clock, until the access token is old,
// or almost.
func (w *World) letExpire(ctx context.Context, almost bool) error {
	life := w.lifetime()
	if life == 0 {
		return w.skip("the contract says no lifetime")
	}
	if almost {
		return w.pass(ctx, life-2*aMoment)
	}
	for _, a := range w.actors {
		a.session.expired = a.session.access
	}
	return w.pass(ctx, life+aMoment)
}

// pass lets time pass at the target.
func (w *World) pass(ctx context.Context, d time.Duration) error {
	if w.run.options.Advance != nil {
		return w.run.options.Advance(d)
	}
	if !sleep(ctx, d) {
		return w.block("the run ended before the time had passed")
	}
	return nil
}

// lifetime of an access token; 0 when the contract says none.
func (w *World) lifetime() time.Duration {
	for _, o := range w.run.contract.Operations {
		if o.Success == nil {
			continue
		}
		if p := o.Success.Schema.TokenMember(); p != nil && p.JWT.Lifetime > 0 {
			return time.Duration(p.JWT.Lifetime) * time.Second
		}
	}
	return 0
}
