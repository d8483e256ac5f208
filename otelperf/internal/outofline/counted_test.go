// SPDX-License-Identifier: Apache-2.0

package outofline

import (
	"math/rand/v2"
	"testing"
)

// counting is a fleet that reports every so many seconds, of which a share of requests is beyond.
type counting struct {
	instances   int
	every       int64
	perSecond   float64
	share       float64 // that is beyond
	stalls      float64 // a second, of each instance: two seconds of requests are all late
	expected    float64
	bad         float64 // share of the first instance from the second 3600 on; 0: as of the others
	fleetIsSlow float64 // share of all from then on; 0: as before
}

func poisson(r *rand.Rand, mean float64) (n uint32) {
	for t := r.ExpFloat64(); t < mean; t += r.ExpFloat64() {
		n++
	}
	return n
}

// run judges each ten seconds of an hour and ten minutes; it returns how often an instance was found before the fault, and when the first was
// after it, and another.
func (c counting) run(seed uint64) (before, first, another int64) {
	r := rand.New(rand.NewPCG(seed, 9))
	reports := make([][]Report, c.instances)
	running := make([]Report, c.instances)
	phase := make([]int64, c.instances)
	for i := range phase {
		phase[i] = r.Int64N(c.every)
	}
	first, another = -1, -1
	for s := range int64(4200) {
		for i := range reports {
			p := c.share
			if s >= 3600 && c.fleetIsSlow > 0 {
				p = c.fleetIsSlow
			}
			if s >= 3600 && i == 0 && c.bad > 0 {
				p = c.bad
			}
			if r.Float64() < c.stalls {
				p = 1
			}
			n := poisson(r, c.perSecond)
			x := &running[i]
			x.Requests += n
			x.Expected += float32(float64(n) * c.expected)
			for range n {
				if r.Float64() < p {
					x.Beyond++
				}
			}
			if (s+phase[i])%c.every == 0 {
				x.At, x.Tens = s, uint32(max(c.every/Ten, 1))
				if reports[i] = append(reports[i], *x); len(reports[i]) > int(600/c.every)+1 {
					reports[i] = reports[i][1:]
				}
				*x = Report{}
			}
		}
		if s%10 != 0 {
			continue
		}
		for _, x := range FindCounted(s, reports) {
			switch {
			case s < 3600:
				before++
			case x.Index == 0 && first < 0:
				first = s - 3600
			case x.Index != 0 && another < 0:
				another = s - 3600
			}
		}
	}
	return before, first, another
}

// Instances that are alike are never out of line: bursts, stalls and slowness of all of them change nothing.
func TestCountedNoFalseAlarms(t *testing.T) {
	for _, c := range []counting{
		{instances: 200, every: 10, perSecond: 0.1, share: 0.001, expected: 0.002},
		{instances: 200, every: 60, perSecond: 0.1, share: 0.005, expected: 0.01},
		{instances: 20, every: 10, perSecond: 10, share: 0.002, expected: 0.005, stalls: 0.005},
		{instances: 20, every: 60, perSecond: 1, share: 0.002, expected: 0.005, stalls: 0.005},
		{instances: 20, every: 60, perSecond: 0.5, share: 0.002, expected: 0.005, fleetIsSlow: 0.5},
		{instances: 2, every: 10, perSecond: 1, share: 0.01, expected: 0.02, fleetIsSlow: 0.3},
	} {
		for seed := range uint64(3) {
			if before, first, another := c.run(seed); before != 0 || first >= 0 || another >= 0 {
				t.Errorf("%+v, seed %d: %d before, %d s, %d s", c, seed, before, first, another)
			}
		}
	}
}

// One that is clearly slower is found soon, and nobody else.
func TestCountedFindsWhoIsOutOfLine(t *testing.T) {
	for _, tt := range []struct {
		counting
		within int64
	}{
		{counting{instances: 200, every: 10, perSecond: 0.1, share: 0.0005, expected: 0.002, bad: 0.8}, 150},
		{counting{instances: 200, every: 60, perSecond: 0.1, share: 0.0005, expected: 0.002, bad: 0.8}, 240},
		{counting{instances: 20, every: 10, perSecond: 5, share: 0.002, expected: 0.005, bad: 0.3}, 150},
		{counting{instances: 3, every: 10, perSecond: 5, share: 0.002, expected: 0.005, bad: 0.3}, 300},
	} {
		for seed := range uint64(5) {
			if before, first, another := tt.run(seed); before != 0 || first < 0 || first > tt.within || another >= 0 {
				t.Errorf("%+v, seed %d: %d before, found after %d s, another after %d s", tt.counting, seed, before, first, another)
			}
		}
	}
}
