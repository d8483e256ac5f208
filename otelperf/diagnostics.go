// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/historian"
	"github.com/otelperf/otelperf-go/otelperf/internal/peers"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// sourceOTLP is Diagnostics.Source of a service that runs elsewhere.
const sourceOTLP = "otlp"

// Diagnostics answers "is it wired right, and was anything lost?".
type Diagnostics struct {
	Disabled string `json:"disabled,omitzero"` // the variable that switched us off
	Source   string `json:"source"`            // spans or metrics of this program, or otlp: those of a service elsewhere, which a collector receives
	Stalled  bool   `json:"stalled,omitzero"`  // no evaluation for five intervals, or since Shutdown: the numbers are old
	// ReaderRegistered tells whether the Reader stands in a MeterProvider. The span source does not need it.
	ReaderRegistered bool `json:"reader_registered"`
	ProcessorUsed    bool `json:"processor_used"`  // SpanProcessor was called, as the span source needs it
	MiddlewareUsed   bool `json:"middleware_used"` // Middleware was called
	// RequestSpans is what Middleware has seen of the spans of requests since the start or the last reset: "none" of requests without one, "dropped" of those
	// that the sampler drops, so that no processor hears of them, "recorded" of those that processors of their own provider hear of.
	RequestSpans []string `json:"request_spans"`
	// Around is what Middleware stands around: ServeMux, gin, echo, chi, gorilla/mux, ReverseProxy (of net/http/httputil), or other.
	Around []string `json:"around"`
	// Below is what a ServeMux next to Middleware has for subtrees whose requests are counted as one row, in the same words.
	Below []string `json:"below"`
	// Routers are those of gin, echo, chi and gorilla/mux that are in Around or Below, or else those that the program is built with.
	Routers []string `json:"routers"`
	// Metrics says whether those of otelperf are "read" by a reader of their MeterProvider, "unread" until one has collected them, or "off":
	// the provider is one that does nothing, or all is disabled.
	Metrics string `json:"metrics"`
	// CoarseMetrics: a View gives a duration metric explicit buckets, or wider ones than ours.
	CoarseMetrics bool   `json:"coarse_metrics,omitzero"`
	MetricPanics  uint64 `json:"metric_panics,omitzero"` // collections of the metric source that a callback of the program ended by a panic
	MetricLate    uint64 `json:"metric_late,omitzero"`   // collections of the metric source that were not there in time: callbacks of the program are slow
	// MetricOverflow is the number of requests beyond the SDK's cardinality limit, with the metric source: they are in the row (other),
	// and their outcome is not known.
	MetricOverflow uint64               `json:"metric_overflow,omitzero"`
	Processor      spikeprocessor.Stats `json:"processor"` // what happened to spans
	Engine         engine.Stats         `json:"engine"`    // what the evaluations did
	SlowLog        slowlog.Stats        `json:"slow_log"`  // what the slow log holds
	// Log lines that were left out, by reason.
	SlowLinesSuppressed uint64 `json:"slow_lines_suppressed"`        // more than 10 a second at one endpoint
	LogLinesDropped     uint64 `json:"log_lines_dropped"`            // the logger was too slow
	LogFaults           uint64 `json:"log_faults"`                   // the log handler panicked
	AlertsDropped       uint64 `json:"alerts_dropped"`               // a receiver was too slow
	AlertFaults         uint64 `json:"alert_faults"`                 // a receiver panicked
	AccessDenied        uint64 `json:"access_denied"`                // requests to Handler that were refused
	Faults              uint64 `json:"faults"`                       // panics of ours that were recovered in evaluations, lines, alerts, events and the stream
	StateFileFailures   uint64 `json:"state_file_failures"`          // reads and writes of the state file that failed
	StateFileConflict   bool   `json:"state_file_conflict,omitzero"` // another process writes it
	StateFileError      string `json:"state_file_error,omitzero"`    // what is wrong with it now; empty if nothing is
	// History is how the writing to the store of WithHistory goes; nil without one.
	History *historian.State `json:"history,omitzero"`
	// Fleet is how the sharing through the store of WithFleet goes; nil without one.
	Fleet            *peers.State `json:"fleet,omitzero"`
	Panics           uint64       `json:"panics"`            // that Middleware saw
	MiddlewareFaults uint64       `json:"middleware_faults"` // panics of ours in Middleware that were recovered
	// SubtreeRequests are those in a row like GET /api/, though a router below may know more: an estimate where Middleware sees no routes.
	SubtreeRequests uint64 `json:"subtree_requests"`
	// UnroutedRequests are those that Middleware saw served, or ended by a panic, though no mux has told their route: a handler in between may hide it.
	UnroutedRequests uint64 `json:"unrouted_requests"`
	// UnmatchedOK are the requests without a route that were answered with success, UnmatchedPanics those that panicked, both since the
	// start or the last reset.
	UnmatchedOK     uint64   `json:"unmatched_ok"`
	UnmatchedPanics uint64   `json:"unmatched_panics"` // see UnmatchedOK
	Mounts          []string `json:"mounts"`           // prefixes below which Handler was reached
	// SharedMetrics: another Monitor of the same name, or without one, too, overwrites the metrics of this one, or is going to when a reader collects.
	SharedMetrics bool `json:"shared_metrics,omitzero"`
	// Evidence is how the recorder of WithEvidence is, and what it took; nil without one.
	Evidence *causes.RecorderStatus `json:"evidence,omitzero"`
	// Notifiers is how the notifiers fare; nil without WithNotifier.
	Notifiers []NotifierStatus `json:"notifiers,omitzero"`
	// Streams says how GET stream fares.
	Streams struct {
		Clients int    `json:"clients"` // that read it now
		Max     int    `json:"max"`     // of WithMaxStreams
		Refused uint64 `json:"refused"` // clients beyond Max
		Dropped uint64 `json:"dropped"` // clients that read too slowly
		Lost    uint64 `json:"lost"`    // events that came too fast
	} `json:"streams"`
	Own      OwnCost           `json:"own"`      // what otelperf itself takes
	Versions map[string]string `json:"versions"` // of otelperf, otel, otel_sdk, go, service
	Hints    []string          `json:"hints"`    // what looks wrong and how to mend it
	// HintNames says in a word what each of Hints is about, such as sampler, doubled, unrouted: the words stay as they are.
	HintNames []string `json:"hint_names"`
}

