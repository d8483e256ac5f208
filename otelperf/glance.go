// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/feed"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Glance is what there is to say first of a service: of its Summary of five minutes the fields of the same names.
type Glance struct {
	Verdict   Verdict `json:"verdict"` // whether anything is wrong now
	Totals            // of requests
	Endpoints int     `json:"endpoints"` // that there are
	Open      int     `json:"open"`      // incidents that are
}

// GlanceAt is for otelperf's component of the OpenTelemetry Collector: it says of a service that is judged elsewhere what a Monitor of it would,
// without one.
func GlanceAt(s feed.Source) Glance {
	e, now := s.Engine(), time.Now()
	detector, book := e.Config(), s.Book()
	rows, totals := e.Together(engine.Query{Window: engine.FiveMinutes, Wants: conventions.Kind.Request, Once: true})
	f := facts{now: now, from: now.Add(-s.Delay() - time.Duration(totals.Seconds*float64(time.Second))), stalled: e.Age() > staleTicks*time.Second+s.Delay(), unseen: e.Unseen()}
	for i := range rows {
		f.endpoints = append(f.endpoints, rowOf(&rows[i], &detector))
	}
	for _, in := range e.Incidents() {
		sp := spikeOf(&in)
		sp.Muted = book.Muted(openParts(&sp), now)
		f.spikes = append(f.spikes, sp)
	}
	return Glance{Verdict: f.verdict(), Totals: totalsOf(&totals), Endpoints: len(rows), Open: e.OpenIncidents()}
}
