// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// verdict is what is known of a local root when it has ended.
type verdict struct {
	entry   *entry
	r       conventions.Request
	d       time.Duration
	reason  string // of the slow log; "" for an ordinary request
	rescued string // reason of a rescue; "" if there was none
	asked   bool   // the span does not tell the outcome
	unsure  bool   // as kept.unsure
}

func (v *verdict) slow() bool {
	return v.reason == slowlog.ReasonThreshold || v.reason == slowlog.ReasonBaseline
}

// enriched is a span with more attributes; everything else is the SDK's. They are put together when somebody asks for them, which is an
// exporter in its own goroutine as a rule: the request only pays for this struct.
//
// This is the one place where spans are changed on their way out. When the SDK calls processors before a span has ended,
// (an OnEnding hook, which the specification has and the SDK has not yet), attributes can be set there instead.
type enriched struct {
	sdktrace.ReadOnlySpan
	core    *core
	verdict verdict
	state   *EndpointState // as it was when the span ended; may be nil
	attrs   atomic.Pointer[[]attribute.KeyValue]
}

// Attributes implements sdktrace.ReadOnlySpan. A fault of ours leaves the attributes as they were.
func (e *enriched) Attributes() (attrs []attribute.KeyValue) {
	if p := e.attrs.Load(); p != nil {
		return *p
	}
	attrs = e.ReadOnlySpan.Attributes()
	defer e.core.guard()
	var buf [8]attribute.KeyValue
	if more := e.additions(buf[:0], attrs, e.Name()); len(more) > 0 {
		attrs = withOurs(attrs, more)
	}
	known := attrs // the result itself would be on the heap in each call
	e.attrs.Store(&known)
	return attrs
}

// withOurs returns attributes of which those that have one of our keys are ours, whatever the program wrote under it: a key is there once.
func withOurs(attrs, ours []attribute.KeyValue) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, len(attrs)+len(ours))
	for _, kv := range attrs {
		if !hasKey(ours, kv.Key) {
			all = append(all, kv)
		}
	}
	return append(all, ours...)
}

// enrich returns s with what v adds to its attributes, or s itself if that is nothing.
func (c *core) enrich(s sdktrace.ReadOnlySpan, v *verdict) sdktrace.ReadOnlySpan {
	if c.cfg.enrichment == 0 && v.rescued == "" && !v.asked {
		return s
	}
	return &enriched{ReadOnlySpan: s, core: c, verdict: *v, state: v.entry.state.Load()}
}

// additions appends the attributes that the span gets.
func (e *enriched) additions(to, old []attribute.KeyValue, name string) []attribute.KeyValue {
	v := &e.verdict
	on := func(which enrichment) bool { return e.core.cfg.enrichment&which != 0 }
	if route := v.missingRoute(old, name); route != "" && on(enrichRoute) {
		to = append(to, conventions.RouteKey.String(route))
	}
	if on(enrichOutcome) || v.asked {
		to = append(to, conventions.OutcomeKey.String(v.r.Outcome.String()))
	}
	if v.slow() && on(enrichSlow) {
		to = append(to, conventions.SlowKey.Bool(true))
	}
	if e.state != nil && e.state.BaselineP99 > 0 && on(enrichBaseline) {
		to = append(to, conventions.BaselineP99Key.Float64(e.state.BaselineP99.Seconds()))
		if v.r.Outcome.Timed() {
			to = append(to, conventions.BaselineRatioKey.Float64(float64(v.d)/float64(e.state.BaselineP99)))
		}
	}
	if e.state != nil && e.state.SpikeID != "" && on(enrichSpike) {
		to = append(to, conventions.SpikeIDKey.String(e.state.SpikeID))
	}
	return v.rescueAttrs(to)
}

func (v *verdict) rescueAttrs(to []attribute.KeyValue) []attribute.KeyValue {
	if v.rescued == "" {
		return to
	}
	return append(to, conventions.RescuedKey.Bool(true), conventions.RescueReasonKey.String(v.rescued))
}

// missingRoute is the route of an HTTP request whose span has it only in its name; "" if there is none, or what is there may be a path.
func (v *verdict) missingRoute(attrs []attribute.KeyValue, name string) string {
	if v.r.Kind != conventions.KindHTTP || v.r.Route == conventions.UnmatchedRoute || v.entry.guess == doubted {
		return ""
	}
	if conventions.RouteOfName(v.r.Method, name) != v.r.Route || hasKey(attrs, conventions.RouteKey) {
		return ""
	}
	return v.r.Route
}

func hasKey(attrs []attribute.KeyValue, key attribute.Key) bool {
	return slices.ContainsFunc(attrs, func(kv attribute.KeyValue) bool { return kv.Key == key })
}

// rescuedSpan is a span that was not sampled, as one that was.
type rescuedSpan struct {
	sdktrace.ReadOnlySpan
	parent trace.SpanContext
	own    trace.SpanContext
	attrs  []attribute.KeyValue // nil: as they were
}

// SpanContext implements sdktrace.ReadOnlySpan.
func (r *rescuedSpan) SpanContext() trace.SpanContext { return r.own }

// Parent implements sdktrace.ReadOnlySpan.
func (r *rescuedSpan) Parent() trace.SpanContext { return r.parent }

// Attributes implements sdktrace.ReadOnlySpan.
func (r *rescuedSpan) Attributes() []attribute.KeyValue {
	if r.attrs == nil {
		return r.ReadOnlySpan.Attributes()
	}
	return r.attrs
}

// asSampled returns s as a sampled span. A local parent is one, too, from now on; a remote one decided for itself.
func asSampled(s sdktrace.ReadOnlySpan, attrs []attribute.KeyValue) *rescuedSpan {
	parent := s.Parent()
	if parent.HasSpanID() && !parent.IsRemote() {
		parent = sampled(parent)
	}
	return &rescuedSpan{ReadOnlySpan: s, parent: parent, own: sampled(s.SpanContext()), attrs: attrs}
}

// sampled sets the sampled flag, leaves the random flag as it is, and takes the sampling threshold out of the trace state: the span
// was not chosen with that probability, so nobody may extrapolate from it (OpenTelemetry, TraceState probability sampling).
func sampled(sc trace.SpanContext) trace.SpanContext {
	sc = sc.WithTraceFlags(sc.TraceFlags().WithSampled(true))
	ot := sc.TraceState().Get("ot")
	if !strings.Contains(ot, "th:") {
		return sc
	}
	rest := slices.DeleteFunc(strings.Split(ot, ";"), func(kv string) bool { return strings.HasPrefix(kv, "th:") })
	state := sc.TraceState().Delete("ot")
	if len(rest) > 0 {
		if with, err := state.Insert("ot", strings.Join(rest, ";")); err == nil {
			state = with
		}
	}
	return sc.WithTraceState(state)
}
