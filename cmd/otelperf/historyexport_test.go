// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"
)

// The longest time that is accepted is so at any second, and is exported in whole minutes.
func TestLongestExport(t *testing.T) {
	for _, second := range []time.Duration{0, 1, 31 * time.Second, time.Minute - 1} {
		now := time.Date(2026, 3, 1, 14, 0, 0, 0, time.UTC).Add(second)
		for _, f := range []exportFlags{{span: "3660d"}, {from: "3660d ago"}, {from: "3660d ago", span: "3660d"}} {
			from, to, err := f.time(now)
			first, last := now.Add(-longestExport), now
			if err != nil || from.After(first) || first.Sub(from) >= time.Minute || to.Before(last) || to.Sub(last) >= time.Minute || from.Second()+to.Second() != 0 {
				t.Errorf("%+v at %v is %v to %v, %v", f, now, from, to, err)
			}
		}
		for _, f := range []exportFlags{{span: "3660d1m"}, {from: "2010-01-01"}} {
			if from, to, err := f.time(now); err == nil {
				t.Errorf("%+v at %v is %v to %v", f, now, from, to)
			}
		}
	}
}
