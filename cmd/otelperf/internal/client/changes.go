// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Ack says who looks after a spike.
type Ack struct {
	By  string `json:"by"`
	Why string `json:"why,omitzero"`
}

// Mute is what is muted. Until is when it ends; to set one, Minutes say it.
type Mute struct {
	ID       string    `json:"id,omitzero"`
	Endpoint string    `json:"endpoint"`
	Matter   string    `json:"matter,omitzero"`
	By       string    `json:"by"`
	Why      string    `json:"why,omitzero"`
	Until    time.Time `json:"until,omitzero"`
	Minutes  float64   `json:"minutes,omitzero"`
}

// MuteList is the answer of GET mutes.
type MuteList struct {
	Origin
	Count int    `json:"count"`
	Mutes []Mute `json:"mutes"`
}

// Ack notes that somebody looks after a spike.
func (c *Client) Ack(ctx context.Context, id string, a Ack) (*otelperf.Spike, error) {
	s := new(otelperf.Spike)
	return s, c.change(ctx, http.MethodPost, ackPath(id), nil, a, func(body []byte) error { return decode(body, s) })
}

// Unack takes that back.
func (c *Client) Unack(ctx context.Context, id, by string) (*otelperf.Spike, error) {
	s := new(otelperf.Spike)
	return s, c.change(ctx, http.MethodDelete, ackPath(id), url.Values{"by": {by}}, nil, func(body []byte) error { return decode(body, s) })
}

func ackPath(id string) string { return "spikes/" + url.PathEscape(id) + "/ack" }

// Mute puts a mute in force, and returns it as it is.
func (c *Client) Mute(ctx context.Context, m Mute) (*Mute, error) {
	set := new(Mute)
	return set, c.change(ctx, http.MethodPost, "mutes", nil, m, func(body []byte) error { return decode(body, set) })
}

// Unmute ends a mute before its time.
func (c *Client) Unmute(ctx context.Context, id, by string) (*Mute, error) {
	was := new(Mute)
	return was, c.change(ctx, http.MethodDelete, "mutes/"+url.PathEscape(id), url.Values{"by": {by}}, nil, func(body []byte) error { return decode(body, was) })
}

// Mutes asks for the mutes in force.
func (c *Client) Mutes(ctx context.Context) (*MuteList, error) {
	l := new(MuteList)
	err := c.fetch(ctx, "mutes", nil, func(body []byte) error {
		if err := decode(body, l); err != nil {
			return err
		}
		return origin(l.Service, l.Instance)
	})
	return l, err
}
