// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"errors"
	"testing"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/sdk/instrumentation"
)

// sdkRecord and sdkExporter stand for the SDK's, which this module does not depend on.
type sdkRecord struct{ scope string }

func (r *sdkRecord) InstrumentationScope() instrumentation.Scope {
	return instrumentation.Scope{Name: r.scope}
}

type sdkExporter struct{ fail bool }

func (e *sdkExporter) Export(context.Context, []sdkRecord) error {
	if e.fail {
		return errDown
	}
	return nil
}
func (*sdkExporter) Shutdown(context.Context) error   { return nil }
func (*sdkExporter) ForceFlush(context.Context) error { return nil }

// A batch processor exports in the background, and does not report to Flush when that fails; what its queue has no room for, it never
// exports. Neither is taken for delivered, though ForceFlush succeeds afterwards.
func TestWatchedExporterTellsWhatBecameOfEvents(t *testing.T) {
	deliveries, exporter := &Deliveries{}, &sdkExporter{}
	watched := Watch(deliveries, exporter)
	tr := newTrackerOn(t, &recorder{}, WithDeliveries(deliveries))
	for range 10 {
		_ = tr.Track(t.Context(), Event{Name: "a"})
	}
	ours, other := sdkRecord{scopeName}, sdkRecord{"other"}
	must := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("export: %v, want %v", err, want)
		}
	}
	must(watched.Export(t.Context(), []sdkRecord{ours, other, ours, ours}), nil)
	exporter.fail = true
	must(watched.Export(t.Context(), []sdkRecord{other, ours, ours}), errDown)

	r, err := tr.Flush(t.Context())
	if r.Lost != 7 || r.Left() != 0 || !errors.Is(err, ErrLost) {
		t.Errorf("%+v, %v; want 7 lost and ErrLost", r, err)
	}
	s := tr.Stats()
	conserve(t, s, 10)
	if e := s.Export; !e.Watched || e.Delivered != 3 || e.Failed != 2 || e.Missing != 5 {
		t.Errorf("export %+v, want 3 delivered, 2 failed, 5 missing", e)
	}
	if r, err = tr.Flush(t.Context()); r.Lost != 0 || err != nil {
		t.Errorf("reported twice: %+v, %v", r, err)
	}
}

// A provider that cannot be flushed says nothing of what is missing; unwatched, what it was handed counts as delivered.
func TestProviderWithoutForceFlush(t *testing.T) {
	for _, tt := range []struct {
		opts []Option
		want ExportStats
	}{
		{nil, ExportStats{Emitted: 3, Delivered: 3}},
		{[]Option{WithDeliveries(&Deliveries{})}, ExportStats{Emitted: 3, Watched: true, Unconfirmed: 3}},
	} {
		rec := &recorder{}
		tr := newTrackerOn(t, rec, append(tt.opts, WithLoggerProvider(struct{ log.LoggerProvider }{rec}))...)
		for range 3 {
			_ = tr.Track(t.Context(), Event{Name: "a"})
		}
		if _, err := tr.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if got := tr.Stats().Export; got != tt.want {
			t.Errorf("export %+v, want %+v", got, tt.want)
		}
	}
}

func TestCountsAddUpWhileEventsPass(t *testing.T) {
	tr, _ := newTracker(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20_000 {
			_ = tr.Track(context.Background(), Event{Name: "a"})
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		e := tr.Stats().Export
		if got := e.Delivered + e.Failed + e.Missing + uint64(e.Unconfirmed); got != e.Emitted {
			t.Fatalf("export %+v adds up to %d; emitted %d", e, got, e.Emitted)
		}
	}
}
