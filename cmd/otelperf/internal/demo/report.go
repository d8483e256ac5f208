// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/table"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/slowlog"
)

// result is what is known at the end.
type result struct {
	summary  *otelperf.Summary // since the start
	sent     sentAll
	exported exports
	slowest  *slowlog.Entry // nil: none was slow
}

// slowest is the request that took longest, of those that have an anatomy.
func slowest(log *slowlog.Store) (worst *slowlog.Entry) {
	for e := range log.All() {
		if e.Anatomy != nil && len(e.Anatomy.Root.Children) > 0 && (worst == nil || e.Duration > worst.Duration) {
			worst = e
		}
	}
	return worst
}

func writeProgress(out io.Writer, since time.Duration, s *otelperf.Summary) {
	_, _ = fmt.Fprintf(out, "--- %v: %d requests, %d failed, %d slow; last minute %s/s, p50 %s ms, p95 %s ms, p99 %s ms\n",
		since.Round(time.Second), s.TotalRequests, s.ErrorCount, s.SlowQueriesCount, number(s.Rate), number(s.P50), number(s.P95), number(s.P99))
}

// write gives the table of endpoints and the totals, in one Write.
func (r result) write(out io.Writer) {
	var b strings.Builder
	b.WriteByte('\n')
	b.WriteString(endpointTable(r.summary).String())
	b.WriteByte('\n')
	r.writeSlowest(&b)
	r.writeTotals(&b)
	_, _ = io.WriteString(out, b.String())
}

// writeSlowest shows where the time of the slowest request went.
func (r result) writeSlowest(b *strings.Builder) {
	if r.slowest == nil {
		return
	}
	b.WriteString("the slowest request, and where its time went:\n\n")
	if err := slowlog.Render(b, r.slowest, 100); err != nil {
		fmt.Fprintln(b, err)
	}
	b.WriteByte('\n')
}

func (r result) writeTotals(b *strings.Builder) {
	s := r.summary
	fmt.Fprintf(b, "requests  %d counted, %d sent by the load generator", s.TotalRequests, r.sent.total())
	if r.sent.skipped > 0 {
		fmt.Fprintf(b, ", %d not sent since %d were under way", r.sent.skipped, maxConcurrent)
	}
	fmt.Fprintf(b, "\nfailed    %d server errors and panics\nslow      %d\n", s.ErrorCount, s.SlowQueriesCount)
	fmt.Fprintf(b, "traces    %d sampled and exported, %d spans", r.exported.traces, r.exported.spans)
	if s.TotalRequests > 0 {
		fmt.Fprintf(b, "; %.1f %% of the requests, and the table has all", 100*float64(r.exported.traces)/float64(s.TotalRequests))
	}
	b.WriteByte('\n')
	if n := s.Diagnostics.Processor.Rescued; n["slow"]+n["failed"]+n["spike"] > 0 {
		fmt.Fprintf(b, "rescued   %d of them were not sampled, but slow (%d), failed (%d) or part of a spike (%d)\n",
			n["slow"]+n["failed"]+n["spike"], n["slow"], n["failed"], n["spike"])
	}
	for _, sp := range s.Spikes {
		fmt.Fprintf(b, "spike     %s: %s\n", sp.State, report.What(&sp))
	}
	for _, hint := range s.Diagnostics.Hints {
		fmt.Fprintf(b, "hint      %s\n", hint)
	}
}

func endpointTable(s *otelperf.Summary) *table.Table {
	t := table.New(table.Column{Name: "METHOD"}, table.Column{Name: "ROUTE"},
		right("COUNT"), right("ERRORS"), right("RATE/S"), right("P50 MS"), right("P95 MS"), right("P99 MS"), right("MAX MS"))
	for i := range s.Endpoints {
		row := &s.Endpoints[i]
		t.Row(append([]string{row.Method, row.Route}, cells(&row.Totals)...)...)
	}
	t.Row(append([]string{"all", ""}, cells(&s.Totals)...)...)
	return t
}

func right(name string) table.Column { return table.Column{Name: name, Right: true} }

func cells(t *otelperf.Totals) []string {
	return []string{
		fmt.Sprint(t.Count), fmt.Sprint(t.ErrorCount), number(t.Rate), number(t.P50Ms), number(t.P95Ms), number(t.P99Ms), number(t.MaxMs),
	}
}

// number shows three digits or more; "-" is for no data.
func number(v *float64) string {
	switch {
	case v == nil:
		return "-"
	case *v < 10:
		return fmt.Sprintf("%.2f", *v)
	case *v < 100:
		return fmt.Sprintf("%.1f", *v)
	default:
		return fmt.Sprintf("%.0f", *v)
	}
}
