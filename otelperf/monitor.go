// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/httpmw"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/metricsource"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/otelperf/internal/stacks"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// Monitor is everything at once, to be added to a pipeline: a span processor, a sampler, a metric producer, a metric
// reader, a middleware and the companion endpoint, all on the same numbers.
//
// All methods are safe for concurrent use.
type Monitor struct {
	cfg        config
	disabled   string // the variable that switched us off; "" when on
	began      time.Time
	processor  *spikeprocessor.Processor
	link       spikeprocessor.Link  // of processor
	metrics    *metricsource.Source // nil with the span source
	engine     *engine.Engine
	reader     *Reader
	slow       *slowlog.Store
	slowBase   atomic.Uint64 // slow requests before the last reset
	lines      *lineWriter
	alerts     *alerter
	tracker    tracker      // nil without events
	state      *stateKeeper // nil without a state file
	past       archive      // nil without a history
	fleet      allInstances // nil without a store for it
	memory     *stateMemory // nil when disabled
	bundles    *bundleDir   // nil without a directory for them
	couriers   couriers     // to notifiers
	metering   *instruments // nil when off
	runtime    *runtimesignals.Recorder
	beside     spikeSignals
	marks      marker
	arming     *armer             // nil without a recorder of evidence
	goroutines *httpmw.Goroutines // nil: their stacks are not wanted
	stacks     *stacks.Sampler    // nil without goroutines
	unwatch    func()             // what feeds us; nil without that
	companion  *companion.Companion
	wrap       func(http.Handler) http.Handler // Middleware
	wired      struct {                        // what the program has asked for
		processor, middleware atomic.Bool
		around                atomic.Uint32 // what Middleware stands around: a bit for each of handlerKinds
	}
	counters httpmw.Counters
	spans    httpmw.Spans
	panics   atomic.Uint64
	settings settings
	audits   *auditor
	faults   fault.Log // of ours, outside of requests
	closed   atomic.Bool
	causes   spikeCauses
	book     *mutes.Book // of acks and mutes
}

// New returns a Monitor. Its error joins all that is wrong with the options and the environment, each wrapping ErrConfig. It starts
// five goroutines (one more unless WithStacks(false) or the metric source leaves stacks out, one with a state file, one with a history, and
// for up to a minute another where that has no state to go on from, one with a fleet, one with a directory for bundles, one with the metric source, one with
// evidence, one for each pool of WithDB and each notifier), which Shutdown ends.
//
// With OTEL_SDK_DISABLED or OTELPERF_DISABLED set to true the Monitor does nothing: SpanProcessor and Sampler return what they are
// given, Middleware returns its handler, and no goroutine is started.
func New(opts ...Option) (*Monitor, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	m := &Monitor{disabled: cfg.disabled, began: time.Now(), audits: newAuditor(cfg.logger)}
	m.settings.begin(&cfg)
	cfg.logger = slog.New(&levelled{level: &m.settings.level, logger: cfg.logger})
	m.cfg = cfg
	if cfg.feed != nil {
		m.began = cfg.feed.Began()
	}
	if err := m.build(); err != nil {
		return nil, errors.Join(err, m.discard())
	}
	if m.disabled == "" {
		m.start()
	}
	return m, nil
}