// Diagnostics returns what is known of the wiring and of what was lost.
func (m *Monitor) Diagnostics() Diagnostics {
	d := Diagnostics{
		Disabled: m.disabled, Source: "spans", Processor: m.processor.Stats(), Engine: m.engine.Stats(), SlowLog: m.slow.Stats(),
		SlowLinesSuppressed: m.lines.suppressed.Load(), LogLinesDropped: m.lines.dropped.Load() + m.audits.dropped.Load(),
		LogFaults: m.lines.panics.Load() + m.audits.panics.Load() + m.counters.LogPanics.Load(), Faults: m.faults.Count() + fault.Shared.Count(),
		AlertsDropped: m.alerts.dropped.Load(), AlertFaults: m.alerts.panics.Load(), AccessDenied: m.companion.Denied(),
		Panics: m.panics.Load(), MiddlewareFaults: m.counters.Faults.Count(), SubtreeRequests: m.counters.Subtrees.Load(),
		ProcessorUsed: m.wired.processor.Load(), MiddlewareUsed: m.wired.middleware.Load(),
		UnroutedRequests: m.counters.Unrouted.Load(), Mounts: m.companion.Mounts(), SharedMetrics: m.hasNamesake(true),
		RequestSpans: m.requestSpans(), Around: m.around(), Metrics: m.metricsState(),
	}
	subtrees := m.subtrees()
	d.Below = belowOf(subtrees)
	d.Routers = routersOf(d.Around, d.Below)
	unmatched := m.engine.Unmatched()
	if !m.counters.Routed.Load() { // nor has Middleware seen any of them
		d.SubtreeRequests = d.Processor.SubtreeRequests
	}
	d.UnmatchedOK, d.UnmatchedPanics = unmatched[slowlog.OutcomeOK], unmatched[slowlog.OutcomePanic]
	d.Engine.TickSeconds = time.Duration(m.reader.spent.Load()).Seconds()
	d.ReaderRegistered, d.Stalled = m.reader.registered(), m.stalled()
	if m.state != nil {
		d.StateFileFailures, d.StateFileConflict = m.state.failed.Load(), m.state.conflict.Load()
		if err := m.state.Trouble(); err != nil {
			d.StateFileError = err.Error()
		}
	}
	if m.past != nil {
		d.History = new(m.past.state())
	}
	if m.fleet != nil {
		d.Fleet = new(m.fleet.state())
	}
	if m.metrics != nil {
		d.Source, d.CoarseMetrics, d.MetricPanics, d.MetricOverflow = "metrics", m.metrics.Coarse(), m.metrics.Panics(), m.metrics.Overflow()
		d.MetricLate = m.metrics.Late()
	}
	if m.cfg.feed != nil {
		d.Source = sourceOTLP
	}
	if r := m.recorder(); r != nil {
		d.Evidence = new(r.Status())
	}
	d.Notifiers = m.couriers.status()
	streams := m.companion.Streams()
	d.Streams.Clients, d.Streams.Max = streams.Clients, streams.Max
	d.Streams.Refused, d.Streams.Dropped, d.Streams.Lost = streams.Refused, streams.Dropped, streams.Lost
	d.Own, d.Versions = m.own(&d), m.versions()
	d.Hints, d.HintNames = d.hints(subtrees)
	if m.cfg.feed != nil {
		for _, h := range m.cfg.feed.Hints() {
			d.Hints, d.HintNames = append(d.Hints, h.Text), append(d.HintNames, h.Name)
		}
	}
	return d
}

