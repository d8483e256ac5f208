// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/grid"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// mostBuckets bounds a distribution.
const mostBuckets = 64

// distribution is the answer of GET endpoints/distribution: how long the requests of an endpoint took, beside what is usual.
type distribution struct {
	origin
	Method    string                 `json:"method"`
	Route     string                 `json:"route"`
	Kind      string                 `json:"kind"`
	Window    Window                 `json:"window,omitzero"` // missing for a fixed time
	From      time.Time              `json:"from"`            // that is covered: a fixed time in whole minutes, or in steps of ten seconds
	To        time.Time              `json:"to"`
	Seconds   float64                `json:"window_seconds"`  // as in a Summary
	Stored    *past.Stored           `json:"stored,omitzero"` // what of the time is there, where a history was read
	Count     uint64                 `json:"count"`           // requests whose duration is known
	Scale     int                    `json:"scale"`           // of the buckets, as in OpenTelemetry's exponential histograms: 3 to 0
	Quantiles []distributionQuantile `json:"quantiles"`
	Buckets   []distributionBucket   `json:"buckets"` // in a row, at most 64
}

// distributionQuantile is one of both.
type distributionQuantile struct {
	Quantile   float64  `json:"quantile"` // 0.5, 0.9, 0.95, 0.99 or 0.999
	Ms         *float64 `json:"ms"`       // nil: not known
	BaselineMs *float64 `json:"baseline_ms"`
}

// distributionBucket is the requests that took longer than from_ms, and up to to_ms.
type distributionBucket struct {
	FromMs        float64  `json:"from_ms"`
	ToMs          float64  `json:"to_ms"`
	Count         uint64   `json:"count"`
	Share         float64  `json:"share"`          // of the requests: 0 to 1
	BaselineShare *float64 `json:"baseline_share"` // of what is usual; nil while that is not known
}

func (m *Monitor) distribution(e companion.EndpointQuery, p companion.Period) (out distribution, ok bool, err error) {
	m.evaluate()
	from, to, long := m.beyond(p)
	d, ok := m.engine.Distribution(e.Method, e.Route, e.Kind, periodOf(p))
	var said *past.Stored
	if long {
		ok, said, err = m.longDistribution(e, p, from, to, ok, &d)
	}
	if !ok || err != nil {
		return out, ok, err
	}
	g := gridOf(d.Usual, d.Durations)
	out = distribution{
		origin: m.origin(), Method: d.Endpoint.Method, Route: d.Endpoint.Route, Kind: d.Endpoint.Kind.String(), Window: Window(p.Window),
		From: d.From.UTC(), To: d.To.UTC(), Seconds: d.Length().Seconds(), Stored: cmp.Or(said, m.ownStored(p, d.Covered)), Count: d.Durations.Count(), Scale: g.Scale(), Buckets: make([]distributionBucket, g.Len()),
	}
	for i, q := range engine.Ranks {
		out.Quantiles = append(out.Quantiles, distributionQuantile{q, units.KnownMs(d.Quantiles[i]), units.KnownMs(d.Usually[i])})
	}
	for i, n := range g.Counts(d.Durations) {
		out.Buckets[i] = distributionBucket{FromMs: boundMs(g, i), ToMs: boundMs(g, i+1), Count: n, Share: shareOf(n, out.Count)}
	}
	if len(d.Usual) > 0 {
		usual := make([]float64, g.Len())
		for _, s := range d.Usual {
			usual[g.At(int(s.Index))] += s.Share
		}
		for i, share := range usual {
			out.Buckets[i].BaselineShare = units.Number(share)
		}
	}
	return out, true, nil
}

// longDistribution puts durations of a time of which memory does not have all in the place of those of d, if that is known.
func (m *Monitor) longDistribution(q companion.EndpointQuery, p companion.Period, from, to time.Time, known bool, d *engine.Distribution) (ok bool, said *past.Stored, err error) {
	if !known {
		if d.Endpoint, known, err = m.storedEndpoint(q, from, to); !known {
			return false, nil, refused(err)
		}
	}
	total, err := m.past.Rows(from, to)
	if err != nil {
		return true, nil, refused(err)
	}
	row, _ := total.Row(d.Endpoint)
	r := minuteRow(&row)
	d.Give(&r)
	d.Covered = coveredOf(&total.Coverage, from, to)
	return true, saidOf(p, &total.Coverage), nil
}

// gridOf has room for all.
func gridOf(usual []baseline.Share, all ...*latency.Histogram) *grid.Grid {
	indexes := make([]int, len(usual))
	for i, s := range usual {
		indexes[i] = int(s.Index)
	}
	return grid.Fit(mostBuckets, indexes, all...)
}

func boundMs(g *grid.Grid, i int) float64 { return *units.Number(g.Bound(i) * 1e3) }

// shareOf is 0 of nothing.
func shareOf(n, all uint64) float64 {
	if all == 0 {
		return 0
	}
	return *units.Number(float64(n) / float64(all))
}
