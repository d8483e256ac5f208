// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"encoding/binary"
	"fmt"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Row is one row of a Whole.
type Row struct {
	Outcomes  slowlog.OutcomeCounts
	Guessed   bool         // durations came from wider buckets of others, without a bound of error
	Durations latency.Step // part of the frame that it was read from
}

const (
	guessed  = 1 << 15 // beside a bit for each outcome that there was
	stepSize = 1 << 16 // more than any step takes
)

// Whole adds a row that stands for itself, of the endpoint with this name.
func (w *Writer) Whole(name conventions.Endpoint, outcomes *slowlog.OutcomeCounts, h *latency.Histogram, isGuessed bool) {
	w.frame.names = append(w.frame.names, name)
	there := uint64(0)
	for o, n := range outcomes {
		if n > 0 {
			there |= 1 << o
		}
	}
	if isGuessed {
		there |= guessed
	}
	w.buf = binary.AppendUvarint(w.buf, there)
	for _, n := range outcomes {
		if n > 0 {
			w.buf = binary.AppendUvarint(w.buf, min(n, maxCount))
		}
	}
	w.step = h.Seal(w.step[:0], stepSize)
	w.buf = append(w.buf, w.step...)
	w.ends = append(w.ends, len(w.buf))
}

// Whole is a frame of rows that stand for themselves.
type Whole struct {
	Names []conventions.Endpoint // in the order of the rows
	frame frame
}

// ParseWhole reads what names there are and where their rows are, which stay parts of data.
func ParseWhole(data []byte) (Whole, error) {
	var names []conventions.Endpoint
	f, err := parse(data, whole, func(name []byte) { names = append(names, Endpoint(name)) })
	if err != nil {
		return Whole{}, err
	}
	return Whole{names, f}, nil
}

// Rows is a frame of rows whose names their reader has taken.
type Rows struct{ frame frame }

// ParseRows is ParseWhole for a reader that looks names up as they are written: each is called for them in the order of the rows. They are
// valid for as long as the call. Of a frame that is damaged there may be some.
func ParseRows(data []byte, each func(name []byte)) (Rows, error) {
	f, err := parse(data, whole, each)
	return Rows{f}, err
}

// Len is how many rows there are.
func (r *Rows) Len() int { return len(r.frame.blocks) }

// Row reads row i.
func (r *Rows) Row(i int) (Row, error) { return readRow(r.frame.blocks[i], i) }

// Row reads row i.
func (w *Whole) Row(i int) (Row, error) { return readRow(w.frame.blocks[i], i) }

func readRow(block []byte, i int) (row Row, err error) {
	r := reader{rest: block}
	there := r.number(2*guessed - 1)
	for o := range row.Outcomes {
		if there&(1<<o) != 0 {
			row.Outcomes[o] = r.wide(maxCount * 100)
		}
	}
	row.Guessed, row.Durations = there&guessed != 0, latency.Step(r.rest)
	if r.bad || there&^guessed >= 1<<slowlog.NumOutcomes {
		return Row{}, fmt.Errorf("%w: outcomes of row %d", ErrDamaged, i)
	}
	return row, nil
}

// Tally is what a row says, in the form that is split. h is overwritten.
func (row *Row) Tally(t *Tally, h *latency.Histogram) error {
	h.Reset()
	if !row.Durations.AddTo(h) {
		return fmt.Errorf("%w: durations", ErrDamaged)
	}
	t.Take(&row.Outcomes, h, row.Guessed)
	return nil
}
