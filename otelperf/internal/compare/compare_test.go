// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// load is simulated traffic: times are lognormal around 20 ms, and each minute is slower or faster than the one before by what wave says.
type load struct {
	minutes    int
	rate       float64 // requests a minute
	spread     float64 // of a request, as a logarithm
	wave, hold float64 // of a minute, and how much of it stays for the next
	failing    float64 // share
	bursts     bool    // failures come in one minute of ten
	times      float64 // how much slower
}

func (l *load) run(r *rand.Rand) []Minute {
	out, level := make([]Minute, l.minutes), l.wave*r.NormFloat64()
	for i := range out {
		level = l.hold*level + l.wave*math.Sqrt(1-l.hold*l.hold)*r.NormFloat64()
		n := max(0, int(l.rate*math.Exp(level)+math.Sqrt(l.rate)*r.NormFloat64()))
		failing := l.failing
		if l.bursts {
			failing = 0
			if r.IntN(10) == 0 {
				failing = 10 * l.failing
			}
		}
		out[i] = Minute{Requests: uint64(n), Durations: new(latency.Histogram)}
		for range n {
			out[i].Durations.Record(time.Duration(20e6 * l.times * math.Exp(level+l.spread*r.NormFloat64())))
			if r.Float64() < failing {
				out[i].Failed++
			}
		}
	}
	return out
}

// loads are those that nothing is to be found in but what is put there.
var loads = map[string]load{
	"steady":              {minutes: 20, rate: 60, spread: 0.5, failing: 0.02},
	"busy":                {minutes: 10, rate: 1000, spread: 0.5, failing: 0.001},
	"five minutes":        {minutes: 5, rate: 200, spread: 0.5, failing: 0.05},
	"rare":                {minutes: 30, rate: 3, spread: 1, failing: 0.05},
	"minutes differ":      {minutes: 15, rate: 300, spread: 0.5, wave: 0.2, failing: 0.01},
	"minutes are alike":   {minutes: 30, rate: 200, spread: 0.5, wave: 0.15, hold: 0.5, failing: 0.01},
	"failures in bursts":  {minutes: 20, rate: 200, spread: 0.5, failing: 0.02, bursts: true},
	"five that differ":    {minutes: 5, rate: 300, spread: 0.5, wave: 0.2, failing: 0.01},
	"nothing ever failed": {minutes: 20, rate: 60, spread: 0.5},
}

// Where nothing has changed, at most one comparison in twenty says that something has, whatever of the three that is.
func TestNoDifference(t *testing.T) {
	const trials = 300
	for name, l := range loads {
		l.times = 1
		r, wrong := rand.New(rand.NewPCG(1, 2)), 0
		for range trials {
			if c := Spans(l.run(r), l.run(r)); c.P50.Real || c.P99.Real || c.Errors.Real {
				wrong++
			}
		}
		t.Logf("%s: %d of %d", name, wrong, trials)
		if wrong > trials/20 {
			t.Errorf("%s: %d of %d comparisons found a difference, want at most 5 %%", name, wrong, trials)
		}
	}
}

// A half more is found, with how much it is.
func TestDifference(t *testing.T) {
	const trials = 100
	for _, name := range []string{"steady", "busy", "minutes differ", "failures in bursts"} {
		before := loads[name]
		before.times = 1
		since := before
		since.times = 1.5
		r, found, covered := rand.New(rand.NewPCG(3, 4)), 0, 0
		for range trials {
			c := Spans(before.run(r), since.run(r))
			if c.P50.Real && c.P50.Value > 1 {
				found++
			}
			if c.P50.Low <= 1.5*1.01 && c.P50.High >= 1.5/1.01 {
				covered++
			}
		}
		t.Logf("%s: found in %d of %d, covered in %d", name, found, trials, covered)
		if found < trials*9/10 || covered < trials*9/10 {
			t.Errorf("%s: ×1.5 was found in %d of %d, the interval had it in %d; want 90 %%", name, found, trials, covered)
		}
	}
	l := load{minutes: 20, rate: 60, spread: 0.5, failing: 0.01, times: 1}
	worse, r := l, rand.New(rand.NewPCG(5, 6))
	worse.failing = 0.1
	if c := Spans(l.run(r), worse.run(r)); !c.Errors.Real || c.Errors.Low <= 0 || c.Errors.High < 0.08 {
		t.Errorf("1 %% to 10 %% failed: %+v", c.Errors)
	}
}

// With few minutes or requests nothing is told.
func TestCannotTell(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	long, short := load{minutes: 20, rate: 60, times: 1, spread: 0.5}, load{minutes: FewestMinutes - 1, rate: 600, times: 10, spread: 0.5}
	few := load{minutes: 20, rate: 2, times: 1, spread: 0.5}
	for name, c := range map[string]Result{"four minutes": Spans(long.run(r), short.run(r)), "none": Spans(long.run(r), nil), "empty": Spans(make([]Minute, 20), make([]Minute, 20))} {
		if c.P50.Known || c.P99.Known || c.Errors.Known || c.P50.Real || c.P99.Real || c.Errors.Real {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := Spans(few.run(r), few.run(r)); c.P99.Known || !c.P50.Known {
		t.Errorf("of 40 requests: p50 %+v, p99 %+v; want that p99 is not known", c.P50, c.P99)
	}
}

func TestStudent(t *testing.T) {
	for df, want := range map[float64]float64{4: 4.604, 9: 3.250, 29: 2.756, 119: 2.618} {
		if got := student(df); math.Abs(got/want-1) > 0.02 {
			t.Errorf("t of %v: %v, want %v", df, got, want)
		}
	}
}
