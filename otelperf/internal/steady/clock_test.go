// SPDX-License-Identifier: Apache-2.0

package steady

import (
	"testing"
	"time"
)

func TestClockNeverGoesBack(t *testing.T) {
	var c Clock
	for _, step := range []struct{ unix, want int64 }{
		{1000, 0}, {1001, 1}, {1001, 0}, {900, 1}, {960, 60}, {960 - 86400*365, 1}, {960, longest - 35*86400}, {1 << 62, longest}, {-1 << 62, 1},
	} {
		before := c.Seconds()
		if got := c.Advance(time.Unix(step.unix, 0)); int64(got) != step.want || c.Seconds() != before+got {
			t.Errorf("step to %d: %d seconds, now %d after %d; want %d", step.unix, got, c.Seconds(), before, step.want)
		}
	}
	for i := range int64(100) {
		c.Advance(time.Unix(i%2*longest, 0))
	}
	if c.Seconds() != mostEver {
		t.Errorf("stands at %d, want %d", c.Seconds(), mostEver)
	}
}

func TestClockTimes(t *testing.T) {
	var c Clock
	c.Advance(time.Unix(-10, 0))
	if c.Hour() != -1 {
		t.Errorf("hour %d, want -1", c.Hour())
	}
	c.Advance(time.Unix(3700, 0))
	if c.Hour() != 1 || !c.Time(0).Equal(time.Unix(-10, 0)) || !c.Time(c.Seconds()).Equal(time.Unix(3700, 0)) {
		t.Errorf("hour %d, began %v, is %v", c.Hour(), c.Time(0), c.Time(c.Seconds()))
	}
}