// requestSpans names the kinds of spans that requests had.
func (m *Monitor) requestSpans() []string {
	kinds, k := []string{}, &m.counters.SpanKinds
	for name, seen := range map[string]*atomic.Bool{"none": &k.None, "dropped": &k.Dropped, "recorded": &k.Recorded} {
		if seen.Load() {
			kinds = append(kinds, name)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// metricsState says who reads our metrics.
func (m *Monitor) metricsState() string {
	if m.metering == nil {
		return "off"
	}
	if _, off := m.meters().(noop.MeterProvider); off {
		return "off"
	}
	if m.metering.observed.Load() {
		return "read"
	}
	return "unread"
}

// ended says why the counting has ended.
func (d *Diagnostics) ended() string {
	if d.Processor.GaveUp {
		return fmt.Sprintf("requests are not counted since there were %d faults of otelperf itself: restart the program, and report what the "+
			"OpenTelemetry error handler has of them", d.Processor.Faults)
	}
	return "requests are not counted since Monitor.Shutdown was called"
}

const doubledText = "A TracerProvider has two processors of Monitor.SpanProcessor, one beside or inside of the other: the second one counts nothing and only " +
	"hands spans on. Register one, in front of the exporters; with Setup, none"

// noEvidence says why there is no recording to be had; "" if one can be made.
func (d *Diagnostics) noEvidence() string {
	switch e := d.Evidence; {
	case e == nil:
		return ""
	case e.State == causes.RecorderOff && !d.Processor.Stopped:
		return "the recorder of evidence was shut down"
	case e.Error != "":
		return fmt.Sprintf("%s (%d times)", e.Error, e.Failures)
	}
	return ""
}

// fewRequests is how many of a kind say nothing of the wiring yet.
const fewRequests = 20

// hints says what looks wrong and how to mend it.
func (d *Diagnostics) hints(subtrees []subtree) (hints, names []string) {
	hints, names = []string{}, []string{}
	add := func(name string, when bool, format string, args ...any) {
		if when {
			hints, names = append(hints, fmt.Sprintf(format, args...)), append(names, name)
		}
	}
	if d.Disabled != "" {
		add("disabled", true, "%s is set: nothing is measured.", d.Disabled)
		return hints, names
	}
	add("gave_up", d.Processor.GaveUp, "%s.", d.ended())
	add("shared_metrics", d.SharedMetrics && d.Metrics == "read", "%s", namesakeText)
	add("shared_metrics", d.SharedMetrics && d.Metrics != "read", "%s No reader has collected them yet.", namesakeText)
	add("metric_reader", d.Source == "metrics" && !d.ReaderRegistered,
		"The metric source needs Monitor.Reader in the MeterProvider: sdkmetric.WithReader(mon.Reader()).")
	add("coarse_metrics", d.CoarseMetrics, "A View gives a duration metric buckets wider than ours: quantiles are as coarse as they are.")
	add("metric_late", d.MetricLate > 0, "%d collections of the MeterProvider took longer than WithMetricInterval, or 10 s: callbacks of the program's instruments are slow. "+
		"What they bring is counted when it comes, and spikes are seen later: set a longer interval, or have the callbacks report what is known already.", d.MetricLate)
	add("metric_overflow", d.MetricOverflow > 0, "%d requests are beyond the SDK's cardinality limit: they are in the row (other), and those that failed count as ok. "+
		"Raise it (sdkmetric.WithCardinalityLimit), or look for attributes with ids in them.", d.MetricOverflow)
	add("max_endpoints", d.Processor.Overflowed > 0, "%d requests are in the row (other): raise WithMaxEndpoints, or look for span names with ids in them. "+
		"Rows that are rare and old make room; a reset with the baselines has all do so.", d.Processor.Overflowed)
	d.subtreeHints(subtrees, add)
	d.routeHints(add)
	d.samplerHint(add)
	add("doubled", d.Processor.Doubled, "%s.", doubledText)
	add("state_file_conflict", d.StateFileConflict, "Another process writes the state file: give each a file of its own (WithStateFile).")
	add("state_file", d.StateFileError != "" && !d.StateFileConflict, "Baselines do not survive a restart as they should: %s.", d.StateFileError)
	if d.History != nil {
		add("history", d.History.Error != "", "What happens is not stored as it should be: %s.", d.History.Error)
	}
	if d.Fleet != nil {
		add("fleet", d.Fleet.Error != "", "The instances of the fleet do not know each other as they should: %s.", d.Fleet.Error)
		add("fleet", d.Fleet.Error == "" && d.Fleet.RowsLeft > 0, "%d endpoints, those with the fewest requests, do not fit into the 1 MiB that an instance of a fleet shares.", d.Fleet.RowsLeft)
	}
	if leaked := d.Processor.Leaked; len(leaked) > 0 {
		add("leaked", true, "Requests named %q have been running for up to %.0f s, %d of them: unless they are streams, look for what they wait for, or for a span that is "+
			"never ended. GET active lists the longest.", leaked[0].Name, leaked[0].OldestAgeSeconds, leaked[0].Count)
	}
	add("stale_spans", d.Processor.HeldStale > 0, "At least %d spans are in no request's anatomy, and the internal ones among them in no row: no request above them ended "+
		"within a minute, and none is known here that runs. If that is work that goes on after its request, all is well; below a span that never ends "+
		"start each job with trace.WithNewRoot; of a parent that another process or provider has, say that it is remote "+
		"(trace.ContextWithRemoteSpanContext), or give its provider Monitor.SpanProcessor.", d.Processor.HeldStale)
	add("long_spans", d.Processor.HeldRunning > 0, "%d spans are below requests that have been running for more than a minute, most of them below %q: they are in no "+
		"anatomy, and the internal ones in no row, until that ends. If it is a job, all is well; if it never ends, as a span around the whole program or "+
		"around a loop, start each job below it with trace.WithNewRoot.", d.Processor.HeldRunning, d.Processor.HeldRunningName)
	add("hook_panics", d.Processor.HookPanics > 0, "A function of WithOnKeep has panicked %d times.", d.Processor.HookPanics)
	add("anatomies", d.Processor.AnatomiesIncomplete+d.Processor.AnatomiesDropped > 0, "The anatomies of %d slow or failed requests lack calls for want of room, those of %d all of them. "+
		"Requests that make many calls and are never slow are best left out of the trace.", d.Processor.AnatomiesIncomplete, d.Processor.AnatomiesDropped)
	add("clipped", d.Processor.HeldClipped > 0, "%d calls carried more than 8 KiB of attributes and events: their texts are cut in the slow log, and in rescued traces.",
		d.Processor.HeldClipped)
	if why := d.noEvidence(); why != "" {
		add("evidence", true, "What slow requests wait for cannot be recorded: %s.", why)
	}
	add("log_lines", d.LogLinesDropped > 0, "%d log lines are lost: the logger is too slow. Those held back beyond 10 a second of one endpoint are not among them.", d.LogLinesDropped)
	add("negative_durations", d.Processor.NegativeDurations > 0, "%d spans ended before they began and count as 0 ms.", d.Processor.NegativeDurations)
	return hints, names
}
