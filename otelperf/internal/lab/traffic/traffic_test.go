// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"math"
	"math/rand/v2"
	"testing"
)

func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 1)) }

// seconds returns the requests of a stream between two seconds, by index, and how many have failed.
func seconds(s *Stream, from, to int) (all []int16, failed int) {
	for at := range to {
		for _, b := range s.Second(at) {
			if at < from {
				continue
			}
			for range b.Count {
				all = append(all, int16(b.Index))
			}
			failed += int(b.Failed)
		}
	}
	return all, failed
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got/want-1) > 0.1 {
		t.Errorf("%s: %.4g, want %.4g", what, got, want)
	}
}

// Each family keeps to its median but for modes and values, and streams are like their profiles.
func TestProfiles(t *testing.T) {
	for _, family := range Families() {
		r := seeded(3)
		p := NewProfile(r, Milliseconds, family)
		if p.Family != family || !(p.P50 > 0.5e-3 && p.P50 < 3) || p.P99 < p.P50 {
			t.Errorf("%s: median %g, p99 %g", p.Family, p.P50, p.P99)
		}
		p.wander, p.load, p.hitWander = 0, 0, 0
		all, _ := seconds(NewStream(r, p, 20, 0, nil), 600, 3000)
		near(t, family+": rate", float64(len(all))/2400, 20)
		near(t, family+": median", Count(all).Quantile(0.5), p.P50)
	}
	for scale, limits := range medians {
		if p := NewProfile(seeded(1), scale, "constant"); p.P50 < limits[0]*0.95 || p.P50 > limits[1]*1.05 {
			t.Errorf("scale %v: median %g", scale, p.P50)
		}
	}
}

func TestScenarios(t *testing.T) {
	p := NewProfile(seeded(2), Milliseconds, "lognormal")
	p.wander, p.load = 0, 0
	during := func(s Scenario) (*Counts, int, int) {
		all, failed := seconds(NewStream(seeded(5), p, 20, 0, s), 1000, 2000)
		return Count(all), len(all), failed
	}
	c, n, _ := during(Slower(3))
	near(t, "slower", c.Quantile(0.5), 3*p.P50)
	near(t, "requests", float64(n), 20_000)
	c, _, _ = during(During(1000, 2000, Ramp(4, 1000)))
	near(t, "half of a ramp", c.Quantile(0.5), 2*p.P50)
	c, _, _ = during(Some(0.1, 0, 5))
	near(t, "some are longer", c.From(int32(Index(4.9))), 0.1)
	near(t, "but not the median", c.Quantile(0.4), Count(p.Sample(seeded(1), 50_000)).Quantile(0.4/0.9))
	_, n, failed := during(Quick(0.8, 1e-5, true))
	near(t, "quick failures", float64(failed)/float64(n), 0.8)
	_, n, _ = during(func(_ int, e *Effect) { e.Rate = 0 })
	if n != 0 {
		t.Errorf("%d requests at a rate of 0", n)
	}
	c, _, _ = during(Pauses(seeded(1), 10, 1))
	if share := c.From(int32(Index(0.3))); share < 0.04 || share > 0.09 { // 70 % of the requests in a tenth of the time
		t.Errorf("a second in ten stands still: %.3f take 0.3 s and more", share)
	}
	c, _, _ = during(Job{Every: 100, Phase: 10, Length: 20, Share: 0.5, Factor: 100}.Scenario(seeded(1)))
	near(t, "a job's share", c.From(int32(Index(30*p.P50))), 0.1)
}

// What Apply makes of a sample is what a stream shows.
func TestApply(t *testing.T) {
	p := NewProfile(seeded(2), Milliseconds, "lognormal")
	r := seeded(9)
	c := Count(Apply(r, p.Sample(r, 30_000), 600, Both(Slower(2), Some(0.1, 0, 5))))
	near(t, "share", c.From(int32(Index(5))), 0.1)
	near(t, "median", c.Quantile(0.45), 2*Count(p.Sample(r, 30_000)).Quantile(0.5))
}
