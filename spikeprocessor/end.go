// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// endChild measures a call to a dependency, holds the span for its root's anatomy and hands it on.
func (p *Processor) endChild(s sdktrace.ReadOnlySpan, parent trace.SpanID) {
	if !p.core.stopped.Load() {
		p.core.child(s, parent)
	}
	if p.next != nil && !p.core.unsampled(s) {
		p.next.OnEnd(s)
	}
}

func (c *core) child(s sdktrace.ReadOnlySpan, parent trace.SpanID) {
	defer c.guard()
	if c.cfg.dependencies {
		c.measureCall(s)
	}
	if !c.cfg.anatomy {
		return
	}
	sc := s.SpanContext()
	if k := c.recents.find(sc.TraceID(), parent, s); k != nil {
		if k.processor != nil {
			k.processor.late(s)
		}
		return
	}
	c.gather.hold(sc.TraceID(), sc.SpanID(), parent, s)
}

// endRoot records a local root and hands it on: as it is or enriched if it was sampled, rescued with its children if it
// was not, but is worth it. An ordinary request that nobody else wants is done after Record. It allocates nothing for an
// endpoint that is known.
//
// There is no deferred guard around it, which would cost every request. A request with method and status, of an endpoint
// that is known, needs none: it takes up to five values from the SDK's snapshot, walks a slice, compares strings, and
// swaps a word of the recorder; none of these can panic. Everything else is behind a guard of its own:
// measureSlowly for what has to be looked at closely or is new, and applyWords for the recorder's full logs.
func (p *Processor) endRoot(s sdktrace.ReadOnlySpan) {
	c := p.core
	if c.stopped.Load() {
		c.stats.afterShutdown.Add(1)
		p.handOn(s)
		return
	}
	if c.running != nil {
		c.running.end(s.SpanContext().SpanID())
	}
	d := s.EndTime().Sub(s.StartTime())
	if d < 0 {
		c.stats.negative.Add(1)
		d = 0
	}
	elsewhere, known := c.asked(s)
	attrs := s.Attributes()
	var e *entry
	method, route, status, outcome, told, server := c.layouts.Scan(attrs)
	if method != "" && status != 0 {
		if !told {
			outcome = slowlog.OutcomeOfStatus(int(status))
		}
		// Only HTTP server spans have a route, and the layouts know most of those that have none: the kind need not be asked for.
		if route != "" {
			e = c.table.recall(httpClass, method, route)
		} else if server {
			name := conventions.RouteOfName(method, s.Name())
			if e = c.table.known(httpClass, method, name); e != nil {
				route = name
			}
		}
	}
	if e == nil {
		e, route, status, outcome = c.measureSlowly(s, attrs, method, route, status, outcome, told)
		if e == nil { // a fault of ours
			p.handOn(s)
			return
		}
	}
	known = known && !told && outcome != slowlog.OutcomePanic
	if known {
		outcome = elsewhere
	}
	c.rec.Record(packWord(e.id, outcome, d))
	if m := c.mark.Load(); m != nil {
		(*m)(s.SpanContext().SpanID(), e.endpoint, d, int64(d) > e.keepNanos.Load())
	}
	if p.next != nil || outcome.Failed() || int64(d) > e.keepNanos.Load() || c.curious(e) || c.holds(s) {
		p.judge(s, &verdict{entry: e, d: d, asked: known, r: conventions.Request{Kind: e.class.kind(), Method: e.method, Route: route, Status: int(status), Outcome: outcome}})
	}
}

// handOn gives next a span as it came.
func (p *Processor) handOn(s sdktrace.ReadOnlySpan) {
	if p.next != nil && !p.core.unsampled(s) {
		p.next.OnEnd(s)
	}
}

// judge does what the verdict on a local root asks for, and hands it on.
func (p *Processor) judge(s sdktrace.ReadOnlySpan, v *verdict) {
	if out := p.judged(s, v); p.next != nil && out != nil {
		p.next.OnEnd(out)
	}
}

// judged returns what next is to get, nil for nothing. A fault of ours leaves next with the span as it came.
func (p *Processor) judged(s sdktrace.ReadOnlySpan, v *verdict) (out sdktrace.ReadOnlySpan) {
	c := p.core
	if p.next != nil && !c.unsampled(s) {
		out = s
	}
	defer c.guard()
	if v.r.Outcome.Failed() || int64(v.d) > v.entry.keepNanos.Load() {
		v.reason = v.entry.reason(v.r.Outcome, v.d)
	}
	if v.reason != "" {
		p.notable(s, v)
	} else {
		c.ordinary(s, v)
	}
	if out != nil {
		out = c.enrich(s, v)
	}
	return out
}

