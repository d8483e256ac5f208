// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"errors"
	"maps"
	"slices"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Sum is rows that others are added to.
type Sum map[conventions.Endpoint]*history.Row

// Add adds the rows of an hour, or of a minute, as they are stored. What is damaged is left out, and the error says so.
func (s Sum) Add(data []byte) error {
	w, err := compact.ParseWhole(data)
	if err != nil {
		return frameError(err)
	}
	var errs []error
	for i, name := range w.Names {
		to := s[name]
		if to == nil {
			to = &history.Row{Endpoint: name}
			s[name] = to
		}
		row, err := w.Row(i)
		if err = addStored(to, &row, err); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Merge adds another sum, whose rows become those of s where it has none.
func (s Sum) Merge(o Sum) {
	for name, r := range o {
		if to := s[name]; to != nil {
			to.Add(r)
		} else {
			s[name] = r
		}
	}
}

// Rows are in the order in which names share their beginnings.
func (s Sum) Rows() []history.Row {
	rows := make([]history.Row, 0, len(s))
	for _, name := range slices.SortedFunc(maps.Keys(s), compareEndpoints) {
		rows = append(rows, *s[name])
	}
	return rows
}