// build makes the parts and connects them. Nothing is started, and nothing is known outside but our instruments, which come last.
func (m *Monitor) build() (err error) {
	m.book, m.marks.List = m.notes()
	m.lines = newLineWriter(m.cfg.logger, &m.faults)
	m.runtime = runtimesignals.New("/", m.cfg.pools, &m.faults)
	m.beside.recorder, m.beside.book, m.beside.marks = m.runtime, m.book, &m.marks
	m.companion = companion.New(service{m}, companion.Config{
		Windows: windowNames(false), LongWindows: []string{string(Window24h), string(Window7d)}, History: m.cfg.history != nil && m.disabled == "", Fleet: m.cfg.fleet != nil && m.disabled == "", Elsewhere: m.cfg.feed != nil, Window: string(Window5m), Sortings: sortingNames(), MaxSpikes: engine.MaxIncidents, MaxStreams: m.cfg.maxStreams,
		Guard: m.guard(), Access: access.Config{Authorizer: m.cfg.authorizer, BearerToken: m.cfg.token, LocalChanges: m.cfg.localChanges}, Faults: &m.faults,
	})
	if m.slow, err = m.newSlowLog(); err != nil {
		return err
	}
	m.beside.slow = m.slow
	opts := append(m.cfg.processor, spikeprocessor.WithSlowLog(m.slow), spikeprocessor.WithOnKeep(m.lines.slow))
	if m.cfg.feed != nil { // no span comes by here
		opts = append(opts, spikeprocessor.WithMaxEndpoints(1), spikeprocessor.WithInFlight(false), spikeprocessor.WithAnatomy(false), spikeprocessor.WithDependencies(false))
	}
	if m.processor, err = spikeprocessor.New(nil, opts...); err != nil {
		return err
	}
	m.link = m.processor.Link()
	m.settings.now.Load().slowThreshold = m.link.DefaultSlowThreshold()
	if err := m.buildEngine(); err != nil {
		return err
	}
	if m.disabled == "" {
		m.remember()
		m.arming = newArmer(m.cfg.evidence, m.engine)
		m.beside.arming = m.arming
	}
	m.alerts = newAlerter(&m.cfg, m.slow, &m.faults)
	m.alerts.beside = &m.beside
	m.audits.events = m.alerts.events
	m.couriers = newCouriers(m)
	if m.cfg.bundleDir != "" && m.disabled == "" {
		m.bundles = newBundleDir(m)
	}
	if m.tracker, err = m.newTracker(); err != nil {
		return err
	}
	if m.cfg.stacks && m.disabled == "" && m.ownSpans() {
		m.goroutines = httpmw.NewGoroutines()
		m.stacks = m.newStacks()
	}
	if m.cfg.fleet != nil && m.disabled == "" {
		m.fleet = m.cfg.fleet(m)
	}
	m.wrap = httpmw.New(m.middlewareConfig())
	m.link.AskOutcomes(m.spans.Started, m.spans.Ended)
	if m.disabled == "" {
		m.metering, err = m.newInstruments()
	}
	if err == nil {
		err = m.arming.begin(m)
	}
	return err
}

// buildEngine makes the engine, its source and the reader that drives it.
func (m *Monitor) buildEngine() (err error) {
	if m.cfg.feed != nil {
		m.engine = m.cfg.feed.Engine()
		m.reader = newReader(dropping(), m.engine, nil, time.Second, false, &m.faults)
		m.reader.onSpike, m.reader.digest = m.spike, m.digest
		return nil
	}
	detector := m.cfg.baseline
	manual, src, every := m.source()
	if m.metrics != nil {
		detector.Tick = every
	}
	m.causes = spikeCauses{link: m.link, runtime: m.runtime, running: m.slowNow, sampled: m.placesOf}
	if m.cfg.evidence != nil {
		m.causes.recordings = m.cfg.evidence.Recordings
	}
	m.engine, err = engine.New(engine.Options{
		Detector: detector, Objectives: m.cfg.budgets, Publish: m.link.Publish, Requests: spikeRequests{m.slow, m.link}, Version: func() string { return m.identity().version },
		Why:      m.causes.why,
		Errors:   spikeRequests{m.slow, m.link}.Errors,
		SlowFrom: m.link.SlowThreshold,
		After: func(start, returned time.Time) string {
			if after := m.marks.After(start, returned); after != nil {
				return after.Sentence
			}
			return ""
		},
		Signals: func(ago time.Duration) []string { return m.runtime.Left(time.Now().Add(-ago)) },
	})
	if err != nil {
		return err
	}
	m.settings.now.Load().baseline = m.engine.Config()
	m.engine.Advance(m.began, func(func(*spikeprocessor.Delta) bool) {}) // the windows begin then
	m.reader = newReader(manual, m.engine, src, every, m.metrics != nil, &m.faults)
	m.reader.onSpike, m.reader.digest = m.spike, m.digest
	if m.ownSpans() {
		m.link.TakeDeltas(func(*spikeprocessor.Delta) {}) // starts the counting of deltas
	}
	return nil
}

