// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
	"github.com/otelperf/otelperf-go/otelperf/internal/httpmw"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Monitor is everything at once, to be added to a pipeline: a span processor, a sampler, a metric producer, a metric
// reader, a middleware and the companion endpoint, all on the same numbers.
//
// All methods are safe for concurrent use.
type Monitor struct {
	cfg       config
	disabled  string // the variable that switched us off; "" when on
	began     time.Time
	processor *spikeprocessor.Processor
	link      spikeprocessor.Link // of processor
	metrics   *metricSource       // nil with the span source
	engine    *Engine
	reader    *Reader
	slow      *slowlog.Store
	lines     *lineWriter
	alerts    *alerter
	tracker   *events.Tracker // nil without events
	state     *stateKeeper    // nil without a state file
	metering  *instruments
	guard     *access.Guard
	wrap      func(http.Handler) http.Handler
	counters  httpmw.Counters
	panics    atomic.Uint64
	slowBase  atomic.Uint64 // slow requests before the last reset
	mounts    mounts
	snapshots snapshots
	settings  settings
	streams   *broadcaster
	auditLog  *slog.Logger // the program's own; nil: slog.Default() at the time

	shutdown sync.Once
	closed   atomic.Bool
	closeErr error
}

// New returns a Monitor. Its error joins all that is wrong with the options, each wrapping ErrConfig. It starts four
// goroutines (five with a state file), which Shutdown ends.
//
// With OTEL_SDK_DISABLED or OTELPERF_DISABLED set to true the Monitor does nothing: SpanProcessor and Sampler return what they are
// given, Middleware returns its handler, and no goroutine is started.
func New(opts ...Option) (*Monitor, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	m := &Monitor{disabled: disabledBy(), began: time.Now(), auditLog: cfg.logger}
	m.settings.begin(&cfg)
	cfg.logger = slog.New(&levelled{level: &m.settings.level, logger: cfg.logger})
	m.cfg, m.lines = cfg, newLineWriter(cfg.logger)
	m.streams = newBroadcaster(cfg.maxStreams, m.began, m.Summary)
	if m.slow, err = slowlog.New(slowlog.WithLimits(cfg.slowLimits), slowlog.OnAdd(m.streams.slow)); err != nil {
		return nil, err
	}
	if err := m.build(); err != nil {
		return nil, err
	}
	if m.disabled == "" {
		m.lines.start()
		m.alerts.start()
		m.streams.start()
		if m.state != nil {
			m.state.start()
		}
		m.reader.start()
	}
	return m, nil
}

// sdkDisabled is the variable that switches the whole SDK off.
const sdkDisabled = "OTEL_SDK_DISABLED"

// disabledBy returns the name of the environment variable that switches us off, if one does.
func disabledBy() string {
	for _, name := range []string{sdkDisabled, "OTELPERF_DISABLED"} {
		if strings.EqualFold(strings.TrimSpace(os.Getenv(name)), "true") {
			return name
		}
	}
	return ""
}

// build makes the parts and connects them.
func (m *Monitor) build() (err error) {
	opts := append(m.cfg.processor, spikeprocessor.WithSlowLog(m.slow), spikeprocessor.WithOnKeep(m.lines.slow))
	if m.processor, err = spikeprocessor.New(nil, opts...); err != nil {
		return err
	}
	m.link = m.processor.Link()
	m.settings.now.Load().slowThreshold = m.link.DefaultSlowThreshold()
	detector := m.cfg.baseline
	manual, src, every := m.source()
	if m.metrics != nil {
		detector.Tick = every
	}
	if m.engine, err = NewEngine(detector); err != nil {
		return err
	}
	m.settings.now.Load().baseline = m.engine.knobsInForce()
	m.engine.Advance(m.began, func(func(*spikeprocessor.Delta) bool) {}) // the windows begin now
	m.engine.publish = func(ep conventions.Endpoint, v spikeprocessor.EndpointState) { m.link.Publish(ep, v) }
	m.reader = newReader(manual, m.engine, src, every)
	m.engine.spikes.versionNow = func() string { return m.identity().version }
	if m.cfg.stateFile != "" && m.disabled == "" {
		m.state = newStateKeeper(m.cfg.stateFile, m.engine, m.identity)
		m.state.load()
	}
	m.alerts = newAlerter(&m.cfg, m.slow, m.engine.setTraces)
	m.reader.onSpike, m.reader.digest = m.spike, m.link.Digest
	if m.disabled == "" {
		if m.metering, err = m.newInstruments(); err != nil {
			return err
		}
	}
	if m.metrics == nil {
		m.link.TakeDeltas(func(*spikeprocessor.Delta) {}) // starts the counting of deltas
	}
	m.guard = access.New(access.Config{Authorizer: m.cfg.authorizer, BearerToken: m.cfg.token})
	if m.tracker, err = m.newTracker(); err != nil {
		return err
	}
	m.wrap = httpmw.New(m.middlewareConfig())
	return nil
}

