// SPDX-License-Identifier: Apache-2.0

package events

import (
	"cmp"
	"slices"
	"time"
)

// Stats is what a Tracker has counted since it was made. While events come in, counts that are
// read one after the other may differ by those events; at rest they agree exactly.
type Stats struct {
	// Time is when the counts were read.
	Time time.Time `json:"time"`
	// Since is when the Tracker was made.
	Since time.Time `json:"since"`
	// Received is the number of events that were handed in: Accepted + Refused + SampledOut + Dropped.
	Received uint64 `json:"received"`
	// Accepted is the number of events that were put on the queue to the log provider; Export says what became of them.
	Accepted uint64 `json:"accepted"`
	// Refused is the number of events that were not valid, or not permitted.
	Refused uint64 `json:"refused"`
	// SampledOut is the number of valid events that were counted, but not emitted.
	SampledOut uint64 `json:"sampled_out"`
	// Dropped is the number of valid events that went no further.
	Dropped uint64 `json:"dropped"`
	// RefusedBy has the refused events by reason; see the package comment for the reasons.
	RefusedBy map[string]uint64 `json:"refused_by"`
	// DroppedBy has the dropped events by reason.
	DroppedBy map[string]uint64 `json:"dropped_by"`

	// Export says what became of the accepted events.
	Export ExportStats `json:"export"`
	// Names has the valid events by name, most frequent first: at most 200 names and "(other)".
	Names []NameStats `json:"names"`
	// Minutes has the valid events of each of the last 60 minutes, the oldest first; the last one is running.
	Minutes []MinuteCount `json:"minutes"`
	// Sessions estimates how many sessions there were.
	Sessions SessionStats `json:"sessions"`
	// WebVitals are sorted by page; at most 100 pages and "(other)".
	WebVitals []WebVital `json:"web_vitals"`
	// Sampling has the rates in force.
	Sampling Sampling `json:"sampling"`
	// RecentCount is the number of events that Recent can show.
	RecentCount int `json:"recent_count"`
	// HTTP counts the requests to Tracker.Handler.
	HTTP HandlerStats `json:"http"`
}

// ExportStats says what became of the accepted events, each of which is in one of Queued, Emitted, Disabled and Lost.
// Emitted ones are in one of Delivered, Failed, Missing and Unconfirmed.
type ExportStats struct {
	// Queued is the number of events that wait to be handed to the log provider.
	Queued int64 `json:"queued"`
	// Emitted is the number of events that were handed to it.
	Emitted uint64 `json:"emitted"`
	// Disabled is the number of events that the provider has no use for; without any provider, all of them.
	Disabled uint64 `json:"disabled"`
	// Lost is the number of events at which the provider panicked, or for which Shutdown had no time.
	Lost uint64 `json:"lost"`

	// Watched says how the rest is known: from the exporter ([WithDeliveries]), or else only from what the provider's
	// ForceFlush returned for the events before it.
	Watched bool `json:"watched"`
	// Delivered is the number of events that were exported.
	Delivered uint64 `json:"delivered"`
	// Failed is the number of events whose export failed; the SDK's batch processor does not try again.
	Failed uint64 `json:"failed"`
	// Missing is the number of events that never came to the watched exporter, such as for want of room in the
	// provider's queue.
	Missing uint64 `json:"missing"`
	// Unconfirmed is the number of events of which it is not known yet.
	Unconfirmed int64 `json:"unconfirmed"`
}

// NameStats has the valid events of one name; repetitions are not counted.
type NameStats struct {
	// Name is the events', or "(other)" for all beyond 200 names.
	Name string `json:"name"`
	// Count is Accepted + SampledOut + Dropped.
	Count uint64 `json:"count"`
	// Accepted is the number of events that were put on the queue to the log provider.
	Accepted uint64 `json:"accepted"`
	// SampledOut is the number of events that were counted, but not emitted.
	SampledOut uint64 `json:"sampled_out"`
	// Dropped is the number of events that found the queue full.
	Dropped uint64 `json:"dropped"`
	// LastMinute is the number of events in the last whole minute: the rate per minute.
	LastMinute uint64 `json:"last_minute"`
	// LastHour is the number of events in the running minute and the 59 before it.
	LastHour uint64 `json:"last_hour"`
	// Last is when the last event came in.
	Last time.Time `json:"last"`
}

