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
	p99      float64 // ms, like the baseline, as known when it was found; at the end of the whole spike
	baseline float64
	ratio    *float64
	evidence string
}

// tableOutput collects spikes and prints a page for a person at the end.
type tableOutput struct {
	file   string
	to     *bufio.Writer
	spikes []spike
	more   int
}

func (o *tableOutput) event(ev *engine.Event) error {
	p := &ev.Part
	name := p.Endpoint.String()
	if ev.Started {
		if len(o.spikes) >= maxSpikes {
			o.more++
			return nil
		}
		o.spikes = append(o.spikes, spike{endpoint: name, start: p.Start, evidence: evidence(p)})
		o.spikes[len(o.spikes)-1].update(p)
		return nil
	}
	for i := range slices.Backward(o.spikes) {
		if s := &o.spikes[i]; s.endpoint == name {
			if s.end.IsZero() {
				s.update(p)
				s.end = ev.Time
			}
			break
		}
	}
	return nil
}

func (s *spike) update(p *engine.Part) {
	s.state, s.p99, s.baseline, s.ratio = p.State, toMs(p.Evidence.Now.P99), toMs(p.Evidence.Baseline.P99), ratio(p)
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
	_, err := o.spikeTable(time.Unix(t.latest+1, 0)).WriteTo(o.to)
	if o.more > 0 {
		_, err = fmt.Fprintf(o.to, "and %d more\n", o.more)
	}
	return err // of the last write: a bufio.Writer keeps its first one
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
		table.Column{Name: "P99 MS", Right: true}, table.Column{Name: "USUAL", Right: true}, table.Column{Name: "RATIO", Right: true}, table.Column{Name: "WHY"})
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
		if s.ratio != nil {
			ratio = fmt.Sprintf("%.1fx", *s.ratio)
		}
		tab.Row(s.start.UTC().Format(time.DateTime), lasted(until.Sub(s.start)), state, s.endpoint,
			digits(s.p99), digits(s.baseline), ratio, strings.Replace(s.evidence, " requests above", " above", 1))
	}
	return tab
}
