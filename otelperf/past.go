// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// recent is what a Monitor has in memory, as the reader of its history sees it.
type recent struct{ c *chronicle }

func (r recent) Unwritten() time.Time { return r.c.writer.Unwritten() }

func (r recent) Began() time.Time {
	began, _ := r.c.engine.Stored()
	return began
}

func (r recent) Started() time.Time { return r.c.started }

func (r recent) Minute(t time.Time) (out []history.Row) {
	rows, _ := r.c.engine.RowsOf(t)
	for _, x := range rows {
		out = append(out, historyRow(&x))
	}
	return out
}

func (r recent) Signals(from, to time.Time) []*history.Batch {
	if r.c.told.signals == nil {
		return nil
	}
	return r.c.told.signals(from, to)
}

// historyRow is the form of a row in a history, and minuteRow that of one of a history here.
func historyRow(r *engine.MinuteRow) history.Row {
	return history.Row{Endpoint: r.Endpoint, Outcomes: r.Outcomes, Durations: r.Durations, Guessed: r.Coarse}
}

func minuteRow(r *history.Row) engine.MinuteRow {
	return engine.MinuteRow{Endpoint: r.Endpoint, Outcomes: r.Outcomes, Durations: r.Durations, Coarse: r.Guessed}
}

// beyond returns the time of a period of which memory does not have all; ok is false if it has, and without a history. Of a fixed time of
// which other instances have stored something, or may have, memory does not have all.
func (m *Monitor) beyond(p companion.Period) (from, to time.Time, ok bool) {
	if m.past == nil {
		return from, to, false
	}
	if d := Window(p.Window).long(); d > 0 {
		now := time.Now()
		return now.Add(-d).Truncate(time.Minute), now, true
	}
	began, _ := m.engine.Stored()
	return p.From, p.To, p.Window == "" && (p.From.Before(began) || m.past.Shared(p.From))
}

// ownStored says of a fixed time that memory has that it is of this instance, where others may share the store.
func (m *Monitor) ownStored(p companion.Period, c engine.Covered) *past.Stored {
	if m.past == nil || p.Window != "" {
		return nil
	}
	own, note, ok := m.past.Own()
	if !ok {
		return nil
	}
	of := past.Coverage{From: c.From, To: c.To, Step: time.Minute, Whose: own, Note: note}
	if c.Length() == 0 {
		of = past.Coverage{Step: time.Minute, Gaps: []past.Span{{From: c.From, To: c.To}}, Missing: c.Missing.Seconds(), Whose: own, Note: note}
	}
	return of.Said()
}

// snapshot is all endpoints in a period, and what of it is stored, where that had to be read.
func (m *Monitor) snapshot(p companion.Period, histogram bool) (*engine.Snapshot, *past.Stored, error) {
	from, to, ok := m.beyond(p)
	if !ok {
		return m.engine.SnapshotOf(periodOf(p)), nil, nil
	}
	total, err := m.past.Rows(from, to)
	if err != nil {
		return nil, nil, refused(err)
	}
	snap := m.snapshotOf(&total, histogram)
	snap.Covered = coveredOf(&total.Coverage, from, to)
	return snap, saidOf(p, &total.Coverage), nil
}

// saidOf is what of a period is stored. Of a fixed time it says, too, what is mostly not stored yet.
func saidOf(p companion.Period, c *past.Coverage) *past.Stored {
	s := c.Said()
	if p.Window == "" {
		s.SayPending()
	}
	return s
}

// coveredOf is the time that what was read is of, out of the one that was asked for.
func coveredOf(c *past.Coverage, from, to time.Time) engine.Covered {
	if c.From.IsZero() {
		return engine.NothingOf(from, to, time.Now())
	}
	return engine.Covered{From: c.From, To: c.To, Missing: c.To.Sub(c.From) - time.Duration(c.Seconds*float64(time.Second))}
}

func (m *Monitor) snapshotOf(t *past.Total, histogram bool) *engine.Snapshot {
	g := engine.Given{Covered: time.Duration(t.Seconds * float64(time.Second))}
	for i := range t.Rows {
		g.Rows = append(g.Rows, minuteRow(&t.Rows[i]))
	}
	return m.engine.SnapshotGiven(g, histogram)
}

// longRows are the rows of a period of which memory does not have all.
func (m *Monitor) longRows(q *companion.RowsQuery, wants func(conventions.Kind) bool) (rows []engine.Row, covered engine.Covered, said *past.Stored, err error) {
	snap, said, err := m.snapshot(q.Period, q.Histogram)
	if err != nil {
		return nil, covered, nil, err
	}
	trends := map[conventions.Endpoint][]time.Duration{}
	if q.Trend {
		of, _ := m.engine.Rows(engine.Query{Window: engine.Minute, Wants: wants, Trend: true, Once: true})
		for i := range of {
			trends[of[i].Endpoint] = of[i].Trend
		}
	}
	for i := range snap.Rows {
		if r := &snap.Rows[i]; wants(r.Endpoint.Kind) {
			r.Trend = trends[r.Endpoint]
			rows = append(rows, *r)
		}
	}
	return rows, snap.Covered, said, nil
}

// storedEndpoint is the endpoint of a query that had a request from a time up to another.
func (m *Monitor) storedEndpoint(q companion.EndpointQuery, from, to time.Time) (e conventions.Endpoint, ok bool, err error) {
	total, err := m.past.Rows(from, to)
	for i := range total.Rows {
		e = total.Rows[i].Endpoint
		if e.Method == q.Method && e.Route == q.Route && (q.Kind == "" || q.Kind == e.Kind.String()) {
			return e, true, nil
		}
	}
	return e, false, errors.Join(err, total.Err)
}

