// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"math"
	"math/rand/v2"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/traffic"
)

// Fault is a kind of fault. Times are in seconds.
type Fault struct {
	Name     string
	Ordinary bool // counts in the sums over all faults
	Length   int  // for which it lasts
	After    int  // for which is watched after it
	Within   int  // for which it may go unseen; 0: as long as it lasts
	History  int  // before it; 0: the usual
	Scale    traffic.Scale
	Partial  bool // it hits some requests, so that it may be none for an endpoint: only such are drawn that it does hit

	effect func(r *rand.Rand, p *traffic.Profile) traffic.Scenario
	before traffic.Scenario // what else there is, from the first second on
}

// Faults returns all kinds of fault.
func Faults() []Fault {
	slower := func(times float64) func(*rand.Rand, *traffic.Profile) traffic.Scenario {
		return func(*rand.Rand, *traffic.Profile) traffic.Scenario { return traffic.Slower(times) }
	}
	ramp := func(seconds float64) func(*rand.Rand, *traffic.Profile) traffic.Scenario {
		return func(*rand.Rand, *traffic.Profile) traffic.Scenario { return traffic.Ramp(4, seconds) }
	}
	return []Fault{
		{Name: "all 1.7 times slower", Length: 600, After: 300, effect: slower(1.7)},
		{Name: "all 2.5 times slower", Ordinary: true, Length: 600, After: 600, effect: slower(2.5)},
		{Name: "all 3 times slower", Ordinary: true, Length: 600, After: 600, effect: slower(3)},
		{Name: "all 5 times slower", Ordinary: true, Length: 600, After: 600, effect: slower(5)},
		{Name: "all 10 times slower", Ordinary: true, Length: 600, After: 600, effect: slower(10)},
		{Name: "5 % are 10 times slower", Ordinary: true, Partial: true, Length: 600, After: 600,
			effect: func(*rand.Rand, *traffic.Profile) traffic.Scenario { return traffic.Some(0.05, 10, 0) }},
		{Name: "2 % hang", Ordinary: true, Partial: true, Length: 600, After: 600,
			effect: func(_ *rand.Rand, p *traffic.Profile) traffic.Scenario { return traffic.Some(0.02, 0, 10*p.P99) }},
		{Name: "20 s, 5 times slower", Ordinary: true, Length: 20, After: 600, effect: slower(5)},
		{Name: "4 times slower within 20 min", Ordinary: true, Length: 1800, After: 600, effect: ramp(1200)},
		{Name: "stalls of 0.3 s and more", Partial: true, Length: 1200, Within: 360, After: 600, Scale: traffic.Milliseconds, effect: stalls},
		{Name: "4 times slower within 3 h, first day", Length: 10800, History: 9 * 3600, effect: ramp(10800)},
		{Name: "4 times slower within 3 h, third day", Length: 10800, History: 57 * 3600, effect: ramp(10800)},
		{Name: "3 times slower, 30 h after a fivefold gain", Length: 600, After: 600, History: 60 * 3600, Scale: traffic.Seconds,
			effect: slower(3), before: traffic.During(30*3600, math.MaxInt, traffic.Slower(0.2))},
		{Name: "3 to 7 times slower, 72 h after a fivefold gain", Length: 600, After: 600, History: 102 * 3600, Scale: traffic.Seconds,
			effect: slowerBy(3, 7), before: traffic.During(30*3600, math.MaxInt, traffic.Slower(0.2))},
		{Name: "3 times slower, the day after 12 h of 4 times", Length: 600, After: 600, History: 63 * 3600,
			effect: slower(3), before: traffic.During(30*3600, 42*3600, traffic.Slower(4))},
		{Name: "3 times slower for ever", Length: 5400, effect: slower(3)},
	}
}

func slowerBy(least, most float64) func(*rand.Rand, *traffic.Profile) traffic.Scenario {
	return func(r *rand.Rand, _ *traffic.Profile) traffic.Scenario {
		return traffic.Slower(least + (most-least)*r.Float64())
	}
}

// stalls of 0.3 to 1 s come every 5 to 15 s.
func stalls(r *rand.Rand, _ *traffic.Profile) traffic.Scenario {
	return traffic.Pauses(r, 5+10*r.Float64(), 0.3+0.7*r.Float64())
}

// history returns the seconds of ordinary traffic before a fault.
func history(rate float64) int {
	switch {
	case rate < 0.5:
		return 4 * 3600
	case rate > 50:
		return 2400
	default:
		return 5400
	}
}

