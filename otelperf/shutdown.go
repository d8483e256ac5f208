// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/otelperf/otelperf-go/otelperf/internal/statefile"
)

// Shutdown ends counting and alerting: it evaluates once more, ends its goroutines and waits for them within ctx. Spans that end
// afterwards still reach the next processor, and requests are served as before. Call it before the providers' Shutdown.
//
// The error wraps ErrShutdown and says what has not ended in time, such as a logger or a callback of the MeterProvider that blocks, or
// what failed at the end, such as the last save of the state file, which is said once. A later call waits for what is left, within its
// own ctx, and returns nil when everything has ended.
func (m *Monitor) Shutdown(ctx context.Context) error {
	if m.disabled != "" {
		return nil
	}
	m.delist()
	m.arming.end()
	m.link.Stop()
	if m.unwatch != nil {
		m.unwatch()
	}
	err := m.reader.close(ctx)
	m.closed.Store(true)
	if err = errors.Join(err, m.closeParts(ctx)); err != nil {
		return errors.Join(ErrShutdown, err)
	}
	return nil
}

// part is something of a Monitor that has a goroutine.
type part struct {
	name  string
	close func(context.Context) error
}

// attached is what an option has added to a Monitor.
type attached interface {
	start()
	parts() []part // that there are to be closed
}

// closeParts ends all that has a goroutine besides the reader, at the same time: what does not end takes no time from the others.
func (m *Monitor) closeParts(ctx context.Context) error {
	parts := []part{
		{"metrics of otelperf", m.metering.Close}, {"lines of slow requests", m.lines.Close}, {"alerts", m.alerts.Close},
		{"changes to be logged", m.audits.Close}, {"streams", m.companion.Close}, {"the runtime's signals", m.runtime.Close},
	}
	if m.state != nil {
		parts = append(parts, part{"state file", m.state.Close})
	}
	if m.stacks != nil {
		parts = append(parts, part{"stacks of slow requests", m.stacks.Close})
	}
	if m.past != nil {
		parts = append(parts, m.past.parts()...)
	}
	if m.fleet != nil {
		parts = append(parts, m.fleet.parts()...)
	}
	if m.bundles != nil {
		parts = append(parts, part{"bundles", m.bundles.Close})
	}
	for _, c := range m.couriers.all {
		parts = append(parts, part{"notifier", c.close})
	}
	if m.tracker != nil {
		parts = append(parts, part{"events", m.tracker.Shutdown})
	}
	if m.arming != nil {
		parts = append(parts, part{"the recorder of evidence", m.arming.recorder.Shutdown})
	}
	errs := make([]error, len(parts))
	var all sync.WaitGroup
	for i, p := range parts {
		all.Go(func() {
			errs[i] = p.close(ctx)
			if errs[i] != nil && !errors.Is(errs[i], statefile.Err) { // which names itself
				errs[i] = fmt.Errorf("otelperf: %s: %w", p.name, errs[i])
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
