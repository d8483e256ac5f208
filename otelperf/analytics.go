// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"net/http"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/httpmw"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// analytics is what the options say of events. What it calls is known to WithEvents alone, so that programs without events are linked
// without their code.
type analytics struct {
	options  []events.Option
	validate func(...events.Option) error // nil: events are off
	begin    func(...events.Option) (tracker, error)
}

// tracker is an *events.Tracker.
type tracker interface {
	companion.Events
	Request(ctx context.Context, e events.RequestEvent)
	Exception(ctx context.Context, e events.ExceptionEvent)
	Handler() http.Handler
	Shutdown(ctx context.Context) error
}

// WithEvents switches analytics events on: Monitor.Events tracks them, Monitor.TrackHandler takes them from browsers
// (events.WithHandler says which), Middleware tracks each panic and, where events.WithSampling sets a rate for requests,
// each request, and Handler shows them. They are emitted as OpenTelemetry events by the provider of WithLoggerProvider,
// unless events.WithLoggerProvider names another. The default is off.
//
// It may be given more than once: its options add up.
func WithEvents(opts ...events.Option) Option {
	return optionFunc(func(c *config) {
		c.analytics.validate = events.Validate
		c.analytics.begin = func(opts ...events.Option) (tracker, error) { return events.New(opts...) }
		c.analytics.options = append(c.analytics.options, opts...)
	})
}

// newTracker makes the tracker of the options, nil if events are off.
func (m *Monitor) newTracker() (tracker, error) {
	a := &m.cfg.analytics
	if a.begin == nil || m.disabled != "" {
		return nil, nil
	}
	var usual []events.Option // what the options of events override
	if m.cfg.loggerProvider != nil {
		usual = append(usual, events.WithLoggerProvider(m.cfg.loggerProvider))
	}
	return a.begin(append(usual, a.options...)...)
}

// Events returns the tracker of analytics events, nil unless WithEvents was given.
func (m *Monitor) Events() *events.Tracker {
	t, _ := m.tracker.(*events.Tracker)
	return t
}

// TrackHandler takes events from browsers; see events.Tracker.Handler. It is to be mounted where browsers can reach it, with
// the prefix stripped:
//
//	mux.Handle("/t/", http.StripPrefix("/t", mon.TrackHandler()))
//
// Unless events are switched on, it answers 404.
func (m *Monitor) TrackHandler() http.Handler {
	if m.tracker == nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			problem.Write(w, problem.Problem{Status: http.StatusNotFound, Detail: "Events are off: see otelperf.WithEvents."})
		})
	}
	return m.tracker.Handler()
}

// trackRequest is Middleware's hook for each request. At a rate of 0, requests are not events at all, not even counted.
func (m *Monitor) trackRequest(ctx context.Context, d httpmw.Done) {
	if m.tracker.Sampling().Requests == 0 {
		return
	}
	m.tracker.Request(ctx, events.RequestEvent{
		Method: d.Method, Route: d.Route, Status: d.Status, Outcome: d.Outcome.String(), Failed: d.Outcome.Failed(), Duration: d.Duration, End: time.Now(),
	})
}

// trackPanic is Middleware's hook for each panic.
func (m *Monitor) trackPanic(ctx context.Context, p httpmw.Panic) {
	m.tracker.Exception(ctx, events.ExceptionEvent{
		Type: p.Type, Message: conventions.ErrorText(p.Message), Stack: conventions.ErrorText(string(p.Stack)), Method: p.Method, Route: p.Route,
	})
}
