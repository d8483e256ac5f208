// SPDX-License-Identifier: Apache-2.0

package failures

import (
	"errors"
	"fmt"
)

// Config holds the knobs of a [Detector]. A zero field means its default.
type Config struct {
	// Ratio is how many times what is usual the share of failed requests has to be: 1.2 to 100, default 2. It is one of odds, so that
	// also 80 % have something above them. Client errors need 1.5 times that.
	Ratio float64

	// Floor is the share of failed requests below which nothing is reported: 0.0001 to 0.5, default 0.002. Client errors need 25 times
	// that, but no more than 0.5.
	Floor float64

	// Elevated is the usual share of failed requests from which State calls it so: 0.0001 to 1, default 0.01.
	Elevated float64
}

func (c Config) withDefaults() Config {
	fill := func(x *float64, def float64) {
		if *x == 0 {
			*x = def
		}
	}
	fill(&c.Ratio, 2)
	fill(&c.Floor, 0.002)
	fill(&c.Elevated, 0.01)
	return c
}

// Validate reports every field that is out of its range, joined; each error names the field and what is accepted. Zero fields are fine.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	number := func(name string, v, low, high float64) {
		if !(v >= low && v <= high) { // also catches NaN
			errs = append(errs, fmt.Errorf("failures: %s is %v, accepted are %v to %v", name, v, low, high))
		}
	}
	number("Ratio", c.Ratio, 1.2, 100)
	number("Floor", c.Floor, 0.0001, 0.5)
	number("Elevated", c.Elevated, 0.0001, 1)
	return errors.Join(errs...)
}
