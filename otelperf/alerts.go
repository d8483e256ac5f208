// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"log/slog"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// LevelCritical is the level of alerts, above slog.LevelError. A handler shows it as ERROR+3 unless its ReplaceAttr says
// otherwise; see ReplaceLevel. As a severity of OpenTelemetry it is ERROR4: FATAL, which is one step above, is for a process that dies.
const LevelCritical = slog.LevelError + 3

// ReplaceLevel is for slog.HandlerOptions.ReplaceAttr: it shows LevelCritical as CRITICAL.
func ReplaceLevel(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.LevelKey {
		if l, ok := a.Value.Any().(slog.Level); ok && l == LevelCritical {
			a.Value = slog.StringValue("CRITICAL")
		}
	}
	return a
}

// Names of the events that are emitted through the OpenTelemetry log API.
const (
	logEventSpikeStarted  = "otelperf.spike.started"
	logEventSpikeUpdated  = "otelperf.spike.updated"
	logEventSpikeReopened = "otelperf.spike.reopened"
	logEventSpikeEnded    = "otelperf.spike.ended"
)

// queuedAlerts bounds the alerts that wait while a logger or an OnSpike function is slow.
const queuedAlerts = 64

// alerter reports spikes to logger, OpenTelemetry events and OnSpike functions, from a goroutine of its own. A receiver that panics is
// counted, one that is slow delays only other alerts.
type alerter struct {
	*worker.Worker
	logger  *slog.Logger // nil: slog.Default() at the time
	name    string       // of the Monitor
	named   []attribute.KeyValue
	events  otellog.Logger
	onSpike []func(Spike)
	slow    *slowlog.Store
	beside  *spikeSignals

	queue   chan news
	dropped atomic.Uint64
	panics  atomic.Uint64 // of receivers
	faults  *fault.Log
}

func newAlerter(c *config, slow *slowlog.Store, faults *fault.Log) *alerter {
	provider := c.loggerProvider
	if provider == nil {
		provider = otel.GetLoggerProvider()
	}
	return &alerter{
		Worker: worker.New(), logger: c.logger, name: c.name, named: c.nameAttributes(), events: provider.Logger(scopeName, otellog.WithInstrumentationVersion(Version)), onSpike: c.onSpike,
		slow: slow, queue: make(chan news, queuedAlerts), faults: faults,
	}
}

// put queues news. It never blocks.
func (a *alerter) put(n news) {
	select {
	case <-a.Stopping():
		a.dropped.Add(1)
		return
	default:
	}
	select {
	case a.queue <- n:
	default:
		a.dropped.Add(1)
	}
}

// start begins to report, until Close: then what is queued is reported still.
func (a *alerter) start() {
	worker.Deliver(a.Worker, a.queue, func(n news) { a.faults.Guard("the alerts", func() { a.report(n) }) })
}

// report delivers news to every receiver, what is muted to the logs alone.
func (a *alerter) report(n news) {
	ev := n.Event
	al := &alert{news: n, spike: spikeOf(&ev.Incident)}
	a.beside.add(&al.spike, &ev.Incident)
	a.log(al)
	a.emit(al)
	if n.muted {
		return
	}
	for _, f := range a.onSpike {
		sp := spikeOf(&ev.Incident) // its slices are f's to keep
		a.beside.add(&sp, &ev.Incident)
		fault.Contain(&a.panics, func() { f(sp) })
	}
}

// alert is an event as receivers see it.
type alert struct {
	news
	spike Spike
}

// signals are the sentences of what had left its normal beside the spike.
func (ev *alert) signals() (sentences []string) {
	for i := range ev.spike.Signals {
		sentences = append(sentences, ev.spike.Signals[i].Sentence)
	}
	return sentences
}

// headline is the first endpoint as a message has it: one of growth has the quantile of the worst minute, and the evidence in its reason.
func (ev *alert) headline() *SpikeEndpoint {
	p := ev.spike.Endpoints[0]
	if ev.Grew && p.Ratio != nil && p.WorstRatio != nil && *p.WorstRatio > *p.Ratio {
		p.P99Ms, p.QuantileMs, p.Ratio = p.WorstP99Ms, p.WorstMs, p.WorstRatio
		p.Quantile, p.BaselineQuantileMs = ev.Incident.Parts[0].Worst.Rank, p.WorstMs / *p.WorstRatio
	}
	return &p
}

