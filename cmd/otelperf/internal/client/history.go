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
	l, _, err := c.SlowOf(ctx, Period{From: from, To: to}, mostEvents)
	return l, err
}

// SlowOf asks for the slow and failed requests of a period, newest first, at most limit of them, 1 to 1000: of a fixed time or of days those
// that began in it, else, also of the zero Period, all that are in memory. The second result is the answer as it came.
func (c *Client) SlowOf(ctx context.Context, p Period, limit int) (*SlowList, []byte, error) {
	l := new(SlowList)
	q := url.Values{}
	if p != (Period{}) {
		q = p.query()
	}
	q.Set("limit", strconv.Itoa(limit))
	var raw []byte
	err := c.fetch(ctx, "slow", q, func(body []byte) error {
		raw = body
		return decodeSlow(body, l)
	})
	if err != nil {
		return nil, nil, err
	}
	return l, raw, nil
}
