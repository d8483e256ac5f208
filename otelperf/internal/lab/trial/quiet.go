// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"math"
	"math/rand/v2"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/traffic"
)

const day = 86400

// Group says what kind of question a quiet shape asks.
type Group int

// The groups.
const (
	Stationary Group = iota // nothing happens; counted in days
	Return                  // something harmless happens once per endpoint, or every morning; counted in events
	Daily                   // the endpoint has its day
	Recurring               // a job comes back; counted in runs from the fourth on
)

// Quiet is traffic in which no alert is right.
type Quiet struct {
	Name  string
	Group Group
	Scale traffic.Scale
	Of    []string // families; empty: all
	Days  float64  // that one endpoint is watched
	Daily float64  // by how much its load swings over the day
	Mixed bool     // every fourth endpoint is of less than a millisecond

	Events int // per endpoint, of Return and Recurring
	From   int // the second from which alerts count, and days of Stationary

	scenario func(r *rand.Rand, p *traffic.Profile) traffic.Scenario
}

func nothing(*rand.Rand, *traffic.Profile) traffic.Scenario { return nil }

// once does something for some seconds at one time.
func once(from, seconds int, s func(r *rand.Rand, p *traffic.Profile) traffic.Scenario) func(*rand.Rand, *traffic.Profile) traffic.Scenario {
	return func(r *rand.Rand, p *traffic.Profile) traffic.Scenario {
		begin := from + r.IntN(3600)
		return traffic.During(begin, begin+seconds, s(r, p))
	}
}

// job comes back every so many seconds and takes all requests times a factor.
func job(every, latest, jitter, least, most, factor float64) func(*rand.Rand, *traffic.Profile) traffic.Scenario {
	return func(r *rand.Rand, _ *traffic.Profile) traffic.Scenario {
		return traffic.Job{
			Every: every, Phase: jitter + latest*r.Float64(), Jitter: jitter,
			Length: least + (most-least)*r.Float64(), Share: 1, Factor: factor * (1 + 0.7*r.Float64()),
		}.Scenario(r)
	}
}

// Quiets returns all shapes of quiet traffic.
func Quiets() []Quiet {
	return []Quiet{
		{Name: "clean, any", Days: 2, Daily: 0.6, Mixed: true, scenario: nothing},
		{Name: "clean, sub-ms", Days: 2, Daily: 0.6, Scale: traffic.SubMillisecond, scenario: nothing},
		{Name: "clean, ms", Days: 2, Daily: 0.6, Scale: traffic.Milliseconds, scenario: nothing},
		{Name: "clean, s", Days: 2, Daily: 0.6, Scale: traffic.Seconds, scenario: nothing},
		{Name: "bimodal", Days: 2, Daily: 0.6, Of: []string{"bimodal"}, scenario: nothing},
		{Name: "degenerate", Days: 2, Daily: 0.6, Mixed: true, Of: []string{"constant", "few values", "timeouts"}, scenario: nothing},
		{Name: "collections", Days: 2, Daily: 0.6, Mixed: true, scenario: func(r *rand.Rand, _ *traffic.Profile) traffic.Scenario {
			return traffic.Collections(r)
		}},
		{Name: "cron of 4 s", Days: 2, Daily: 0.6, Mixed: true, scenario: func(r *rand.Rand, _ *traffic.Profile) traffic.Scenario {
			return traffic.Job{Every: 600, Phase: 590 * r.Float64(), Length: 4, Share: 0.3, Factor: 3}.Scenario(r)
		}},
		{Name: "tenants", Days: 2, Daily: 0.3, Scale: traffic.Milliseconds, scenario: tenants},
		{Name: "all 1.5 times slower for 20 min", Group: Return, Events: 1, Days: 0.5, Daily: 0.3, Mixed: true,
			scenario: once(20000, 1200, func(*rand.Rand, *traffic.Profile) traffic.Scenario { return traffic.Slower(1.5) })},
		{Name: "quick answers for 10 min", Group: Return, Events: 1, Days: 0.4, Daily: 0.3,
			scenario: once(15000, 600, func(r *rand.Rand, p *traffic.Profile) traffic.Scenario {
				return traffic.Quick(0.6+0.4*r.Float64(), 0.05*p.P50, false)
			})},
		{Name: "retry storm of quick failures", Group: Return, Events: 1, Days: 0.4, Daily: 0.3, scenario: once(15000, 600, retries)},
		{Name: "down for 2 h, quick failures", Group: Return, Events: 1, Days: 0.5, Daily: 0.3,
			scenario: once(15000, 7200, func(r *rand.Rand, p *traffic.Profile) traffic.Scenario {
				return traffic.Quick(1, 0.1*p.P50, r.IntN(2) == 0)
			})},
		{Name: "0.3 times as slow for 4 h", Group: Return, Events: 1, Days: 0.7, Daily: 0.3,
			scenario: once(20000, 4*3600, func(*rand.Rand, *traffic.Profile) traffic.Scenario { return traffic.Slower(0.3) })},
		{Name: "cold mornings", Group: Return, Events: 5, Days: 5, Daily: 0.3, scenario: mornings},
		{Name: "cold mornings of minutes", Group: Return, Events: 5, Days: 5, Daily: 0.3, scenario: slowMornings},
		{Name: "quick for 6 to 48 h", Group: Return, Events: 1, Days: 3.4, Daily: 0.3, scenario: quickForLong},
		{Name: "3 times slower by the load of the day", Group: Daily, Days: 4, Daily: 0.8, scenario: loaded},
		{Name: "hourly job, 5 min early or late", Group: Recurring, Events: 5*24 - 4, From: 4*3600 + 10, Days: 5, Daily: 0.3, Scale: traffic.Any,
			scenario: job(3600, 2000, 300, 40, 120, 3)},
		{Name: "nightly job", Group: Recurring, Events: 7, From: 3 * day, Days: 10, Daily: 0.3, scenario: job(day, 60000, 60, 900, 2700, 3)},
		{Name: "weekly job", Group: Recurring, Events: 3, From: 21 * day, Days: 42, Daily: 0.3, scenario: job(7*day, 500000, 120, 600, 1800, 3)},
		{Name: "slow requests of users, together", Days: 4, From: 2 * day, Daily: 0.3, Scale: traffic.Milliseconds, scenario: users},
	}
}

