// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"net/http"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/internal/httpmw"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// analytics is what the options say of events.
type analytics struct {
	on       bool
	options  []events.Option
	handler  events.HandlerOptions
	requests bool
}

// WithEvents switches analytics events on: Monitor.Events tracks them, Monitor.TrackHandler takes them from browsers, and
// Handler shows them. They are emitted as OpenTelemetry events. The default is off.
func WithEvents(opts ...events.Option) Option {
	return optionFunc(func(c *config) {
		c.analytics.on = true
		c.analytics.options = append(c.analytics.options, opts...)
	})
}

// WithTracking sets what TrackHandler lets in: origins, rate, names and sizes. It switches events on, as WithEvents does.
func WithTracking(o events.HandlerOptions) Option {
	return optionFunc(func(c *config) {
		c.analytics.on = true
		c.analytics.handler = o
	})
}

// WithRequestEvents has Middleware track an event for each request and each panic, by the sampling rates of the events. It
// switches events on, as WithEvents does.
func WithRequestEvents() Option {
	return optionFunc(func(c *config) { c.analytics.on, c.analytics.requests = true, true })
}

// newTracker makes the tracker of the options, nil if events are off.
func (m *Monitor) newTracker() (*events.Tracker, error) {
	a := &m.cfg.analytics
	if !a.on || m.disabled != "" {
		return nil, nil
	}
	var base []events.Option
	if m.cfg.loggerProvider != nil {
		base = append(base, events.WithLoggerProvider(m.cfg.loggerProvider))
	}
	if m.cfg.logger != nil {
		base = append(base, events.WithLogger(m.cfg.logger))
	}
	return events.New(append(base, a.options...)...)
}

// Events returns the tracker of analytics events, nil unless WithEvents, WithTracking or WithRequestEvents was given.
func (m *Monitor) Events() *events.Tracker { return m.tracker }

// TrackHandler takes events from browsers: POST track, batch-track and interactions, GET track.js. It is to be mounted
// where browsers can reach it, with the prefix stripped:
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
	return events.NewHandler(m.tracker, m.cfg.analytics.handler)
}

// eventRoutes are those of the companion endpoint.
func (m *Monitor) eventRoutes() map[string]http.Handler {
	if m.tracker == nil {
		return nil
	}
	return map[string]http.Handler{
		"GET /events/recent":   http.HandlerFunc(m.tracker.ServeRecent),
		"GET /stats":           http.HandlerFunc(m.tracker.ServeStats),
		"POST /events/flush":   http.HandlerFunc(m.tracker.ServeFlush),
		"GET /events/config":   http.HandlerFunc(m.tracker.ServeConfig),
		"PATCH /events/config": http.HandlerFunc(m.tracker.ServeConfig),
	}
}

// trackRequest is Middleware's hook for each request.
func (m *Monitor) trackRequest(ctx context.Context, d httpmw.Done) {
	m.tracker.Request(ctx, events.RequestEvent{
		Method: d.Method, Route: d.Route, Status: d.Status, Outcome: d.Outcome.String(), Duration: d.Duration, End: time.Now(),
	})
}

// trackPanic is Middleware's hook for each panic.
func (m *Monitor) trackPanic(ctx context.Context, p httpmw.Panic) {
	m.tracker.Exception(ctx, events.ExceptionEvent{Type: p.Type, Message: p.Message, Stack: string(p.Stack), Method: p.Method, Route: p.Route})
}
