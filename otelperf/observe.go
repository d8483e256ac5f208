// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// observe reports the state as of the last evaluation. It evaluates nothing itself: with the metric source it runs inside an
// evaluation.
func (m *Monitor) observe(in *instruments, o metric.Observer) {
	if m.closed.Load() {
		return
	}
	open := 0
	m.engine.eachEndpoint(func(v endpointView) {
		set := metric.WithAttributeSet(v.set)
		if v.seen {
			o.ObserveFloat64(in.p50, v.p50.Seconds(), set)
			o.ObserveFloat64(in.p95, v.p95.Seconds(), set)
			o.ObserveFloat64(in.p99, v.p99.Seconds(), set)
		}
		if v.baseline > 0 {
			o.ObserveFloat64(in.baseline, v.baseline.Seconds(), set)
		}
		o.ObserveInt64(in.state, int64(v.phase), set)
	}, &open)
	o.ObserveInt64(in.open, int64(open))
	p := m.processor.Stats()
	o.ObserveInt64(in.slow, int64(p.Slow))
	o.ObserveFloat64(in.tick, time.Duration(m.reader.spent.Load()).Seconds())
	for reason, n := range p.Rescued {
		o.ObserveInt64(in.rescued, int64(n), metric.WithAttributes(attribute.String("reason", reason)))
	}
	for kind, n := range map[string]uint64{
		"slow_request": p.NotKept, "slow_line": m.lines.suppressed.Load() + m.lines.dropped.Load(), "alert": m.alerts.dropped.Load(),
		"rescue": p.RescueRefused, "child_span": p.HeldFull + p.HeldLong + p.HeldStale,
	} {
		o.ObserveInt64(in.dropped, int64(n), metric.WithAttributes(attribute.String("kind", kind)))
	}
}

// endpointView is what the gauges show of one endpoint.
type endpointView struct {
	set           attribute.Set
	seen          bool // requests in the last minute
	p50, p95, p99 time.Duration
	baseline      time.Duration
	phase         baseline.Phase
}

// eachEndpoint calls use with every endpoint, and counts the open spikes.
func (e *Engine) eachEndpoint(use func(endpointView), open *int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	*open = e.spikes.open()
	t := &e.scratch.tally
	for _, s := range e.series {
		if s == nil {
			continue
		}
		t.reset()
		s.collect(Window1m, e.step, t)
		v := endpointView{set: s.set, seen: t.durations.Count() > 0, phase: s.detector.State().Phase}
		var q [3]time.Duration
		t.durations.Quantiles(q[:], summaryQuantiles)
		v.p50, v.p95, v.p99 = q[0], q[1], q[2]
		v.baseline, _ = s.baselineP99()
		use(v)
	}
}

// spikeStarted counts a start in the metrics.
func (in *instruments) spikeStarted(p *SpikeEndpoint) {
	in.spikes.Add(context.Background(), 1, metric.WithAttributeSet(attribute.NewSet(p.endpoint.Attributes()...)))
}