// FaultResult is what one detector said to a kind of fault. Times are in seconds.
type FaultResult struct {
	Trials, Found int
	Delay         []float64
	Back          []float64 // from its end to the end of the alert
	Alerts        int
	BelowRatio    int // alerts with a ratio below 2
	Before        int // false alarms before it
	Info          [InfoBins]Share
}

// Share is how many of a number were found.
type Share struct{ Found, Of int }

// Trial is one fault on one endpoint.
type Trial struct {
	Number int
	Family string
	P50    float64 // seconds
	Info   float64 // nats
	Found  []bool  // by detector
	First  baseline.Event
}

// Try runs trials of a kind of fault and returns the result of every detector, and the trials.
func (f *Fault) Try(seed uint64, number int, rate float64, trials int, makers ...Maker) ([]FaultResult, []Trial) {
	results := make([]FaultResult, len(makers))
	all := make([]Trial, 0, trials)
	for i := range trials {
		r := Seeded(seed, number+100, int(rate*1000), i)
		p, fault, info := f.draw(r, i, rate)
		begin := f.History
		if begin == 0 {
			begin = history(rate)
		}
		begin += r.IntN(120)
		scenario := traffic.Both(f.before, traffic.During(begin, begin+f.Length, fault))
		if i%2 == 0 {
			scenario = traffic.Both(traffic.Collections(r), scenario)
		}
		stream := traffic.NewStream(r, p, rate, 0.3, scenario)
		watchers := made(makers)
		runs := make([]run, len(makers))
		for at := range begin + f.Length + f.After {
			requests := stream.Second(at)
			for j, w := range watchers {
				if ev := w.Second(at, requests); ev.Kind != baseline.None {
					runs[j].note(f, at-begin, ev)
				}
			}
		}
		t := Trial{Number: i, Family: p.Family, P50: p.P50, Info: info, First: runs[0].first}
		for j := range runs {
			results[j].add(&runs[j], info)
			t.Found = append(t.Found, runs[j].found)
		}
		all = append(all, t)
	}
	return results, all
}

// draw returns an endpoint that the fault hits, the fault, and its information.
func (f *Fault) draw(r *rand.Rand, i int, rate float64) (*traffic.Profile, traffic.Scenario, float64) {
	scale := f.Scale
	if scale == traffic.Any {
		scale = []traffic.Scale{traffic.Any, traffic.Any, traffic.Milliseconds, traffic.Seconds}[i%4]
	}
	for {
		p := traffic.NewProfile(r, scale)
		seed := r.Uint64() // the same effect twice: it may have a state
		effect := func() traffic.Scenario { return f.effect(rand.New(rand.NewPCG(seed, 1)), p) }
		before, during := p.Sample(r, samples), traffic.Apply(r, p.Sample(r, samples), f.Length, effect())
		info := divergence(before, during) * rate * float64(f.Length)
		hit := traffic.Count(during).Quantile(0.99) > 2.4*traffic.Count(before).Quantile(0.99)
		if p.P99 > 2e-3 && (hit || !f.Partial) {
			return p, effect(), info
		}
	}
}

// run is what one detector said in one trial.
type run struct {
	found, back         bool
	delay, backAfter    float64
	alerts, low, before int
	first               baseline.Event
}

// note takes an event, at seconds after the begin of the fault.
func (x *run) note(f *Fault, at int, ev baseline.Event) {
	limit := f.Length + 5 // a sparse stream shows the last requests of a fault late
	if f.Within > 0 {
		limit = f.Within
	}
	switch {
	case ev.Kind != baseline.Started:
		if x.found && !x.back && at >= f.Length {
			x.back, x.backAfter = true, float64(at-f.Length)
		}
	case at < 0:
		x.before++
	default:
		x.alerts++
		if ev.Ratio < 2 {
			x.low++
		}
		if !x.found && at <= limit {
			x.found, x.delay, x.first = true, float64(at+1), ev
		}
	}
}

func (o *FaultResult) add(x *run, info float64) {
	o.Trials++
	o.Alerts += x.alerts
	o.BelowRatio += x.low
	o.Before += x.before
	bin := infoBin(info)
	o.Info[bin].Of++
	if !x.found {
		return
	}
	o.Found++
	o.Info[bin].Found++
	o.Delay = append(o.Delay, x.delay)
	if x.back {
		o.Back = append(o.Back, x.backAfter)
	}
}
