// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// mostEvents is the most spikes or slow requests that are asked for.
const mostEvents = 1000

func eventsQuery(from, to time.Time) url.Values {
	q := Period{From: from, To: to}.query()
	q.Set("limit", strconv.Itoa(mostEvents))
	return q
}

// SpikesWithin asks for the spikes that were open in a time, newest first, at most 1000.
func (c *Client) SpikesWithin(ctx context.Context, from, to time.Time) (*SpikeList, error) {
	l := new(SpikeList)
	return l, c.fetch(ctx, "spikes", eventsQuery(from, to), func(body []byte) error { return decodeSpikes(body, l) })
}

// SlowWithin asks for the slow and failed requests that began in a time, newest first, at most 1000.
func (c *Client) SlowWithin(ctx context.Context, from, to time.Time) (*SlowList, error) {
	l := new(SlowList)
	return l, c.fetch(ctx, "slow", eventsQuery(from, to), func(body []byte) error { return decodeSlow(body, l) })
}
