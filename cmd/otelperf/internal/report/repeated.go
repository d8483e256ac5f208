// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

const maxRepeated = 10 // notes of them in a summary, those of most calls first

// Repeated says of the requests of a row which calls they repeat, and how many of them do.
func Repeated(r *otelperf.RepeatedCalls) string {
	text := plain.Clip(r.String(), 200) + fmt.Sprintf(" (in %s of the last %d looked at)", plain.Share(&r.Share), r.Requests)
	if r.TraceID != nil {
		text += ", as in " + plain.Clip(*r.TraceID, 40)
	}
	return text
}

// repeated are notes of the rows whose requests repeat calls.
func repeated(v *fleet.View) (notes []string) {
	var found []*fleet.Row
	for _, rows := range [][]fleet.Row{v.Endpoints, v.Jobs} {
		for i := range rows {
			if rows[i].RepeatedCalls != nil {
				found = append(found, &rows[i])
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *fleet.Row) int {
		return cmp.Compare(b.RepeatedCalls.CallsPerRequest, a.RepeatedCalls.CallsPerRequest)
	})
	for _, r := range found[:min(len(found), maxRepeated)] {
		notes = append(notes, plain.Clip(r.Name(), 80)+": "+Repeated(r.RepeatedCalls))
	}
	if more := len(found) - maxRepeated; more > 0 {
		notes = append(notes, fmt.Sprintf("and %d more rows whose requests repeat calls", more))
	}
	return notes
}
