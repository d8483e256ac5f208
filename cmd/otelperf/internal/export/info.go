// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Info is what a history has stored.
type Info struct {
	Source    string     `json:"source"`                   // the file or the URL
	Format    int        `json:"format,omitzero"`          // version of the file's format
	FileBytes int64      `json:"file_bytes,omitzero"`      // of the file
	UsedBytes int64      `json:"used_bytes,omitzero"`      // of it, what is in use
	Of        string     `json:"of"`                       // what it is of: store; of a service store and memory, or memory alone, where the store could not be read
	From      *time.Time `json:"from"`                     // beginning of what there is; nil if there is nothing
	To        *time.Time `json:"to"`                       // its end
	Minutes   *time.Time `json:"minutes_from"`             // since when there are minutes
	Tens      *time.Time `json:"ten_minutes_from"`         // since when there are ten minutes
	Hours     *time.Time `json:"hours_from"`               // since when there are hours
	Endpoints int        `json:"endpoints"`                // with jobs and dependencies
	Requests  uint64     `json:"requests"`                 // of all endpoints; neither jobs nor calls of dependencies
	Incidents int        `json:"incidents"`                // that began in the time
	Slow      int        `json:"slow_requests"`            // slow and failed ones that are stored, of a service also those that it has in memory alone
	Marks     int        `json:"marks"`                    // of all kinds
	Versions  []Version  `json:"versions"`                 // of the service, the oldest first; at most 20, the last
	Gaps      []Gap      `json:"gaps"`                     // between From and To in which no process ran, or could write; at most 20, the longest, of a second at least
	MoreGaps  int        `json:"more_gaps,omitzero"`       // that are not in Gaps
	LeftOut   []string   `json:"left_out,omitempty"`       // what could not be read
	Lost      uint64     `json:"lost_minutes,omitzero"`    // by the service, that were not written
	Waiting   int        `json:"waiting_minutes,omitzero"` // of the service, whole ones that are not written yet
	Trouble   string     `json:"trouble,omitzero"`         // why the service cannot read or write it, as health says; "" if it can
}

// Version is one of the service, by the marks.
type Version struct {
	Since time.Time `json:"since"`
	Text  string    `json:"text"`
}

// Gap is a time of which nothing is stored.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// maxListed bounds the gaps and the versions.
const maxListed = 20

// leastGap is how long a gap is at least.
const leastGap = time.Second

// Of what an Info may be.
const (
	OfStore  = "store"
	OfBoth   = "store and memory"
	OfMemory = "memory"
)

// oldest is how long ago a history may reach.
const oldest = 10 * 366 * day

// Inspect reads all that a store has. Gaps are as a service has them, to the second. Where nothing is said of the runtime, they are the minutes without a request, or of
// a history without signals the hours.
func Inspect(ctx context.Context, src Source, now time.Time) (in Info, err error) {
	in.Of = OfStore
	from, to := now.Add(-oldest).Truncate(day), now.Add(day).Truncate(time.Minute)
	read := func(part history.Part, step time.Duration, use func(*history.Batch)) {
		span := 7 * day
		if step == history.Hour {
			span = 365 * day
		}
		for at := from; at.Before(to) && err == nil; at = at.Add(span) {
			end := at.Add(span)
			if end.After(to) {
				end = to
			}
			for b, e := range src.Range(ctx, history.Query{What: part, From: at, To: end, Step: step}) {
				switch {
				case e == nil:
					use(b)
				case errors.Is(e, history.ErrDamaged):
					in.LeftOut = append(in.LeftOut, e.Error())
				default:
					err = e
				}
			}
		}
	}
	var signals, rows spans
	endpoints := map[conventions.Endpoint]bool{}
	read(history.Rows, history.Hour, func(b *history.Batch) {
		rows.add(b)
		for i := range b.Rows {
			endpoints[b.Rows[i].Endpoint] = true
			if b.Rows[i].Endpoint.Kind.Request() {
				in.Requests += b.Rows[i].Outcomes.Total()
			}
		}
	})
	if len(rows) > 0 {
		from = rows[0].From
	}
	read(history.Signals, history.Minute, func(b *history.Batch) {
		signals.present(b)
		switch since := new(b.Time.UTC()); {
		case b.Step == history.Minute && in.Minutes == nil:
			in.Minutes = since
		case b.Step == history.TenMinutes && in.Tens == nil:
			in.Tens = since
		case b.Step == history.Hour && in.Hours == nil:
			in.Hours = since
		}
	})
	whole := spans{}
	if len(rows) > 0 && len(signals) > 0 { // what was appended without signals is there, too
		at := rows[0].From
		for _, s := range append(signals, Gap{rows[len(rows)-1].To, rows[len(rows)-1].To}) {
			if from, to = at.Add(time.Minute-1).Truncate(time.Minute), s.From.Truncate(time.Minute); from.Before(to) {
				read(history.Rows, history.Minute, whole.add)
			}
			if at = s.To; s.From.Before(s.To) {
				whole.join(s)
			}
		}
	}
	from, to = now.Add(-oldest).Truncate(day), now.Add(day).Truncate(time.Minute)
	read(history.Incidents, history.Hour, func(b *history.Batch) { in.Incidents += len(b.Incidents) })
	read(history.Requests, history.Hour, func(b *history.Batch) { in.Slow += len(b.Requests) })
	read(history.Marks, history.Hour, func(b *history.Batch) {
		in.Marks += len(b.Marks)
		for _, m := range b.Marks {
			if m.Kind == "version" {
				in.Versions = append(in.Versions, Version{m.Time.UTC(), m.Text})
			}
		}
	})
	in.Endpoints = len(endpoints)
	in.Versions = in.Versions[max(0, len(in.Versions)-maxListed):]
	if len(whole) == 0 {
		whole = append(signals, rows...) // one of them is empty
	}
	in.setSpans(whole)
	return in, err
}

// spans are times of which there is something, in order, apart from each other.
type spans []Gap

func (s *spans) add(b *history.Batch) { s.join(Gap{b.Time.UTC(), b.Time.Add(b.Step).UTC()}) }

// present adds the times of a batch of signals in which a process ran.
func (s *spans) present(b *history.Batch) {
	for _, p := range b.Presence() {
		s.join(Gap{p.From.UTC(), p.To.UTC()})
	}
}

func (s *spans) join(more Gap) {
	if n := len(*s); n > 0 && !more.From.After((*s)[n-1].To) {
		if more.To.After((*s)[n-1].To) {
			(*s)[n-1].To = more.To
		}
		return
	}
	*s = append(*s, more)
}

func (in *Info) setSpans(s spans) {
	in.Gaps = []Gap{}
	if len(s) == 0 {
		return
	}
	in.From, in.To = new(s[0].From), new(s[len(s)-1].To.UTC())
	for i := 1; i < len(s); i++ {
		if s[i].From.Sub(s[i-1].To) >= leastGap {
			in.Gaps = append(in.Gaps, Gap{s[i-1].To.UTC(), s[i].From})
		}
	}
	if in.MoreGaps = max(0, len(in.Gaps)-maxListed); in.MoreGaps > 0 {
		slices.SortStableFunc(in.Gaps, func(a, b Gap) int { return int(b.To.Sub(b.From) - a.To.Sub(a.From)) })
		in.Gaps = in.Gaps[:maxListed]
		slices.SortFunc(in.Gaps, func(a, b Gap) int { return a.From.Compare(b.From) })
	}
}