// MinuteCount has the valid events of one minute.
type MinuteCount struct {
	// Time is the minute's beginning.
	Time time.Time `json:"time"`
	// Count is the number of valid events, repetitions not counted.
	Count uint64 `json:"count"`
}

// SessionStats are estimates by HyperLogLog of how many different session ids there were.
type SessionStats struct {
	// Total is the number since the Tracker was made.
	Total uint64 `json:"total"`
	// TotalError is Total's standard error as a share of it.
	TotalError float64 `json:"total_error"`
	// LastHour is the number in the last 55 to 60 minutes.
	LastHour uint64 `json:"last_hour"`
	// LastHourError is LastHour's standard error as a share of it.
	LastHourError float64 `json:"last_hour_error"`
}

// Stats returns the counts. It takes some 100 µs at full tables, so it is for polls, not for requests.
func (t *Tracker) Stats() Stats {
	now := time.Now()
	s := Stats{
		Time: now, Since: t.since,
		RefusedBy: map[string]uint64{}, DroppedBy: map[string]uint64{},
		Export:    t.pipe.stats(),
		WebVitals: t.vitals.rows(),
		Sampling:  t.Sampling(),
		HTTP:      t.handler.counts.stats(),
	}
	t.recent.mu.Lock()
	s.RecentCount = t.recent.count
	t.recent.mu.Unlock()
	s.Sessions.TotalError, s.Sessions.LastHourError = 0.0081, 0.0163
	s.Sessions.Total, s.Sessions.LastHour = t.sessions.estimate(now)
	s.addNames(t.names, now)
	// What was accepted and is not settled yet: the pipeline's own count is of another moment.
	s.Export.Queued = max(0, int64(s.Accepted)-int64(s.Export.Emitted+s.Export.Disabled+s.Export.Lost))
	s.addReasons(t)
	s.Received = s.Accepted + s.Refused + s.SampledOut + s.Dropped
	return s
}

// stats reads what is settled before what was emitted: no event is then settled in one number and not emitted in the
// other. One that was exported while it is being emitted counts as emitted.
func (p *pipeline) stats() ExportStats {
	s := ExportStats{
		Queued: p.pending.Load(), Disabled: p.disabled.Load(), Lost: p.lost.Load(),
		Watched: p.watched, Delivered: p.deliveries.delivered.Load(), Failed: p.deliveries.failed.Load(),
		Missing: p.missing.Load(),
	}
	settled := s.Delivered + s.Failed + s.Missing
	s.Emitted = max(p.emitted.Load(), settled)
	s.Unconfirmed = int64(s.Emitted - settled)
	return s
}

// addNames fills the rows by name and what is summed up from them.
func (s *Stats) addNames(t *nameTable, now time.Time) {
	counters := []*nameCounter{&t.other}
	for _, c := range *t.byName.Load() {
		counters = append(counters, c)
	}
	minute := minuteOf(now)
	s.Minutes = make([]MinuteCount, minuteSlots)
	s.Names = []NameStats{}
	for i := range s.Minutes {
		m := minute - uint32(minuteSlots-1-i)
		s.Minutes[i].Time = time.Unix(int64(m)*60, 0).UTC()
		for _, c := range counters {
			s.Minutes[i].Count += c.minutes.at(m)
		}
	}
	for _, c := range counters {
		if row := c.row(minute); row.Count > 0 {
			s.Names = append(s.Names, row)
			s.Accepted += row.Accepted
			s.SampledOut += row.SampledOut
		}
	}
	slices.SortFunc(s.Names, func(a, b NameStats) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
}

func (c *nameCounter) row(minute uint32) NameStats {
	r := NameStats{
		Name: c.name, Accepted: c.accepted.Load(), SampledOut: c.sampledOut.Load(), Dropped: c.dropped.Load(),
		LastMinute: c.minutes.at(minute - 1), LastHour: c.minutes.hour(minute),
		Last: time.Unix(0, c.last.Load()).UTC(),
	}
	r.Count = r.Accepted + r.SampledOut + r.Dropped
	return r
}

func (s *Stats) addReasons(t *Tracker) {
	for r := reasonNone + 1; r < reasonCount; r++ {
		n := t.byReason[r].Load()
		switch {
		case n == 0:
		case r <= reasonField:
			s.RefusedBy[r.String()] = n
			s.Refused += n
		default:
			s.DroppedBy[r.String()] = n
			s.Dropped += n
		}
	}
}