// log writes the alert as one line.
func (a *alerter) log(ev *alert) {
	l := a.logger
	if l == nil {
		l = slog.Default()
	}
	level, what := LevelCritical, ev.matter()
	if ev.warning() {
		level = slog.LevelWarn
	}
	text := what + " started"
	switch {
	case ev.Closed:
		level, text = slog.LevelInfo, what+" ended"
		if ev.Incident.State == engine.NewNormal {
			text = what + " became the new normal"
		}
	case ev.Reopened:
		text = what + " reopened"
	case ev.Grew:
		text = what + " grew"
	case ev.Resumed:
		level, text = slog.LevelWarn, what+" goes on after the restart"
	case ev.Explained:
		level, text = slog.LevelWarn, what+": its cause is known"
	}
	attrs := []slog.Attr{slog.String("spike_id", ev.spike.ID)}
	if ev.muted {
		level, attrs = slog.LevelInfo, append(attrs, slog.Bool("muted", true))
	}
	if a.name != "" {
		attrs = append(attrs, slog.String("monitor", a.name))
	}
	if level == LevelCritical {
		attrs = append(attrs, slog.String("severity", "CRITICAL"))
	}
	p := ev.headline()
	attrs = append(attrs,
		slog.String("endpoint", endpointName(p.Method, p.Route)), slog.Int("endpoints", len(ev.spike.Endpoints)),
		slog.String("matter", p.Matter), slog.String("reason", ev.spike.Reason), slog.Time("start", ev.spike.Start))
	attrs = append(attrs, ev.numbers(p)...)
	if ev.spike.Cause != "" {
		attrs = append(attrs, slog.String("cause", ev.spike.Cause))
	}
	if ev.spike.After != nil {
		attrs = append(attrs, slog.String("after", ev.spike.After.Sentence))
	}
	if p.WaitsFor != "" {
		attrs = append(attrs, slog.String("waits_for", p.WaitsFor))
	}
	if signals := ev.signals(); len(signals) > 0 {
		attrs = append(attrs, slog.Any("signals", signals))
	}
	if ev.spike.End != nil {
		attrs = append(attrs, slog.Float64("duration_seconds", ev.spike.End.Sub(ev.spike.Start).Seconds()),
			slog.Uint64("requests", ev.spike.CostRequests), slog.Uint64("slow_requests", ev.spike.CostSlow), slog.Uint64("failed_requests", ev.spike.CostFailed))
	}
	if (ev.Closed || ev.Grew) && p.Matter == string(engine.Latency) {
		attrs = append(attrs, slog.Time("worst_at", p.WorstAt), slog.Float64("worst_ms", p.WorstMs))
	}
	if ids := ev.spike.traceIDs(); len(ids) > 0 {
		attrs = append(attrs, slog.Any("trace_ids", ids))
	}
	fault.Contain(&a.panics, func() { l.LogAttrs(context.Background(), level, text, attrs...) })
}

// emit sends the alert as an OpenTelemetry event.
func (a *alerter) emit(ev *alert) {
	r := ev.record()
	r.AddAttributes(a.named...)
	ctx := a.context(ev.Incident.Examples)
	fault.Contain(&a.panics, func() { a.events.Emit(ctx, r) })
}

// EventRecord is the OpenTelemetry event by which a message of an engine is told, for whoever drives an engine without a Monitor; ev.Part is
// nil. Its name is otelperf.spike.started, otelperf.spike.updated, otelperf.spike.reopened or otelperf.spike.ended; the README lists its
// attributes.
func EventRecord(ev *engine.Event) otellog.Record {
	al := &alert{news: news{Event: ev}, spike: spikeOf(&ev.Incident)}
	return al.record()
}