// source returns where the numbers come from, the SDK reader that belongs to it, and how often it is asked.
func (m *Monitor) source() (*sdkmetric.ManualReader, source, time.Duration) {
	if !m.cfg.metricSource || m.disabled != "" { // switched off, the Reader drops everything
		return dropping(), spanSource{m.link}, time.Second
	}
	m.metrics = metricsource.New(m.processor.Stats().MaxEndpoints)
	return m.metrics.Reader, m.metrics, m.cfg.metricInterval
}

// dropping is an SDK reader that collects nothing.
func dropping() *sdkmetric.ManualReader {
	drop := func(sdkmetric.InstrumentKind) sdkmetric.Aggregation { return sdkmetric.AggregationDrop{} }
	return sdkmetric.NewManualReader(sdkmetric.WithAggregationSelector(drop))
}

// ownSpans says whether the numbers are those of this process's spans.
func (m *Monitor) ownSpans() bool { return m.metrics == nil && m.cfg.feed == nil }

// discard undoes what build has done that is known outside.
func (m *Monitor) discard() (err error) {
	if m.metering != nil && m.metering.registration != nil {
		err = m.metering.Close(context.Background())
	}
	if m.tracker != nil {
		err = errors.Join(err, m.tracker.Shutdown(context.Background()))
	}
	return err
}

func (m *Monitor) start() {
	m.enlist()
	m.lines.start()
	m.alerts.start()
	m.companion.Start()
	if m.state != nil {
		m.state.start()
	}
	if m.past != nil {
		m.past.start()
	}
	if m.fleet != nil {
		m.fleet.start()
	}
	if m.bundles != nil {
		m.bundles.start()
	}
	m.couriers.start()
	if m.cfg.feed == nil {
		m.runtime.Start()
	}
	if m.stacks != nil {
		m.stacks.Start()
	}
	m.reader.start()
	m.watch()
}

// sendSlow passes a request that was just stored on to the stream. It runs in the request's goroutine.
func (m *Monitor) sendSlow(e *slowlog.Entry) {
	m.companion.Send(companion.TopicSlow, func() any { return slowRequest(e) })
}

// digest is what comes after an evaluation.
func (m *Monitor) digest(now time.Time) {
	m.link.Digest(now)
	m.arming.tick(now)
	if m.cfg.feed != nil { // who feeds us tells, and keeps the marks
		return
	}
	m.unmute(now)
	m.causes.explainRequests(m.slow)
	m.markStart()
	m.couriers.greet(now, false)
}

// spike passes on what the engine found. The stream gets what changes between the first and the last report of a spike, and these.
func (m *Monitor) spike(ev *engine.Event) {
	if ev.Started && (!ev.Part.Before || ev.Part.Returns > 0) { // else the process before has counted it
		m.metering.spikeStarted(ev.Part)
	}
	m.beside.note(&ev.Incident, time.Now())
	m.arming.note(ev)
	message := ev.Part == nil
	if message || ev.Incident.Reported && ev.Incident.State == engine.Open {
		change := spikeChangeOf(ev)
		m.beside.add(&change.Spike, &ev.Incident)
		m.companion.Send(companion.TopicSpike, func() any { return change })
	}
	if message {
		m.announce(ev)
		m.bundles.put(&ev.Incident)
	}
}

