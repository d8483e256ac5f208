// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Health is the answer of GET health. A warning is for people: it never fails a liveness probe.
type Health struct {
	Status  string        `json:"status"`  // pass or warn: the worst of the checks
	Service string        `json:"service"` // service.name
	Time    time.Time     `json:"time"`    // of the answer
	Checks  []HealthCheck `json:"checks"`  // all of them, those that pass too
}

// HealthCheck is one thing that was looked at.
type HealthCheck struct {
	Name   string `json:"name"`            // what was looked at: enabled, engine, counting, spikes, source, faults, endpoints, anatomies, state_file, bundles, notify, in_flight, evidence
	Status string `json:"status"`          // pass or warn
	Detail string `json:"detail,omitzero"` // what is wrong; with pass empty, but for spikes that nobody can tell yet
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
	return m.disabled == "" && (m.closed.Load() || m.engine.Age() > staleTicks*m.reader.every)
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
	open := m.openReasons()
	check("spikes", len(open) > 0, "%s", strings.Join(open, "; "))
	if len(open) == 0 {
		h.Checks[len(h.Checks)-1].Detail = m.cannotTell()
	}
	check("source", d.Source == "metrics" && !d.ReaderRegistered, "the metric source needs Monitor.Reader in the MeterProvider")
	check("processors", d.Processor.Doubled, "%s", doubledText)
	check("faults", d.Processor.Faults+d.Faults+d.MiddlewareFaults > 0, "faults of otelperf itself: %d in the processor, %d in Middleware, %d in evaluations, lines, alerts, events and the stream",
		d.Processor.Faults, d.MiddlewareFaults, d.Faults)
	check("state_file", d.StateFileError != "", "%s", d.StateFileError)
	check("bundles", m.bundles.Trouble() != "", "%s", m.bundles.Trouble())
	troubles := notifyTroubles(d.Notifiers)
	check("notify", troubles != "", "%s", troubles)
	check("endpoints", d.Processor.Overflowed > 0, "%d requests share the row (other)", d.Processor.Overflowed)
	leaks := m.leaks(d.Processor.Leaked)
	check("in_flight", len(leaks) > 0, "requests that may never end: %s", strings.Join(leaks, "; "))
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

// openReasons are the reasons of the incidents that are open.
func (m *Monitor) openReasons() (reasons []string) {
	for _, in := range m.engine.Incidents() {
		if in.State == engine.Open {
			reasons = append(reasons, in.Reason)
		}
	}
	return reasons
}

// cannotTell says how many of the endpoints with requests in the last five minutes are not judged yet, so that no open spike says
// little; "" if all are.
func (m *Monitor) cannotTell() string {
	rows, _ := m.engine.Rows(engine.Query{Window: engine.FiveMinutes, Wants: conventions.Kind.Request, Once: true})
	learning, grace, n, left := 0, 0, 0, time.Duration(0)
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Outcomes.Total() == 0:
			continue
		case r.Phase == baseline.Learning:
			learning++
		case r.JudgedIn > 0:
			grace++
			left = max(left, r.JudgedIn)
		}
		n++
	}
	var why []string
	if learning > 0 {
		why = append(why, fmt.Sprintf("%d of %d endpoints still learn what is usual", learning, n))
	}
	if grace > 0 {
		why = append(why, fmt.Sprintf("%d of %d endpoints are not judged for another %.0f s, after a start or a silence", grace, n, math.Ceil(left.Seconds())))
	}
	if len(why) == 0 {
		return ""
	}
	return "cannot tell yet: " + strings.Join(why, ", ")
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
