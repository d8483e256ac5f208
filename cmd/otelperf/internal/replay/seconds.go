// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Horizon is how far out of order requests may be.
const Horizon = 10 * time.Second

const horizon = int64(Horizon / time.Second)

// cell is the requests of one endpoint in one second.
type cell struct {
	all, failed latency.Histogram
	outcomes    slowlog.OutcomeCounts
}

func (c *cell) record(d time.Duration, o slowlog.Outcome) {
	c.outcomes[o]++
	if !o.Timed() {
		return
	}
	c.all.Record(d)
	if o.Failed() {
		c.failed.Record(d)
	}
}

func (c *cell) reset() {
	c.all.Reset()
	c.failed.Reset()
	c.outcomes = slowlog.OutcomeCounts{}
}

// second is the requests of all endpoints in one second.
type second struct {
	cells []*cell // by number of the endpoint; nil where it had no request
	ids   []int   // of the cells that are not nil
}

// seconds holds the seconds that are not yet with the engine: at most horizon of them, from newest-horizon+1 to newest. Cells are
// used again, so that their number is that of the busiest ten seconds.
type seconds struct {
	ring [horizon]second
	free []*cell
}

func (s *seconds) at(unix int64) *second { return &s.ring[(unix%horizon+horizon)%horizon] }

func (s *seconds) record(unix int64, id int, d time.Duration, o slowlog.Outcome) {
	sec := s.at(unix)
	for id >= len(sec.cells) {
		sec.cells = append(sec.cells, nil)
	}
	c := sec.cells[id]
	if c == nil {
		c = s.take()
		sec.cells[id] = c
		sec.ids = append(sec.ids, id)
	}
	c.record(d, o)
}

func (s *seconds) take() *cell {
	n := len(s.free)
	if n == 0 {
		return new(cell)
	}
	c := s.free[n-1]
	s.free = s.free[:n-1]
	return c
}

// clear empties a second.
func (s *seconds) clear(sec *second) {
	for _, id := range sec.ids {
		c := sec.cells[id]
		c.reset()
		s.free = append(s.free, c)
		sec.cells[id] = nil
	}
	sec.ids = sec.ids[:0]
}
