// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	otelperfextension "github.com/otelperf/otelperf-go/otelperf/collector/extension"
)

// rig is a real collector with the connector in it, and a client of its OTLP receiver.
type rig struct {
	*testing.T
	col    *otelcol.Collector
	book   *shareBook
	sink   *sink
	config *memory
	reader *sdkmetric.ManualReader
	client ptraceotlp.GRPCClient
	ended  chan error
	stop   func()
}

// configOf is that of a collector in which spans go to the connector, and what it makes to the sink.
func configOf(t *testing.T, port int, connector string) string {
	t.Helper()
	return fmt.Sprintf(`
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:%d"}}}}
connectors: {otelperf: %s}
exporters: {sink: {}}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [otelperf, sink]}
    logs: {receivers: [otelperf], exporters: [sink]}
    metrics: {receivers: [otelperf], exporters: [sink]}
`, port, connector)
}

// freePort is one that nobody listens on. It is below those that systems give to connections, from 32768 on: one of these may have another
// owner before the test listens on it.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 10_000 + rand.IntN(20_000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func newRig(t *testing.T, book *shareBook, connectorConfig string) *rig {
	port := freePort(t)
	return newRigOf(t, book, port, configOf(t, port, connectorConfig))
}

// newRigOf starts a collector with a configuration, of which the OTLP receiver listens on a port.
func newRigOf(t *testing.T, book *shareBook, port int, yaml string) *rig {
	r := &rig{T: t, book: book, sink: &sink{}, config: &memory{yaml: yaml}, reader: sdkmetric.NewManualReader(), ended: make(chan error, 1)}
	var err error
	r.col, err = otelcol.NewCollector(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "test"}, Factories: r.factories, DisableGracefulShutdown: true, SkipSettingGRPCLogger: true,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs: []string{"memory:"}, ProviderFactories: []confmap.ProviderFactory{confmap.NewProviderFactory(func(confmap.ProviderSettings) confmap.Provider { return r.config }), yamlprovider.NewFactory()},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	go func() { r.ended <- r.col.Run(context.Background()) }()
	r.until("the collector runs", func() bool { return r.col.GetState() == otelcol.StateRunning })
	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	r.client = ptraceotlp.NewGRPCClient(conn)
	r.stop = sync.OnceFunc(func() {
		_ = conn.Close()
		if s := r.share(); s != nil && s.faults.Load() > 0 {
			t.Errorf("%d faults were recovered", s.faults.Load())
		}
		r.col.Shutdown()
		if err := <-r.ended; err != nil {
			t.Errorf("the collector ended with %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func (r *rig) factories() (f otelcol.Factories, err error) {
	var errs [5]error
	f.Receivers, errs[0] = otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory())
	f.Connectors, errs[1] = otelcol.MakeFactoryMap[connector.Factory](newFactory(r.book))
	f.Exporters, errs[2] = otelcol.MakeFactoryMap[exporter.Factory](r.sink.factory())
	f.Extensions, errs[3] = otelcol.MakeFactoryMap[extension.Factory](otelperfextension.NewFactory(), passFactory)
	f.Telemetry = r.telemetry()
	return f, errors.Join(errs[:]...)
}

// telemetry is that of the collector itself.
func (r *rig) telemetry() telemetry.Factory {
	return telemetry.NewFactory(func() component.Config { return &struct{}{} }, telemetry.WithCreateLogger(
		func(context.Context, telemetry.LoggerSettings, component.Config) (*zap.Logger, component.ShutdownFunc, error) {
			return zaptest.NewLogger(r.T, zaptest.Level(zap.ErrorLevel)), nil, nil
		}), telemetry.WithCreateMeterProvider(
		func(context.Context, telemetry.MeterSettings, component.Config) (telemetry.MeterProvider, error) {
			r.reader = sdkmetric.NewManualReader()
			return sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader)), nil
		}))
}

// patience is until when a test waits for what is to come: how fast the machine is does not matter. Of the time that go test allows a minute
// is left to say what was seen.
func patience(t *testing.T) time.Time {
	deadline, ok := t.Deadline()
	if !ok {
		return time.Now().Add(time.Hour)
	}
	return deadline.Add(-time.Minute)
}

// patient is a context that ends with patience.
func patient(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithDeadline(context.Background(), patience(t))
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for began, until := time.Now(), patience(t); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("not in %v: %s", time.Since(began).Round(time.Second), what)
		}
	}
}

