// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/slowlog/fault"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// usual is what an endpoint did at the same time of other days; nil: nothing of that time is stored.
type usual struct {
	Yesterday *usualNumbers `json:"yesterday"`
	LastWeek  *usualNumbers `json:"last_week"`
}

// usualNumbers are those of a time as long as the window, or of the whole steps that are stored and have something of it.
type usualNumbers struct {
	From    time.Time `json:"from"` // of what there is
	To      time.Time `json:"to"`
	Seconds float64   `json:"seconds"` // that there is, without gaps
	Count   uint64    `json:"count"`   // requests of any outcome; of a time of another length not to be compared
	Rate    *float64  `json:"rate"`    // requests a second
	P99Ms   *float64  `json:"p99_ms"`  // nil: no durations
}

// usualSeries is an endpoint over the same time of other days; nil: nothing of that time is stored.
type usualSeries struct {
	Yesterday *usualLine `json:"yesterday"`
	LastWeek  *usualLine `json:"last_week"`
}

// usualLine is one of both.
type usualLine struct {
	From        time.Time     `json:"from"` // of what there is
	To          time.Time     `json:"to"`
	Seconds     float64       `json:"seconds"`      // that there is, without gaps
	StepSeconds float64       `json:"step_seconds"` // of a point
	Points      []seriesPoint `json:"points"`       // as those of the series, at the times of then; at most 400
}

// timeOf is the time that a period is of by now, in whole minutes.
func (m *Monitor) timeOf(p companion.Period) (from, to time.Time) {
	if from, to, ok := m.beyond(p); ok || p.Window == "" {
		return cmpTime(from, p.From), cmpTime(to, p.To)
	}
	to = time.Now().Truncate(time.Minute)
	began, _ := m.engine.Stored()
	for w, d := range map[Window]time.Duration{Window1m: time.Minute, Window5m: 5 * time.Minute, Window1h: time.Hour} {
		if w == Window(p.Window) {
			return to.Add(-d), to
		}
	}
	return began.Truncate(time.Minute), to
}

// cmpTime is the first that is not zero.
func cmpTime(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// addUsual gives rows what is usual at this time, and says why it could not.
func (m *Monitor) addUsual(p companion.Period, rows []detailedRow, of []engine.Row) (note string) {
	from, to := m.timeOf(p)
	for i := range rows {
		rows[i].Usual = &usual{}
	}
	for _, then := range past.Thens {
		total, ok, err := m.past.Usual(then, from, to)
		if err != nil {
			return unread(err)
		}
		if !ok {
			continue
		}
		snap := m.snapshotOf(&total, false)
		numbers := make(map[conventions.Endpoint]*engine.Row, len(snap.Rows))
		for i := range snap.Rows {
			numbers[snap.Rows[i].Endpoint] = &snap.Rows[i]
		}
		for i := range rows {
			n := &usualNumbers{From: total.From.UTC(), To: total.To.UTC(), Seconds: total.Seconds, Rate: new(0.)}
			if r := numbers[of[i].Endpoint]; r != nil {
				t := totalsOf(&r.Numbers)
				n.Count, n.Rate, n.P99Ms = t.Count, t.Rate, t.P99Ms
			}
			rows[i].Usual.set(then, n)
		}
	}
	return ""
}

// unread says that there is something to read, and why it could not be.
func unread(err error) string { return "Nothing could be read: " + fault.Text(err) + "." }

func (u *usual) set(t past.Then, n *usualNumbers) {
	if t.Ago == past.Day {
		u.Yesterday = n
		return
	}
	u.LastWeek = n
}

// usualSeries is what is usual of an endpoint over the time of a series, and says why it could not be read.
func (m *Monitor) usualSeries(p companion.Period, s *seriesAnswer) (out *usualSeries, note string) {
	out = &usualSeries{}
	from, to := m.timeOf(p)
	for _, then := range past.Thens {
		line, err := m.past.Points(s.of, from.Add(-then.Ago), to.Add(-then.Ago))
		if err != nil {
			return out, unread(err)
		}
		if line.From.IsZero() {
			continue
		}
		l := &usualLine{From: line.From.UTC(), To: line.To.UTC(), Seconds: line.Seconds, StepSeconds: line.Step.Seconds(), Points: longPoints(&line)}
		if then.Ago == past.Day {
			out.Yesterday = l
		} else {
			out.LastWeek = l
		}
	}
	return out, ""
}
