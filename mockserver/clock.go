package mockserver

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Clock tells a world's time. It can be frozen, set, moved and made to run
// faster or slower; everything that depends on time in a world follows. The
// zero value runs with the wall clock. It is safe for concurrent use.
type Clock struct {
	setting  atomic.Pointer[clockSetting]
	changing sync.Mutex          // keeps changes and what is told of them in one order
	told     func(*clockSetting) // of every change; nil for nobody
}

// clockSetting says that the world's time was `at` when the wall clock stood
// at `wall`, and how fast it runs since.
type clockSetting struct {
	at   time.Time
	wall time.Time // with its monotonic part: steps of the machine's clock do not show
	rate float64   // seconds of the world per second of the wall; 0 is frozen
}

func (s *clockSetting) now() time.Time {
	if s.rate == 0 {
		return s.at
	}
	elapsed := time.Since(s.wall)
	if s.rate != 1 {
		elapsed = time.Duration(float64(elapsed) * s.rate)
	}
	return s.at.Add(elapsed)
}

// Now returns the world's time, in UTC.
func (c *Clock) Now() time.Time {
	if s := c.setting.Load(); s != nil {
		return s.now()
	}
	return time.Now().UTC()
}

// Moved reports whether the clock was ever set, so that it may differ from the wall clock.
func (c *Clock) Moved() bool { return c.setting.Load() != nil }

// Rate returns how many seconds pass in the world while one passes outside; 0 while frozen.
func (c *Clock) Rate() float64 {
	if s := c.setting.Load(); s != nil {
		return s.rate
	}
	return 1
}

// Set moves the clock to a moment; it goes on at the rate it had.
func (c *Clock) Set(t time.Time) {
	c.change(func(_ time.Time, rate float64) (time.Time, float64) { return t.UTC(), rate })
}

// Advance moves the clock by a span, backwards for a negative one.
func (c *Clock) Advance(d time.Duration) {
	c.change(func(now time.Time, rate float64) (time.Time, float64) { return now.Add(d), rate })
}

// Freeze stops the clock at the moment it shows.
func (c *Clock) Freeze() { c.SetRate(0) }

// SetRate makes the clock run at this many seconds per second; 0 stops it and
// a negative rate counts as 0, since time that runs back has no meaning for tokens.
func (c *Clock) SetRate(rate float64) {
	c.change(func(now time.Time, _ float64) (time.Time, float64) { return now, max(rate, 0) })
}

// Follow lets the clock show the wall clock's time again.
func (c *Clock) Follow() {
	c.changing.Lock()
	defer c.changing.Unlock()
	c.put(nil)
}

// put sets the clock and tells of it. The lock is held.
func (c *Clock) put(s *clockSetting) {
	c.setting.Store(s)
	if c.told != nil {
		c.told(s)
	}
}

func (c *Clock) change(to func(now time.Time, rate float64) (time.Time, float64)) {
	c.changing.Lock()
	defer c.changing.Unlock()
	now, rate := time.Now().UTC(), 1.0
	if old := c.setting.Load(); old != nil {
		now, rate = old.now(), old.rate
	}
	at, rate := to(now, rate)
	c.put(&clockSetting{at: at, wall: time.Now(), rate: rate})
}

// copyFrom makes the clock show what the other shows.
func (c *Clock) copyFrom(other *Clock) { c.setting.Store(other.setting.Load()) }
