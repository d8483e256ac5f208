// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"cmp"
	"time"

	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// DimensionRow is the latency of an endpoint's requests with one value of a key.
type DimensionRow struct {
	// Value is the key's value; "(other)" stands for all those that lost their place to more frequent ones.
	Value string
	// Count is about how many requests had the value.
	Count uint64
	// Samples is how many of them were looked at, at most 512: with few of them, the higher percentiles say little.
	Samples int
	// The percentiles are those of the samples, each weighed with the requests it stands for; they are at most
	// 0.55 % off those.
	P50, P95, P99 time.Duration
}

// byDimension returns a row for each value of a key, the most frequent first, from the last 512 requests looked at, of the
// running five minutes and the five before; nil for a key that is not known. It takes a histogram for each value, at most
// 17, for as long as it runs.
func (c *contrast) byDimension(key string, now time.Time) []DimensionRow {
	key = key[:min(len(key), maxContrastString)]
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.data == nil {
		return nil
	}
	c.data.advance(now)
	for i, k := range c.data.keys {
		if k != nil && k.key == key {
			return c.data.rows(i)
		}
	}
	return nil
}

func (t *contrastData) rows(key int) []DimensionRow {
	var (
		hists   [contrastValues + 1]*latency.Histogram // the last is that of the others
		samples [contrastValues + 1]int
	)
	oldest := (t.half - 1) * int64(contrastHalf/time.Second)
	for i := range t.samples {
		s := &t.samples[i]
		cell := s.cells[key]
		if int64(s.at) < oldest || cell == noCell || s.weight == 0 {
			continue
		}
		if cell == otherCell {
			cell = contrastValues
		}
		if hists[cell] == nil {
			hists[cell] = new(latency.Histogram)
		}
		hists[cell].MergeBucket(int(s.bucket), uint64(s.weight))
		samples[cell]++
	}
	var out []DimensionRow
	for i, h := range hists {
		if h == nil {
			continue
		}
		row := DimensionRow{Value: conventions.OverflowRoute, Count: h.Count(), Samples: samples[i]}
		if i < contrastValues {
			row.Value = conventions.Text(t.keys[key].cells[i].value, maxContrastString)
		}
		var q [3]time.Duration
		h.Quantiles(q[:], []float64{0.5, 0.95, 0.99})
		row.P50, row.P95, row.P99 = q[0], q[1], q[2]
		out = append(out, row)
	}
	order.By(out, func(a, b *DimensionRow) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return out
}
