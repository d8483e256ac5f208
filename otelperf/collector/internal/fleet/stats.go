// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"sync/atomic"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/points"
)

// Stats counts what a Fleet took in and what its bounds left out, since it was made.
type Stats struct {
	Spans           uint64 // that were looked at
	Requests        uint64 // that were counted, calls and jobs among them
	Invalid         uint64 // spans of requests and calls without a start and an end from 1970 to 2262, that end before they start, or of more than a day: left out
	Late            uint64 // of Requests: came when their second had been judged, and counted in the oldest that was open
	Ahead           uint64 // of Requests: ended ahead of the collector's clock, and counted in the running second
	Crowded         uint64 // requests that were left out, since too many waited for their second to be judged
	OtherServices   uint64 // resources that were counted in the service (other)
	OtherEndpoints  uint64 // of Requests: in a row (other)
	SpansHeld       int64  // bytes of spans that are held now
	SpansDropped    uint64 // spans that were not held, for want of room
	SpansAstray     uint64 // spans that were not held, since their times are too far from those of spans that came beside them, or cannot be
	SlowDropped     uint64 // slow requests that were not looked at, since there were too many
	Services        int    // that there are
	Endpoints       int    // that they have
	Metered         uint64 // requests that came as metrics, and were counted
	Twice           uint64 // requests that were not counted, since another input tells of them
	Points          points.Stats
	MembersBeyond   uint64 // reports of instances that were left out, since their service has too many
	Moved           uint64 // spans that were not looked at, since their service is another collector's
	RequestsPending int64  // requests that wait for their second to be judged
}

// counts are those of Stats that grow.
type counts struct {
	spans, requests, invalid, late, ahead, crowded, otherService, otherEndpoint, spansDropped, spansAstray, slowDropped, metered, twice, moved atomic.Uint64
	pending                                                                                                                                    atomic.Int64
}

// Stats returns them.
func (f *Fleet) Stats() Stats {
	c := &f.counts
	st := Stats{
		Spans: c.spans.Load(), Requests: c.requests.Load(), Invalid: c.invalid.Load(), Late: c.late.Load(), Ahead: c.ahead.Load(), Crowded: c.crowded.Load(), OtherServices: c.otherService.Load(),
		OtherEndpoints: c.otherEndpoint.Load(), SpansHeld: f.chunks.bytes(), SpansDropped: c.spansDropped.Load(), SpansAstray: c.spansAstray.Load(), SlowDropped: c.slowDropped.Load(),
		RequestsPending: c.pending.Load(), Metered: c.metered.Load(), Twice: c.twice.Load(), Moved: c.moved.Load(), Points: f.points.Stats(),
	}
	for _, s := range f.Services() {
		st.Services++
		_, beyond := s.members.Count()
		st.MembersBeyond += beyond
		st.Endpoints += s.Endpoints()
	}
	return st
}

// tally is what one batch adds to the counts of a Fleet, so that they are touched once.
type tally struct {
	spans, requests, invalid, late, ahead, crowded, otherEndpoint, spansDropped, spansAstray, slowDropped uint64
	pending                                                                                               int64
}

func (c *counts) add(t *tally) {
	for _, p := range [...]struct {
		to *atomic.Uint64
		n  uint64
	}{
		{&c.spans, t.spans}, {&c.requests, t.requests}, {&c.invalid, t.invalid}, {&c.late, t.late}, {&c.ahead, t.ahead}, {&c.crowded, t.crowded},
		{&c.otherEndpoint, t.otherEndpoint}, {&c.spansDropped, t.spansDropped}, {&c.spansAstray, t.spansAstray}, {&c.slowDropped, t.slowDropped},
	} {
		if p.n != 0 {
			p.to.Add(p.n)
		}
	}
	if t.pending != 0 {
		c.pending.Add(t.pending)
	}
}
