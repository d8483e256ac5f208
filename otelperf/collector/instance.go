// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// input is the signal that an instance gets.
type input int

const (
	inputTraces input = iota
	inputMetrics
	numInputs
)

// instance is one node of the collector's graph: there is one for each pair of signals, and each gets every batch. Those with one id share
// a state, and one of them for each input counts what comes.
type instance struct {
	book    *shareBook
	set     connector.Settings
	config  *Config
	input   input
	logs    consumer.Logs    // nil unless it makes logs
	metrics consumer.Metrics // nil unless it makes metrics

	share atomic.Pointer[share] // nil before Start and after Shutdown
}

// Capabilities implements consumer.Traces: batches are read only.
func (*instance) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: false}
}

// Start joins the instances with the same id.
func (in *instance) Start(_ context.Context, host component.Host) error {
	s, err := in.book.join(in, host)
	in.share.Store(s)
	return err
}

// Shutdown leaves them; the last one ends what they share within ctx. It may be called without Start, and again.
func (in *instance) Shutdown(ctx context.Context) error {
	s := in.share.Swap(nil)
	if s == nil {
		return nil
	}
	return in.book.leave(ctx, s, in)
}

// ConsumeTraces counts a batch, if this is the instance that does. It waits for nobody and returns no error: what passes is others' data,
// and nothing of it depends on the connector.
func (in *instance) ConsumeTraces(_ context.Context, td ptrace.Traces) error {
	if s := in.share.Load(); s != nil && s.counter[in.input].Load() == in {
		s.traces(td)
	}
	return nil
}

// ConsumeMetrics is as ConsumeTraces.
func (in *instance) ConsumeMetrics(_ context.Context, md pmetric.Metrics) error {
	if s := in.share.Load(); s != nil && s.counter[in.input].Load() == in {
		s.points(md)
	}
	return nil
}
