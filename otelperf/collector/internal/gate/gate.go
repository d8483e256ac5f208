// SPDX-License-Identifier: Apache-2.0

// Package gate confirms alarms about what came as points of metrics. A point says "in these sixty seconds", and so smears a stall of two
// seconds over a minute, in which a few per cent are slow: an alarm, for a detector that looks at seconds. A fault has grown where points
// began after its first evidence, and a stall is gone.
//
// An alarm passes when such points came in seven different seconds, if not less than half as often as in its evidence they show what
// it is about, and more often than chance explains, by the exact binomial test. Where few instances report, seven seconds are few requests,
// and the test takes more.
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
	// past is how long after the first evidence an interval has to begin.
	past = 10 * time.Second
	// seconds are how many different ones have to bring points.
	seconds = 7
	// chance is how likely it may be that as many are bad as usual.
	chance = 1e-4
	// leastUsual is the share that is taken for usual at least.
	leastUsual = 0.01
	// forget is how long after it was asked about last an alarm is forgotten.
	forget = time.Minute
)

// Gate is that of one service. The zero Gate is ready. It is safe for concurrent use, and holds one alarm for each endpoint and matter, of
// less than 200 bytes.
type Gate struct {
	mu    sync.Mutex // guards all below
	waits map[alarm]*waiting
}

type alarm struct {
	endpoint conventions.Endpoint
	matter   engine.Matter
}

// waiting is what came since the first evidence.
type waiting struct {
	start   time.Time // of the evidence
	bucket  int       // the last one below the threshold
	asked   time.Time // by the clock of points
	n, bad  uint64
	seconds int
	last    int64
}

// Point is what came to an endpoint.
type Point struct {
	Began     time.Time // no request ended before, by the clock of the collector
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
		if w == nil || p.Began.Before(w.start.Add(past)) {
			continue
		}
		w.n += p.Durations.Count()
		w.bad += w.badOf(m, p)
		if s := now.Unix(); s != w.last {
			w.last = s
			w.seconds++
		}
	}
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

// Confirm is for [engine.Options].
func (g *Gate) Confirm(now time.Time, ep conventions.Endpoint, m engine.Matter, ev *baseline.Event) bool {
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
		w = &waiting{start: ev.Start, bucket: latency.Bucket(ev.Threshold - 1)}
		g.waits[key] = w
	}
	w.asked = now
	if !w.confirms(ev) {
		return false
	}
	delete(g.waits, key)
	return true
}

func (w *waiting) confirms(ev *baseline.Event) bool {
	if w.seconds < seconds || w.n == 0 || ev.N == 0 {
		return false
	}
	share, usual := float64(ev.Above)/float64(ev.N), max(ev.Expected/float64(ev.N), leastUsual)
	return float64(w.bad) >= share/2*float64(w.n) && outofline.AtLeast(w.bad, w.n, min(usual, 1)) < chance
}

func (g *Gate) forget(now time.Time) {
	for key, w := range g.waits {
		if now.Sub(w.asked) > forget {
			delete(g.waits, key)
		}
	}
}
