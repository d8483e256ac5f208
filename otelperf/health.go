// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Health is the answer of GET health. A warning is for people: it never fails a liveness probe.
type Health struct {
	Status  string        `json:"status"`  // pass or warn: the worst of the checks
	Verdict Verdict       `json:"verdict"` // whether anything is wrong with the service, by the last five minutes
	Service string        `json:"service"` // service.name
	Time    time.Time     `json:"time"`    // of the answer
	Checks  []HealthCheck `json:"checks"`  // all of them, those that pass too
}

// HealthCheck is one thing that was looked at.
type HealthCheck struct {
	Name   string `json:"name"`            // what was looked at: enabled, engine, counting, spikes, objectives, source, faults, endpoints, anatomies, state_file, history, bundles, notify, fleet, in_flight, evidence
	Status string `json:"status"`          // pass or warn
	Detail string `json:"detail,omitzero"` // what is wrong; with pass empty, but for spikes that are muted and for what was not known of running requests
}

const (
	healthPass = "pass"
	healthWarn = "warn"
)

// staleTicks is after how many missed ticks the engine counts as stalled.
const staleTicks = 5

// incompleteFor is how long an anatomy that a bound cut is worth a warning.
const incompleteFor = 5 * time.Minute

// stalled reports whether the numbers are old.
func (m *Monitor) stalled() bool {
	late := staleTicks * m.reader.every
	if m.cfg.feed != nil {
		late += m.cfg.feed.Delay()
	}
	return m.disabled == "" && (m.closed.Load() || m.engine.Age() > late)
}

// Health returns what is well and what is not.
func (m *Monitor) Health() Health {
	d := m.Diagnostics()
	h := Health{Status: healthPass, Service: m.identity().service, Time: time.Now().UTC()}
	check := func(name string, bad bool, format string, args ...any) {
		c := HealthCheck{Name: name, Status: healthPass}
		if bad {
			c.Status, c.Detail = healthWarn, fmt.Sprintf(format, args...)
			h.Status = healthWarn
		}
		h.Checks = append(h.Checks, c)
	}
	check("enabled", d.Disabled != "", "%s is set", d.Disabled)
	check("engine", d.Stalled && !m.closed.Load(), "no evaluation for %.0f s%s", m.engine.Age().Seconds(), m.reader.why())
	check("counting", d.Processor.Stopped, "%s", d.ended())
	h.Verdict = m.verdict()
	open, muted := m.openReasons()
	check("spikes", len(open) > muted, "%s", strings.Join(open, "; "))
	if len(open) == muted {
		h.Checks[len(h.Checks)-1].Detail = strings.Join(open, "; ")
	}
	troubles := m.objectiveTroubles()
	check("objectives", len(troubles) > 0, "%s", strings.Join(troubles, "; "))
	check("source", d.Source == "metrics" && !d.ReaderRegistered, "the metric source needs Monitor.Reader in the MeterProvider")
	check("processors", d.Processor.Doubled, "%s", doubledText)
	check("faults", d.Processor.Faults+d.Faults+d.MiddlewareFaults > 0, "faults of otelperf itself: %d in the processor, %d in Middleware, %d in evaluations, lines, alerts, events and the stream",
		d.Processor.Faults, d.MiddlewareFaults, d.Faults)
	check("state_file", d.StateFileError != "", "%s", d.StateFileError)
	check("history", d.History.Trouble() != "", "%s", d.History.Trouble())
	check("fleet", d.Fleet.Trouble() != "", "%s", d.Fleet.Trouble())
	check("bundles", m.bundles.Trouble() != "", "%s", m.bundles.Trouble())
	failing := notifyTroubles(d.Notifiers)
	check("notify", failing != "", "%s", failing)
	check("endpoints", d.Processor.Overflowed > 0, "%d requests share the row (other)", d.Processor.Overflowed)
	leaks := m.leaks(d.Processor.Leaked)
	check("in_flight", len(leaks) > 0, "requests that may never end: %s", strings.Join(leaks, "; "))
	if c := &h.Checks[len(h.Checks)-1]; c.Detail == "" {
		c.Detail = unknownRunning(&d.Processor)
	}
	noEvidence := d.noEvidence()
	check("evidence", noEvidence != "", "what slow requests wait for cannot be recorded: %s", noEvidence)
	since := time.Since(d.Processor.LastIncomplete)
	check("anatomies", since < incompleteFor, "of %d slow or failed requests the anatomy lacks calls, of %d all of it, the last one %.0f s ago: "+
		"more was running, or slow, than the bounds let be held", d.Processor.AnatomiesIncomplete, d.Processor.AnatomiesDropped, since.Seconds())
	return h
}

