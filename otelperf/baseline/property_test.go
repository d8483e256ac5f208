// SPDX-License-Identifier: Apache-2.0

//go:build !race

package baseline_test

import (
	"flag"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/traffic"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/trial"
)

var baselines = flag.Int("baselines", 2000, "number of random baselines for TestTestsFallUnderTheBaseline")

// A test is one only if its evidence falls on average as long as nothing has changed. Random baselines, floors, ratios,
// bucket widths and amounts of history: the joint test never rises, and a level rises in less than one baseline of a
// thousand, since what it was learned from is a sample.
func TestTestsFallUnderTheBaseline(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	rising := 0
	for number := range *baselines {
		r := trial.Seeded(4, number)
		p := traffic.NewProfile(r, traffic.Scale(r.IntN(4)))
		width := int16(1) << r.IntN(8) // 64 to half a bucket per octave
		c := baseline.Config{Ratio: 2, Floor: time.Millisecond}
		if r.IntN(2) == 0 {
			c.Ratio = 1.2 * math.Pow(5, r.Float64())
		}
		if r.IntN(2) == 0 {
			c.Floor = time.Duration(1e3 * math.Pow(1e4, r.Float64()))
		}
		n := int(100 * math.Pow(200, r.Float64()))
		d := taught(t, c, coarse(p.Sample(r, n), width))
		truth := traffic.Count(coarse(p.Sample(r, 25_000), width))
		for _, x := range d.Joint() {
			if m := mean(x, truth); m > 0 {
				t.Errorf("baseline %d (%s, %d requests, width %d, %+v): the joint test gains %.2g nats a request; cuts %v, nats %.3v",
					number, p.Family, n, width, c, m, x.Cuts, x.Nats)
			}
		}
		if rises := slices.IndexFunc(d.Levels(), func(x baseline.Test) bool { return mean(x, truth) > 0 }); rises >= 0 {
			rising++
			t.Logf("baseline %d (%s, %d requests, width %d, %+v): %s gains", number, p.Family, n, width, c, d.Levels()[rises].Name)
		}
	}
	if rising*1000 > *baselines {
		t.Errorf("a level rises in %d of %d baselines", rising, *baselines)
	}
}

// coarse rounds indexes up to buckets width times as wide.
func coarse(all []int16, width int16) []int16 {
	for i, x := range all {
		all[i] = (x | (width - 1))
	}
	return all
}

// taught returns a detector that has learned durations and forgotten none: all within the first ten minutes.
func taught(t *testing.T, c baseline.Config, durations []int16) *baseline.Detector {
	t.Helper()
	d, err := baseline.New(c)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_700_000_000, 0)
	tick := func(seconds int, some []int16) {
		now = now.Add(time.Duration(seconds) * time.Second)
		var delta []baseline.Bucket
		for _, x := range some {
			delta = append(delta, baseline.Bucket{Index: int32(x), Count: 1})
		}
		d.Tick(now, delta)
	}
	tick(0, durations[:1])
	tick(65, nil)
	for some := range slices.Chunk(durations, (len(durations)+99)/100) {
		tick(5, some)
	}
	for range 20 {
		tick(5, nil)
	}
	return d
}

// mean returns what a request adds on average.
func mean(x baseline.Test, truth *traffic.Counts) (sum float64) {
	above := 1.0
	for k, nats := range x.Nats {
		next := 0.0
		if k < len(x.Cuts) {
			next = truth.From(x.Cuts[k])
		}
		sum += (above - next) * nats
		above = next
	}
	return sum
}