// SpanProcessor returns the processor to register with a TracerProvider, in front of next, the processor that the
// program had, or alone if next is nil. Each provider gets one of its own, and all count together: two servers that have the same
// route share a row (WithName says how to tell them apart). A provider's Shutdown, or its UnregisterSpanProcessor, ends nothing but
// next; one that is made anew with another SpanProcessor is counted from its first request on. Shutdown of the Monitor ends the counting.
func (m *Monitor) SpanProcessor(next sdktrace.SpanProcessor) sdktrace.SpanProcessor {
	if m.disabled != "" && next != nil {
		return next
	}
	m.wired.processor.Store(true)
	return m.processor.With(next)
}

// Sampler returns a sampler that decides as root, except that requests which root would drop are recorded, so that they
// are counted; they are not exported. With root nil, OTEL_TRACES_SAMPLER says what root is.
func (m *Monitor) Sampler(root sdktrace.Sampler) sdktrace.Sampler {
	if m.disabled == "" {
		return m.processor.Sampler(root)
	}
	if root == nil {
		return spikeprocessor.SamplerFromEnv()
	}
	return root
}

// Producer returns the endpoints' histograms for any reader of the program: sdkmetric.WithProducer(mon.Producer()).
func (m *Monitor) Producer() sdkmetric.Producer {
	if m.disabled != "" {
		return nothing{}
	}
	if m.cfg.name != "" {
		return namedProducer{m.processor, m.cfg.nameAttributes()}
	}
	return m.processor
}

type nothing struct{}

func (nothing) Produce(context.Context) ([]metricdata.ScopeMetrics, error) { return nil, nil }

// Reader returns the reader to register with the MeterProvider. Only the metric source needs it to be.
func (m *Monitor) Reader() *Reader { return m.reader }

// SlowLog returns the store of slow and failed requests.
func (m *Monitor) SlowLog() *slowlog.Store { return m.slow }

// Handler returns the companion endpoint: the in-memory summary as a live page and as JSON for dashboards that do not
// speak OpenTelemetry. It is meant to be mounted below a prefix:
//
//	admin.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
//
// GET openapi.json describes all its paths. Errors are application/problem+json that names the field at fault. Bodies above 1 KiB
// are compressed for clients that accept gzip.
//
// Unless WithAuthorizer or WithBearerToken says otherwise this machine alone may look, and nobody may change: a request has to come
// from and to loopback (or over a unix socket) for a Host that is loopback, as HTTP/1.1 or newer, without any header that a proxy
// adds, and from no page of another host. A proxy on this machine that hides all that passes for a local client. nginx's plain
// proxy_pass does not before nginx 1.29.7, since it speaks HTTP/1.0; from then on, or with "proxy_http_version 1.1", it passes for
// one unless it sets X-Forwarded-For. httputil.ReverseProxy does with Rewrite and without SetXForwarded, and what passes on TCP
// does. Behind any proxy set one of the two.
func (m *Monitor) Handler() http.Handler { return m.companion.Handler() }

// Reset starts counts, windows and the slow log anew; baselines, too, if that is asked for. Spikes that are open end with the baselines
// that they are measured by, and are reported as ended; and rows without requests since then end within half a minute, so that
// endpoints which share the row (other) may have rows of their own.
func (m *Monitor) Reset(baselines bool) { m.reset(baselines, byProgram) }

func (m *Monitor) reset(baselines bool, by string) {
	if m.cfg.feed != nil {
		m.cfg.feed.Reset(baselines)
	} else {
		m.reader.reset(baselines)
	}
	m.counters.SpanKinds.Reset()
	if baselines {
		m.link.Forget()
		m.runtime.Forget()
	}
	if m.stacks != nil {
		m.stacks.Forget()
	}
	m.slow.Reset()
	m.link.ResetErrors()
	m.slowBase.Store(m.everSlow())
	what := "numbers reset"
	if baselines {
		what = "numbers and baselines reset"
	}
	if m.fleet != nil {
		m.fleet.forget()
	}
	m.markChange(marks.Reset, what, by)
}