// users are slow, and come now and then for seconds to minutes: 3 to 15 of their requests each time.
func users(r *rand.Rand, _ *traffic.Profile) traffic.Scenario {
	return traffic.Clusters(r, 200+1600*r.Float64(), 10+290*r.Float64(), 3+12*r.Float64(), 8+42*r.Float64())
}

// tenants are a few large customers, some 2 % of the requests and several times slower, who come and go.
func tenants(r *rand.Rand, _ *traffic.Profile) traffic.Scenario {
	level, factor := 0.0, 3+6*r.Float64()
	return func(at int, e *traffic.Effect) {
		if at%60 == 0 {
			level = 0.97*level + 0.24*r.NormFloat64()
		}
		e.Share, e.Factor = 0.02*math.Exp(0.3*level), factor
	}
}

func retries(r *rand.Rand, p *traffic.Profile) traffic.Scenario {
	quick := traffic.Quick(0.8, 0.05*p.P50, r.IntN(2) == 0)
	return func(at int, e *traffic.Effect) {
		quick(at, e)
		e.Rate *= 5
	}
}

// mornings begin after eight hours without a request, with cold caches.
func mornings(r *rand.Rand, _ *traffic.Profile) traffic.Scenario {
	return coldMornings(60000*r.Float64(), 2+3*r.Float64(), 20+60*r.Float64())
}

// slowMornings take minutes until all is warm.
func slowMornings(r *rand.Rand, _ *traffic.Profile) traffic.Scenario {
	return coldMornings(60000*r.Float64(), 4+6*r.Float64(), 90+60*r.Float64())
}

// coldMornings are 1 + times slower at first, of which a part of 1/e is left after so many seconds.
func coldMornings(shift, times, last float64) traffic.Scenario {
	return func(at int, e *traffic.Effect) {
		switch t := math.Mod(float64(at)+shift, day); {
		case t > day-8*3600:
			e.Rate = 0
		case t < 1200:
			e.All *= 1 + times*math.Exp(-t/last)
		}
	}
}

// quickForLong is either much faster or answers at once, on the first day or the second.
func quickForLong(r *rand.Rand, p *traffic.Profile) traffic.Scenario {
	begin := 20000 + r.IntN(day)
	s := traffic.Slower(0.1 + 0.3*r.Float64())
	if r.IntN(2) == 0 {
		s = traffic.Quick(0.7+0.3*r.Float64(), 0.1*p.P50, r.IntN(2) == 0)
	}
	return traffic.During(begin, begin+6*3600+r.IntN(42*3600), s)
}

func loaded(r *rand.Rand, _ *traffic.Profile) traffic.Scenario {
	phase := 2 * math.Pi * r.Float64()
	return func(at int, e *traffic.Effect) {
		e.All *= math.Pow(3, 0.5+0.5*math.Sin(2*math.Pi*float64(at)/day+phase))
	}
}

// QuietResult is what one detector said to a quiet shape.
type QuietResult struct {
	Alerts, Endpoints, Alerting int
	Days                        float64
	Events                      int
	BelowRatio                  int     // alerts with a ratio below 2
	First                       []Alert // some of the alerts
}

// Alert is one false alarm.
type Alert struct {
	Endpoint, At int
	Family       string
	Event        baseline.Event
}

// Watch runs endpoints of a quiet shape and returns the result of every detector. Endpoints from all on are watched by
// the first detector alone.
func (q *Quiet) Watch(seed uint64, number int, rate float64, endpoints, all int, makers ...Maker) []QuietResult {
	results := make([]QuietResult, len(makers))
	for i := range endpoints {
		r := Seeded(seed, number, int(rate*1000), i)
		scale := q.Scale
		if q.Mixed && i%4 == 3 {
			scale = traffic.SubMillisecond
		}
		p := traffic.NewProfile(r, scale, q.Of...)
		stream := traffic.NewStream(r, p, rate, q.Daily, q.scenario(r, p))
		these := makers
		if i >= all {
			these = makers[:1]
		}
		watchers := made(these)
		alerts := make([]int, len(these))
		for at := range int(q.Days * day) {
			requests := stream.Second(at)
			for j, w := range watchers {
				if ev := w.Second(at, requests); ev.Kind == baseline.Started && at >= q.From {
					alerts[j]++
					results[j].note(Alert{i, at, p.Family, ev})
				}
			}
		}
		for j, n := range alerts {
			x := &results[j]
			x.Endpoints++
			x.Days += q.Days
			if q.Group == Stationary {
				x.Days -= float64(q.From) / day
			}
			x.Events += q.Events
			if x.Alerts += n; n > 0 {
				x.Alerting++
			}
		}
	}
	return results
}

func (x *QuietResult) note(a Alert) {
	if a.Event.Ratio < 2 {
		x.BelowRatio++
	}
	if len(x.First) < 100 {
		x.First = append(x.First, a)
	}
}

func made(makers []Maker) []Watcher {
	ws := make([]Watcher, len(makers))
	for i, m := range makers {
		ws[i] = m()
	}
	return ws
}
