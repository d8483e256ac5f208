// SPDX-License-Identifier: Apache-2.0

package top

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/slowlog"
)

// about is what a service knows of an endpoint beyond its numbers.
type about struct {
	series *client.Series
	detail *client.Detail
	change *client.Comparison // around the newest mark that has something before it
	marks  []client.Mark
	usual  *client.Usual // at the same time of other days; nil without a history
}

// aboutMsg is what was asked for of an endpoint.
type aboutMsg struct {
	key string
	about
	err error
}

// maxTried is how many of the newest marks a comparison is tried with.
const maxTried = 5

// fetchAbout asks the first instance that has the row.
func (m *Model) fetchAbout(r *fleet.Row) tea.Cmd {
	clients := m.clientsOf(r)
	if len(clients) == 0 {
		return nil
	}
	ctx, c, row, key, stored, window := m.ctx, clients[0], r.EndpointRow, m.detail.key, m.stored, m.window
	return func() tea.Msg {
		msg := aboutMsg{key: key}
		var errs [4]error
		msg.series, errs[0] = c.Series(ctx, &row)
		msg.detail, errs[1] = c.Detail(ctx, &row)
		msg.change, msg.marks, errs[2] = comparedAround(ctx, c, row.Name())
		if stored {
			msg.usual, errs[3] = usualOf(ctx, c, window, &row)
		}
		msg.err = errors.Join(errs[:]...)
		return msg
	}
}

// clientsOf are those of the instances that have a row.
func (m *Model) clientsOf(r *fleet.Row) (out []*client.Client) {
	for i := range r.Parts {
		out = append(out, m.clientsAt(m.urlsOf(r.Service, r.Parts[i].Instance))...)
	}
	return out
}

// comparedAround compares an endpoint around the newest mark that has something before it; nil if none has.
func comparedAround(ctx context.Context, c *client.Client, endpoint string) (*client.Comparison, []client.Mark, error) {
	marks, err := c.Marks(ctx)
	if err != nil {
		return nil, nil, err
	}
	var found *client.Comparison
	for _, mark := range marks[:min(len(marks), maxTried)] {
		if found, _, err = c.Compare(ctx, endpoint, mark.ID); err != nil || found.Why == "" {
			break
		}
	}
	return found, marks, err
}

func (m *Model) about(msg aboutMsg) {
	if d := m.detail; d != nil && d.key == msg.key {
		d.about, d.err, d.ended = msg.about, msg.err, true
	}
}

// aboutLines are what an endpoint was before the newest mark, what its slow requests have in common, and what its ordinary ones do.
func (m *Model) aboutLines() (lines []string) {
	d := m.detail
	if !d.ended {
		return []string{"", asking[1]}
	}
	if d.err != nil {
		lines = append(lines, "", " "+plain.Line(d.err.Error()))
	}
	if c := d.change; c != nil && c.Mark != nil {
		lines = append(append(lines, "", " before and since "+markText(c.Mark)), changes(c)...)
	}
	if d.detail == nil {
		return lines
	}
	for i, x := range d.detail.Differences[:min(len(d.detail.Differences), 5)] {
		if i == 0 {
			lines = append(lines, "", " what slow requests have in common")
		}
		lines = append(lines, fmt.Sprintf("   %s=%s  %d of %d slow ones, %d of %d ordinary ones", plain.Clip(x.Key, 60), plain.Clip(x.Value, 60),
			x.SlowCount, x.SlowTotal, x.Count, x.Total))
	}
	if normal := d.detail.NormalMs; len(normal) > 0 {
		var text strings.Builder
		for _, category := range slices.SortedFunc(maps.Keys(normal), func(a, b slowlog.Category) int {
			return cmp.Compare(normal[b], normal[a])
		}) {
			fmt.Fprintf(&text, "  %s %s", plain.Clip(string(category), 20), plain.Ms(new(normal[category])))
		}
		lines = append(lines, "", " what an ordinary request takes its time for", " "+text.String())
	}
	return lines
}

func markText(k *client.Mark) string {
	return fmt.Sprintf("%s “%s” at %s", plain.Clip(k.Kind, 20), plain.Clip(k.Text, 200), k.Time.Local().Format(time.TimeOnly))
}

// changes are what became of each measure, or why it cannot be told.
func changes(c *client.Comparison) (lines []string) {
	if c.Why != "" {
		return []string{"   " + plain.Clip(c.Why, 500)}
	}
	for _, change := range []client.Change{c.P50, c.P99, c.Errors} {
		lines = append(lines, "   "+plain.Clip(change.Sentence, 500))
	}
	return lines
}

// minutes is the p99 of each minute of the series, nil while there is none.
func (a *about) minutes() (values []float64, times []time.Time) {
	if a.series == nil {
		return nil, nil
	}
	for _, p := range a.series.Points {
		v := math.NaN()
		if p.P99Ms != nil {
			v = *p.P99Ms
		}
		values, times = append(values, v), append(times, p.Time)
	}
	return values, times
}
