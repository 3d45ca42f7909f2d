package steps

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/cucumber/godog"

	"assay/contract"
)

const (
	who  = `(I|my other session|somebody else|a stranger)`
	name = `"([^"]+)"`
)

// The step expressions are compiled once: godog would compile a string again
// for every scenario.
var (
	reSignedIn       = regexp.MustCompile(`^(I am|somebody else is) signed in as a new user(?: with "([^"]+)" set to (.+))?$`)
	reCapitals       = regexp.MustCompile(`^I am signed in as a new user whose ` + name + ` has capital letters$`)
	reSecondSession  = regexp.MustCompile(`^I am signed in a second time$`)
	reHaveCalled     = regexp.MustCompile(`^` + who + ` ha(?:ve|s) called (\w+)(?: (\d+) times)?( (?:on|with|without) .*)?$`)
	reHaveCalledRows = regexp.MustCompile(`^` + who + ` ha(?:ve|s) called (\w+) once a row:$`)
	reCall           = regexp.MustCompile(`^` + who + ` calls? (\w+)( (?:on|with|without) .*)?$`)
	rePassed         = regexp.MustCompile(`^(\d+(?:\.\d+)?) seconds have passed$`)
	reExpired        = regexp.MustCompile(`^my access token has (almost )?expired$`)

	reSucceeds    = regexp.MustCompile(`^it succeeds$`)
	reRefused     = regexp.MustCompile(`^it is refused$`)
	reFails       = regexp.MustCompile(`^it does not succeed$`)
	reNothing     = regexp.MustCompile(`^it is refused, or nothing comes of it$`)
	reRefusedBy   = regexp.MustCompile(`^it is refused with (\d{3})$`)
	reSentBack    = regexp.MustCompile(`^the answer holds what was sent$`)
	reMemberIs    = regexp.MustCompile(`^the answer's ` + name + ` is (.+)$`)
	reOpens       = regexp.MustCompile(`^the access token of the answer opens my account$`)
	reSameOne     = regexp.MustCompile(`^the access token of the answer opens the same account as the one before$`)
	reExchange    = regexp.MustCompile(`^the refresh token of the answer can be exchanged$`)
	reBothOpen    = regexp.MustCompile(`^(my other session|my session|my access token) still works$`)
	reDifferent   = regexp.MustCompile(`^no two of my items have the same ` + name + `$`)
	reExactlyOne  = regexp.MustCompile(`^(\w+) shows me every item of mine on exactly one page$`)
	rePageSize    = regexp.MustCompile(`^every page of (\w+) but the last holds (\d+) items$`)
	reInOrder     = regexp.MustCompile(`^the pages of (\w+) together are in order$`)
	reAnswered    = regexp.MustCompile(`^(\w+) shows me my items as they were answered$`)
	reSent        = regexp.MustCompile(`^(\w+) shows me my items with what was sent$`)
	reOthers      = regexp.MustCompile(`^(\w+) shows me my other items as they were answered$`)
	reStill       = regexp.MustCompile(`^(\w+) still shows me the updated item$`)
	reNothingElse = regexp.MustCompile(`^(\w+) shows me nothing else$`)
	reGone        = regexp.MustCompile(`^(\w+) does not show me the deleted item$`)
	reForeign     = regexp.MustCompile(`^(\w+) shows me none of somebody else's items$`)
	reNone        = regexp.MustCompile(`^(\w+) shows somebody else none of my items$`)
	rePastEnd     = regexp.MustCompile(`^the page of (\w+) after the last is an empty array$`)
	reSameAs      = regexp.MustCompile(`^(\w+) without ` + name + ` answers the same as with (\S+)$`)
)

// vocabulary registers every step for one scenario's world.
func vocabulary(sc *godog.ScenarioContext, w *World) {
	for _, register := range []func(*godog.ScenarioContext, *World){actorSteps, callSteps, outcomeSteps, listSteps} {
		register(sc, w)
	}
}

func actorSteps(sc *godog.ScenarioContext, w *World) {
	sc.Step(reSignedIn, func(who, member, text string) error {
		name := actorSomebody
		if who == "I am" {
			name = actorI
		}
		if member == "" {
			return w.signedIn(name, nil)
		}
		v, err := contract.DecodeStrict([]byte(text))
		if err != nil {
			return w.wrong("%s is not JSON", text)
		}
		return w.signedIn(name, func(body map[string]any) { body[member] = v })
	})
	sc.Step(reCapitals, func(member string) error {
		return w.signedIn(actorI, func(body map[string]any) { body[member] = capitals(textOf(body[member])) })
	})
	sc.Step(reSecondSession, func() error {
		first, err := w.actor(actorI)
		if err != nil {
			return err
		}
		second := &actor{name: actorSecond, user: first.user}
		w.actors[actorSecond] = second
		return w.loggedIn(second)
	})
	sc.Step(reExpired, func(ctx context.Context, almost string) error { return w.letExpire(ctx, almost != "") })
	sc.Step(rePassed, func(ctx context.Context, seconds string) error {
		f, err := strconv.ParseFloat(seconds, 64)
		if err != nil {
			return err
		}
		return w.pass(ctx, time.Duration(f*float64(time.Second)))
	})
}
