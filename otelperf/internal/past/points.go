// SPDX-License-Identifier: Apache-2.0

package past

import (
	"context"
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Line is an endpoint over time.
type Line struct {
	Step   time.Duration // of the points
	Points []Point       // in a row, at most 400
	Coverage
}

// Point is a step of a Line.
type Point struct {
	Time    time.Time // of its beginning
	Seconds float64   // its length; the first and the last may be shorter
	Covered float64   // seconds of it that there are
	history.Row
}

// steps are how long points are, by the time that they are of: at most 400.
var steps = []struct{ upTo, step time.Duration }{
	{4 * time.Hour, time.Minute}, {32 * time.Hour, history.TenMinutes}, {14 * 24 * time.Hour, history.Hour}, {60 * 24 * time.Hour, 6 * time.Hour}, {Longest, 24 * time.Hour},
}

// StepOf is how long the points of a time are, or longer, where only longer ones are stored.
func StepOf(d time.Duration) time.Duration {
	for _, s := range steps {
		if d <= s.upTo {
			return s.step
		}
	}
	return 24 * time.Hour
}

// Points returns what an endpoint did from a time up to another, in steps of StepOf, of which the first and the last are as long as the time, or as what
// is stored by now, reaches into them.
func (r *Reader) Points(e conventions.Endpoint, from, to time.Time) (Line, error) {
	asked := askedFor(from, to)
	from, to, note := longest(from, to)
	step := StepOf(to.Sub(from))
	from, to = whole(from, to)
	var s storedPoints
	p, err := r.part(from, to)
	if err == nil {
		if s, err = r.storedPoints(e, &p, min(step, history.Hour)); err == nil && r.recover(&p, s.note) {
			s, err = r.storedPoints(e, &p, min(step, history.Hour))
		}
	}
	if err != nil {
		if !r.Remembers(to) {
			return Line{}, err
		}
		p, s = r.inMemory(from, to), storedPoints{covered: r.unread(err)}
	}
	p.asked, s.note = asked, both(note, s.note)
	return r.line(e, step, &s, &p), nil
}

// line is made of points of the store and of what is the memory's.
func (r *Reader) line(e conventions.Endpoint, step time.Duration, s *storedPoints, p *part) (l Line) {
	at, end := p.at, p.to
	step = max(step, s.step)
	rows, now := map[int64]*history.Row{}, time.Now()
	add := func(t time.Time, row *history.Row) {
		n := t.Unix() / int64(step/time.Second)
		if rows[n] == nil {
			rows[n] = &history.Row{Endpoint: e}
		}
		rows[n].Add(row)
	}
	for i := range s.times {
		add(s.times[i], &s.rows[i])
	}
	for m := at; m.Before(end) && !m.After(now); m = m.Add(time.Minute) {
		for _, row := range r.memory.Minute(m) {
			if row.Endpoint == e {
				add(m, &row)
			}
		}
	}
	to := upToNow(end)
	if began := r.memory.Began(); at.Before(began) {
		at = began
	}
	l = Line{Step: step, Coverage: s.coverage(p, Span{From: at, To: to})}
	l.sayLost(p)
	spans := s.spans(Span{From: at, To: to})
	if l.From.IsZero() {
		return l
	}
	from := earlier(p.from, l.From).UTC()
	for t := l.From.Truncate(step).UTC(); t.Before(to); t = t.Add(step) {
		of := Span{From: later(t, from), To: earlier(t.Add(step), to)}
		p := Point{Time: of.From, Seconds: of.To.Sub(of.From).Seconds(), Row: history.Row{Endpoint: e}}
		p.Covered = seconds(history.Within(spans, of.From, of.To))
		if row := rows[t.Unix()/int64(step/time.Second)]; row != nil {
			p.Row = *row
		}
		l.Points = append(l.Points, p)
	}
	return l
}

// storedPoints is the store's part of a Line.
type storedPoints struct {
	times []time.Time
	rows  []history.Row
	covered
}

func (r *Reader) storedPoints(e conventions.Endpoint, p *part, step time.Duration) (storedPoints, error) {
	from, to := p.from, p.until
	if !from.Before(to) {
		return storedPoints{}, nil
	}
	return cachedOf(&r.cache, fmt.Sprint("points ", e.Kind, " ", e, " ", from.Unix(), to.Unix(), p.at.Unix(), p.late, p.renewal.At.UnixNano()), func() (s storedPoints, bytes int, err error) {
		q := history.Query{What: history.Rows, From: from, To: to, Step: step, Endpoint: &e}
		err = r.read(q.What, from, to, func(ctx context.Context) error {
			err := r.each(ctx, &q, &s.note, func(b *history.Batch) {
				s.add(b)
				for i := range b.Rows {
					s.times, s.rows = append(s.times, b.Time), append(s.rows, b.Rows[i])
					if h := b.Rows[i].Durations; h != nil {
						bytes += h.Bytes()
					}
					bytes += 300
				}
			})
			if err != nil {
				return err
			}
			return r.running(ctx, &q, &s.covered)
		})
		return s, bytes, err
	})
}
