// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Ranks are the quantiles of a [Distribution], 0 to 1.
var Ranks = [...]float64{0.5, 0.9, 0.95, 0.99, 0.999}

// Distribution is the durations of an endpoint's requests, beside those that are usual.
type Distribution struct {
	Endpoint conventions.Endpoint // it is of
	Covered
	Durations *latency.Histogram        // at scale 3: eight buckets for each doubling; the receiver's to keep
	Quantiles [len(Ranks)]time.Duration // of Durations, by Ranks; 0 for one that is not known
	Usual     []baseline.Share          // what is usual; nil while that is not known
	Usually   [len(Ranks)]time.Duration // of Usual, by Ranks
}

// Distribution returns the durations of an endpoint in a period; ok is false for one that had no request.
func (e *Engine) Distribution(method, route, kind string, p Period) (d Distribution, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ep := e.find(method, route, kind)
	if ep == nil {
		return d, false
	}
	d = Distribution{Endpoint: ep.name, Durations: latency.NewCoarse(), Covered: e.coveredBy(&p)}
	all := &timeline.Aggregate{}
	if p.To.IsZero() {
		ep.line.Collect(p.Window.span(), e.step, all)
	} else {
		e.sum(ep, &p, all)
	}
	d.Durations.Merge(&all.Durations)
	n := ep.numbers(all, 0)
	for i, q := range Ranks {
		if x, ok := all.Durations.Quantile(q); ok && n.Known(x) {
			d.Quantiles[i] = x
		}
	}
	if ep.detector.State().Phase != baseline.Learning {
		d.Usual = slices.Collect(ep.detector.Shares())
		for i, q := range Ranks {
			d.Usually[i], _ = ep.detector.Quantile(q)
		}
	}
	return d, true
}

// Heatmap is the durations of an endpoint's requests over time.
type Heatmap struct {
	Endpoint    conventions.Endpoint // it is of
	BaselineP99 time.Duration        // 0 while it is not known
	Covered                          // that the columns are of
	Columns     []Column             // as the points of a Series: at most 61, the oldest first
}

// Column is one minute of a heatmap, or ten seconds.
type Column struct {
	Time      time.Time          // of its beginning
	Seconds   float64            // its length; the running one is shorter
	Durations *latency.Histogram // as in a Distribution
}

// Heatmap returns the durations of an endpoint over time; ok is false for one that had no request.
func (e *Engine) Heatmap(method, route, kind string, p Period) (h Heatmap, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ep := e.find(method, route, kind)
	if ep == nil {
		return h, false
	}
	h = Heatmap{Endpoint: ep.name, BaselineP99: ep.baselineP99(), Covered: e.coveredBy(&p)}
	e.points(ep, &p, func(from, to time.Time, t *timeline.Aggregate) {
		c := Column{Time: from, Seconds: max(0, to.Sub(from).Seconds()), Durations: latency.NewCoarse()}
		c.Durations.Merge(&t.Durations)
		h.Columns = append(h.Columns, c)
	})
	return h, true
}
