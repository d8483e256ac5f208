// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

const (
	maxColumns  = 48  // of a sparkline
	columnBytes = 200 // of what is stored of a column, besides some for a slice
)

// columns has what the sparklines need: for each endpoint the durations in at most maxColumns equal spans of time. When a file
// is longer than that, two columns become one.
type columns struct {
	first int64 // second at which the first column begins
	width int64 // of a column in seconds; 0 before there is one
	rows  []*columnRow

	scratch latency.Histogram
	buf     []byte
}

type columnRow struct {
	at      int // the running column
	running latency.Histogram
	closed  [maxColumns]latency.Step
}

// add adds the durations of one second. What is before the first second counts in the first column.
func (c *columns) add(id int, unix int64, h *latency.Histogram) {
	if h.Count() == 0 {
		return
	}
	if c.width == 0 {
		c.first, c.width = unix, 1
	}
	for unix-c.first >= maxColumns*c.width {
		c.halve()
	}
	at := int(max(unix-c.first, 0) / c.width)
	for id >= len(c.rows) {
		c.rows = append(c.rows, nil)
	}
	r := c.rows[id]
	if r == nil {
		r = &columnRow{at: at}
		c.rows[id] = r
	}
	if r.at != at {
		c.close(r)
		r.open(at)
	}
	r.running.Merge(h)
}

// open makes a column the running one.
func (r *columnRow) open(at int) {
	r.at = at
	r.closed[at].AddTo(&r.running)
	r.closed[at] = r.closed[at][:0]
}

// close seals the running column.
func (c *columns) close(r *columnRow) {
	c.buf = r.running.Seal(c.buf, columnBytes)
	r.closed[r.at] = append(r.closed[r.at][:0], c.buf...)
	r.running.Reset()
}

// halve makes columns twice as wide.
func (c *columns) halve() {
	c.width *= 2
	for _, r := range c.rows {
		if r == nil {
			continue
		}
		c.close(r)
		for i := range maxColumns {
			c.scratch.Reset()
			if i < maxColumns/2 {
				r.closed[2*i].AddTo(&c.scratch)
				r.closed[2*i+1].AddTo(&c.scratch)
			}
			c.buf = c.scratch.Seal(c.buf, columnBytes)
			r.closed[i] = append(r.closed[i][:0], c.buf...)
		}
		r.open(r.at / 2)
	}
}

// p99s returns the p99 of each column up to that of second last; 0 where there was no request.
func (c *columns) p99s(id int, last int64) []time.Duration {
	if id >= len(c.rows) || c.rows[id] == nil {
		return nil
	}
	r := c.rows[id]
	c.close(r)
	n := min(int(max(last-c.first, 0)/c.width)+1, maxColumns)
	out := make([]time.Duration, n)
	for i := range out {
		c.scratch.Reset()
		r.closed[i].AddTo(&c.scratch)
		out[i], _ = c.scratch.Quantile(0.99)
	}
	r.open(r.at)
	return out
}

var blocks = []rune("▁▂▃▄▅▆▇█")

// sparkline draws values from 0 to the largest of them; a space is where there is none.
func sparkline(values []time.Duration) string {
	top := time.Duration(0)
	for _, v := range values {
		top = max(top, v)
	}
	var line strings.Builder
	for _, v := range values {
		if v <= 0 {
			line.WriteByte(' ')
			continue
		}
		line.WriteRune(blocks[min(int(float64(v)/float64(top)*float64(len(blocks))), len(blocks)-1)])
	}
	return line.String()
}
