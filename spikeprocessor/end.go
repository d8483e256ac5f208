// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"strconv"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
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
		c.dependency(s)
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
// was not, but is worth it.
func (p *Processor) endRoot(s sdktrace.ReadOnlySpan) {
	c := p.core
	if c.stopped.Load() {
		c.stats.afterShutdown.Add(1)
		if p.next != nil && !c.unsampled(s) {
			p.next.OnEnd(s)
		}
		return
	}
	if c.running != nil {
		c.running.end(s.SpanContext().SpanID())
	}
	var v verdict
	out := p.judged(s, &v)
	if p.next != nil && out != nil {
		p.next.OnEnd(out)
	}
}

// judged records a local root and does what its verdict asks for. It returns what next is to get, nil for nothing. A
// fault of ours leaves next with the span as it came.
func (p *Processor) judged(s sdktrace.ReadOnlySpan, v *verdict) (out sdktrace.ReadOnlySpan) {
	c := p.core
	if p.next != nil && !c.unsampled(s) {
		out = s
	}
	defer c.guard()
	c.measure(s, v)
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

// measure records the request. It allocates nothing for an endpoint that is known.
func (c *core) measure(s sdktrace.ReadOnlySpan, v *verdict) {
	d := s.EndTime().Sub(s.StartTime())
	if d < 0 {
		c.stats.negative.Add(1)
		d = 0
	}
	attrs := s.Attributes()
	v.d, v.r = d, resolve(s, attrs)
	if v.r.kind == KindDependency {
		v.r.kind, v.r.method, v.r.route = c.target(s, s.SpanKind(), attrs)
	}
	e := c.table.lookup(v.r.kind, v.r.method, v.r.route)
	v.entry = e
	c.rec.Record(packWord(e.id, v.r.outcome, d))
	if v.r.outcome.Failed() || int64(d) > e.keepNanos.Load() {
		v.reason = e.reason(v.r, d)
	}
	if c.resource.Load() == nil {
		c.resource.CompareAndSwap(nil, s.Resource())
	}
}

// ordinary lets the children of a request go, and looks at a few of them a second for what is normal.
func (c *core) ordinary(s sdktrace.ReadOnlySpan, v *verdict) {
	if c.digesting.Load() && v.entry.samples.Load() > 0 && v.entry.samples.Add(-1) >= 0 {
		c.bench.sample(sample{entry: v.entry, root: s, kin: c.family(s), d: v.d})
		return
	}
	if c.cfg.anatomy && s.ChildSpanCount() > 0 {
		sc := s.SpanContext()
		c.gather.release(sc.TraceID(), sc.SpanID(), nil)
	}
}

// family takes the descendants of a root that have ended.
func (c *core) family(s sdktrace.ReadOnlySpan) (f family) {
	if c.cfg.anatomy && s.ChildSpanCount() > 0 {
		sc := s.SpanContext()
		c.gather.release(sc.TraceID(), sc.SpanID(), &f)
	}
	return f
}

// notable keeps a request that was slow, failed, or part of a spike, and rescues it if it was not sampled.
func (p *Processor) notable(s sdktrace.ReadOnlySpan, v *verdict) {
	c := p.core
	f := c.family(s)
	if v.r.outcome.Failed() {
		c.failure(s, v)
	}
	if v.slow() && c.digesting.Load() {
		c.bench.sample(sample{entry: v.entry, root: s, kin: f, d: v.d, slow: true})
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
	if v.r.outcome == Panic {
		if typ, message, stack, ok := c.panics.find(s.SpanContext().SpanID()); ok {
			info.Type, info.Message, info.Stack = typ, message, stack
		}
	}
	if info.Type == "" && v.r.status != 0 {
		info.Type = strconv.FormatInt(v.r.status, 10) // as error.type has it
	}
	c.errors.add(v.entry, info.Type, info.Message, info.Stack, s.SpanContext().TraceID(), s.EndTime(), v.r.outcome == Panic)
}
