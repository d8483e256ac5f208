// SPDX-License-Identifier: Apache-2.0

package baseline_test

import (
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// Half an hour of usual traffic, a minute of trouble, and two minutes to see that it is over.
func ExampleDetector() {
	d, err := baseline.New(baseline.Config{})
	if err != nil {
		panic(err)
	}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var tally baseline.Tally
	for second := range 33 * 60 {
		tally.Reset()
		for i := range 20 {
			took := time.Duration(20+i) * time.Millisecond
			if second >= 1800 && second < 1860 {
				took *= 4
			}
			tally.Add(took, false)
		}
		now = now.Add(time.Second)
		if ev := d.Tick(now, tally.Buckets()); ev.Kind != baseline.None {
			fmt.Printf("%s %s: %s, %d of %d requests above %v since %s\n", ev.At.Format(time.TimeOnly), ev.Kind,
				ev.Level, ev.Above, ev.N, ev.Threshold.Round(time.Millisecond), ev.Start.Format(time.TimeOnly))
		}
	}
	// Output:
	// 09:30:07 started: p99, 133 of 140 requests above 81ms since 09:30:00
	// 09:31:30 ended: p99, 1140 of 1800 requests above 81ms since 09:30:00
}
