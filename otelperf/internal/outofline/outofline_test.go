// SPDX-License-Identifier: Apache-2.0

package outofline

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// traffic is what the requests of an instance are like.
type traffic struct {
	perMinute     float64
	median, sigma float64 // seconds, and of the logarithm
	failed        float64 // share
	burst         float64 // share of minutes in which a tenth of the requests takes a second longer, or fails
}

func (f traffic) instance(r *rand.Rand) *Instance {
	in := new(Instance)
	for i := range in {
		var h latency.Histogram
		n := max(0, int(f.perMinute+math.Sqrt(f.perMinute)*r.NormFloat64()+.5))
		slow := r.Float64() < f.burst
		failing := r.Float64() < f.burst
		for range n {
			d := f.median * math.Exp(f.sigma*r.NormFloat64())
			if slow && r.IntN(10) == 0 {
				d++
			}
			h.Record(time.Duration(d * 1e9))
			if r.Float64() < f.failed || failing && r.IntN(10) == 0 {
				in[i].Failed++
			}
		}
		in[i].Requests, in[i].Durations = uint64(n), h.Seal(nil, 128)
	}
	return in
}

// many are instances that are alike.
func many(r *rand.Rand, n int, f traffic) (all []*Instance) {
	for range n {
		all = append(all, f.instance(r))
	}
	return all
}

// Instances that are alike are never out of line, whatever their traffic, bursts and failures are like.
func TestNoFalseAlarms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tried := 0
	for _, perMinute := range []float64{3, 30, 300} {
		for _, sigma := range []float64{0.3, 2} {
			for _, failed := range []float64{0, 0.002, 0.1} {
				for _, burst := range []float64{0, 0.02, 0.2} {
					for _, n := range []int{2, 3, 20} {
						f := traffic{perMinute, 0.01, sigma, failed, burst}
						for range 60 / n {
							tried += n
							if found := Find(many(r, n, f)); len(found) > 0 {
								t.Errorf("%d instances with %+v: %+v", n, f, found)
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d instances", tried)
}

// One that is clearly slower, or fails more, is found, and none of the others.
func TestFindsWhoIsOutOfLine(t *testing.T) {
	usual := traffic{perMinute: 100, median: 0.01, sigma: 0.7, failed: 0.002}
	for _, tt := range []struct {
		name   string
		n      int
		one    func(*traffic)
		matter string
	}{
		{"slow among 2", 2, func(f *traffic) { f.median *= 10 }, Latency},
		{"slow among 20", 20, func(f *traffic) { f.median *= 4 }, Latency},
		{"slow tail among 5", 5, func(f *traffic) { f.burst = 1; f.failed = -1 }, Latency},
		{"failing among 2", 2, func(f *traffic) { f.failed = 0.1 }, Failures},
		{"failing among 20", 20, func(f *traffic) { f.failed = 0.1 }, Failures},
		{"slow and seldom among 4", 4, func(f *traffic) { f.perMinute = 10; f.median *= 8 }, Latency},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			f := usual
			tt.one(&f)
			hits, wrong := 0, 0
			for range 50 {
				all := append(many(r, tt.n-1, usual), f.instance(r))
				for _, d := range Find(all) {
					switch {
					case d.Index == tt.n-1 && d.Matter == tt.matter:
						hits++
						if d.Own < 2*d.Others {
							t.Errorf("own %v, others' %v", d.Own, d.Others)
						}
					case d.Index != tt.n-1:
						wrong++
					}
				}
			}
			if hits < 45 || wrong > 0 {
				t.Errorf("found in %d of 50, others found %d times", hits, wrong)
			}
		})
	}
}

// What was so is not what is: an instance is in line again after a minute that is as the others' are; and a short stall is none. The more
// there are to compare with, the fewer minutes it takes.
func TestTakesSomeMinutesAndTheLast(t *testing.T) {
	usual := traffic{perMinute: 200, median: 0.01, sigma: 0.7}
	slow := usual
	slow.median *= 5
	for _, tt := range []struct {
		others  int
		minutes string // the slow ones
		want    bool
	}{
		{1, "----------", false}, {1, "xxxxxxxxxx", true}, {1, "--xxxxxxxx", true}, {1, "---xxxxxxx", false},
		{3, "----xxxxxx", true}, {3, "------xxxx", false}, {3, "xxxxxxxxx-", false},
		{30, "------xxxx", true}, {30, "-------xxx", false}, {30, "xxxxx----x", true},
	} {
		r := rand.New(rand.NewPCG(5, 6))
		all := many(r, tt.others, usual)
		a, b := usual.instance(r), slow.instance(r)
		for i, c := range tt.minutes {
			if c == 'x' {
				a[i] = b[i]
			}
		}
		if got := Find(append(all, a)); (len(got) > 0) != tt.want {
			t.Errorf("beside %d others, slow in %s: %+v", tt.others, tt.minutes, got)
		}
	}
}

// Few requests, none at all and what cannot be read say nothing.
func TestSaysNothingOfLittle(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	usual, slow := traffic{perMinute: 200, median: 0.01, sigma: 0.7}, traffic{perMinute: 200, median: 1, sigma: 0.7, failed: 0.5}
	few := usual
	few.perMinute = 2
	broken := slow.instance(r)
	for i := range broken {
		broken[i].Failed, broken[i].Durations = 0, latency.Step{0xff, 1, 2}
	}
	for name, all := range map[string][]*Instance{
		"alone":           {slow.instance(r)},
		"others are few":  {few.instance(r), slow.instance(r)},
		"others are idle": {new(Instance), slow.instance(r)},
		"unreadable":      {usual.instance(r), broken},
		"none":            nil,
	} {
		if found := Find(all); len(found) > 0 {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

func TestAtLeast(t *testing.T) {
	for _, tt := range []struct {
		k, n uint64
		p    float64
		want float64
	}{
		{0, 10, 0.1, 1}, {1, 1, 0.01, 0.01}, {2, 5, 0.01, 9.8013e-4}, {7, 7, 0.5, 1.0 / 128}, {30, 1000, 0.01, 2.3e-7}, {11, 10, 0.5, 1},
	} {
		if got := AtLeast(tt.k, tt.n, tt.p); math.Abs(got-tt.want) > tt.want*0.2 {
			t.Errorf("AtLeast(%d, %d, %v) = %v, want %v", tt.k, tt.n, tt.p, got, tt.want)
		}
	}
}

func TestFalls(t *testing.T) {
	for _, tt := range []struct {
		bad, own, allBad, all int
		want                  float64
	}{
		{8, 10, 8, 20, 45.0 / 125970}, {6, 10, 6, 30, 210.0 / 593775}, {0, 10, 3, 20, 1}, {1, 1, 1, 2, 0.5}, {10, 10, 20, 20, 1},
	} {
		if got := falls(tt.bad, tt.own, tt.allBad, tt.all); math.Abs(got-tt.want) > tt.want*1e-6 {
			t.Errorf("falls(%d, %d, %d, %d) = %v, want %v", tt.bad, tt.own, tt.allBad, tt.all, got, tt.want)
		}
	}
}
