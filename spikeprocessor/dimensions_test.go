// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

func TestContrastByDimension(t *testing.T) {
	var c contrast
	for i := range 100 { // of each, one stands for ten
		c.observe(classOrdinary, 10, pairSeq("country", "DE"), time.Duration(i+1)*time.Millisecond, contrastStart)
		c.observe(classOrdinary, 10, pairSeq("country", "FR", "country", "IT"), time.Duration(i+1)*10*time.Millisecond, contrastStart)
	}
	for range 10 {
		c.observe(classSlow, 1, pairSeq("country", "FR"), 20*time.Second, contrastStart)
		c.observe(classSlow, 1, pairSeq("tenant", "a"), time.Second, contrastStart)
	}
	want := []DimensionRow{
		{Value: "FR", Count: 1010, Samples: 110, P50: 510 * time.Millisecond, P95: 960 * time.Millisecond, P99: time.Second},
		{Value: "DE", Count: 1000, Samples: 100, P50: 50 * time.Millisecond, P95: 95 * time.Millisecond, P99: 99 * time.Millisecond},
	}
	got := c.byDimension("country", contrastStart)
	near := func(a, b time.Duration) bool {
		return float64(a-b) < 0.012*float64(b) && float64(b-a) < 0.012*float64(b)
	}
	if !slices.EqualFunc(got, want, func(a, b DimensionRow) bool {
		return a.Value == b.Value && a.Count == b.Count && a.Samples == b.Samples && near(a.P50, b.P50) && near(a.P95, b.P95) && near(a.P99, b.P99)
	}) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if rows := c.byDimension("city", contrastStart); rows != nil {
		t.Errorf("rows of a key that was never seen: %+v", rows)
	}
}

func TestContrastDimensionsBeyondTheBound(t *testing.T) {
	var c contrast
	for i := range 400 { // one in two is acme's, the others are all different
		c.observe(classOrdinary, 1, pairSeq("tenant", []string{"acme", fmt.Sprint(i)}[i%2]), time.Millisecond, contrastStart)
	}
	rows := c.byDimension("tenant", contrastStart)
	counts := map[string]uint64{}
	var sum uint64
	for _, r := range rows {
		counts[r.Value] += r.Count
		sum += r.Count
	}
	if len(rows) > contrastValues+1 || counts["acme"] != 200 || counts[conventions.OverflowRoute] < 150 || sum != 400 {
		t.Errorf("%d rows with %d in all, acme %d, rest %d; want at most 17 with 400, acme 200", len(rows), sum, counts["acme"], counts[conventions.OverflowRoute])
	}
}
