// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// lasting returns spans of so many endpoints, each of them with so many that took about 50 ms.
func lasting(n, each int) (out []sdktrace.ReadOnlySpan) {
	g, rng, began := &grab{}, rand.New(rand.NewPCG(1, 2)), time.Now()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(g), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("")
	for range each {
		for i := range n {
			_, s := tracer.Start(context.Background(), "GET "+route(i), trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began), trace.WithAttributes(serverAttrs(i)...))
			s.End(trace.WithTimestamp(began.Add(time.Duration(50e6 * math.Exp(rng.NormFloat64()/2)))))
			out = append(out, g.last.end)
		}
	}
	return out
}

// referenceNanos is what an OnStart + OnEnd of zpages takes, hot, on the machine for which a tick has its budget.
const referenceNanos = 190

// tickShares is the share of a core that the seconds of a service take, with 500 endpoints of 20 requests each: what the processor
// has is moved into windows, looked at by the detectors, and digested. Each is the mean of a minute, in which steps are sealed,
// for a core as fast as the reference: a machine that is shared is not as fast in one minute as in the next.
func tickShares(minutes int) (shares []float64) {
	const n, each = 500, 20
	p := processor(spikeprocessor.WithInFlight(false))
	e, err := engine.New(engine.Options{})
	if err != nil {
		panic(err)
	}
	reference := hot(named(vZpages)[0])
	spans, now := lasting(n, each), time.Now()
	second := func() time.Duration {
		for _, s := range spans {
			p.OnEnd(s)
		}
		now = now.Add(time.Second)
		return cpuOf(func() {
			e.Advance(now, func(yield func(*spikeprocessor.Delta) bool) {
				more := true
				p.Link().TakeDeltas(func(d *spikeprocessor.Delta) { more = more && yield(d) })
			})
			p.Link().Digest(now)
		})
	}
	for range 90 {
		second() // past the grace of the detectors
	}
	const operations = 500 // of the reference, in a second
	for range minutes {
		var used, compared time.Duration
		for range 60 {
			used += second()
			compared += reference.run(operations)
		}
		slowness := float64(compared) / (60 * operations) / referenceNanos
		shares = append(shares, used.Seconds()/60/slowness)
	}
	return shares
}

func tickBudget(effort int) estimate {
	e := median(tickShares(7 * effort))
	return estimate{e.mid * 100, e.lo * 100, e.hi * 100}
}

// thousand is what a summary needs of each of 1000 endpoints. It returns a function that asks all of them.
func thousand() func() {
	hs := make([]latency.Histogram, 1000)
	for i := range hs {
		for _, d := range durations(1000, uint64(i)) {
			hs[i].Record(d)
		}
	}
	return func() {
		var total int64
		var q [3]time.Duration
		for i := range hs {
			h := &hs[i]
			total += int64(h.Count()) + int64(h.Mean()) + int64(h.Min()) + int64(h.Max())
			h.Quantiles(q[:], asked)
			total += int64(q[2])
		}
		sink.Add(total)
	}
}

// totalsBudget is what that takes of what 1000 DDSketches take for the quantiles.
func totalsBudget(effort int) estimate {
	ours := thousand()
	theirs := recordersNamed(rDDSketch)[0].family(1000)
	for i := range 1000 {
		add := theirs.adder(i)
		for _, d := range durations(1000, uint64(i)) {
			add(d)
		}
	}
	t := measure([]subject{
		timed(rOurs, func(n int) {
			for range n {
				ours()
			}
		}),
		timed(rDDSketch, func(n int) {
			for range n {
				theirs.query(func(_ int, q [3]time.Duration) { sink.Add(int64(q[2])) })
			}
		}),
	}, plan{11 * effort, 20 * time.Millisecond})
	return t.share(rOurs, rDDSketch)
}

// totalsAllocations is how many objects one round through all of them allocates.
func totalsAllocations() float64 {
	const times = 100
	ask := thousand()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		ask()
	}
	runtime.ReadMemStats(&after)
	return math.Floor(float64(after.Mallocs-before.Mallocs) / times)
}

// errorBudget is the worst that was seen, and as interval also what is guaranteed, in percent.
func errorBudget(effort int) estimate {
	r := recordersNamed(rOurs)[0]
	worst := 0.0
	for _, e := range errorsOf(r, 50*effort) {
		worst = max(worst, e)
	}
	guaranteed := new(latency.Histogram).ErrorBound()
	return estimate{guaranteed * 100, min(worst, guaranteed) * 100, max(worst, guaranteed) * 100}
}

// memoryBudget is what an endpoint holds after more than an hour of durations that are spread as widely as they come: sigma 2, and
// one in ten a failure.
func memoryBudget(int) estimate {
	const n, seconds = 4, 3700
	d := newDriven(n, 0)
	d.some = wide(31, 100)
	for range seconds {
		d.tick()
	}
	d.engine.Snapshot(engine.Hour)
	return exactly(float64(d.engine.Stats().Bytes) / n / 1024)
}

// wide makes deltas of a second with so many requests.
func wide(n, perSecond int) (out []*spikeprocessor.Delta) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range n {
		delta := &spikeprocessor.Delta{All: new(latency.Histogram), Failed: latency.NewCoarse()}
		for i := range perSecond {
			took := time.Duration(50e6 * math.Exp(2*rng.NormFloat64()))
			delta.All.Record(took)
			if i%10 == 0 {
				delta.Failed.Record(took)
			}
		}
		delta.Outcomes[slowlog.OutcomeOK] = uint64(perSecond - perSecond/10)
		delta.Outcomes[slowlog.OutcomeServerError] = uint64(perSecond / 10)
		out = append(out, delta)
	}
	return out
}
