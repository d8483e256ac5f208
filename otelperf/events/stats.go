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
	Time  time.Time `json:"time"`
	Since time.Time `json:"since"`
	// Received = Accepted + Refused + SampledOut + Dropped.
	Received   uint64            `json:"received"`
	Accepted   uint64            `json:"accepted"`
	Refused    uint64            `json:"refused"`
	SampledOut uint64            `json:"sampled_out"`
	Dropped    uint64            `json:"dropped"`
	RefusedBy  map[string]uint64 `json:"refused_by"` // by Reason
	DroppedBy  map[string]uint64 `json:"dropped_by"` // by Reason

	Export      ExportStats    `json:"export"`
	Names       []NameStats    `json:"names"` // most frequent first, at most 200 and "(other)"
	Minutes     []MinuteCount  `json:"minutes"`
	Sessions    SessionStats   `json:"sessions"`
	WebVitals   []WebVital     `json:"web_vitals"`
	Sampling    Sampling       `json:"sampling"`
	RecentCount int            `json:"recent_count"`
	HTTP        IngestRequests `json:"http"`
}

// ExportStats says what became of the accepted events.
type ExportStats struct {
	Queued   int64  `json:"queued"`
	Emitted  uint64 `json:"emitted"`  // handed to the log provider
	Disabled uint64 `json:"disabled"` // the provider has no use for them; without any provider, all of them
	Lost     uint64 `json:"lost"`     // the provider panicked, or Shutdown ran out of time

	// What became of the emitted ones. Watched says how that is known: from the exporter ([WithDeliveries]), or else
	// only from what the provider's ForceFlush returned for the events before it.
	Watched     bool   `json:"watched"`
	Delivered   uint64 `json:"delivered"`   // exported
	Failed      uint64 `json:"failed"`      // their export failed; the SDK's batch processor does not try again
	Missing     uint64 `json:"missing"`     // never came to the watched exporter, such as for want of room in the provider's queue
	Unconfirmed int64  `json:"unconfirmed"` // neither yet
}

// NameStats has the valid events of one name; repetitions are not counted.
type NameStats struct {
	Name       string    `json:"name"`
	Count      uint64    `json:"count"` // accepted + sampled out + dropped
	Accepted   uint64    `json:"accepted"`
	SampledOut uint64    `json:"sampled_out"`
	Dropped    uint64    `json:"dropped"`
	LastMinute uint64    `json:"last_minute"` // in the last whole minute: the rate per minute
	LastHour   uint64    `json:"last_hour"`   // in the running minute and the 59 before it
	Last       time.Time `json:"last"`
}

// MinuteCount has the valid events of one minute. Stats has the last 60, oldest first; the
// last of them is running.
type MinuteCount struct {
	Time  time.Time `json:"time"` // its beginning
	Count uint64    `json:"count"`
}

// SessionStats are estimates by HyperLogLog, with their standard error as a share.
type SessionStats struct {
	Total         uint64  `json:"total"`
	TotalError    float64 `json:"total_error"`
	LastHour      uint64  `json:"last_hour"` // of the last 55 to 60 minutes
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
		HTTP:      t.web.stats(),
	}
	t.recent.mu.Lock()
	s.RecentCount = t.recent.count
	t.recent.mu.Unlock()
	s.Sessions.TotalError, s.Sessions.LastHourError = 0.0081, 0.0163
	s.Sessions.Total, s.Sessions.LastHour = t.sessions.estimate(now)
	s.addNames(t.names, now)
	// What was accepted and has met no fate yet: the pipeline's own count is of another moment.
	s.Export.Queued = max(0, int64(s.Accepted)-int64(s.Export.Emitted+s.Export.Disabled+s.Export.Lost))
	s.addReasons(t)
	s.Received = s.Accepted + s.Refused + s.SampledOut + s.Dropped
	return s
}

func (p *pipeline) stats() ExportStats {
	return ExportStats{
		Queued: p.pending.Load(), Emitted: p.emitted.Load(), Disabled: p.disabled.Load(), Lost: p.lost.Load(),
		Watched: p.watched, Delivered: p.deliveries.delivered.Load(), Failed: p.deliveries.failed.Load(),
		Missing: p.missing.Load(), Unconfirmed: p.unconfirmed(),
	}
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
	for r := ReasonNone + 1; r < reasonCount; r++ {
		n := t.turnedOff[r].Load()
		switch {
		case n == 0:
		case r <= ReasonField:
			s.RefusedBy[r.String()] = n
			s.Refused += n
		default:
			s.DroppedBy[r.String()] = n
			s.Dropped += n
		}
	}
}
