// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Settings are what is in force, as GET config shows it. Secrets are not in it.
type Settings struct {
	SlowThresholdMs         float64            `json:"slow_threshold_ms"`           // WithSlowThreshold
	EndpointThresholdsMs    map[string]float64 `json:"endpoint_slow_thresholds_ms"` // by pattern
	RequestLogRate          float64            `json:"request_log_rate"`            // 0 to 1
	LogLevel                string             `json:"log_level"`                   // lines of ours below it are left out
	BaselineRatio           float64            `json:"baseline_ratio"`              // times the baseline from which a spike is
	BaselineWeight          float64            `json:"baseline_weight"`             // of the past, per ten minutes
	BaselineCooldownSeconds float64            `json:"baseline_cooldown_seconds"`   // between two alerts of an endpoint
	BaselineFloorMs         float64            `json:"baseline_floor_ms"`           // durations below it never count as slower
	BaselineGraceSeconds    float64            `json:"baseline_grace_seconds"`      // after the start, of which nothing is learned

	Source                string         `json:"source"`                      // spans, metrics, or otlp: those of a service elsewhere
	MetricIntervalSeconds float64        `json:"metric_interval_seconds"`     // WithMetricInterval
	MaxEndpoints          int            `json:"max_endpoints"`               // WithMaxEndpoints
	MaxStreams            int            `json:"max_streams"`                 // WithMaxStreams
	SlowLog               slowlog.Limits `json:"slow_log"`                    // WithSlowLog
	Headers               bool           `json:"headers"`                     // WithHeaders
	Stacks                bool           `json:"stacks"`                      // WithStacks
	StateFile             bool           `json:"state_file"`                  // baselines and marks survive a restart: WithStateFile
	Fleet                 bool           `json:"fleet"`                       // ?scope=fleet is of all instances of the service: WithFleet
	History               bool           `json:"history"`                     // there are the windows 24h and 7d, and any time that is stored: WithHistory
	Events                bool           `json:"events"`                      // analytics events are on: there are GET stats and GET events/recent
	IgnoredPaths          []string       `json:"ignored_paths"`               // WithIgnoredPaths, and the usual ones
	Windows               []string       `json:"windows"`                     // that ?window= accepts
	Access                []string       `json:"access"`                      // who may look: this machine, authorizer, bearer token
	MayChange             bool           `json:"may_change"`                  // whoever may look may change, too
	MayChangeReason       string         `json:"may_change_reason,omitempty"` // why nobody may
	TraceURL              *string        `json:"trace_url"`                   // template of WithTraceURL
	Changeable            []string       `json:"changeable"`                  // what PATCH config accepts
}

// live is the part of the configuration that can be changed while the Monitor runs. A value is never changed once it is
// in force.
type live struct {
	slowThreshold time.Duration
	requestLog    float64
	level         slog.Level
	baseline      baseline.Config // defaults filled in
}

// settings holds the live configuration. Readers take no lock.
type settings struct {
	changing sync.Mutex // one change at a time
	now      atomic.Pointer[live]
	level    slog.LevelVar // that of now, for the log handler
}

// begin takes the options over.
func (s *settings) begin(c *config) {
	s.level.Set(slog.LevelDebug)
	s.now.Store(&live{requestLog: c.requestLog, level: slog.LevelDebug})
}

// apply puts next, which has been validated, in force.
func (m *Monitor) apply(next live) error {
	before := m.settings.now.Load()
	if next.baseline != before.baseline {
		if err := m.engine.Configure(next.baseline); err != nil {
			return err
		}
	}
	if next.slowThreshold != before.slowThreshold {
		m.link.SetSlowThreshold(next.slowThreshold)
	}
	m.settings.level.Set(next.level)
	m.settings.now.Store(&next)
	return nil
}

// Settings returns what is in force.
func (m *Monitor) Settings() Settings {
	c, now := &m.cfg, *m.settings.now.Load()
	if c.feed != nil { // who feeds us sets both
		now.baseline, now.slowThreshold = m.engine.Config(), c.feed.SlowFrom(conventions.Endpoint{})
	}
	s := Settings{
		SlowThresholdMs: units.Milliseconds(now.slowThreshold), EndpointThresholdsMs: map[string]float64{},
		RequestLogRate: now.requestLog, LogLevel: strings.ToLower(now.level.String()),
		BaselineRatio: now.baseline.Ratio, BaselineWeight: now.baseline.Weight,
		BaselineCooldownSeconds: now.baseline.Cooldown.Seconds(), BaselineFloorMs: units.Milliseconds(now.baseline.Floor),
		BaselineGraceSeconds: now.baseline.Grace.Seconds(),
		Source:               "spans", MetricIntervalSeconds: c.metricInterval.Seconds(), MaxEndpoints: m.maxEndpoints(), MaxStreams: c.maxStreams,
		SlowLog: m.slow.Limits(), Headers: c.headers, Stacks: c.stacks, StateFile: c.stateFile != "", Events: m.tracker != nil, IgnoredPaths: slices.Clone(c.ignored), History: m.past != nil, Fleet: m.fleet != nil, Windows: windowNames(m.past != nil),
		Access: m.companion.Access(), Changeable: append([]string{}, slices.Sorted(maps.Keys(m.knobs()))...),
	}
	if c.feed != nil { // what a Monitor does with requests and lines of its own process
		s.Headers, s.Stacks, s.RequestLogRate, s.IgnoredPaths = false, false, 0, []string{}
	}
	s.MayChangeReason = m.companion.NoChanges()
	s.MayChange = s.MayChangeReason == ""
	for pattern, d := range c.thresholds {
		s.EndpointThresholdsMs[pattern] = units.Milliseconds(d)
	}
	switch {
	case c.metricSource:
		s.Source = "metrics"
	case c.feed != nil:
		s.Source = sourceOTLP
	}
	if c.traceURL != "" {
		s.TraceURL = &c.traceURL
	}
	return s
}
