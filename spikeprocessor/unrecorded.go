// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// suspectsFor is for how long RecordSuspects records all spans after a request was kept.
const suspectsFor = time.Minute

// unsure reports whether our sampler may have left out children of a local root that has ended. suspicion is when the last request
// before it was kept, in unix ns.
func (c *core) unsure(root sdktrace.ReadOnlySpan, suspicion int64) bool {
	if c.cfg.mode == RecordAll || !c.samplerUsed.Load() || root.SpanContext().IsSampled() {
		return false
	}
	allAlong := suspicion <= root.StartTime().UnixNano() && root.EndTime().UnixNano()-suspicion < int64(suspectsFor)
	return c.cfg.mode == RecordRoots || !allAlong
}

// unrecorded is how many direct children of a root that our sampler may have left out were started and not heard of: the SDK counts
// those, too, that a sampler drops. Such that have not ended yet, or are requests of their own, are among them.
func unrecorded(unsure bool, root sdktrace.ReadOnlySpan, children []slowlog.Span, dropped int) int {
	if !unsure {
		return 0
	}
	n := root.ChildSpanCount() - dropped
	for i := range children {
		if children[i].Parent == root.SpanContext().SpanID() {
			n--
		}
	}
	return max(0, n)
}

// cause names the mode in findings.
func (m SamplerMode) cause() string {
	if m == RecordSuspects {
		return "sampler mode suspects, not yet ended, or requests of their own"
	}
	return "sampler mode roots"
}
