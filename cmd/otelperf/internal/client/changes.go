// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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

// MaxPattern is the most bytes of a pattern.
const MaxPattern = 256

// PatternOf is a pattern that matches the endpoint of a name, and as little else as a pattern can say: characters that none may have, such as
// line breaks, become *, and so do / and what follows where it is too long.
func PatternOf(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			r = '*'
		}
		if r == '*' && strings.HasSuffix(b.String(), "*") { // two of them would be any characters
			continue
		}
		b.WriteRune(r)
	}
	p := b.String()
	if p != strings.TrimSpace(p) {
		p = strings.Replace("*"+strings.TrimSpace(p)+"*", "**", "*", 2)
	}
	if len(p) > MaxPattern {
		p = strings.ToValidUTF8(p[:MaxPattern-2], "")
		p = strings.TrimRight(p, "*") + "**"
	}
	return p
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
