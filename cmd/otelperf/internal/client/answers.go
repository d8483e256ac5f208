// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/slowlog"
)

type entry = slowlog.Entry

// maxRows is the most rows that are asked for.
const maxRows = 1000

// Period is a window, or the time from From up to before To if that is not zero.
type Period struct {
	Window   otelperf.Window
	From, To time.Time
	Fleet    bool // of all instances of the service, as one of them has them
}

func (p Period) query() url.Values {
	q := p.time()
	if p.Fleet {
		q.Set("scope", "fleet")
	}
	return q
}

func (p Period) time() url.Values {
	if p.To.IsZero() {
		return url.Values{"window": {string(p.Window)}}
	}
	return url.Values{"from": {strconv.FormatInt(p.From.Unix(), 10)}, "to": {strconv.FormatInt(p.To.Unix(), 10)}}
}

// Summary asks for the summary. The second result is the answer as it came.
func (c *Client) Summary(ctx context.Context, p Period) (*otelperf.Summary, []byte, error) {
	s := new(otelperf.Summary)
	var raw []byte
	err := c.fetch(ctx, "summary", p.query(), func(body []byte) error {
		raw = body
		return decodeSummary(body, s)
	})
	if err != nil {
		return nil, nil, err
	}
	return s, raw, nil
}

// Rows says what rows have beside their numbers.
//
// Usual takes a service with a history.
type Rows struct{ Histogram, Trend, Usual bool }

func (r Rows) query(p Period) url.Values {
	q := p.query()
	q.Set("limit", strconv.Itoa(maxRows))
	q.Set("histogram", strconv.FormatBool(r.Histogram))
	q.Set("trend", strconv.FormatBool(r.Trend))
	if r.Usual { // which services of earlier versions do not know
		q.Set("usual", "true")
	}
	return q
}

// Endpoints asks for the rows of endpoints, at most 1000.
func (c *Client) Endpoints(ctx context.Context, p Period, r Rows) (*EndpointList, error) {
	l := new(EndpointList)
	err := c.fetch(ctx, "endpoints", r.query(p), func(body []byte) error { return decodeEndpoints(body, l) })
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Dependencies asks for the rows of client and db calls, at most 1000.
func (c *Client) Dependencies(ctx context.Context, p Period, r Rows) (*DependencyList, error) {
	l := new(DependencyList)
	err := c.fetch(ctx, "dependencies", r.query(p), func(body []byte) error { return decodeDependencies(body, l) })
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Slow asks for the latest slow requests, at most limit of them, 1 to 1000. The second result is the answer as it came.
func (c *Client) Slow(ctx context.Context, limit int) (*SlowList, []byte, error) {
	return c.SlowOf(ctx, Period{}, limit)
}

// Trace asks for the requests of one trace with their anatomy. An id of which nothing is stored is ErrNotFound. The second result
// is the answer as it came. What is not in memory is looked for by the service in its history, and of one of an earlier version among the last
// 1000 of the last 30 days.
func (c *Client) Trace(ctx context.Context, id string) (*SlowTrace, []byte, error) {
	t, raw, err := c.trace(ctx, id, nil)
	if !errors.Is(err, ErrNotFound) {
		return t, raw, err
	}
	to := time.Now().Truncate(time.Minute).Add(time.Minute)
	if t, raw, err := c.TraceWithin(ctx, id, to.Add(-storedFor), to); err == nil {
		return t, raw, nil
	}
	return t, raw, err
}

// storedFor is for how long a history stores requests unless it says otherwise.
const storedFor = 30 * 24 * time.Hour

// TraceWithin is Trace of the requests that began in a time, the last 1000 of it.
func (c *Client) TraceWithin(ctx context.Context, id string, from, to time.Time) (*SlowTrace, []byte, error) {
	return c.trace(ctx, id, Period{From: from, To: to}.query())
}

func (c *Client) trace(ctx context.Context, id string, query url.Values) (*SlowTrace, []byte, error) {
	t := new(SlowTrace)
	var raw []byte
	err := c.fetch(ctx, "slow/"+url.PathEscape(id), query, func(body []byte) error {
		raw = body
		return decodeTrace(body, t)
	})
	if err != nil {
		return nil, nil, err
	}
	return t, raw, nil
}

// Spikes asks for the latest spikes, newest first, at most 50.
func (c *Client) Spikes(ctx context.Context) (*SpikeList, error) {
	l := new(SpikeList)
	err := c.fetch(ctx, "spikes", nil, func(body []byte) error { return decodeSpikes(body, l) })
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Bundle asks for what is known of a spike, as a zip archive. An id that is not stored is ErrNotFound.
func (c *Client) Bundle(ctx context.Context, id string) (zip []byte, err error) {
	err = c.fetchKind(ctx, kindZip, "spikes/"+url.PathEscape(id)+"/bundle", nil, func(body []byte) error {
		zip = body
		return nil
	})
	return zip, err
}

// Recording asks for a recording with single requests. An id that is not stored is ErrNotFound.
func (c *Client) Recording(ctx context.Context, id uint64) (*causes.Recording, error) {
	r := new(causes.Recording)
	err := c.fetch(ctx, "evidence/"+strconv.FormatUint(id, 10), nil, func(body []byte) error { return decode(body, r) })
	if err != nil {
		return nil, err
	}
	return r, nil
}
