// SPDX-License-Identifier: Apache-2.0

package objective

import (
	"errors"
	"fmt"
	"time"
)

// Config is an objective. Target has no default.
type Config struct {
	// Target is the share of requests that is to be good: 0.5 to 0.99999.
	Target float64
	// Period is what the budget is for: 7 to 90 days in whole hours, default 30 days.
	Period time.Duration
	// LeastBad is the number of bad requests in the long window below which there is no alert: 2 to 1,000,000, default 5.
	LeastBad uint64
}

const (
	day      = 24 * time.Hour
	leastBad = 5 // LeastBad, if nothing else is said
)

func (c Config) withDefaults() Config {
	if c.Period == 0 {
		c.Period = 30 * day
	}
	if c.LeastBad == 0 {
		c.LeastBad = leastBad
	}
	return c
}

// Validate reports every field that is out of its range, joined; each error names the field and what is accepted.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	if !(c.Target >= 0.5 && c.Target <= 0.99999) { // also catches NaN
		errs = append(errs, fmt.Errorf("objective: Target is %v, accepted are 0.5 to 0.99999", c.Target))
	}
	if c.Period < 7*day || c.Period > 90*day || c.Period%time.Hour != 0 {
		errs = append(errs, fmt.Errorf("objective: Period is %v, accepted are whole hours from 168h to 2160h", c.Period))
	}
	if c.LeastBad < 2 || c.LeastBad > 1_000_000 {
		errs = append(errs, fmt.Errorf("objective: LeastBad is %d, accepted are 2 to 1000000", c.LeastBad))
	}
	return errors.Join(errs...)
}

// pair is an alert's windows, in seconds.
type pair struct {
	long, short time.Duration
	ofBudget    float64 // that an alert takes at least in the long one
	page        bool
}

// Pairs is the number of alerts.
const Pairs = 3

var pairs = [Pairs]pair{
	{time.Hour, 5 * time.Minute, 0.02, true},
	{6 * time.Hour, 30 * time.Minute, 0.05, true},
	{3 * day, 6 * time.Hour, 0.1, false},
}

// mostShare is the share of bad requests beyond which no alert asks for more.
const mostShare = 0.8

// factor returns the burn rate from which there is an alert.
func (p *pair) factor(c *Config) float64 {
	f := max(1, p.ofBudget*float64(c.Period)/float64(p.long))
	return min(f, mostShare/(1-c.Target))
}
