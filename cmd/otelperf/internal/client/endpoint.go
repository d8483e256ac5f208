// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"net/url"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/slowlog"
)

// Series is one endpoint over time: minutes, the oldest first, or steps of ten seconds for the window 1m.
type Series struct {
	Origin
	BaselineP99Ms *float64 `json:"baseline_p99_ms"`
	Points        []Point  `json:"points"`
}

// Point is what an endpoint did in a minute.
type Point struct {
	Time    time.Time `json:"t"`
	Seconds float64   `json:"seconds"`
	Count   uint64    `json:"count"`
	P99Ms   *float64  `json:"p99_ms"`
}

// Detail is what is normal for one endpoint, and what is different about its slow requests.
type Detail struct {
	Origin
	NormalMs      slowlog.Breakdown `json:"normal_ms"`
	NormalSamples int               `json:"normal_samples"`
	Differences   []Difference      `json:"differences"`
}

// Difference is an attribute value that slow requests have more often than ordinary ones.
type Difference struct {
	Key, Value string
	SlowCount  uint64 `json:"slow_count"`
	SlowTotal  uint64 `json:"slow_total"`
	Count      uint64
	Total      uint64
	Lift       float64
}

func endpointQuery(r *otelperf.EndpointRow) url.Values {
	return url.Values{"method": {r.Method}, "route": {r.Route}, "kind": {r.Kind}}
}

// Series asks for the last hour of an endpoint.
func (c *Client) Series(ctx context.Context, r *otelperf.EndpointRow) (*Series, error) {
	s, query := new(Series), endpointQuery(r)
	query.Set("window", string(otelperf.Window1h))
	return s, c.fetch(ctx, "endpoints/series", query, func(body []byte) error { return decodeOurs(body, s, &s.Origin) })
}

// Detail asks what is normal for an endpoint. One that has had no span is ErrNotFound.
func (c *Client) Detail(ctx context.Context, r *otelperf.EndpointRow) (*Detail, error) {
	d := new(Detail)
	return d, c.fetch(ctx, "endpoints/detail", endpointQuery(r), func(body []byte) error { return decodeOurs(body, d, &d.Origin) })
}

// decodeOurs decodes an answer that says whose it is.
func decodeOurs(body []byte, v any, o *Origin) error {
	if err := decode(body, v); err != nil {
		return err
	}
	return origin(o.Service, o.Instance)
}
