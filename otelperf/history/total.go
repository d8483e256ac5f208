// SPDX-License-Identifier: Apache-2.0

package history

import (
	"cmp"
	"errors"
	"iter"

	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Total adds the rows of batches up, one row for each endpoint in the order of their names: what [Store.Range] yields for Rows becomes
// the numbers of the whole range. The error joins those that came, at most ten of them; the rows are of what could be read.
func Total(batches iter.Seq2[*Batch, error]) ([]Row, error) {
	sum := map[conventions.Endpoint]*Row{}
	var errs []error
	for b, err := range batches {
		if err != nil {
			if len(errs) < 10 {
				errs = append(errs, err)
			}
			continue
		}
		for i := range b.Rows {
			r := &b.Rows[i]
			if to := sum[r.Endpoint]; to != nil {
				to.Add(r)
			} else {
				sum[r.Endpoint] = r
			}
		}
	}
	rows := make([]Row, 0, len(sum))
	for _, r := range sum {
		rows = append(rows, *r)
	}
	order.By(rows, byName)
	return rows, errors.Join(errs...)
}

// Add adds what o has to r, which may grow its histogram.
func (r *Row) Add(o *Row) {
	r.Outcomes.Add(&o.Outcomes)
	r.Guessed = r.Guessed || o.Guessed
	if o.Durations == nil {
		return
	}
	if r.Durations == nil {
		r.Durations = new(latency.Histogram)
	}
	r.Durations.Merge(o.Durations)
}

func byName(a, b *Row) int {
	return cmp.Or(cmp.Compare(a.Endpoint.Route, b.Endpoint.Route), cmp.Compare(a.Endpoint.Method, b.Endpoint.Method), cmp.Compare(a.Endpoint.Kind, b.Endpoint.Kind))
}
