// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// totals are the sums of a row since they are kept: of seconds that were judged.
type totals struct {
	all    latency.Histogram
	failed *latency.Histogram // nil while there is none
	since  int64              // second
}

func (r *row) sum(d *spikeprocessor.Delta, second int64) {
	t := r.totals
	if t == nil {
		t = &totals{since: second}
		r.totals = t
	}
	t.all.Merge(d.All)
	if d.Failed != nil {
		if t.failed == nil {
			t.failed = new(latency.Histogram)
		}
		t.failed.Merge(d.Failed)
	}
}

// absorb takes over the sums of another row.
func (r *row) absorb(o *row) {
	if o.totals != nil {
		r.sum(&spikeprocessor.Delta{All: &o.totals.all, Failed: o.totals.failed}, o.totals.since)
	}
}

// Total is what an endpoint did since a time.
type Total struct {
	Endpoint   conventions.Endpoint
	Since      time.Time
	OK, Failed latency.Histogram // durations of requests that did not fail, and of those that did
}

// Totals yields the sums of each endpoint, in one value that is overwritten: of all that was taken in, that of seconds which wait to be judged
// among it. It yields nothing before [Fleet.KeepTotals].
func (s *Service) Totals(yield func(*Total) bool) {
	var t Total
	for id := 0; s.totalOf(id, &t); id++ {
		if t.OK.Count()+t.Failed.Count() > 0 && !yield(&t) {
			return
		}
	}
}

// totalOf reports whether there may be more.
func (s *Service) totalOf(id int, t *Total) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.OK.Reset()
	t.Failed.Reset()
	if id >= len(s.rows.all) {
		return false
	}
	r := s.rows.all[id]
	if r == nil || !s.fleet.totals.Load() {
		return true
	}
	s.open(int32(id), &t.OK, &t.Failed) //nolint:gosec // rows are few
	if r.totals == nil {
		if t.OK.Count() == 0 {
			return true
		}
		r.totals = &totals{since: s.next}
	}
	t.Endpoint, t.Since = r.endpoint, time.Unix(r.totals.since, 0)
	t.OK.Merge(&r.totals.all)
	if r.totals.failed != nil {
		t.Failed.Merge(r.totals.failed)
	}
	if t.Failed.Count() > 0 {
		t.OK.Subtract(&t.Failed)
	}
	return true
}

// open adds what came to a row in the seconds that wait to be judged. The lock is held.
func (s *Service) open(id int32, all, failed *latency.Histogram) {
	var outcomes slowlog.OutcomeCounts
	for i := range s.ring {
		sec := &s.ring[i]
		if int(id) >= len(sec.heads) {
			continue
		}
		for at := sec.heads[id]; at != 0; {
			r := &sec.records[at-1]
			record1(all, failed, &outcomes, r.duration(), r.outcome())
			at = r.next
		}
		if c := sec.cells[id]; c != nil {
			all.Merge(&c.All)
			failed.Merge(&c.Failed)
		}
	}
}

// SpikeCount is how many spikes of a matter an endpoint had.
type SpikeCount struct {
	Endpoint conventions.Endpoint
	Matter   string
	N        uint64
}

// Spikes are how many spikes there were, by endpoint and matter, and slow how many slow requests.
func (s *Service) Spikes() (spikes []SpikeCount, slow uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.spikes), s.slows
}
