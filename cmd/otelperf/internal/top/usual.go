// SPDX-License-Identifier: Apache-2.0

package top

import (
	"context"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// usualOf asks what a row did at the same time of other days; nil where the row is not there.
func usualOf(ctx context.Context, c *client.Client, w otelperf.Window, row *otelperf.EndpointRow) (*client.Usual, error) {
	period, with := client.Period{Window: w}, client.Rows{Usual: true}
	var rows []client.Row
	if row.Kind == "dependency" {
		l, err := c.Dependencies(ctx, period, with)
		if err != nil {
			return nil, err
		}
		rows = l.Dependencies
	} else {
		l, err := c.Endpoints(ctx, period, with)
		if err != nil {
			return nil, err
		}
		rows = l.Endpoints
	}
	for i := range rows {
		if r := &rows[i]; r.Method == row.Method && r.Route == row.Route && r.Kind == row.Kind {
			return r.Usual, nil
		}
	}
	return nil, nil
}

// usualLines say what an endpoint does at this time of other days.
func (m *Model) usualLines() []string {
	d := m.detail
	switch {
	case !m.stored:
		return m.wrapped(" ", "what is usual at this time takes a history: "+howToStore)
	case d.usual == nil:
		return nil // it is asked for
	case d.usual.Yesterday == nil && d.usual.LastWeek == nil:
		return []string{" usual at this time: nothing is stored of yesterday or last week"}
	}
	return m.wrapped(" ", "usual at this time: p99 "+thatDay(d.usual.Yesterday, "yesterday")+", "+thatDay(d.usual.LastWeek, "last week"))
}

// thatDay is "120 ms (8.00/s) yesterday".
func thatDay(n *client.UsualNumbers, day string) string {
	switch {
	case n == nil:
		return "nothing stored of " + day
	case n.Count == 0:
		return "no request " + day
	}
	return plain.Ms(n.P99Ms) + " (" + plain.Number(n.Rate) + "/s) " + day
}
