// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"strconv"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

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
