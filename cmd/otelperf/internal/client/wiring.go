// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Wiring is what a service says of its wiring.
type Wiring struct {
	Origin
	Diagnostics otelperf.Diagnostics
	Settings    otelperf.Settings
	Health      otelperf.Health
	Summary     *otelperf.Summary // since the start
	// Server is what answered beside the service: the headers Server and Via, which Go's own server does not send.
	Server []string
	// Anonymous: no token was sent.
	Anonymous bool
}

// Wiring asks for diagnostics, config, health and the summary.
func (c *Client) Wiring(ctx context.Context) (*Wiring, error) {
	w := &Wiring{Anonymous: c.token == ""}
	k := kindJSON
	k.header = func(values []string) { w.Server = append(w.Server, values...) }
	if err := c.fetchKind(ctx, k, "diagnostics", nil, func(body []byte) error {
		if err := decodeOurs(body, &w.Origin, &w.Origin); err != nil {
			return err
		}
		return decode(body, &w.Diagnostics)
	}); err != nil {
		return nil, err
	}
	if err := c.fetch(ctx, "config", nil, func(body []byte) error { return decode(body, &w.Settings) }); err != nil {
		return nil, err
	}
	if err := c.fetch(ctx, "health", nil, func(body []byte) error { return decode(body, &w.Health) }); err != nil {
		return nil, err
	}
	var err error
	w.Summary, _, err = c.Summary(ctx, Period{Window: otelperf.WindowAll})
	return w, err
}
