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
func (p *Processor) endChild(s sdktrace.ReadOnlySpan, parent *trace.SpanContext, kind trace.SpanKind) {
	var rescuer *Processor
	var late sdktrace.ReadOnlySpan
	if !p.core.stopped.Load() {
		rescuer, late = p.core.child(s, parent, kind)
	}
	switch {
	case !p.withholds(s):
		if p.next != nil {
			p.next.OnEnd(s)
		}
	case late != nil && !rescuer.closed.Load():
		rescuer.next.OnEnd(late)
	}
}

// child has a child counted and held. It returns the span as one that was sampled, and the processor that is to get it, if its root has
// been rescued. An ordinary child goes to the log; where nobody knows what runs, and so what is over, it is held elsewhere and only counted there.
func (c *core) child(s sdktrace.ReadOnlySpan, parent *trace.SpanContext, kind trace.SpanKind) (rescuer *Processor, late sdktrace.ReadOnlySpan) {
	defer c.guard()
	var parts int
	switch {
	case c.cfg.anatomy:
		if word, bit := c.bench.recents.bit(parent.TraceID()); word.Load()&bit != 0 {
			return c.childSlowly(s, parent, kind)
		}
		parts = weighParts(s, s.Attributes())
	case c.cfg.dependencies && isCall(kind):
		parts = weighAttributes(s.Attributes(), 0)
	default:
		return nil, nil
	}
	if parts > maxLightSpan {
		return c.childSlowly(s, parent, kind)
	}
	if c.log.holding() || !c.cfg.anatomy {
		c.log.append(c.logWord(parent, kind), s, parts)
		return nil, nil
	}
	weight := weighWhole(parts, s.Name(), s.Status(), parent.TraceState())
	if weight > maxLightSpan {
		return c.childSlowly(s, parent, kind)
	}
	if c.cfg.dependencies && isCall(kind) {
		c.log.append(c.logWord(parent, kind), s, parts)
	}
	c.gather.hold(parent, s, weight, nil, claim{})
	return nil, nil
}

// logWord is the word of a child in the log.
func (c *core) logWord(parent *trace.SpanContext, kind trace.SpanKind) (w uint64) {
	if c.running != nil {
		w = c.running.hash.of(parent.TraceID())
	}
	if c.cfg.dependencies && isCall(kind) {
		if w |= loggedCall; kind == trace.SpanKindProducer {
			w |= loggedProducer
		}
	}
	if parent.TraceState().Len() > 0 {
		w |= loggedState
	}
	return w
}

// childSlowly is child where somebody may wait for the span, or where it is heavy. Each question to the span copies all of it: what was asked is
// handed down.
func (c *core) childSlowly(s sdktrace.ReadOnlySpan, parent *trace.SpanContext, kind trace.SpanKind) (rescuer *Processor, late sdktrace.ReadOnlySpan) {
	defer c.guard()
	name, attrs, status := s.Name(), s.Attributes(), s.Status()
	var call measured
	if c.cfg.dependencies && isCall(kind) {
		call = c.measureCall(s, kind, name, attrs, status.Code)
	}
	c.recordCall(call)
	if !c.cfg.anatomy {
		return nil, nil
	}
	if k := c.awaited(parent, s, call.row); k != nil {
		if rescuer = k.rescuer.Load(); rescuer != nil {
			late = c.late(s)
		}
		return rescuer, late
	}
	parts := weighParts(s, attrs)
	switch weight := weighWhole(parts, name, status, parent.TraceState()); {
	case !c.log.holding():
		c.gather.hold(parent, s, weight, call.row, claim{})
	case weight > maxLightSpan:
		c.log.holdAside(c.logWord(parent, kind), parent, s, weight, call.row)
	default:
		c.log.append(c.logWord(parent, kind)&^loggedCall, s, parts)
	}
	return nil, nil
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
	own := ownContext{span: s}
	if c.stopped.Load() {
		c.over(&own)
		c.stats.afterShutdown.Add(1)
		p.handOn(s)
		return
	}
	d := s.EndTime().Sub(s.StartTime())
	if d < 0 {
		c.stats.negative.Add(1)
		d = 0
	}
	elsewhere, known := c.asked(&own)
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
			c.over(&own)
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
		(*m)(own.get().SpanID(), e.endpoint, d, int64(d) > e.markNanos.Load())
	}
	if p.next == nil && !outcome.Failed() && int64(d) <= e.keepNanos.Load() && !c.curious(e) {
		c.over(&own)
	} else {
		p.judge(s, &own, &verdict{entry: e, d: d, asked: known, r: conventions.Request{Kind: e.class.kind(), Method: e.method, Route: route, Status: int(status), Outcome: outcome}})
	}
}

