// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otellog "go.opentelemetry.io/otel/log"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/statefile"
)

// Who sets marks besides clients.
const (
	byProgram = "program"
	byUs      = "otelperf"
)

// marker is the marks, and what it takes to set that of the start.
type marker struct {
	*marks.List
	before  string // service.version of the process before; "": not known
	started bool   // the mark of the start is set; of the digest alone
}

// restore takes in what the process before has left.
func (k *marker) restore(h *statefile.Header, now time.Time) {
	k.Restore(h.Marks, now)
	k.before = h.ServiceVersion
}

// Mark sets a mark of a deployment, or of whatever else has changed in the service, at this moment: a line in the charts, and what a
// spike that begins within 15 minutes is put beside. The last 100 marks are stored, in the state file too if there is one. The error
// says what is wrong with the text, which is to have 1 to 200 bytes; what is not printable in it becomes a space.
//
// The Monitor sets marks by itself when it begins, as a new version if the state file is of another service.version, when PATCH config
// changes a setting, and when it is reset. A deploy script sets them with POST marks, or with "otelperf mark".
func (m *Monitor) Mark(text string) error {
	_, err := m.setMark(&marks.Request{Text: text}, byProgram)
	if err != nil {
		return fmt.Errorf("otelperf: mark: %w", err)
	}
	return nil
}

func (m *Monitor) setMark(r *marks.Request, by string) (marks.Mark, error) {
	mark, err := r.Mark(by, time.Now())
	if err != nil {
		return mark, err
	}
	return m.addMark(mark), nil
}

// addMark stores a mark, and passes it on.
func (m *Monitor) addMark(mark marks.Mark) marks.Mark {
	mark = m.marks.Add(mark)
	m.companion.Send(companion.TopicMark, func() any { return mark })
	m.audits.later(func() { m.alerts.emitMark(&mark) })
	return mark
}

// markStart sets the mark of the start, as soon as it is known which version this is. It is called by the digest alone.
func (m *Monitor) markStart() {
	if m.marks.started || m.named() == nil {
		return
	}
	m.marks.started = true
	mark := marks.Mark{Time: m.began, Kind: marks.Start, Text: "start", By: byUs}
	if version := marks.Clean(m.identity().version); version != "" {
		mark.Text = "start of version " + version
		if m.marks.before != "" && m.marks.before != m.identity().version {
			mark.Kind, mark.Text = marks.Version, "version "+version
		}
	}
	m.addMark(mark)
}

// markChange sets a mark of a change of ours.
func (m *Monitor) markChange(kind marks.Kind, text, by string) {
	m.addMark(marks.Mark{Time: time.Now(), Kind: kind, Text: marks.Clean(text), By: cmp.Or(marks.Clean(by), byProgram)})
}

// markList is the answer of GET marks.
type markList struct {
	origin
	Count int `json:"count"` // stored, of a fixed time in it
	fixedTime
	Marks []marks.Mark `json:"marks"`         // newest first
	Note  string       `json:"note,omitzero"` // what of a fixed time could not be read
}

func (s service) Marks(limit int, p companion.Period) (any, error) {
	if p.To.IsZero() {
		all := s.m.marks.All()
		return markList{origin: s.m.origin(), Count: len(all), Marks: all[:min(limit, len(all))]}, nil
	}
	_, _, long := s.m.beyond(p)
	all, more, note, err := s.m.marksWithin(p.From, p.To, long)
	of := s.m.fixedTimeOf(p, engine.Covered{From: p.From, To: upToNow(p.To)})
	return markList{origin: s.m.origin(), Count: len(all) + more, fixedTime: of, Marks: all[:min(limit, len(all))], Note: note}, err
}

// marksWithin are the marks of a time, newest first, at most marks.Max, of memory and, if that can be read, of the store where memory does not have
// all of it; more is how many older ones there are.
func (m *Monitor) marksWithin(from, to time.Time, long bool) (all []marks.Mark, more int, note string, err error) {
	var stored past.Marks
	if long {
		stored, err = m.past.Marks(wholeMinutes(from, to))
		if note = stored.Note; err != nil {
			note, err = m.lacking(to, "Marks", err)
		}
	}
	list := make([]marks.Mark, len(stored.List))
	for i, s := range stored.List {
		list[i] = marks.Mark{ID: s.ID, Time: s.Time, Kind: marks.Kind(s.Kind), Text: s.Text, By: s.By}
	}
	all, more = marks.Within(m.marks.All(), list, from, to)
	return all, more + stored.More, note, err
}

func (s service) Mark(r *marks.Request, by string) (any, error) { return s.m.setMark(r, by) }

// logEventMark is the name of the event that a mark was set.
const logEventMark = "otelperf.mark"

// emitMark sends a mark as an OpenTelemetry event.
func (a *alerter) emitMark(m *marks.Mark) {
	var r otellog.Record
	r.SetEventName(logEventMark)
	r.SetTimestamp(m.Time)
	r.SetSeverity(otellog.SeverityInfo)
	r.SetSeverityText(slog.LevelInfo.String())
	r.SetBody(attribute.StringValue(m.Text))
	r.AddAttributes(attribute.String("otelperf.mark.id", m.ID), attribute.String("otelperf.mark.kind", string(m.Kind)), attribute.String("otelperf.mark.by", m.By))
	r.AddAttributes(a.named...)
	a.events.Emit(context.Background(), r)
}
