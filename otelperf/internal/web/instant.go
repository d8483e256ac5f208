// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"strconv"
	"time"
)

// lastUnix is the last second of the year 9999, the last that RFC 3339 can say.
const lastUnix int64 = 253402300799

// AcceptedInstant is what ParseInstant reads.
const AcceptedInstant = "whole seconds since 1970, 0 to 253402300799, or a time of RFC 3339, such as 2026-03-01T12:00:00Z (+ in a query is %2B)"

var (
	errInstant     = errors.New("which is no time: accepted are seconds since 1970 and times of RFC 3339")
	errBeforeTimes = errors.New("which is before 1970, the earliest time there is here")
)

// ParseInstant reads a point in time, in UTC, as all parameters and bodies have them: whole seconds since 1970, or RFC 3339, of which
// fractions of a second are kept.
func ParseInstant(text string) (time.Time, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && n <= lastUnix {
		return instant(time.Unix(n, 0))
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errInstant
	}
	return instant(t)
}

func instant(t time.Time) (time.Time, error) {
	if t.Unix() < 0 {
		return time.Time{}, errBeforeTimes
	}
	return t.UTC(), nil
}
