// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/table"
	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// maxSpikes is how many spikes of a file are listed, an endpoint's part in one each; more are counted.
const maxSpikes = 1000

// spike is one row.
type spike struct {
	endpoint string
	start    time.Time
	end      time.Time // zero while it is open
	state    engine.State
	alarm    baseline.Event // as it was when it was found
	last     engine.Part    // as it is, or was at its end
}

// tableOutput collects spikes and prints a page for a person at the end.
type tableOutput struct {
	file   string
	to     *bufio.Writer
	spikes []spike
	more   int
}

func (o *tableOutput) event(ev *engine.Event) error {
	p := ev.Part
	if p == nil {
		return nil
	}
	name := p.Endpoint.String()
	if ev.Started {
		if len(o.spikes) >= maxSpikes {
			o.more++
			return nil
		}
		o.spikes = append(o.spikes, spike{endpoint: name, start: ev.Detector.Start, state: p.State, alarm: ev.Detector, last: *p})
		return nil
	}
	for i := range slices.Backward(o.spikes) {
		if s := &o.spikes[i]; s.endpoint == name {
			if s.end.IsZero() {
				s.state, s.last, s.end = p.State, *p, ev.Time
			}
			break
		}
	}
	return nil
}

func (o *tableOutput) finish(r *run) error {
	t := r.timeline
	rows := t.engine.Snapshot(engine.All).Rows
	o.headline(t)
	o.notes(t)
	_, _ = fmt.Fprintln(o.to)
	_, _ = endpointTable(rows, t).WriteTo(o.to)
	_, _ = fmt.Fprintln(o.to)
	if len(o.spikes) == 0 {
		_, err := fmt.Fprintln(o.to, "no spikes")
		return err
	}
	o.followOpen(t.engine.Incidents())
	_, err := o.spikeTable(time.Unix(t.latest+1, 0)).WriteTo(o.to)
	if o.more > 0 {
		_, err = fmt.Fprintf(o.to, "and %d more\n", o.more)
	}
	return err // of the last write: a bufio.Writer keeps its first one
}

// followOpen brings spikes that have not ended up to the end of the file.
func (o *tableOutput) followOpen(incidents []engine.Incident) {
	for i := range o.spikes {
		for _, in := range incidents {
			for _, p := range in.Parts {
				if p.State == engine.Open && p.Matter == engine.Latency && o.spikes[i].end.IsZero() && p.Endpoint.String() == o.spikes[i].endpoint {
					o.spikes[i].last = p
				}
			}
		}
	}
}

func (o *tableOutput) headline(t *timeline) {
	from, to := time.Unix(t.earliest, 0).UTC(), time.Unix(t.latest+1, 0).UTC()
	n := len(t.endpoints.all)
	_, _ = fmt.Fprintf(o.to, "%s: %s %s of %d %s, %s to %s UTC (%s)\n", o.file, grouped(t.counts.accepted), plural(int(t.counts.accepted), "request"), n,
		plural(n, "endpoint"), from.Format(time.DateTime), to.Format(time.DateTime), lasted(to.Sub(from)))
}

// notes says what is not as it should be.
func (o *tableOutput) notes(t *timeline) {
	note := func(n uint64, word, what string) {
		if n > 0 {
			_, _ = fmt.Fprintf(o.to, "%s %s %s\n", grouped(n), plural(int(n), word), what)
		}
	}
	note(t.counts.late, "request", "left out: more than 10 s out of order")
	note(t.counts.leaps, "request", "left out: the time leaps ahead and others do not follow")
	note(t.counts.setBacks, "time", "the clock was set back")
	note(t.endpoints.overflowed, "request", fmt.Sprintf("in the row (other): only %d endpoints have rows of their own", MaxEndpoints))
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// endpointTable has a row per endpoint, the busiest first.
func endpointTable(rows []engine.Row, t *timeline) *table.Table {
	tab := table.New(table.Column{Name: "ENDPOINT"}, table.Column{Name: "REQUESTS", Right: true}, table.Column{Name: "ERRORS", Right: true},
		table.Column{Name: "P50 MS", Right: true}, table.Column{Name: "P95 MS", Right: true}, table.Column{Name: "P99 MS", Right: true},
		table.Column{Name: "BASELINE", Right: true}, table.Column{Name: "STATE"}, table.Column{Name: "P99 OVER TIME, 0 TO MAX"})
	ids := map[string]int{}
	for id, ep := range t.endpoints.all {
		ids[ep.String()] = id
	}
	slices.SortStableFunc(rows, func(a, b engine.Row) int { return cmp.Compare(b.Outcomes.Total(), a.Outcomes.Total()) })
	for i := range rows {
		r := &rows[i]
		name := r.Endpoint.String()
		tab.Row(name, grouped(r.Outcomes.Total()), grouped(r.Outcomes.Failed()), orDash(r.P50), orDash(r.P95), orDash(r.P99),
			orDash(r.BaselineP99), r.Phase.String(), sparkline(t.columns.p99s(ids[name], t.latest)))
	}
	return tab
}

func (o *tableOutput) spikeTable(end time.Time) *table.Table {
	slices.SortStableFunc(o.spikes, func(a, b spike) int { return a.start.Compare(b.start) })
	tab := table.New(table.Column{Name: "SPIKE FROM (UTC)"}, table.Column{Name: "LASTED", Right: true}, table.Column{Name: "ENDED"}, table.Column{Name: "ENDPOINT"},
		table.Column{Name: "QUANTILE"}, table.Column{Name: "MS", Right: true}, table.Column{Name: "USUAL", Right: true}, table.Column{Name: "RATIO", Right: true},
		table.Column{Name: "WORST", Right: true}, table.Column{Name: "SLOW", Right: true}, table.Column{Name: "FAILED", Right: true}, table.Column{Name: "WHY"})
	for i := range o.spikes {
		s := &o.spikes[i]
		until, state := s.end, "back"
		switch {
		case until.IsZero():
			until, state = end, "not yet"
		case s.state == engine.NewNormal:
			state = "new normal"
		}
		ratio := "-"
		if s.alarm.Ratio > 0 {
			ratio = fmt.Sprintf("%.1fx", s.alarm.Ratio)
		}
		tab.Row(s.start.UTC().Format(time.DateTime), lasted(until.Sub(s.start)), state, s.endpoint, s.last.Quantile(),
			digits(toMs(s.alarm.QuantileNow)), digits(toMs(s.alarm.QuantileBaseline)), ratio,
			digits(toMs(s.last.Worst.Quantile)), grouped(s.last.Cost.Slow), grouped(s.last.Cost.Failed),
			strings.Replace(evidence(&s.alarm), " requests above", " above", 1))
	}
	return tab
}
