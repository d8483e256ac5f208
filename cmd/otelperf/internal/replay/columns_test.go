// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// TestColumns: whatever the length, each column has the p99 of its part of the file.
func TestColumns(t *testing.T) {
	for _, n := range []int64{1, 47, 48, 49, 1000, 100_000} {
		var c columns
		var h latency.Histogram
		for s := range n {
			h.Reset()
			h.Record(time.Duration(s+1) * time.Millisecond)
			c.add(0, 1000+s, &h)
		}
		got := c.p99s(0, 1000+n-1)
		if len(got) > maxColumns || n >= maxColumns && len(got) < maxColumns/2 {
			t.Fatalf("%d seconds are %d columns", n, len(got))
		}
		for i, p99 := range got {
			last := min(int64(i+1)*c.width, n)
			want := time.Duration(last-max(c.width/100, 0)) * time.Millisecond
			if ratio := float64(p99) / float64(want); ratio < 0.95 || ratio > 1.05 {
				t.Errorf("%d seconds: column %d of %d is %v, want about %v", n, i, len(got), p99, want)
			}
		}
		if again := c.p99s(0, 1000+n-1); sparkline(again) != sparkline(got) {
			t.Errorf("%d seconds: asked again, %v is %v", n, got, again)
		}
	}
}

// TestColumnsGoBack: times before and after belong where they are.
func TestColumnsGoBack(t *testing.T) {
	var c columns
	var h latency.Histogram
	h.Record(time.Second)
	for _, s := range []int64{500, 600, 500, 0, 520} {
		c.add(0, s, &h)
	}
	c.add(2, 600, &h)
	var drawn []string
	for id := range 4 {
		drawn = append(drawn, sparkline(c.p99s(id, 600)))
	}
	if c.width != 4 || drawn[0] != "█    █                   █" || drawn[1] != "" || drawn[2] != "                         █" || drawn[3] != "" {
		t.Errorf("width %d, %q", c.width, drawn)
	}
}

func TestSparkline(t *testing.T) {
	ms := func(v ...time.Duration) []time.Duration { return v }
	for _, tt := range []struct {
		in   []time.Duration
		want string
	}{
		{nil, ""},
		{ms(0, 0), "  "},
		{ms(5), "█"},
		{ms(1, 2, 3, 4, 5, 6, 7, 8), "▂▃▄▅▆▇██"},
		{ms(1, 0, 100, 50), "▁ █▅"},
	} {
		if got := sparkline(tt.in); got != tt.want {
			t.Errorf("%v is %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestLasted(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 15 * time.Second: "15s", 200 * time.Second: "3m20s", time.Hour: "1h", time.Hour + 5*time.Second: "1h", 26 * time.Hour: "1d2h", 400 * 24 * time.Hour: "400d",
	} {
		if got := lasted(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
