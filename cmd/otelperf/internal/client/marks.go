// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Mark is a moment at which something was changed.
type Mark struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
	Kind string    `json:"kind"`
	Text string    `json:"text"`
	By   string    `json:"by"`
}

// MarkRequest is a mark to be set.
type MarkRequest struct {
	Text string     `json:"text"`
	Kind string     `json:"kind,omitzero"`
	Time *time.Time `json:"time,omitempty"`
}

// Marks asks for what was changed, newest first.
func (c *Client) Marks(ctx context.Context) ([]Mark, error) { return c.marks(ctx, nil) }

// MarksWithin asks for what was changed in a time, newest first, at most 100.
func (c *Client) MarksWithin(ctx context.Context, from, to time.Time) ([]Mark, error) {
	return c.marks(ctx, eventsQuery(from, to))
}

func (c *Client) marks(ctx context.Context, query url.Values) ([]Mark, error) {
	var l struct {
		Origin
		Marks []Mark `json:"marks"`
	}
	err := c.fetch(ctx, "marks", query, func(body []byte) error {
		if err := decode(body, &l); err != nil {
			return err
		}
		return origin(l.Service, l.Instance)
	})
	return l.Marks, err
}

// Mark sets one, and returns it as it is stored.
func (c *Client) Mark(ctx context.Context, r MarkRequest) (m Mark, err error) {
	err = c.change(ctx, http.MethodPost, "marks", nil, r, func(body []byte) error { return decode(body, &m) })
	return m, err
}

// Interval is an estimate and its bounds; nil is not known, or of High that nothing bounds it.
type Interval struct{ Value, Low, High *float64 }

// Side is what an endpoint did before or since a mark.
type Side struct {
	Minutes int
	Count   uint64
	P50Ms   Interval `json:"p50_ms"`
	P99Ms   Interval `json:"p99_ms"`
	Errors  Interval `json:"error_rate"`
}

// Change is what became of a measure.
type Change struct {
	Real     *bool
	Sentence string
}

// Comparison is an endpoint before and since a mark.
type Comparison struct {
	Origin
	Method, Route    string
	Mark             *Mark
	Before, Since    Side
	P50, P99, Errors Change
	Why              string
}

// Compare asks for an endpoint before and since a mark. The second result is the answer as it came.
func (c *Client) Compare(ctx context.Context, endpoint, mark string) (*Comparison, []byte, error) {
	out := new(Comparison)
	var raw []byte
	err := c.fetch(ctx, "compare", url.Values{"endpoint": {endpoint}, "mark": {mark}}, func(body []byte) error {
		raw = body
		if err := decode(body, out); err != nil {
			return err
		}
		return origin(out.Service, out.Instance)
	})
	return out, raw, err
}

// CompareAround is Compare with a mark, or without one with the newest that has a before.
func (c *Client) CompareAround(ctx context.Context, endpoint, mark string) (found *Comparison, raw []byte, err error) {
	if mark != "" {
		return c.Compare(ctx, endpoint, mark)
	}
	all, err := c.Marks(ctx)
	if err != nil {
		return nil, nil, err
	}
	const most = 10 // of the newest are tried
	for _, m := range all[:min(len(all), most)] {
		if found, raw, err = c.Compare(ctx, endpoint, m.ID); err != nil || found.Why == "" {
			return found, raw, err
		}
	}
	if found == nil {
		return nil, nil, fmt.Errorf("%s has no mark: 'otelperf mark' sets one", c.URL())
	}
	return found, raw, nil
}
