// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"math/rand/v2"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/traffic"
)

// Repeat is a fault that comes back, of which each time is to be reported, once.
type Repeat struct {
	Name  string
	Days  float64 // that one endpoint is watched
	Busy  bool    // it is run at the rates of faults; otherwise, as it takes weeks, at 1 and 10/s
	Scale traffic.Scale

	// draw returns when it comes, and all that happens.
	draw func(r *rand.Rand) ([]span, traffic.Scenario)
}

// span is from one second to before another one.
type span struct{ from, to int }

// Repeats returns all kinds of faults that come back.
func Repeats() []Repeat {
	return []Repeat{
		{Name: "3 to 5 min at a random minute of each hour", Days: 1.2, draw: anyMinute},
		{Name: "at the hour of Monday's job, on other days", Days: 35, draw: onOtherDays},
		{Name: "stalls of 1 to 5 s once a minute", Days: 0.15, Busy: true, Scale: traffic.Milliseconds, draw: longStalls},
		{Name: "stalls of 3 to 6 s every 3 to 5 min", Days: 0.2, Busy: true, Scale: traffic.Milliseconds, draw: rareStalls},
	}
}

// anyMinute is a fault in each hour of a day, of which those after the sixth count.
func anyMinute(r *rand.Rand) (spans []span, s traffic.Scenario) {
	for n := range 24 {
		from := 3*3600 + n*3600 + r.IntN(3300)
		x := span{from, from + 180 + r.IntN(120)}
		s = traffic.Both(s, traffic.During(x.from, x.to, traffic.Slower(3+2*r.Float64())))
		if n >= 6 {
			spans = append(spans, x)
		}
	}
	return spans, s
}

// onOtherDays are two faults, each at the time of a job that has run on three or four Mondays.
func onOtherDays(r *rand.Rand) (spans []span, s traffic.Scenario) {
	const week = 7 * day
	at, length := 3600+r.IntN(80000), float64(600+r.IntN(1200))
	s = traffic.Job{Every: week, Phase: float64(at), Jitter: 120, Length: length, Share: 1, Factor: 3 + r.Float64()}.Scenario(r)
	for n := range 2 {
		from := (3+n)*week + (1+r.IntN(6))*day + at + r.IntN(200) - 100
		x := span{from, from + int(length)}
		spans = append(spans, x)
		s = traffic.Both(s, traffic.During(x.from, x.to, traffic.Slower(3)))
	}
	return spans, s
}

// longStalls are 25 minutes with a stall a minute.
func longStalls(r *rand.Rand) ([]span, traffic.Scenario) {
	x := span{5400, 5400 + 1500}
	return []span{x}, traffic.During(x.from, x.to, traffic.Pauses(r, 60, 1+4*r.Float64()))
}

// rareStalls are an hour with a stall every few minutes.
func rareStalls(r *rand.Rand) ([]span, traffic.Scenario) {
	x := span{5400, 5400 + 3600}
	return []span{x}, traffic.During(x.from, x.to, traffic.Pauses(r, 180+120*r.Float64(), 3+3*r.Float64()))
}

// RepeatResult is what a detector said.
type RepeatResult struct {
	Found, Of int
	Messages  int // starts of alerts, for those found
	Back      []float64
}

// late is how many seconds after its end a fault may be found, on a sparse stream.
const late = 60

// Try runs endpoints.
func (x *Repeat) Try(seed uint64, number int, rate float64, endpoints int, maker Maker) (o RepeatResult) {
	for i := range endpoints {
		r := Seeded(seed, number+200, int(rate*1000), i)
		p := traffic.NewProfile(r, x.Scale)
		spans, scenario := x.draw(r)
		stream := traffic.NewStream(r, p, rate, 0.3, scenario)
		w := maker()
		starts, ends := make([]int, len(spans)), make([]int, len(spans))
		for at := range int(x.Days * day) {
			ev := w.Second(at, stream.Second(at))
			for k, s := range spans {
				switch {
				case ev.Kind == baseline.Started && at >= s.from && at < s.to+late:
					starts[k]++
				case ev.Kind == baseline.Ended && starts[k] > 0 && at >= s.to && ends[k] == 0:
					ends[k] = at - s.to
				}
			}
		}
		for k, n := range starts {
			o.Of++
			if n > 0 {
				o.Found++
				o.Messages += n
			}
			if ends[k] > 0 {
				o.Back = append(o.Back, float64(ends[k]))
			}
		}
	}
	return o
}
