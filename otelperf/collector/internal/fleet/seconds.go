// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

const (
	// maxCrowd is how many requests of one second of one service wait to be judged: 4 MiB.
	maxCrowd = 1 << 18
	// maxPending is how many do in all seconds of all services: 64 MiB.
	maxPending = 1 << 22
)

// record is one request in the second in which it counts.
type record struct {
	what int64 // its duration in nanoseconds, and below that 8 bits of its outcome
	next int32 // of the same row in this second, as an index + 1; 0 is none
}

func (r *record) duration() time.Duration  { return time.Duration(r.what >> 8) }
func (r *record) outcome() slowlog.Outcome { return slowlog.Outcome(r.what) } //nolint:gosec // the lowest bits

// second is what one second brought to a service. Single requests are kept as they are until the second is judged, as a list for each row:
// that takes 16 bytes for one, where a histogram takes a thousand.
type second struct {
	records []record
	heads   []int32 // by row: its last record, as an index + 1; 0 is none
	cells   []*Cell // by row: what came as a histogram; nil for none
	rows    []int32 // that have anything
}

// Cell is what came to a row in a second as numbers, not as requests.
type Cell struct {
	All, Failed     latency.Histogram     // as of spikeprocessor.Delta: of all timed requests, and of the failed among them
	Outcomes        slowlog.OutcomeCounts // of all
	Coarse          bool                  // as of spikeprocessor.Delta, like all below
	Beyond          time.Duration
	OutcomesUnknown bool
}

// touch makes room for a row, and notes that it has something.
func (s *second) touch(row int32) {
	for int(row) >= len(s.heads) {
		s.heads = append(s.heads, 0)
		s.cells = append(s.cells, nil)
	}
	if s.heads[row] == 0 && s.cells[row] == nil {
		s.rows = append(s.rows, row)
	}
}

// add adds a request of less than two years, and reports whether it is the first one of its row.
func (s *second) add(row int32, d time.Duration, o slowlog.Outcome) (first bool) {
	if int(row) >= len(s.heads) || s.heads[row] == 0 {
		s.touch(row)
		first = true
	}
	s.records = append(s.records, record{int64(d)<<8 | int64(o), s.heads[row]})
	s.heads[row] = int32(len(s.records))
	return first
}

func (s *second) cell(row int32) *Cell {
	s.touch(row)
	if s.cells[row] == nil {
		s.cells[row] = new(Cell)
	}
	return s.cells[row]
}

// clear empties a second. What it has kept for much more than it had is given back.
func (s *second) clear() {
	for _, row := range s.rows {
		s.heads[row], s.cells[row] = 0, nil
	}
	if n := len(s.records); cap(s.records) > 4096 && n < cap(s.records)/8 {
		s.records = make([]record, 0, 2*n)
	}
	s.records, s.rows = s.records[:0], s.rows[:0]
}
