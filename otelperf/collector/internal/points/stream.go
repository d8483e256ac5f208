// SPDX-License-Identifier: Apache-2.0

package points

import (
	"encoding/binary"
	"math"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelperf/otelperf-go/otelperf/internal/buckets"
)

// stream is what a series said last, in the buckets of its source. Of a series of deltas it is the times alone.
type stream struct {
	start, at pcommon.Timestamp
	seen      int64 // second of the collector's clock
	bounds    uint64
	threshold float64
	sum       float64
	zeros     uint64
	scale     int32
	offset    int32
	explicit  bool
	data      []byte // counts, as uvarints; those of zero at the end are left out
}

const (
	// streamBytes is what a series takes besides its counts: itself, and its place in the map.
	streamBytes = int(unsafe.Sizeof(stream{})) + 48
	// mostBuckets is how many a point may have; that of an SDK has 160, and 320 at most where it is set.
	mostBuckets = 4096
)

func (s *stream) bytes() int { return streamBytes + cap(s.data) }

// keep remembers a point, whose buckets have this hash of their bounds.
func (s *stream) keep(p *buckets.Point, bounds uint64) {
	s.bounds, s.explicit, s.threshold, s.sum, s.zeros, s.scale, s.offset = bounds, p.Explicit, p.Threshold, p.Sum, p.Zeros, p.Scale, p.Offset
	n := len(p.Counts)
	for n > 0 && p.Counts[n-1] == 0 {
		n--
	}
	data := s.data[:0]
	for _, c := range p.Counts[:n] {
		data = binary.AppendUvarint(data, c)
	}
	if cap(data) > 2*len(data)+16 {
		data = append(make([]byte, 0, len(data)), data...)
	}
	s.data = data
}

// point writes what was kept to a point, whose bounds are those of now if they have the same hash. Both may be the same.
func (s *stream) point(to *buckets.Point, now *buckets.Point, bounds uint64) {
	given := now.Bounds
	*to = buckets.Point{
		Start: s.start.AsTime(), Explicit: s.explicit, Scale: s.scale, Offset: s.offset, Threshold: s.threshold, Zeros: s.zeros, Counts: to.Counts[:0],
		Sum: s.sum, Min: math.NaN(), Max: math.NaN(),
	}
	if s.bounds == bounds {
		to.Bounds = given
	}
	for data := s.data; len(data) > 0; {
		c, n := binary.Uvarint(data)
		to.Counts, data = append(to.Counts, c), data[n:]
	}
}
