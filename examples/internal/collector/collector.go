// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"

	"github.com/otelperf/otelperf-go/examples/internal/freeport"
)

// Collector is a collector that can be stopped and started again at the same addresses, as one that is being upgraded.
// Its methods must not be called at the same time.
type Collector struct {
	GRPC string // address of the OTLP receiver, host:port
	HTTP string // the same for OTLP over HTTP
	dir  string

	running *otelcol.Collector
	done    chan error
}

// config is what the collector runs with. Files with a rotation are appended to, so that a restart loses nothing that had arrived, and
// have no buffer: that of others may be flushed by two at the same time when the collector ends, which writes some of it twice. Each signal
// has a file of its own: a file exporter that several pipelines share is closed as soon as the first of them ends.
const config = `yaml:
receivers: {otlp: {protocols: {grpc: {endpoint: %[1]q}, http: {endpoint: %[2]q}}}}
processors: {batch: {timeout: 20ms}}
exporters:
  file/traces: {path: "%[3]s/traces.jsonl", rotation: {max_megabytes: 10000}}
  file/metrics: {path: "%[3]s/metrics.jsonl", rotation: {max_megabytes: 10000}}
  file/logs: {path: "%[3]s/logs.jsonl", rotation: {max_megabytes: 10000}}
service:
  telemetry: {metrics: {level: none}, logs: {level: error}}
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [file/traces]}
    metrics: {receivers: [otlp], processors: [batch], exporters: [file/metrics]}
    logs: {receivers: [otlp], processors: [batch], exporters: [file/logs]}
`

// starting guards the start and the end of collectors: components that pipelines share are found in variables of their packages.
var starting sync.Mutex

// New returns a collector that is not running yet, with two free ports of this machine. What it receives goes to files in dir.
func New(dir string) (*Collector, error) {
	c := &Collector{dir: dir}
	for c.GRPC == c.HTTP {
		var errs [2]error
		c.GRPC, errs[0] = freeport.Address()
		c.HTTP, errs[1] = freeport.Address()
		if err := errors.Join(errs[:]...); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Start returns when the collector accepts data.
func (c *Collector) Start(ctx context.Context) error {
	starting.Lock()
	defer starting.Unlock()
	col, err := otelcol.NewCollector(otelcol.CollectorSettings{
		BuildInfo:               component.NewDefaultBuildInfo(),
		Factories:               factories,
		DisableGracefulShutdown: true, // signals are for the program around it
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs:              []string{fmt.Sprintf(config, c.GRPC, c.HTTP, c.dir)},
			ProviderFactories: []confmap.ProviderFactory{yamlprovider.NewFactory()},
		}},
	})
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- col.Run(context.WithoutCancel(ctx)) }()
	for col.GetState() != otelcol.StateRunning {
		select {
		case err := <-done:
			return fmt.Errorf("the collector did not start: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
	c.running, c.done = col, done
	return nil
}

// Stop writes out what has arrived and ends the collector. Stopping a stopped one does nothing.
func (c *Collector) Stop() error {
	if c.running == nil {
		return nil
	}
	starting.Lock()
	defer starting.Unlock()
	c.running.Shutdown()
	c.running = nil
	return <-c.done
}

func factories() (f otelcol.Factories, err error) {
	if f.Receivers, err = otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory()); err != nil {
		return f, err
	}
	if f.Processors, err = otelcol.MakeFactoryMap[processor.Factory](batchprocessor.NewFactory()); err != nil {
		return f, err
	}
	f.Exporters, err = otelcol.MakeFactoryMap[exporter.Factory](fileexporter.NewFactory())
	f.Telemetry = otelconftelemetry.NewFactory()
	return f, err
}