// handOn gives next a span as it came.
func (p *Processor) handOn(s sdktrace.ReadOnlySpan) {
	if p.next != nil && !p.withholds(s) {
		p.next.OnEnd(s)
	}
}

// aftermath is what is left to do with code of the program's when a request has been judged.
type aftermath struct {
	rescued []sdktrace.ReadOnlySpan // children for next
	kept    *slowlog.Entry          // for the functions of WithOnKeep
}

// over takes a local root out of those that run, and lets go of children that are held for it and that nobody has collected. Each question to the
// SDK's snapshot copies it whole: of a root without children at most one is asked.
func (c *core) over(own *ownContext) {
	if c.running != nil {
		if c.running.end(own.get())&markAside != 0 && c.cfg.anatomy && own.span.ChildSpanCount() > 0 {
			c.letGo(own.get())
		}
	} else if c.cfg.anatomy && c.gather.warm.Load() && own.span.ChildSpanCount() > 0 && c.gather.has(own.get().TraceID()) {
		c.letGo(own.get())
	}
}

// letGo lets go of the children of a root that has ended. Where no other request of its trace runs that is all of the trace: what is
// between a child and the root may never have been held.
func (c *core) letGo(root *trace.SpanContext) {
	defer c.guard()
	if c.running != nil && !c.running.runs(root.TraceID()) {
		c.gather.releaseAll(root.TraceID())
	} else {
		c.gather.release(root.TraceID(), root.SpanID(), nil)
	}
}

// judge does what the verdict on a local root asks for, and hands it on.
func (p *Processor) judge(s sdktrace.ReadOnlySpan, own *ownContext, v *verdict) {
	var then aftermath
	out := p.judged(s, v, &then)
	p.core.over(own)
	for _, child := range then.rescued {
		p.next.OnEnd(child)
	}
	if p.next != nil && out != nil {
		p.next.OnEnd(out)
	}
	if then.kept != nil {
		p.core.reportKept(then.kept)
	}
}

// judged returns what next is to get, nil for nothing. A fault of ours leaves next with the span as it came.
func (p *Processor) judged(s sdktrace.ReadOnlySpan, v *verdict, then *aftermath) (out sdktrace.ReadOnlySpan) {
	c := p.core
	if p.next != nil && !p.withholds(s) {
		out = s
	}
	defer c.guard()
	if v.r.Outcome.Failed() || int64(v.d) > v.entry.keepNanos.Load() {
		v.reason = v.entry.reason(v.r.Outcome, v.d)
	}
	if v.reason != "" {
		p.notable(s, v, then)
	} else {
		c.ordinary(s, v)
	}
	switch {
	case v.rescued != "":
		out = asSampled(s, c.enrich(s, v).Attributes())
	case out != nil:
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
		route = conventions.Template(route)
		return c.table.lookup(httpClass, conventions.KnownMethod(method), route), route, status, outcome
	}
	plain := conventions.Span{Kind: s.SpanKind(), Name: s.Name(), Attributes: attrs, Failed: s.Status().Code == codes.Error}
	r := plain.Request()
	if r.Kind == conventions.KindHTTP && r.Status == 0 { // its events tell of panics
		addEvents(&plain, s)
		r = plain.Request()
	}
	if r.Kind == conventions.KindDependency {
		row, prefix, name := c.dependency(s, plain.Kind, attrs, s.EndTime())
		return c.table.lookup(row, prefix, name), name, int64(r.Status), r.Outcome
	}
	if r.Kind == conventions.KindHTTP && method != "" && route == "" && status != 0 && !told {
		c.layouts.LearnServer(attrs)
	}
	return c.row(&r), r.Route, int64(r.Status), r.Outcome
}

