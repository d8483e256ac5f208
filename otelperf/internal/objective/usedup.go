// SPDX-License-Identifier: Apache-2.0

package objective

import "time"

// UsedUp returns in how long nothing is left of the budget, if there are as many requests as there were on average and as many of them
// are bad as in the last six hours, or in the long window of the first alert that is open. ok is false if that is never, if nothing is
// left now, or if fewer than five bad requests say so.
func (s *State) UsedUp() (in time.Duration, ok bool) {
	burn := s.Burns[1]
	for _, b := range s.Burns {
		if b.Open {
			burn = b
			break
		}
	}
	rate := burn.LongRate
	if burn.Bad < leastBad || rate <= 1 || s.Left <= 0 || s.Covered <= 0 {
		return 0, false
	}
	covered, period := s.Covered.Seconds(), s.Period.Seconds()
	until := s.Left * covered / (rate - 1) // the budget grows with the requests while the period is not full
	if covered+until > period {            // then requests leave it, of which as many are bad as there were on average
		used := ((1-s.Left)*covered + rate*(period-covered)) / period
		until = period - covered + (1-used)*period/(rate-used)
	}
	return time.Duration(min(until, period) * float64(time.Second)), true
}
