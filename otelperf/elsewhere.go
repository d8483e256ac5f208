// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/feed"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// newSlowLog is the store of slow requests: that of a feed, or a new one.
func (m *Monitor) newSlowLog() (*slowlog.Store, error) {
	if m.cfg.feed != nil {
		return m.cfg.feed.Requests(), nil
	}
	return slowlog.New(slowlog.WithLimits(m.cfg.slowLimits), slowlog.OnAdd(m.sendSlow))
}

// notes are what people and the Monitor note: those of a feed, or new ones.
func (m *Monitor) notes() (*mutes.Book, *marks.List) {
	if m.cfg.feed != nil {
		return m.cfg.feed.Book(), m.cfg.feed.Marks()
	}
	return new(mutes.Book), new(marks.List)
}

// guard is that of a feed; nil: the companion makes one.
func (m *Monitor) guard() *access.Guard {
	if m.cfg.feed == nil {
		return nil
	}
	return m.cfg.feed.Guard()
}

// watch passes what a feed tells on to the stream, until Shutdown.
func (m *Monitor) watch() {
	if m.cfg.feed != nil {
		m.unwatch = m.cfg.feed.Watch(feed.Watcher{Event: m.showEvent, Slow: m.sendSlow})
	}
}

// showEvent passes what an engine found on to those who watch.
func (m *Monitor) showEvent(ev *engine.Event) {
	if ev.Part == nil || ev.Incident.Reported && ev.Incident.State == engine.Open {
		change := spikeChangeOf(ev)
		m.beside.add(&change.Spike, &ev.Incident)
		m.companion.Send(companion.TopicSpike, func() any { return change })
	}
}

// slowFrom is the duration above which a request of an endpoint is slow, by itself or as all.
func (m *Monitor) slowFrom(ep conventions.Endpoint) time.Duration {
	if m.cfg.feed != nil {
		return m.cfg.feed.SlowFrom(ep)
	}
	return m.link.SlowThreshold(ep)
}

// errorsSeen are the failures since the start or the last reset, the latest first.
func (m *Monitor) errorsSeen() []spikeprocessor.ErrorGroup {
	if m.cfg.feed != nil {
		return m.cfg.feed.Errors()
	}
	return m.link.ErrorGroups()
}

// maxEndpoints is how many rows of its own the service has at most.
func (m *Monitor) maxEndpoints() int {
	if m.cfg.feed != nil {
		return m.cfg.feed.MaxEndpoints()
	}
	return m.processor.Stats().MaxEndpoints
}

// detector is the configuration of the detectors in force.
func (m *Monitor) detector() *baseline.Config {
	if m.cfg.feed != nil {
		return new(m.engine.Config())
	}
	return &m.settings.now.Load().baseline
}
