// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"errors"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Writer writes minutes, and makes layers of them. It holds the memory that this takes. It is not safe for concurrent use.
type Writer struct {
	codec
	wholes, tens, minutes *compact.Writer
}

// NewWriter returns a Writer.
func NewWriter() *Writer {
	return &Writer{wholes: compact.NewWriter(0), tens: compact.NewWriter(hourTens), minutes: compact.NewWriter(tenMinutes)}
}

// Minute writes the rows of a minute.
func (w *Writer) Minute(rows []history.Row) []byte {
	rows = slices.Clone(rows)
	order.By(rows, func(x, y *history.Row) int { return compareEndpoints(x.Endpoint, y.Endpoint) })
	for i := range rows {
		r := &rows[i]
		h := r.Durations
		if h == nil {
			h = new(latency.Histogram)
		}
		w.wholes.Whole(r.Endpoint, &r.Outcomes, h, r.Guessed)
	}
	return w.wholes.Frame(nil)
}

// Rows makes layers of the rows of an hour, of those that it may have already and of its recent minutes. What is damaged is left out, and
// the error says so: it joins one for each part that is.
func (w *Writer) Rows(at int64, s *Stored) (layers [NumDepths][]byte, err error) {
	h, err := openHour(s, at, ByMinute)
	errs := []error{err}
	for _, name := range h.names() {
		n, err := h.load(&w.codec, name)
		errs = append(errs, err)
		if n.whole[0].Empty() {
			continue
		}
		var durations latency.Histogram
		n.whole[0].AddTo(&durations)
		w.wholes.Whole(name, &n.whole[0].Outcomes, &durations, n.whole[0].Guessed)
		if h.depth >= ByTenMinutes {
			w.tens.Split(n.whole[:], n.tens)
		}
		if h.depth >= ByMinute {
			w.minutes.Split(n.tens[0], n.minutes)
		}
	}
	for d, frames := range []*compact.Writer{ByHour: w.wholes, ByTenMinutes: w.tens, ByMinute: w.minutes} {
		if Depth(d) <= h.depth {
			layers[d] = frames.Frame(nil)
		}
	}
	return layers, errors.Join(errs...)
}

// Readable reports whether a minute's rows or signals can be read.
func (r *Recent) Readable() bool {
	_, err := compact.ParseWhole(r.Rows)
	_, _, err2 := readSignals(r.Signals, 1, time.Time{})
	return (r.Rows == nil || err == nil) && err2 == nil
}

// Sound reports whether the layers can be read.
func (s *Stored) Sound() bool {
	alone := Stored{Rows: s.Rows}
	if _, err := openHour(&alone, 0, ByMinute); err != nil {
		return false
	}
	for d, data := range s.Signals {
		if _, _, err := readSignals(data, Depth(d).steps(), time.Time{}); err != nil {
			return false
		}
	}
	return true
}
