// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/table"
	"github.com/otelperf/otelperf-go/otelperf"
)

func left(name string) table.Column  { return table.Column{Name: name} }
func right(name string) table.Column { return table.Column{Name: name, Right: true} }

// writeRows writes a table of rows below a title, and nothing for no rows.
func writeRows(b *strings.Builder, v *fleet.View, title string, rows []fleet.Row) {
	if len(rows) == 0 {
		return
	}
	b.WriteByte('\n')
	if title != "" {
		b.WriteString(title + "\n")
	}
	columns := []table.Column{left("METHOD"), left("ROUTE"), right("COUNT"), right("ERRORS"), right("RATE/S"),
		right("P50 MS"), right("P95 MS"), right("P99 MS"), right("BASELINE"), right("RATIO"), left("STATE")}
	services := len(v.Services()) > 1
	if services {
		columns = slices.Insert(columns, 0, left("SERVICE"))
	}
	t := table.New(columns...)
	for i := range rows[:min(len(rows), maxRows)] {
		r := &rows[i]
		cells := []string{r.Method, r.Route, fmt.Sprint(r.Count), fmt.Sprint(r.ErrorCount), plain.Number(r.Rate),
			plain.Number(r.P50Ms), plain.Number(r.P95Ms), plain.Number(r.P99Ms), Baseline(r), Ratio(r), State(r)}
		if services {
			cells = slices.Insert(cells, 0, r.Service)
		}
		t.Row(cells...)
	}
	b.WriteString(t.String())
	if more := len(rows) - maxRows; more > 0 {
		fmt.Fprintf(b, "and %d more\n", more)
	}
}

// Baseline shows the baseline p99 in milliseconds: that of the one instance, or the lowest and the highest.
func Baseline(r *fleet.Row) string {
	from, to := plain.Number(r.BaselineMinMs), plain.Number(r.BaselineMaxMs)
	if from == to {
		return to
	}
	return from + "–" + to
}

// Ratio is how many times what is usual is reached, and while a spike is open at which quantile: that is of its worst minute, such as
// "56.1x p59". From 100 on it has no digit after the point.
func Ratio(r *fleet.Row) string {
	text := plain.Times(r.Ratio)
	if r.Ratio != nil && *r.Ratio >= 100 {
		text = strings.TrimSuffix(plain.Times(new(math.Round(*r.Ratio))), ".0x") + "x"
	}
	if text == plain.None || r.RatioQuantile == nil || r.State != "spiking" && *r.RatioQuantile == 0.99 {
		return text
	}
	return text + " " + plain.Quantile(*r.RatioQuantile)
}

// State is the state of a row, with what is missing while it learns, and with how many instances are out of line.
func State(r *fleet.Row) string {
	text := r.State
	if t := r.Trouble(); t != "" {
		text = t + "; latency " + text
	} else if r.ErrorState == "elevated" && r.UsualErrorRate != nil {
		text += "; fails " + plain.Share(r.UsualErrorRate) + " as usual"
	}
	if r.State == "learning" && r.Needed > 0 {
		text += fmt.Sprintf(" (%d to go)", r.Needed)
	} else if p := r.Waiting(); p != nil && p.State != "learning" {
		text += fmt.Sprintf(" (not judged for %s)", plain.Seconds(*p.ReadySeconds))
	}
	if len(r.OutOfLine) > 0 {
		text += "; an instance is out of line"
	}
	return text
}

// SlowTable lists slow requests in the order given, by local times, with their days where these differ.
func SlowTable(requests []otelperf.SlowRequest) string {
	layout, zone := time.TimeOnly, time.Now()
	for i := range requests {
		if zone = requests[0].Time.Local(); requests[i].Time.Local().Format(time.DateOnly) != zone.Format(time.DateOnly) {
			layout = time.DateTime
		}
	}
	t := table.New(left("TIME "+zone.Format("MST")), right("MS"), left("METHOD"), left("ROUTE"), right("STATUS"), left("OUTCOME"), left("KEPT FOR"), right("RATIO"), left("TRACE"))
	for i := range requests {
		r := &requests[i]
		t.Row(r.Time.Local().Format(layout), plain.Number(&r.DurationMs), r.Method, r.Route, Status(r), r.Outcome, r.Reason, plain.Times(r.Ratio), r.TraceID)
	}
	return t.String()
}

// Status is the status of a reply, if there was one.
func Status(r *otelperf.SlowRequest) string {
	if r.Status == nil {
		return plain.None
	}
	return fmt.Sprint(*r.Status)
}
