// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// faultySource stands for a fault of ours in an evaluation.
type faultySource struct{}

func (faultySource) Collect(context.Context, func(time.Time, iter.Seq[*spikeprocessor.Delta])) error {
	panic("an evaluation that fails")
}

// reported collects what goes to the OpenTelemetry error handler.
func reported(t *testing.T) func() string {
	t.Helper()
	var mu sync.Mutex
	var all strings.Builder
	old := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		all.WriteString(err.Error())
	}))
	t.Cleanup(func() { otel.SetErrorHandler(old) })
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

// A fault of ours in any of our goroutines is survived, counted, in health, and reported with its stack.
func TestFaultsOfOurs(t *testing.T) {
	reports := reported(t)
	for name, provoke := range map[string]func(*Monitor){
		"an evaluation":              func(m *Monitor) { m.reader.source = faultySource{}; m.evaluate() },
		"the lines of slow requests": func(m *Monitor) { m.lines.queue <- nil },
		"the alerts":                 func(m *Monitor) { m.alerts.queue <- news{Event: &engine.Event{Opened: true}} },
		"the stream":                 func(m *Monitor) { m.companion.Send(companion.TopicSlow, func() any { panic("no answer") }) },
	} {
		synctest.Test(t, func(t *testing.T) {
			m, err := New(WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))), WithMeterProvider(noop.NewMeterProvider()))
			if err != nil {
				t.Fatal(err)
			}
			m.reader.ticks.Close(t.Context()) // it is the test that evaluates
			provoke(m)
			synctest.Wait()
			d, h := m.Diagnostics(), m.Health()
			if d.Faults != 1 || d.LogFaults+d.AlertFaults != 0 || h.Status != healthWarn {
				t.Errorf("%s: %d faults counted, %d of loggers and receivers, health is %s", name, d.Faults, d.LogFaults+d.AlertFaults, h.Status)
			}
			if text := reports(); !strings.Contains(text, "recovered in "+name) || !strings.Contains(text, "goroutine ") {
				t.Errorf("%s: reported is %q", name, text)
			}
			if err := m.Shutdown(t.Context()); err != nil && !errors.Is(err, errFault) {
				t.Error(err)
			}
		})
	}
}

// stuckHandler is a log handler that blocks until it is released.
type stuckHandler struct {
	slog.Handler
	release chan struct{}
}

func (h stuckHandler) Handle(ctx context.Context, r slog.Record) error {
	<-h.release
	return h.Handler.Handle(ctx, r)
}

// A logger that is stuck holds up neither a change nor a reset, however many there are; what is too much is counted. Shutdown keeps to
// its context, says what has not ended, and succeeds once the logger goes on.
func TestLoggerThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, written := make(chan struct{}), new(strings.Builder)
		m, err := New(WithLogger(slog.New(stuckHandler{slog.NewTextHandler(written, nil), release})), WithMeterProvider(noop.NewMeterProvider()))
		if err != nil {
			t.Fatal(err)
		}
		const changes = 100
		for range changes {
			service{m}.Audit(t.Context(), "changed")
			m.Reset(false)
		}
		synctest.Wait()
		if n := m.Diagnostics().LogLinesDropped; n < changes-queuedAudits-1 || n > changes-queuedAudits {
			t.Errorf("%d lines dropped of %d, want all but %d and the one that is being written", n, changes, queuedAudits)
		}
		for range 2 {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := m.Shutdown(ctx)
			cancel()
			if !errors.Is(err, ErrShutdown) || !strings.Contains(err.Error(), "changes to be logged") || strings.Contains(err.Error(), "alerts") || time.Since(began) != time.Second {
				t.Errorf("Shutdown within 1 s took %v: %v", time.Since(began), err)
			}
		}
		close(release)
		for range 2 {
			if err := m.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown once the logger goes on: %v", err)
			}
		}
		if n := strings.Count(written.String(), "changed"); n != changes-int(m.Diagnostics().LogLinesDropped) {
			t.Errorf("%d lines written, %d dropped, want %d together", n, m.Diagnostics().LogLinesDropped, changes)
		}
		service{m}.Audit(t.Context(), "changed after Shutdown")
		synctest.Wait()
		if !strings.Contains(written.String(), "after Shutdown") {
			t.Error("a change after Shutdown was not logged")
		}
	})
}

// A Shutdown that comes with a context that has ended already still tells everything to end, and the next one succeeds.
func TestShutdownWithAContextThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := New(WithLogger(slog.New(slog.DiscardHandler)), WithMeterProvider(noop.NewMeterProvider()))
		if err != nil {
			t.Fatal(err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		_ = m.Shutdown(over) // an error or none, depending on who is faster
		synctest.Wait()
		if err := m.Shutdown(over); err != nil {
			t.Errorf("Shutdown when everything has ended: %v", err)
		}
		if err := m.Shutdown(t.Context()); err != nil {
			t.Errorf("another one: %v", err)
		}
	})
}
