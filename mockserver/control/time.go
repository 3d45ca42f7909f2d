package control

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var timeActions = map[string]action{
	"getClock":           func(c *call) (any, error) { return c.clock(), nil },
	"changeClock":        changeClock,
	"getTokenLifetime":   func(c *call) (any, error) { return c.lifetime(), nil },
	"setTokenLifetime":   setTokenLifetime,
	"resetTokenLifetime": func(c *call) (any, error) { c.mock.SetTokenLifetime(0); return c.lifetime(), nil },
}

// clockView is Clock of control.yaml.
type clockView struct {
	Now    time.Time `json:"now"`
	Epoch  int64     `json:"epoch"`
	Rate   float64   `json:"rate"`
	Frozen bool      `json:"frozen"`
	Moved  bool      `json:"moved"`
	Ahead  float64   `json:"ahead"` // seconds
}

func (c *call) clock() clockView {
	clock := &c.world.State().Clock
	now := clock.Now()
	return clockView{
		Now: now, Epoch: now.Unix(), Rate: clock.Rate(), Frozen: clock.Rate() == 0, Moved: clock.Moved(),
		Ahead: math.Round(time.Until(now).Seconds()*1000)/1000 + 0, // never -0
	}
}

func changeClock(c *call) (any, error) {
	var change struct {
		Follow  bool            `json:"follow"`
		Set     json.RawMessage `json:"set"`
		Advance json.RawMessage `json:"advance"`
		Frozen  *bool           `json:"frozen"`
		Rate    *float64        `json:"rate"`
	}
	if err := c.body(&change); err != nil {
		return nil, err
	}
	set, by, err := readClock(change.Set, change.Advance)
	if err != nil {
		return nil, err
	}
	clock := &c.world.State().Clock
	if change.Follow {
		clock.Follow()
	}
	if change.Frozen != nil && *change.Frozen {
		clock.Freeze()
	}
	if !set.IsZero() {
		clock.Set(set)
	}
	if by != 0 {
		clock.Advance(by)
	}
	if change.Frozen != nil && !*change.Frozen && clock.Rate() == 0 {
		clock.SetRate(1)
	}
	if change.Rate != nil {
		clock.SetRate(*change.Rate)
	}
	return c.clock(), c.safe()
}

// readClock reads where to set the clock and how far to move it, before either is done.
func readClock(setRaw, byRaw json.RawMessage) (set time.Time, by time.Duration, err error) {
	if len(setRaw) > 0 {
		if set, err = parseMoment(setRaw); err != nil {
			return set, 0, invalid.New("set: %v", err)
		}
	}
	if len(byRaw) > 0 {
		if by, err = parseSpan(byRaw); err != nil {
			return set, 0, invalid.New("advance: %v", err)
		}
	}
	return set, by, nil
}

// safe waits until what was changed is safe in the data file, if there is one.
func (c *call) safe() error { return c.world.State().Safe() }

// The clock can show years 1 to 9999: what RFC 3339 can write.
var firstMoment, lastMoment = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// parseMoment reads RFC 3339, or seconds since the epoch.
func parseMoment(raw json.RawMessage) (time.Time, error) {
	text := strings.Trim(string(raw), `"`)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		seconds, numeric := strconv.ParseFloat(text, 64)
		if numeric != nil || math.Abs(seconds) > float64(lastMoment.Unix()) {
			return t, fmt.Errorf("%q is no moment: write 2030-01-01T00:00:00Z, or seconds since the epoch", clip(text))
		}
		t = time.Unix(0, 0).Add(time.Duration(seconds * float64(time.Second)))
	}
	if t.Before(firstMoment) || t.After(lastMoment) {
		return t, fmt.Errorf("%q is too far away", clip(text))
	}
	return t.UTC(), nil
}

// longestSpan is the farthest that the clock is moved at once.
const longestSpan = 100 * 365 * 24 * time.Hour

// parseSpan reads "10m", "-1h30m", "7d", or seconds.
func parseSpan(raw json.RawMessage) (time.Duration, error) {
	text := strings.Trim(string(raw), `"`)
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); err != nil && ok {
		var n float64
		if n, err = strconv.ParseFloat(days, 64); err == nil && math.Abs(n) <= longestSpan.Hours()/24 {
			d = time.Duration(n * 24 * float64(time.Hour))
		}
	} else if err != nil {
		d, err = time.ParseDuration(text + "s")
	}
	if err != nil || d.Abs() > longestSpan {
		return 0, fmt.Errorf("%q is no span of time: write 90s, 10m, -1h30m, 7d, or seconds", clip(text))
	}
	return d, nil
}

// lifetimeView is Lifetime of control.yaml.
type lifetimeView struct {
	Lifetime float64 `json:"lifetime"` // seconds
	Contract float64 `json:"contract"`
	Changed  bool    `json:"changed"`
}

func (c *call) lifetime() lifetimeView {
	v := lifetimeView{Contract: c.mock.ContractLifetime().Seconds()}
	v.Lifetime = v.Contract
	if set := c.mock.TokenLifetime(); set > 0 {
		v.Lifetime, v.Changed = set.Seconds(), true
	}
	return v
}

func setTokenLifetime(c *call) (any, error) {
	d, err := c.givenLifetime()
	if err != nil {
		return nil, err
	}
	if d <= 0 {
		return nil, invalid.New("lifetime: a token lives longer than 0 s").With("DELETE leaves it to the contract again")
	}
	c.mock.SetTokenLifetime(d)
	return c.lifetime(), nil
}

// givenLifetime reads the member lifetime; 0 when it is not there.
func (c *call) givenLifetime() (time.Duration, error) {
	var given struct {
		Lifetime json.RawMessage `json:"lifetime"`
	}
	if err := c.body(&given); err != nil || len(given.Lifetime) == 0 {
		return 0, err
	}
	d, err := parseSpan(given.Lifetime)
	if err != nil || d < 0 {
		return 0, invalid.New("lifetime: %s is no span of time", clip(string(given.Lifetime))).With("write 5s, 10m, or seconds")
	}
	return d, nil
}
