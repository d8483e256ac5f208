// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/evidence"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

const (
	headSampling   = 0.1              // share of the traces that are exported
	metricInterval = 10 * time.Second // between two exports of metrics
)

// telemetry is the shop's OpenTelemetry pipeline with otelperf in it. Nothing of it is global, so that several demos can
// run in one process.
type telemetry struct {
	mon      *otelperf.Monitor
	traces   *sdktrace.TracerProvider
	metrics  *sdkmetric.MeterProvider
	exported *exported
	history  history.Store // nil without one
}

func newTelemetry(cfg Config, logger *slog.Logger, out io.Writer) (*telemetry, error) {
	res, err := resource.Merge(resource.Default(), resource.NewSchemaless(semconv.ServiceName("shop")))
	if err != nil {
		return nil, fmt.Errorf("describing the service: %w", err)
	}
	opts := []otelperf.Option{otelperf.WithLogger(logger), otelperf.WithRequestLog(cfg.lineShare()), otelperf.WithEvidence(evidence.New())}
	if cfg.Spike {
		opts = append(opts, otelperf.WithBaseline(baseline.Config{Grace: storyGrace, Cooldown: storyCooldown}))
	}
	var store history.Store
	if cfg.History != "" {
		if store, err = openHistory(cfg.History); err != nil {
			return nil, err
		}
		opts = append(opts, otelperf.WithHistory(store))
	}
	mon, err := otelperf.New(opts...)
	if err != nil {
		return nil, errors.Join(err, closeHistory(store))
	}
	meters := []sdkmetric.Option{sdkmetric.WithResource(res), sdkmetric.WithReader(mon.Reader())}
	if cfg.Metrics {
		reader, err := stdoutReader(mon, out)
		if err != nil {
			return nil, errors.Join(err, mon.Shutdown(context.Background()), closeHistory(store))
		}
		meters = append(meters, sdkmetric.WithReader(reader))
	}
	exp := &exported{}
	return &telemetry{
		mon: mon, exported: exp, history: store, metrics: sdkmetric.NewMeterProvider(meters...),
		traces: sdktrace.NewTracerProvider(
			sdktrace.WithResource(res),
			sdktrace.WithSampler(mon.Sampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(headSampling)))),
			sdktrace.WithSpanProcessor(mon.SpanProcessor(sdktrace.NewBatchSpanProcessor(exp))),
		),
	}, nil
}

func stdoutReader(mon *otelperf.Monitor, out io.Writer) (sdkmetric.Reader, error) {
	exp, err := stdoutmetric.New(stdoutmetric.WithWriter(out))
	if err != nil {
		return nil, fmt.Errorf("making the metric exporter: %w", err)
	}
	return sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(metricInterval), sdkmetric.WithProducer(mon.Producer())), nil
}

// http returns the options that connect otelhttp with this pipeline.
func (t *telemetry) http() []otelhttp.Option {
	return []otelhttp.Option{
		otelhttp.WithTracerProvider(t.traces), otelhttp.WithMeterProvider(t.metrics), otelhttp.WithPropagators(propagation.TraceContext{}),
	}
}

// shutdown ends the Monitor first, so that the last export has all that it counted.
func (t *telemetry) shutdown(ctx context.Context) error {
	return errors.Join(t.mon.Shutdown(ctx), t.traces.Shutdown(ctx), t.metrics.Shutdown(ctx), closeHistory(t.history))
}

// ErrHistory is wrapped where a history was asked for and cannot be used: a service would go on without it.
var ErrHistory = errors.New("--history")

func openHistory(path string) (history.Store, error) {
	store, err := bolt.Open(path)
	if err != nil {
		return nil, err
	}
	if _, err := store.Stats(context.Background()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHistory, errors.Join(err, store.Close()))
	}
	return store, nil
}

func closeHistory(s history.Store) error {
	if s == nil {
		return nil
	}
	return s.Close()
}

// exported is a span exporter that counts what a collector would have got. A shutdown that took too long leaves the SDK's goroutine
// at it, so that it has a lock.
type exported struct {
	mu sync.Mutex
	exports
}

// exports are spans, and the traces (requests) that they belong to.
type exports struct{ traces, spans int }

// ExportSpans implements sdktrace.SpanExporter.
func (e *exported) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.spans += len(spans)
	for _, s := range spans {
		if s.SpanKind() == trace.SpanKindServer {
			e.traces++
		}
	}
	return nil
}

// Shutdown implements sdktrace.SpanExporter.
func (e *exported) Shutdown(context.Context) error { return nil }

func (e *exported) counts() exports {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.exports
}
