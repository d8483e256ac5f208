// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Reasons of a rescue, the values of otelperf.rescue.reason.
const (
	rescueSlow   = "slow"
	rescueFailed = "failed"
	rescueSpike  = "spike"
)

// rescues decides which unsampled requests are exported after all, and counts.
type rescues struct {
	budget *limiter // nil: none

	slow, failed, spike atomic.Uint64 // rescued requests, by reason
	late                atomic.Uint64 // spans that followed their root
	refused             atomic.Uint64 // by the budget
	incomplete          atomic.Uint64 // rescued without some of their children, which a bound had left out
}

// rescueReason is the reason for which a request of this verdict is worth a rescue.
func (v *verdict) rescueReason() string {
	switch {
	case v.slow():
		return rescueSlow
	case v.r.Outcome.Failed():
		return rescueFailed
	case v.reason == slowlog.ReasonSpike:
		return rescueSpike
	default:
		return ""
	}
}

// allow takes one request from the budget.
func (r *rescues) allow(reason string, t time.Time) bool {
	if r.budget == nil {
		return false
	}
	if !r.budget.allow(t) {
		r.refused.Add(1)
		return false
	}
	switch reason {
	case rescueSlow:
		r.slow.Add(1)
	case rescueFailed:
		r.failed.Add(1)
	default:
		r.spike.Add(1)
	}
	return true
}

// rescues decides whether an unsampled request is exported.
func (p *Processor) rescues(s sdktrace.ReadOnlySpan, v *verdict) {
	reason := v.rescueReason()
	if p.next != nil && reason != "" && !p.closed.Load() && p.core.rescues.allow(reason, s.EndTime()) {
		v.rescued = reason
	}
}

// rescueFamily leaves the children of a rescued request that have ended to be handed on, in the order in which they ended.
func (c *core) rescueFamily(f *family, then *aftermath) {
	if f.dropped > 0 {
		c.rescues.incomplete.Add(1)
	}
	for i := len(f.spans) - 1; i >= 0; i-- {
		if !f.spans[i].SpanContext().IsSampled() {
			then.rescued = append(then.rescued, asSampled(f.spans[i], nil))
		}
	}
}

// late returns a child that ended after its rescued root, for the processor that got the root; nil if that would have got it without us.
func (c *core) late(s sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan {
	if s.SpanContext().IsSampled() {
		return nil
	}
	c.rescues.late.Add(1)
	return asSampled(s, nil)
}