// measureSlowly finds the endpoint of a request that is not remembered, or whose attributes leave something open. The parameters are
// what the scan found.
func (c *core) measureSlowly(s sdktrace.ReadOnlySpan, attrs []attribute.KeyValue, method, route string, status int64, outcome slowlog.Outcome, told bool) (*entry, string, int64, slowlog.Outcome) {
	defer c.guard()
	if c.resource.Load() == nil {
		c.resource.CompareAndSwap(nil, s.Resource())
	}
	if method != "" && route != "" && status != 0 {
		if !told {
			outcome = slowlog.OutcomeOfStatus(int(status))
		}
		return c.table.lookup(httpClass, method, route), route, status, outcome
	}
	plain := conventions.Span{Kind: s.SpanKind(), Name: s.Name(), Attributes: attrs, Failed: s.Status().Code == codes.Error}
	r := plain.Request()
	if r.Kind == conventions.KindHTTP && r.Status == 0 { // its events tell of panics
		addEvents(&plain, s)
		r = plain.Request()
	}
	if r.Kind == conventions.KindDependency {
		row, prefix, name := c.dependency(s, plain.Kind, s.EndTime())
		return c.table.lookup(row, prefix, name), name, int64(r.Status), r.Outcome
	}
	if r.Kind == conventions.KindHTTP && method != "" && route == "" && status != 0 && !told {
		c.layouts.LearnServer(attrs)
	}
	return c.table.lookup(kindClass(r.Kind), r.Method, r.Route), r.Route, int64(r.Status), r.Outcome
}

// curious reports whether an ordinary request of the endpoint is to be looked at, for what is normal.
func (c *core) curious(e *entry) bool { return c.digesting.Load() && e.samples.Load() > 0 }

// holds reports whether spans of the request may be held. A root that has children says so, but asking it is not free, and
// where nothing is held in the whole process there is no need to.
func (c *core) holds(s sdktrace.ReadOnlySpan) bool {
	return c.cfg.anatomy && c.gather.held.Load() > 0 && s.ChildSpanCount() > 0
}

// ordinary lets the children of a request go, and looks at a few of them a second for what is normal.
func (c *core) ordinary(s sdktrace.ReadOnlySpan, v *verdict) {
	if c.curious(v.entry) && v.entry.samples.Add(-1) >= 0 {
		c.bench.sample(sample{entry: v.entry, root: s, kin: c.family(s), d: v.d, status: v.r.Status})
		return
	}
	if c.holds(s) {
		sc := s.SpanContext()
		c.gather.release(sc.TraceID(), sc.SpanID(), nil)
	}
}

// family takes the descendants of a root that have ended.
func (c *core) family(s sdktrace.ReadOnlySpan) (f family) {
	if c.holds(s) {
		sc := s.SpanContext()
		c.gather.release(sc.TraceID(), sc.SpanID(), &f)
	}
	return f
}

// notable keeps a request that was slow, failed, or part of a spike, and rescues it if it was not sampled.
func (p *Processor) notable(s sdktrace.ReadOnlySpan, v *verdict) {
	c := p.core
	f := c.family(s)
	if v.r.Outcome.Failed() {
		c.failure(s, v)
	}
	if v.slow() && c.digesting.Load() {
		c.bench.sample(sample{entry: v.entry, root: s, kin: f, d: v.d, status: v.r.Status, slow: true})
	}
	c.suspicion.Store(s.EndTime().UnixNano())
	if c.unsampled(s) {
		p.rescue(s, v, &f)
	}
	if v.rescued != "" || s.SpanContext().IsSampled() {
		v.entry.exemplars.add(s, v)
	}
	stored := c.keep(s, v)
	if !stored && v.rescued == "" {
		return
	}
	k := &kept{root: s, trace: s.SpanContext().TraceID(), id: s.SpanContext().SpanID(), entry: v.entry, children: f.spans, dropped: f.dropped, dirty: stored}
	if v.rescued != "" {
		k.processor = p
	}
	c.recents.add(k)
	if stored && (!c.digesting.Load() || !c.bench.wait(k)) {
		c.build(k)
	}
}

// failure counts a failed request in its group.
func (c *core) failure(s sdktrace.ReadOnlySpan, v *verdict) {
	info := errorOf(s)
	if v.r.Outcome == slowlog.OutcomePanic {
		if typ, message, stack, ok := c.panics.find(s.SpanContext().SpanID()); ok {
			info.Type, info.Message, info.Stack = typ, message, stack
		}
	}
	if info.Type == "" && v.r.Status != 0 {
		info.Type = strconv.Itoa(v.r.Status) // as error.type has it
	}
	c.errors.add(v.entry, info.Type, info.Message, info.Stack, s.SpanContext().TraceID(), s.EndTime(), v.r.Outcome == slowlog.OutcomePanic)
}
