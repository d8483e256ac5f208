// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"errors"
	"fmt"
	"time"
)

// Config holds the knobs of a [Detector]. A zero field means its default.
type Config struct {
	// Ratio is how many times its baseline a quantile has to reach to be a spike: 1.2 to 100, default 2.
	// At 2, everything 1.5 times slower stays quiet and 3 times slower alerts.
	Ratio float64

	// Weight is what remains of the past in the baseline after ten minutes of new requests: 0.1 to 0.999,
	// default 0.9, which gives the baseline a memory of about 95 minutes, or of 1000 requests if that is longer.
	Weight float64

	// Cooldown is the least time between two alerts, unless the second is at least twice as bad: 1 ms to 24 h,
	// default 5 min.
	Cooldown time.Duration

	// Floor is the duration that no threshold goes below: requests faster than it are never evidence, so that
	// an endpoint with a p99 below it never alerts. 1 ns to 1 h, default 1 ms.
	Floor time.Duration

	// Grace is how long after its first request an endpoint is watched before it is learned from, since cold
	// caches and pools are not normal: 1 ms to 1 h, default 60 s. After Restore it is at least 180 s if Grace
	// has its default. After half an hour without a request, or twenty times the usual gap, it is 180 s. After both it
	// goes on as long as requests become faster from minute to minute, up to 15 min.
	Grace time.Duration

	// Tick is the time between two calls of Tick: 100 ms to 60 s, default 1 s. Calls that come earlier are added
	// up. Up to a second, an alarm needs seven bad seconds; above, fewer but longer intervals: four of 5 s, three of 10 s.
	Tick time.Duration
}

const (
	defaultRatio    = 2.0
	defaultWeight   = 0.9
	defaultCooldown = 5 * time.Minute
	defaultFloor    = time.Millisecond
	defaultGrace    = time.Minute
	defaultTick     = time.Second
)

// withDefaults returns c with its zero fields filled.
func (c Config) withDefaults() Config {
	if c.Ratio == 0 {
		c.Ratio = defaultRatio
	}
	if c.Weight == 0 {
		c.Weight = defaultWeight
	}
	fill := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	fill(&c.Cooldown, defaultCooldown)
	fill(&c.Floor, defaultFloor)
	fill(&c.Grace, defaultGrace)
	fill(&c.Tick, defaultTick)
	return c
}

// Validate reports every field that is out of its range, joined; each error names the field and what is
// accepted. Zero fields are fine.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	number := func(name string, v, low, high float64) {
		if !(v >= low && v <= high) { // also catches NaN
			errs = append(errs, fmt.Errorf("baseline: %s is %v, accepted are %v to %v", name, v, low, high))
		}
	}
	span := func(name string, v, low, high time.Duration) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("baseline: %s is %v, accepted are %v to %v", name, v, low, high))
		}
	}
	number("Ratio", c.Ratio, 1.2, 100)
	number("Weight", c.Weight, 0.1, 0.999)
	span("Cooldown", c.Cooldown, time.Millisecond, 24*time.Hour)
	span("Floor", c.Floor, 1, time.Hour)
	span("Grace", c.Grace, time.Millisecond, time.Hour)
	span("Tick", c.Tick, 100*time.Millisecond, time.Minute)
	return errors.Join(errs...)
}

// slots is the least number of ticks that can add up to an alarm.
func (c Config) slots() float64 {
	switch {
	case c.Tick <= time.Second:
		return 7 / c.Tick.Seconds()
	case c.Tick <= 2*time.Second:
		return 6
	case c.Tick <= 5*time.Second:
		return 4
	default:
		return 3
	}
}

// slotLength is the least time in seconds that a slot lasts: ticks come with jitter, so it is a bit below tick, their distance.
func slotLength(tick float64) float64 { return max(tick-0.5, tick/2) }
