// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"iter"
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// part is a Part that is followed.
type part struct {
	Part
	in *incident
	id int       // of the endpoint
	ep *endpoint // nil once the part has ended, and while it is unseen

	since       time.Time // when the evidence of the latest alarm began
	threshold   time.Duration
	above       int     // the bucket that ends at threshold
	slowShare   float64 // of requests above threshold that is normal
	failedShare float64 // that is normal
	sure        float64 // the worst ratio that is not chance
	reported    float64 // sure at the last message; 0: it was in none
	earlier     Cost    // in Cost, of the processes before this one, as inherited is in Total
	inherited   baseline.Event
	lately      baseline.Event // of Total, since the latest alarm, and what was before; not of latency
	former      baseline.Event // see lately
	lastRequest time.Time
	awaited     *endpoint // of an unseen part, once it has appeared

	// As Engine.elapsed was.
	began, found, over time.Duration // Since, the latest alarm, End
	busy               time.Duration // lastRequest
	until              time.Duration // when it ends if it is unseen still
	signals            []string      // of Options.Signals, at most those of a recorder
}

// newPart is the part of an endpoint that has just been found to spike, and may have been open before the restart.
func (e *Engine) newPart(ep *endpoint, m Matter, ev *baseline.Event, wasOpen bool) *part {
	p := &part{id: ep.id, Part: Part{Endpoint: ep.name, Matter: m, State: Open, Start: ev.Start, At: ev.At, Evidence: *ev}}
	p.Before = wasOpen || m == Latency && ep.before.of(ev, e.elapsed)
	if m != Latency {
		p.began = e.elapsed - p.At.Sub(p.Start)
		p.FailedBefore, p.Failed = math.NaN(), math.NaN()
		p.MayHaveLeft = m == Silence && ep.id == serviceID && ev.N == 0 && e.options.MayLeave != nil && e.options.MayLeave()
		e.alarmOther(ep, p, ev)
		return p
	}
	if p.Before && !ep.before.since.IsZero() {
		p.Start = ep.before.since
	}
	p.began = e.elapsed - p.At.Sub(p.Start)
	ep.before = before{}
	hour := &e.scratch.Aggregate
	hour.Reset()
	ep.line.WholeMinutes(timeline.KeptMinutes, e.step, hour)
	p.FailedBefore = failedShare(hour.Outcomes)
	if !math.IsNaN(p.FailedBefore) {
		p.failedShare = p.FailedBefore
	}
	e.alarm(ep, p, ev)
	return p
}

// alarm takes in what has raised one, the first or another one.
func (e *Engine) alarm(ep *endpoint, p *part, ev *baseline.Event) {
	p.found = e.elapsed
	p.ep, p.since, p.threshold, p.above = ep, ev.Start, ev.Threshold, latency.Bucket(ev.Threshold-1)
	if ev.N > 0 {
		p.slowShare = ev.Expected / float64(ev.N)
	}
	p.lastRequest, p.busy = e.now, e.elapsed
	done := e.outcomesSince(ep, ev.Start)
	if p.Before && p.Cost.Requests == 0 {
		e.addAll(ep, p)
	} else {
		p.add(&done, ep.stand(ev.N), ep.stand(ev.Above))
	}
	p.Last = Moment{Time: ev.Start, Requests: done.Total(), Failed: done.Failed(), Rank: ev.Quantile, Quantile: ev.QuantileNow, P99: ev.Now.P99, Ratio: ev.Ratio}
	p.compare(true)
}

// outcomesSince are those of the steps of ten seconds since a time, or of the minutes, where that is longer ago.
func (e *Engine) outcomesSince(ep *endpoint, since time.Time) (sum slowlog.OutcomeCounts) {
	w := Minute
	if e.now.Sub(since) > timeline.KeptSteps*timeline.StepSeconds*time.Second {
		w = Hour
	}
	for p := range ep.line.Points(w.span().Units(e.step).Since(since.Unix()), e.step, &e.scratch.Aggregate) {
		sum.Add(&p.Aggregate.Outcomes)
	}
	return sum
}

// addAll takes in all requests since the restart, as far as the history goes back.
func (e *Engine) addAll(ep *endpoint, p *part) {
	for m := range ep.line.Points(Hour.span().Units(e.step), e.step, &e.scratch.Aggregate) {
		p.add(&m.Aggregate.Outcomes, ep.stand(m.Aggregate.Durations.Count()), ep.stand(p.slow(m.Aggregate.Durations.Buckets())))
	}
}

