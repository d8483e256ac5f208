// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"errors"
	"fmt"
)

// Unit is what durations are counted in. The zero value is none: the format or the value has to tell.
type Unit uint8

const (
	noUnit Unit = iota
	seconds
	milliseconds
	microseconds
	nanoseconds
)

// AcceptedUnits is what ParseUnit takes, in words.
const AcceptedUnits = "s, ms, us or ns"

var unitNames = [...]string{"", "s", "ms", "us", "ns"}

// ParseUnit reads a unit; "" is none.
func ParseUnit(name string) (Unit, error) {
	if name == "µs" {
		return microseconds, nil
	}
	for u, n := range unitNames {
		if name == n {
			return Unit(u), nil
		}
	}
	return noUnit, fmt.Errorf("accepted: %s", AcceptedUnits)
}

// String returns s, ms, us or ns.
func (u Unit) String() string { return unitNames[u] }

// digits is how many decimals of the unit are a whole number of ns.
func (u Unit) digits() int { return [...]int{0, 9, 6, 3, 0}[u] }

// errNoUnit is wrapped by the error for a number that could be of any unit.
var errNoUnit = errors.New("nothing tells its unit: --unit s|ms|us|ns does")

// withoutUnit is the error for a duration whose unit is not known.
func withoutUnit(field string, value []byte) error {
	return fmt.Errorf("%s is %.40q, and %w", field, value, errNoUnit)
}

// decimal tells whether a number has a point or an exponent.
func decimal(value []byte) bool { return bytes.ContainsAny(value, ".eE") }