// row finds the row of a request. One whose route is not proven may have none of its own: then its route is that of unmatched ones.
func (c *core) row(r *conventions.Request) *entry {
	kind := kindClass(r.Kind)
	if !r.Unproven {
		return c.table.lookup(kind, r.Method, r.Route)
	}
	route := conventions.Clip(r.Route)
	if e := c.table.known(kind, r.Method, route); e != nil {
		return e
	}
	if g := c.names.admit(r, c.table); g != proven {
		e := c.table.guess(kind, r.Method, route, g)
		if e.route != route { // there is no room
			r.Route = e.route
		}
		return e
	}
	if r.Kind == conventions.KindHTTP && !r.Unmatched() {
		c.stats.namedByPath.Add(1)
	}
	r.Route = conventions.UnmatchedRoute
	return c.table.lookup(kind, r.Method, r.Route)
}

// curious reports whether an ordinary request of the endpoint is to be looked at, for what is normal.
func (c *core) curious(e *entry) bool { return c.digesting.Load() && e.samples.Load() > 0 }

// ordinary looks at a few requests a second for what is normal.
func (c *core) ordinary(s sdktrace.ReadOnlySpan, v *verdict) {
	if c.curious(v.entry) && v.entry.samples.Add(-1) >= 0 && c.bench.wantsSamples() {
		c.bench.sample(sample{entry: v.entry, root: s, kin: c.family(s), d: v.d, status: v.r.Status, unsure: c.unsure(s, c.suspicion.Load()), stream: v.r.Outcome == slowlog.OutcomeStream})
	}
}

// family takes the descendants of a root that have ended, before it leaves those that run.
func (c *core) family(s sdktrace.ReadOnlySpan) (f family) {
	if c.cfg.anatomy && s.ChildSpanCount() > 0 {
		sc := s.SpanContext()
		if c.log.holding() {
			c.log.surrender(sc.TraceID(), sc.SpanID())
		}
		c.gather.release(sc.TraceID(), sc.SpanID(), &f)
	}
	return f
}

// notable keeps a request that was slow, failed, or part of a spike, and rescues it if it was not sampled. Its children are collected only
// if somebody wants them.
func (p *Processor) notable(s sdktrace.ReadOnlySpan, v *verdict, then *aftermath) {
	c := p.core
	if v.r.Outcome.Failed() {
		c.failure(s, v)
	}
	v.unsure = c.unsure(s, c.suspicion.Swap(s.EndTime().UnixNano()))
	if p.withholds(s) {
		p.rescues(s, v)
	}
	if v.rescued != "" || s.SpanContext().IsSampled() {
		v.entry.exemplars.add(s, v)
	}
	c.remember(p, s, v, then)
}

// remember puts a notable request into the slow log, and has its anatomy built.
func (c *core) remember(p *Processor, s sdktrace.ReadOnlySpan, v *verdict, then *aftermath) {
	then.kept = c.keep(s, v)
	stored, digesting := then.kept != nil, c.digesting.Load()
	slow := v.slow() || v.reason == slowlog.ReasonSpike
	sampled := !stored && slow && digesting && c.bench.wantsSamples()
	if !stored && !sampled && v.rescued == "" {
		return
	}
	f := c.family(s)
	if sampled {
		c.bench.sample(sample{entry: v.entry, root: s, kin: f, d: v.d, status: v.r.Status, slow: true, unsure: v.unsure})
	}
	if v.rescued != "" {
		c.rescueFamily(&f, then)
	}
	if !stored && v.rescued == "" {
		return
	}
	root := detached(s)
	k := &kept{
		root: root, trace: root.own.TraceID(), id: root.own.SpanID(), entry: v.entry, status: v.r.Status, d: v.d,
		slow: stored && digesting && slow, children: f.spans, dropped: f.dropped, droppedTime: f.droppedTime, dirty: stored, unsure: v.unsure,
		bytes: f.bytes + root.weight(),
	}
	if v.rescued != "" {
		k.rescuer.Store(p)
	}
	waits := stored && digesting
	admitted := c.bench.admit(k, waits)
	if stored && (f.lost || waits && !admitted) {
		c.stats.incomplete(s.EndTime(), waits && !admitted)
	}
	if stored && !digesting {
		c.build(k, s.EndTime())
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
	sc := s.SpanContext()
	c.errors.add(v.entry, info.Type, info.Message, info.Stack, failed{
		trace: sc.TraceID(), span: sc.SpanID(), start: s.StartTime(), took: v.d, end: s.EndTime(), panicked: v.r.Outcome == slowlog.OutcomePanic,
	})
}
