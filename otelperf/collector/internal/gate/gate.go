// SPDX-License-Identifier: Apache-2.0

// Package gate confirms alarms about what came as points of metrics. A point says "in these sixty seconds", and so smears a stall of two
// seconds over a minute, in which a few per cent are slow: an alarm, for a detector that looks at seconds.
//
// Points show what an alarm is about if it is in them half as often as in its evidence or more, and more often than chance explains, by the exact
// binomial test. Those count that began when half of the evidence was there: a fault has grown in them, and a stall is over. The first evidence
// is too early for that, as it may be chance of before the stall; the alarm itself is later than need be. An alarm passes
//   - when points of five different seconds show it;
//   - when two intervals in a row show it, each in the points of all instances: with that of the alarm three.
//
// The second is quicker where few instances report, of which five seconds take long, and can be asked for alone.
package gate

import (
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
	"github.com/otelperf/otelperf-go/otelperf/internal/outofline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

const (
	// seconds are how many different ones have to bring points.
	seconds = 5
	// chance is how likely it may be that as many are bad as usual.
	chance = 1e-4
	// leastUsual is the share that is taken for usual at least.
	leastUsual = 0.01
	// longest is how long an interval is taken for at most.
	longest = 2 * time.Minute
	// forget is how long after it was asked about last an alarm is forgotten.
	forget = time.Minute
)

// Rule says what confirms an alarm.
type Rule int

const (
	AtOnce         Rule = iota // what does so first
	ThreeIntervals             // two more intervals alone
)

// Gate is that of one service. The zero Gate is ready. It is safe for concurrent use, and holds one alarm for each endpoint and matter, of
// less than 500 bytes.
type Gate struct {
	mu    sync.Mutex // guards all below
	waits map[alarm]*waiting
	half  map[conventions.Endpoint]time.Time // when those that are suspected had half of the evidence
	spare map[conventions.Endpoint]time.Time // memory for the next ones
}

type alarm struct {
	endpoint conventions.Endpoint
	matter   engine.Matter
}

// waiting is an alarm that waits, and what came since. Times are by the clock of points.
type waiting struct {
	start  time.Time // of the evidence
	from   time.Time // intervals that began before do not count
	asked  time.Time // last
	bucket int       // the last one below the threshold

	all  tally
	last intervals
}

// intervals are those that began last, of all instances.
type intervals struct {
	length      time.Duration // the longest of theirs
	number      int64         // of now
	now, before tally
}

// add takes in a point that began so long after the first one could.
func (x *intervals) add(later, length time.Duration, second int64, n, bad uint64) {
	if length = min(length, longest); length > x.length+x.length/2 { // clocks differ, and exports are lost
		*x = intervals{length: length}
	}
	switch number := int64(later / max(x.length, 1)); number - x.number {
	case -1:
		x.before.add(second, n, bad)
	case 0:
		x.now.add(second, n, bad)
	case 1:
		x.number, x.before, x.now = number, x.now, tally{}
		x.now.add(second, n, bad)
	default:
		if number > x.number {
			x.number, x.before, x.now = number, tally{}, tally{}
			x.now.add(second, n, bad)
		}
	}
}

// tally counts points.
type tally struct {
	n, bad  uint64
	seconds int // in which they came
	last    int64
}

func (t *tally) add(second int64, n, bad uint64) {
	t.n += n
	t.bad += bad
	if second != t.last {
		t.last = second
		t.seconds++
	}
}

// Point is what came to an endpoint.
type Point struct {
	Began     time.Time     // no request ended before, by the clock of the collector
	Length    time.Duration // of the interval
	Outcome   slowlog.Outcome
	Durations *latency.Histogram
}

// Add takes in a point that arrived at now.
func (g *Gate) Add(now time.Time, ep conventions.Endpoint, p *Point) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waits) == 0 {
		return
	}
	for _, m := range [...]engine.Matter{engine.Latency, engine.Failures, engine.ClientErrors} {
		w := g.waits[alarm{ep, m}]
		if w != nil {
			w.add(now.Unix(), m, p)
		}
	}
}

func (w *waiting) add(second int64, m engine.Matter, p *Point) {
	later := p.Began.Sub(w.from)
	if later < 0 {
		return
	}
	n, bad := p.Durations.Count(), w.badOf(m, p)
	w.all.add(second, n, bad)
	w.last.add(later, p.Length, second, n, bad)
}

func (w *waiting) badOf(m engine.Matter, p *Point) (n uint64) {
	if m != engine.Latency {
		var o slowlog.OutcomeCounts
		o[p.Outcome] = p.Durations.Count()
		c := failures.Of(&o)
		if m == engine.ClientErrors {
			return c.ClientErrors
		}
		return c.Failed
	}
	for b, count := range p.Durations.Buckets() {
		if b > w.bucket {
			n += count
		}
	}
	return n
}

// Suspect takes in whose latency has half of the evidence that an alarm takes, after each second that was judged.
func (g *Gate) Suspect(now time.Time, suspects []engine.Suspect) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(suspects) == 0 && len(g.half) == 0 {
		return
	}
	next := g.spare
	if next == nil {
		next = map[conventions.Endpoint]time.Time{}
	}
	for i := range suspects {
		ep := suspects[i].Endpoint
		since, before := g.half[ep]
		if !before {
			since = now
		}
		next[ep] = since
	}
	clear(g.half)
	g.half, g.spare = next, g.half
}

// Confirm is for [engine.Options]; now and the times of ev are by the clock of the points that came.
func (g *Gate) Confirm(now time.Time, ep conventions.Endpoint, m engine.Matter, ev *baseline.Event, r Rule) bool {
	if m == engine.Panics { // one is enough, whenever it was
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forget(now)
	key := alarm{ep, m}
	w := g.waits[key]
	if w == nil || !w.start.Equal(ev.Start) {
		if g.waits == nil {
			g.waits = map[alarm]*waiting{}
		}
		w = &waiting{start: ev.Start, from: now, bucket: latency.Bucket(ev.Threshold - 1)}
		if half, ok := g.half[ep]; ok && m == engine.Latency {
			w.from = half
		}
		g.waits[key] = w
	}
	w.asked = now
	if !w.confirms(ev, r) {
		return false
	}
	delete(g.waits, key)
	return true
}

func (w *waiting) confirms(ev *baseline.Event, r Rule) bool {
	if ev.N == 0 {
		return false
	}
	share, usual := float64(ev.Above)/float64(ev.N)/2, max(ev.Expected/float64(ev.N), leastUsual)
	return w.last.before.shows(share, usual) && w.last.now.shows(share, usual) || r == AtOnce && w.all.seconds >= seconds && w.all.shows(share, usual)
}

// shows reports whether a share of the requests or more was bad, and more of them than usual.
func (t *tally) shows(share, usual float64) bool {
	return t.n > 0 && float64(t.bad) >= share*float64(t.n) && outofline.AtLeast(t.bad, t.n, min(usual, 1)) < chance
}

func (g *Gate) forget(now time.Time) {
	for key, w := range g.waits {
		if now.Sub(w.asked) > forget {
			delete(g.waits, key)
		}
	}
}
