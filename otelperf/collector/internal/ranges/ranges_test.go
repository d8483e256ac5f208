// SPDX-License-Identifier: Apache-2.0

package ranges_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/ranges"
)

func TestRanges(t *testing.T) {
	for _, tt := range []struct {
		got  error
		want string
	}{
		{ranges.Within("n", 1, 1, 3), "<nil>"},
		{ranges.Within("n", 3, 1, 3), "<nil>"},
		{ranges.Within("n", 0, 1, 3), "n is 0, accepted is 1 to 3"},
		{ranges.Within("x", math.NaN(), 0.5, 3), "x is NaN, accepted is 0.5 to 3"},
		{ranges.Within("d", time.Minute, time.Second, time.Minute), "<nil>"},
		{ranges.Within("d", 2*time.Minute, time.Second, time.Minute), "d is 2m0s, accepted is 1s to 1m0s"},
		{ranges.Within("d", 7, time.Second, time.Minute), "d is 7ns, accepted is 1s to 1m0s: a number without a unit is of nanoseconds, write 7s"},
		{ranges.OneOf("s", "b", "a", "b"), "<nil>"},
		{ranges.OneOf("s", "c", "a", "b"), `s is "c", accepted is a, b`},
	} {
		if got := fmt.Sprint(tt.got); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