// record is the alert as an OpenTelemetry event: severity ERROR4 for a start or growth, which is LevelCritical, WARN for a
// cause that has become known, for one that goes on after a restart and for what is to wake nobody, INFO for an end and for all that is
// muted. The attribute otelperf.alert.severity says critical, warning or info.
func (ev *alert) record() (r otellog.Record) {
	name, severity, severityText, urgency := logEventSpikeStarted, otellog.SeverityError4, "ERROR", "critical"
	if ev.warning() {
		severity, severityText, urgency = otellog.SeverityWarn, "WARN", "warning"
	}
	switch {
	case ev.Closed:
		name, severity, severityText, urgency = logEventSpikeEnded, otellog.SeverityInfo, "INFO", "info"
	case ev.Reopened:
		name = logEventSpikeReopened
	case ev.Grew:
		name = logEventSpikeUpdated
	case ev.Explained, ev.Resumed:
		name, severity, severityText, urgency = logEventSpikeUpdated, otellog.SeverityWarn, "WARN", "info"
	}
	if ev.muted {
		severity, severityText, urgency = otellog.SeverityInfo, "INFO", "info"
		r.AddAttributes(attribute.Bool("otelperf.spike.muted", true))
	}
	r.SetEventName(name)
	r.SetTimestamp(ev.Time)
	r.SetSeverity(severity)
	r.SetSeverityText(severityText)
	r.SetBody(attribute.StringValue(ev.spike.Reason))
	r.AddAttributes(attribute.String("otelperf.alert.severity", urgency))
	r.AddAttributes(ev.attributes()...)
	return r
}

// context is that of the first trace, if it is still in the slow log.
func (a *alerter) context(requests []engine.Request) context.Context {
	if len(requests) > 0 {
		for e := range a.slow.Lookup(requests[0].TraceID) {
			return spanContext(e)
		}
	}
	return context.Background()
}

// spanContext is that of a request, so that an event is tied to its trace.
func spanContext(e *slowlog.Entry) context.Context {
	var flags trace.TraceFlags
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: e.TraceID, SpanID: e.SpanID, TraceFlags: flags.WithSampled(e.Sampled || e.Rescued),
	}))
}

// attributes are those of the OpenTelemetry event; durations in seconds, as the conventions have it.
func (ev *alert) attributes() []attribute.KeyValue {
	sp, p := &ev.spike, ev.headline()
	attrs := []attribute.KeyValue{
		attribute.String("otelperf.spike.id", sp.ID),
		attribute.String("otelperf.spike.state", sp.State),
		attribute.String("otelperf.spike.matter", p.Matter),
		attribute.Int("otelperf.spike.endpoints", len(sp.Endpoints)),
		attribute.Int64("otelperf.spike.start_unix_nano", sp.Start.UnixNano()),
		attribute.String("otelperf.endpoint", endpointName(p.Method, p.Route)),
		attribute.Int64("otelperf.spike.requests", int64(p.Requests)),
		attribute.Float64("otelperf.spike.expected", p.Expected),
		attribute.StringSlice("otelperf.spike.trace_ids", sp.traceIDs()),
	}
	attrs = append(attrs, measures(p)...)
	if p.WaitsFor != "" {
		attrs = append(attrs, attribute.String("otelperf.spike.waits_for", p.WaitsFor))
	}
	if sp.Cause != "" {
		attrs = append(attrs, attribute.String("otelperf.spike.cause", sp.Cause))
	}
	if len(sp.Causes) > 0 && !sp.Causes[0].Unknown {
		first := &sp.Causes[0]
		attrs = append(attrs, attribute.String("otelperf.spike.cause.about", first.About), attribute.String("otelperf.spike.cause.source", string(first.Source)),
			attribute.Float64("otelperf.spike.cause.share", first.Share))
	}
	if len(sp.Causes) > 0 && sp.Causes[0].At != "" {
		attrs = append(attrs, attribute.String("otelperf.spike.cause.at", sp.Causes[0].At))
	}
	if signals := ev.signals(); len(signals) > 0 {
		attrs = append(attrs, attribute.StringSlice("otelperf.spike.signals", signals))
	}
	if sp.End != nil {
		attrs = append(attrs, attribute.Int64("otelperf.spike.cost.requests", int64(sp.CostRequests)), attribute.Int64("otelperf.spike.cost.slow", int64(sp.CostSlow)),
			attribute.Int64("otelperf.spike.cost.failed", int64(sp.CostFailed)))
	}
	if (ev.Closed || ev.Grew) && p.Matter == string(engine.Latency) {
		attrs = append(attrs, attribute.Float64("otelperf.spike.worst", p.WorstMs/1e3))
	}
	if sp.After != nil {
		attrs = append(attrs, attribute.String("otelperf.spike.after", sp.After.Sentence), attribute.String("otelperf.spike.after.mark", sp.After.Mark))
	}
	if sp.SinceVersion != "" {
		attrs = append(attrs, attribute.String("otelperf.spike.since_version", sp.SinceVersion))
	}
	return attrs
}
