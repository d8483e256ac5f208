// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

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