// longSeries is an endpoint over a time of which memory does not have all, and what is usual of it.
func (m *Monitor) longSeries(q companion.EndpointQuery, from, to time.Time) (s engine.Series, line past.Line, ok bool, err error) {
	if s, ok = m.engine.Series(q.Method, q.Route, q.Kind, engine.Period{Window: engine.Minute}); !ok {
		if s.Endpoint, ok, err = m.storedEndpoint(q, from, to); !ok {
			return s, line, false, refused(err)
		}
	}
	line, err = m.past.Points(s.Endpoint, from, to)
	s.Covered = coveredOf(&line.Coverage, from, to)
	return s, line, true, refused(err)
}

// longPoints are the points of a line, with rates over what is stored of each.
func longPoints(l *past.Line) (out []seriesPoint) {
	out = []seriesPoint{}
	for i := range l.Points {
		p := &l.Points[i]
		row := minuteRow(&p.Row)
		point := seriesPointOf(&engine.Point{Time: p.Time, Numbers: row.Numbers(time.Duration(p.Covered * float64(time.Second)))})
		point.Seconds = p.Seconds
		out = append(out, point)
	}
	return out
}

// lacking makes a note of what could not be read of a time of which memory has something to say, too.
func (m *Monitor) lacking(to time.Time, what string, err error) (note string, _ error) {
	if err == nil || !m.past.Remembers(to) {
		return "", refused(err)
	}
	return mayLack(what, err), nil
}

// mayLack says what is missing of which some may be stored.
func mayLack(what string, err error) string {
	return what + " may be missing. " + past.Unread(err)
}

// readAgain is after how long a store that has failed may be asked again.
const readAgain = 30 * time.Second

// refused is the answer for what could not be read.
func refused(err error) error {
	if err == nil {
		return nil
	}
	r := &companion.Refusal{
		Problem:    problem.Problem{Status: http.StatusServiceUnavailable, Detail: past.Unread(err)},
		RetryAfter: readAgain,
	}
	if errors.Is(err, past.ErrBusy) || errors.Is(err, past.ErrSlow) {
		r.RetryAfter = 5 * time.Second
	}
	return r
}

// slowBefore are the slow and failed requests of a time, newest first, of memory and, if that can be read, of the store.
func (m *Monitor) slowBefore(from, to time.Time) (slow []*slowlog.Entry, more int, note string, err error) {
	slow = begunIn(m.slow.All(), from, to)
	if m.past == nil {
		return slow, 0, "", nil
	}
	stored, err := m.past.Requests(wholeMinutes(from, to)) // read once a minute, also where to is now
	if err != nil {
		note, err = m.lacking(to, "Slow requests", err)
		return slow, 0, note, err
	}
	within := slices.DeleteFunc(slices.Clone(stored.List), func(e *slowlog.Entry) bool { return e.Start.Before(from) || !e.Start.Before(to) })
	return mergeRequests(slow, within), stored.More, stored.Note, nil
}

// wholeMinutes are those that hold a time.
func wholeMinutes(from, to time.Time) (first, last time.Time) {
	return from.Truncate(time.Minute), to.Add(time.Minute - 1).Truncate(time.Minute)
}

// slowLately are the newest slow requests of a time that goes up to now, at least as many as a summary has, where there are: those of the last
// hour, mostly, so that not all of days is read.
func (m *Monitor) slowLately(from, to time.Time) (slow []*slowlog.Entry, note string, err error) {
	slow, _, note, err = m.slowBefore(to.Add(-time.Hour), to)
	if slow = onlySlow(slow); err == nil && len(slow) < summarySlow {
		slow, _, note, err = m.slowBefore(from, to)
	}
	return onlySlow(slow), note, err
}

// onlySlow leaves out those that failed fast, which a summary has not among its slow requests.
func onlySlow(all []*slowlog.Entry) []*slowlog.Entry {
	return slices.DeleteFunc(slices.Clone(all), func(e *slowlog.Entry) bool { return !e.Slow() })
}

// slowOf is the list of the slow requests of a fixed time or of a window of days, of one trace alone where of is valid.
func (m *Monitor) slowOf(limit int, of trace.TraceID, p companion.Period) (slowList, error) {
	if p.Window != "" {
		p.From, p.To, _ = m.beyond(p)
	}
	all, more, note, err := m.slowBefore(p.From, p.To)
	if of.IsValid() {
		all, more = slices.DeleteFunc(slices.Clone(all), func(e *slowlog.Entry) bool { return e.TraceID != of }), 0
	}
	list := slowList{
		origin: m.origin(), Count: uint64(len(onlySlow(all))), Stored: len(all) + more, fixedTime: m.fixedTimeOf(p, engine.Covered{From: p.From, To: upToNow(p.To)}),
		Slow: []SlowRequest{}, Note: note,
	}
	if more > 0 {
		list.Note = strings.TrimSpace(list.Note + fmt.Sprintf(" Of %d slow and failed requests the last %d were read: count is of these.", list.Stored, len(all)))
	}
	for _, e := range all[:min(limit, len(all))] {
		list.Slow = append(list.Slow, m.slowRequestOf(e))
	}
	return list, err
}