// noMoreThan waits for goroutines to end.
func noMoreThan(t *testing.T, goroutines int) {
	t.Helper()
	defer func() {
		if t.Failed() {
			b := make([]byte, 1<<20)
			t.Logf("goroutines are left:\n%s", b[:runtime.Stack(b, true)])
		}
	}()
	eventually(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= goroutines })
}

// until waits for a condition, as long as the collector runs.
func (r *rig) until(what string, is func() bool) {
	r.Helper()
	eventually(r.T, what, func() bool {
		select {
		case err := <-r.ended:
			r.Fatalf("the collector ended with %v", err)
		default:
		}
		return is()
	})
}

// send sends spans over the wire.
func (r *rig) send(td ptrace.Traces) {
	r.Helper()
	ctx, cancel := patient(r.T)
	defer cancel()
	if _, err := r.client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td), grpc.WaitForReady(true)); err != nil {
		r.Fatal(err)
	}
}

// share is what the instances share.
func (r *rig) share() (s *share) {
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	for _, s = range r.book.shares {
		continue
	}
	return s
}

// own is the value of one of the connector's own metrics.
func (r *rig) own(name string) (n int64) {
	r.Helper()
	var rm metricdata.ResourceMetrics
	if err := r.reader.Collect(context.Background(), &rm); err != nil {
		r.Fatal(err)
	}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name != name {
				continue
			}
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				n += d.DataPoints[0].Value
			case metricdata.Gauge[int64]:
				n += d.DataPoints[0].Value
			}
		}
	}
	return n
}

// memory is a configuration that changes while the collector runs.
type memory struct {
	mu      sync.Mutex
	yaml    string
	changed confmap.WatcherFunc
}

func (*memory) Scheme() string                 { return "memory" }
func (*memory) Shutdown(context.Context) error { return nil }
func (m *memory) Retrieve(_ context.Context, _ string, w confmap.WatcherFunc) (*confmap.Retrieved, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changed = w
	return confmap.NewRetrievedFromYAML([]byte(m.yaml))
}

// change has the collector reload.
func (m *memory) change(yaml string) {
	m.mu.Lock()
	m.yaml = yaml
	changed := m.changed
	m.mu.Unlock()
	changed(&confmap.ChangeEvent{})
}

// sink keeps what is exported.
type sink struct {
	mu      sync.Mutex
	spans   int
	logs    []plog.Logs
	metrics []pmetric.Metrics
	refuse  error
	block   chan struct{} // logs and metrics wait until it is closed; nil: they do not
}

func (s *sink) factory() exporter.Factory {
	return exporter.NewFactory(component.MustNewType("sink"), func() component.Config { return &struct{}{} },
		exporter.WithTraces(func(context.Context, exporter.Settings, component.Config) (exporter.Traces, error) {
			return node{s: s}, nil
		}, component.StabilityLevelStable),
		exporter.WithLogs(func(context.Context, exporter.Settings, component.Config) (exporter.Logs, error) {
			return node{s: s}, nil
		}, component.StabilityLevelStable),
		exporter.WithMetrics(func(context.Context, exporter.Settings, component.Config) (exporter.Metrics, error) {
			return node{s: s}, nil
		}, component.StabilityLevelStable))
}

type node struct {
	component.StartFunc
	component.ShutdownFunc
	s *sink
}

func (node) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (n node) ConsumeTraces(_ context.Context, td ptrace.Traces) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	n.s.spans += td.SpanCount()
	return nil
}

func (n node) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	if err := n.s.wait(ctx); err != nil {
		return err
	}
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	if n.s.refuse != nil {
		return n.s.refuse
	}
	n.s.logs = append(n.s.logs, ld)
	return nil
}

func (n node) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	if err := n.s.wait(ctx); err != nil {
		return err
	}
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	n.s.metrics = append(n.s.metrics, md)
	return nil
}

func (s *sink) wait(ctx context.Context) error {
	s.mu.Lock()
	block := s.block
	s.mu.Unlock()
	if block == nil {
		return nil
	}
	select {
	case <-block:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// events are the names of the events that were exported.
func (s *sink) events() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ld := range s.logs {
		names = append(names, ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).EventName())
	}
	return names
}

// clock is the time of a test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}