// spike passes on what the engine found.
func (m *Monitor) spike(ev *SpikeEvent) {
	if ev.Type == EventSpikeStarted {
		m.metering.spikeStarted(&ev.Endpoint)
	}
	m.streams.spike(ev)
	m.alerts.put(ev)
}

// source returns where the numbers come from, the SDK reader that belongs to it, and how often it is asked.
func (m *Monitor) source() (*sdkmetric.ManualReader, source, time.Duration) {
	if !m.cfg.metricSource || m.disabled != "" { // switched off, the Reader drops everything
		return sdkmetric.NewManualReader(sdkmetric.WithAggregationSelector(dropAll)), spanSource{m.link}, time.Second
	}
	m.metrics = newMetricSource(m.processor.Stats().MaxEndpoints)
	return m.metrics.reader, m.metrics, m.cfg.metricInterval
}

// SpanProcessor returns the processor to register with a TracerProvider, in front of next, the processor that the
// program had, or alone if next is nil.
func (m *Monitor) SpanProcessor(next sdktrace.SpanProcessor) sdktrace.SpanProcessor {
	if m.disabled != "" && next != nil {
		return next
	}
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
	return m.processor
}

type nothing struct{}

func (nothing) Produce(context.Context) ([]metricdata.ScopeMetrics, error) { return nil, nil }

// Reader returns the reader to register with the MeterProvider. Only the metric source needs it to be.
func (m *Monitor) Reader() *Reader { return m.reader }

// SlowLog returns the store of slow and failed requests.
func (m *Monitor) SlowLog() *slowlog.Store { return m.slow }

// Summary returns the numbers of window w up to now; "" is Window5m, and an unknown window counts as that.
func (m *Monitor) Summary(w Window) *Summary {
	if parsed, err := ParseWindow(string(w)); err == nil {
		w = parsed
	} else {
		w = Window5m
	}
	if m.disabled == "" {
		_ = m.reader.evaluate(context.Background()) // a failure is counted, and shown in the diagnostics
	}
	s := m.engine.Summarize(w)
	m.complete(s)
	return s
}

// Reset starts counts, windows and the slow log anew; baselines, too, if that is asked for.
func (m *Monitor) Reset(baselines bool) {
	_ = m.reader.evaluate(context.Background())
	m.engine.Reset(baselines)
	m.slow.Reset()
	m.link.ResetErrors()
	m.slowBase.Store(m.processor.Stats().Slow)
}

// ErrShutdown is returned by a Shutdown that its context cut short.
var ErrShutdown = errors.New("otelperf: shutdown not complete")

// Shutdown ends counting and alerting: it evaluates once more, ends its goroutines and waits for them within ctx. Spans that end
// afterwards still reach the next processor, and requests are served as before. Call it before the providers' Shutdown. Later
// calls return what the first one did.
func (m *Monitor) Shutdown(ctx context.Context) error {
	m.shutdown.Do(func() {
		if m.disabled != "" {
			return
		}
		m.link.Stop()
		err := m.reader.close(ctx)
		m.closed.Store(true)
		err = errors.Join(err, m.metering.registration.Unregister(), m.lines.close(ctx), m.alerts.close(ctx), m.streams.close(ctx))
		if m.state != nil {
			err = errors.Join(err, m.state.close(ctx))
		}
		if m.tracker != nil {
			err = errors.Join(err, m.tracker.Shutdown(ctx))
		}
		if err != nil {
			m.closeErr = errors.Join(ErrShutdown, err)
		}
	})
	return m.closeErr
}
