// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const (
	// maxFailures is how many groups of failures a service has, of at most 1 KiB; those beyond share one for each kind of endpoint.
	maxFailures = 100
	// maxFailureText is how many bytes a message has.
	maxFailureText = 256
	// unknownFailure is the type of failures that name none, otherFailures that of those that share a group.
	unknownFailure, otherFailures = "(unknown)", conventions.OverflowRoute
)

// failed are the failed requests of a service, by endpoint and type.
type failed struct {
	by map[failedKey]*spikeprocessor.ErrorGroup
}

type failedKey struct {
	endpoint conventions.Endpoint
	typ      string
}

// add counts a failed request of an endpoint.
func (f *failed) add(ep conventions.Endpoint, sp ptrace.Span, o slowlog.Outcome, d time.Duration) {
	typ, message := thrownBy(sp.Events())
	if typ == "" {
		typ = text(sp.Attributes(), conventions.ErrorTypeKey)
	}
	k := failedKey{ep, conventions.Clip(cmp.Or(typ, unknownFailure))}
	g := f.by[k]
	if g == nil {
		g = f.begin(k)
	}
	end := sp.EndTimestamp().AsTime()
	g.Count++
	if o == slowlog.OutcomePanic {
		g.Panics++
	}
	if g.First.IsZero() || end.Before(g.First) {
		g.First = end
	}
	if end.Before(g.Last) {
		return
	}
	g.Last, g.LastStart, g.LastDuration = end, sp.StartTimestamp().AsTime(), d
	g.LastTraceID, g.LastSpanID = trace.TraceID(sp.TraceID()), trace.SpanID(sp.SpanID())
	message = cmp.Or(message, sp.Status().Message())
	if message = conventions.ErrorText(message[:min(len(message), maxFailureText)]); message != g.Message {
		g.Message = strings.Clone(message)
	}
}

// addPoint counts n failed requests of an endpoint, of which a metric says the type alone, as of when that was heard.
func (f *failed) addPoint(ep conventions.Endpoint, typ string, o slowlog.Outcome, n uint64, now time.Time) {
	k := failedKey{ep, conventions.Clip(cmp.Or(typ, unknownFailure))}
	g := f.by[k]
	if g == nil {
		g = f.begin(k)
	}
	g.Count += n
	if o == slowlog.OutcomePanic {
		g.Panics += n
	}
	if g.First.IsZero() {
		g.First = now
	}
	g.Last = now
	g.LastTraceID, g.LastSpanID, g.LastStart, g.LastDuration, g.Message = trace.TraceID{}, trace.SpanID{}, time.Time{}, 0, ""
}

// begin makes a group in memory of its own, or returns the one that the rest of a kind shares.
func (f *failed) begin(k failedKey) *spikeprocessor.ErrorGroup {
	if f.by == nil {
		f.by = map[failedKey]*spikeprocessor.ErrorGroup{}
	}
	if len(f.by) >= maxFailures {
		k = failedKey{conventions.Endpoint{Kind: k.endpoint.Kind, Route: conventions.OverflowRoute}, otherFailures}
		if g := f.by[k]; g != nil {
			return g
		}
	}
	k.typ = strings.Clone(k.typ)
	g := &spikeprocessor.ErrorGroup{Method: k.endpoint.Method, Route: k.endpoint.Route, Kind: k.endpoint.Kind, Type: k.typ}
	f.by[k] = g
	return g
}

// list is a copy, the latest first.
func (f *failed) list() []spikeprocessor.ErrorGroup {
	all := make([]spikeprocessor.ErrorGroup, 0, len(f.by))
	for _, g := range f.by {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b spikeprocessor.ErrorGroup) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Type, b.Type))
	})
	return all
}