// slow is how many requests of buckets are above the threshold.
func (p *part) slow(buckets iter.Seq2[int, uint64]) (n uint64) {
	for b, count := range buckets {
		if b > p.above {
			n += count
		}
	}
	return n
}

// count takes in what a tick brought.
func (e *Engine) count(p *part, d *spikeprocessor.Delta) {
	if d.Outcomes.Total() > 0 {
		p.lastRequest, p.busy = e.now, e.elapsed
	}
	p.add(d.Represented(), p.ep.stand(d.All.Count()), p.ep.stand(p.slow(d.All.Buckets())))
}

// add takes in requests, of which so many were timed, and so many of them were slow.
func (p *part) add(done *slowlog.OutcomeCounts, timed, slow uint64) {
	c := p.costOf(done, timed, slow)
	p.take(&c)
}

func (p *part) costOf(done *slowlog.OutcomeCounts, timed, slow uint64) Cost {
	return Cost{
		Requests: done.Total(), Slow: slow, ExpectedSlow: float64(timed) * p.slowShare,
		Failed: done.Failed(), ExpectedFailed: float64(done.Total()) * p.failedShare,
	}
}

func (p *part) take(c *Cost) {
	p.Cost.add(c)
	p.Failed = math.NaN()
	if p.Cost.Requests > 0 {
		p.Failed = float64(p.Cost.Failed) / float64(p.Cost.Requests)
	}
}

// enough is how many requests of a minute have to be above a quantile for a message that it is worse than others: that of fewer is chance.
const enough = 10

// compare notes the last minute as the worst if it is, of enough requests or not.
func (p *part) compare(isEnough bool) {
	if isEnough {
		p.sure = max(p.sure, p.Last.Ratio)
	}
	if p.Last.Ratio > p.Worst.Ratio || p.Worst.Time.IsZero() {
		p.Worst = p.Last
	}
}

// look takes the last minute.
func (e *Engine) look(p *part) {
	span, t := Minute.span(), &e.scratch.Aggregate
	t.Reset()
	p.ep.line.Collect(span, e.step, t)
	m, ok := p.moment(span.Begin(e.step), t)
	if !ok {
		return
	}
	p.Last = m
	if p.Matter.Counted() {
		p.compare(m.Failed >= enough)
		return
	}
	p.compare((1-p.Latest().Quantile)*float64(t.Durations.Count()) >= enough)
}

// moment is what a minute was for a part; ok is false where it says nothing of what the part is about.
func (p *part) moment(begin time.Time, t *timeline.Aggregate) (m Moment, ok bool) {
	if p.Matter.Counted() {
		return p.shareMoment(begin, t)
	}
	ev := p.Latest()
	var q [2]time.Duration
	if ev.QuantileBaseline <= 0 || !t.Durations.Quantiles(q[:], []float64{min(ev.Quantile, 0.99), max(ev.Quantile, 0.99)}) {
		return m, false
	}
	if ev.Quantile > 0.99 {
		q[0], q[1] = q[1], q[0]
	}
	return Moment{
		Time: begin, Requests: t.Outcomes.Total(), Failed: t.Outcomes.Failed(), Rank: ev.Quantile, Quantile: q[0], P99: q[1],
		Ratio: float64(q[0]) / float64(ev.QuantileBaseline),
	}, true
}

func failedShare(o slowlog.OutcomeCounts) float64 {
	if o.Total() == 0 {
		return math.NaN()
	}
	return float64(o.Failed()) / float64(o.Total())
}

// goOn takes in that a part that had ended is slow again.
func (e *Engine) goOn(ep *endpoint, p *part, ev *baseline.Event) {
	p.State, p.End = Open, time.Time{}
	p.Returns, p.Away, p.Again = p.Returns+1, e.elapsed-p.over, *ev
	p.former = p.Total
	if p.Ending, p.Errors = "", nil; p.Unseen {
		p.Unseen, p.earlier, p.inherited = false, p.Cost, p.Total
	} else {
		p.began = e.elapsed - ev.At.Sub(ev.Start)
	}
	if p.Matter == Latency {
		e.alarm(ep, p, ev)
	} else {
		e.alarmOther(ep, p, ev)
	}
	p.WaitsFor, p.Why, p.WhyAt, p.signals = "", causes.Why{}, time.Time{}, nil // that was then
	e.askCause(p)
}

// waitsFor is what the slow requests of a part wait for: for a dependency, itself.
func (p *Part) waitsFor() string {
	if p.Endpoint.Kind == conventions.KindDependency {
		return p.Endpoint.Route
	}
	return p.WaitsFor
}
