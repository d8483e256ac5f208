// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"iter"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// maxCatchUp is how many seconds a tick gives to an engine one by one: when none has come for longer, as of a machine that was suspended,
// the seconds before those are skipped, as there was nobody to bring them.
const maxCatchUp = 900

// seal gives the engine the seconds that are complete.
func (s *Service) seal(now time.Time) (events []engine.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events, s.ended = s.ended, nil
	if !s.begun || s.gone != nil {
		return events
	}
	if s.waits > now.Unix() {
		return events
	}
	s.waits = 0
	end := now.Add(-s.set.Lateness).Unix()
	if back := s.next - int64(len(s.ring)); end < back { // the collector's clock was set back
		s.skip()
		s.next = end
	}
	for last := s.next + int64(len(s.ring)); s.next < end; s.next++ {
		if s.next >= last && end-s.next > maxCatchUp {
			s.next = end - maxCatchUp
		}
		s.now = s.at(s.next)
		first, gets := s.begins()
		events = append(events, first...)
		if !gets {
			continue
		}
		slices.Sort(s.now.rows)
		at := time.Unix(s.next+1, 0)
		s.metered.ticked = now
		evs := s.engine.Advance(at, s.deltas())
		s.suspect()
		s.learnSlow()
		s.countSpikes(evs)
		events = append(events, evs...)
		s.fleet.counts.pending.Add(-int64(len(s.now.records)))
		s.now.clear()
	}
	s.rows.sweep(end)
	return events
}

// begins reports whether the engine gets the running second: it gets those from the first one on in which there was something. The engine begins
// with the time that this is of, so that nothing is divided by time in which the service was not seen.
func (s *Service) begins() (events []engine.Event, gets bool) {
	if s.judges || len(s.now.rows) == 0 {
		return nil, s.judges
	}
	s.judges = true
	begin := time.Unix(s.next+1, 0).Add(-max(time.Second, s.metered.first))
	return s.engine.Advance(begin, func(func(*spikeprocessor.Delta) bool) {}), true
}

// skip empties the open seconds. They are not judged, but stay in the sums, which never fall.
func (s *Service) skip() {
	for i := range s.ring {
		if s.now = &s.ring[i]; s.fleet.totals.Load() {
			for _, id := range s.now.rows {
				s.deltaOf(id)
			}
		}
		s.fleet.counts.pending.Add(-int64(len(s.now.records)))
		s.now.clear()
	}
}

// deltas yields what the second s.now brought.
func (s *Service) deltas() iter.Seq[*spikeprocessor.Delta] {
	return func(yield func(*spikeprocessor.Delta) bool) {
		for d := range s.rows.forget {
			if !yield(d) {
				return
			}
		}
		for _, id := range s.now.rows {
			if !yield(s.deltaOf(id)) {
				return
			}
		}
	}
}

// deltaOf puts together what came to a row.
func (s *Service) deltaOf(id int32) *spikeprocessor.Delta {
	sec, row := s.now, s.rows.all[id]
	s.timed.Reset()
	s.failed.Reset()
	d := &s.delta
	*d = spikeprocessor.Delta{ID: int(id), Endpoint: row.endpoint, All: &s.timed}
	for i := sec.heads[id]; i != 0; {
		r := &sec.records[i-1]
		record1(&s.timed, &s.failed, &d.Outcomes, r.duration(), r.outcome())
		i = r.next
	}
	if c := sec.cells[id]; c != nil {
		s.timed.Merge(&c.All)
		s.failed.Merge(&c.Failed)
		d.Outcomes.Add(&c.Outcomes)
		d.Coarse, d.Beyond, d.OutcomesUnknown = c.Coarse, c.Beyond, c.OutcomesUnknown
	}
	if s.failed.Count() > 0 {
		d.Failed = &s.failed
	}
	row.estimate(d, &s.estimated)
	if s.fleet.totals.Load() {
		row.sum(d, s.next)
	}
	return d
}

// record1 counts one request.
func record1(timed, failed *latency.Histogram, outcomes *slowlog.OutcomeCounts, d time.Duration, o slowlog.Outcome) {
	outcomes[o]++
	if !o.Timed() {
		return
	}
	timed.Record(d)
	if o.Failed() {
		failed.Record(d)
	}
}