// HealthHandler answers with the status alone, without details or access rules: it is to be mounted where probes can
// reach it. The answer is 200 for as long as the process can answer at all.
func (m *Monitor) HealthHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		web.JSON(w, r, map[string]string{"status": m.Health().Status})
	})
}

// openReasons are the reasons of the spikes that are open, each with who looks after it and until when it is muted, and how many of
// them are muted: people were to expect those, and they are no warning.
func (m *Monitor) openReasons() (reasons []string, muted int) {
	for _, s := range m.spikes() {
		if s.State != string(engine.Open) {
			continue
		}
		reason := s.Reason
		if s.Ack != nil {
			reason += " (" + acknowledged(s.Ack) + ")"
		}
		if s.Muted != nil {
			muted++
			reason += " (muted until " + s.Muted.Until.UTC().Format(mutedUntil) + ")"
		}
		reasons = append(reasons, reason)
	}
	return reasons, muted
}

// verdict is the answer to whether anything is wrong, by the last five minutes, without an evaluation.
func (m *Monitor) verdict() Verdict {
	f := facts{now: time.Now(), disabled: m.disabled, stalled: m.stalled(), spikes: m.spikes(), budgets: m.objectives(), unseen: m.engine.Unseen()}
	rows, _ := m.engine.Rows(engine.Query{Window: engine.FiveMinutes, Wants: conventions.Kind.Request, Once: true})
	for i := range rows {
		f.endpoints = append(f.endpoints, m.row(&rows[i]))
	}
	return f.verdict()
}

// unknownRunning says what was not known of requests while they ran: no warning, as all numbers have them. It is "" where all was known.
func unknownRunning(p *spikeprocessor.Stats) string {
	var said []string
	say := func(n uint64, of string) {
		if n > 0 {
			said = append(said, fmt.Sprintf("%d %s", n, of))
		}
	}
	say(p.InFlightDropped, "running requests were never listed")
	say(p.InFlightSwept, "were listed no longer, as thousands had begun after them")
	say(p.InFlightUnfollowed, "may have been listed without the call that they were in")
	if said == nil {
		return ""
	}
	return "since the start: " + strings.Join(said, ", ")
}

// leaks describes requests that may never end, at most three names of them. Endpoints of which streams have ended are left out: such
// requests take their time.
func (m *Monitor) leaks(all []spikeprocessor.Leak) (reasons []string) {
	if len(all) == 0 {
		return nil
	}
	streams := map[string]bool{}
	rows, _ := m.engine.Rows(engine.Query{Window: engine.All, Wants: conventions.Kind.Request, Once: true})
	for i := range rows {
		if rows[i].Outcomes[slowlog.OutcomeStream] > 0 {
			streams[rows[i].Endpoint.Method+" "+rows[i].Endpoint.Route] = true
		}
	}
	for _, l := range all {
		if !streams[l.Name] {
			reasons = append(reasons, fmt.Sprintf("%d %s, the first for %s", l.Count, l.Name, (time.Duration(l.OldestAgeSeconds)*time.Second).String()))
		}
	}
	return reasons[:min(len(reasons), 3)]
}
