// SPDX-License-Identifier: Apache-2.0

// Package ranges checks what a configuration gives, and says what is accepted.
package ranges

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Within returns an error with the field and the range unless v lies in it, both ends included.
func Within[T int | float64 | time.Duration](field string, v, lo, hi T) error {
	if !(v >= lo && v <= hi) { // NaN is nowhere
		return fmt.Errorf("%s is %v, accepted is %v to %v%s", field, v, lo, hi, unitHint(v))
	}
	return nil
}

// unitHint is what a number without a unit is taken for, which is what a duration below 1 µs is.
func unitHint(v any) string {
	if d, ok := v.(time.Duration); ok && d > 0 && d < time.Microsecond {
		return fmt.Sprintf(": a number without a unit is of nanoseconds, write %ds", d)
	}
	return ""
}

// OneOf returns an error with the field and what is accepted unless v is that.
func OneOf(field, v string, accepted ...string) error {
	if !slices.Contains(accepted, v) {
		return fmt.Errorf("%s is %q, accepted is %s", field, v, strings.Join(accepted, ", "))
	}
	return nil
}
