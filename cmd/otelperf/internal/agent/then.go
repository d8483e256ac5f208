// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/when"
	"github.com/otelperf/otelperf-go/otelperf"
)

// atArgument and forArgument are a time in the past.
var (
	atArgument = argument{name: "at", description: `A past time to answer for, not now: 2026-03-01T14:00:00Z, "yesterday 14:00", "2h ago"; ` +
		`local without a zone. Beyond the last hour it takes a service with a history.`}
	forArgument = argument{name: "for", description: "Duration from at on, such as 30m or 1d.", usual: "5m"}
)

// thenFor is the longest time that is answered for.
const thenFor = 366 * 24 * time.Hour

// periodOf is the time that a call is about: of at and for, else a window up to now.
func periodOf(v values, window otelperf.Window) (p client.Period, err error) {
	if v.text("at") == "" {
		return client.Period{Window: window}, nil
	}
	d, ok := when.Duration(v.text("for"))
	if !ok || d < time.Minute || d > thenFor {
		return p, fmt.Errorf("for is %q; accepted: 1m to 366d, such as 30m", plain.Clip(v.text("for"), 40))
	}
	if p.From, err = when.Parse(v.text("at"), time.Now()); err != nil {
		return p, fmt.Errorf("at %w", err)
	}
	if time.Since(p.From) < time.Second {
		return p, fmt.Errorf("at is %q, which is now: nothing has happened since, give a time before it, or none for the last minutes", plain.Clip(v.text("at"), 40))
	}
	p.To = p.From.Add(d)
	return p, nil
}

// past tells a time of at and for from a window.
func past(p client.Period) bool { return !p.To.IsZero() }

// span is the time that an answer is of.
type span struct {
	From          time.Time `json:"from"`
	To            time.Time `json:"to" jsonschema:"excluded"`
	NothingStored bool      `json:"nothing_stored,omitempty" jsonschema:"nothing of the time is stored"`
}

// spanOf is that of a view, as far as it is stored, or if nothing is what was asked for; nil for now.
func spanOf(p client.Period, view *fleet.View) *span {
	if !past(p) {
		return nil
	}
	return &span{view.From, view.To, view.NothingStored}
}

func (s *span) text() string {
	text := fmt.Sprintf("from %s to %s", s.From.UTC().Format(time.RFC3339), s.To.UTC().Format(time.RFC3339))
	if s.NothingStored {
		return "nothing is stored of the time " + text
	}
	return text
}

// spikesOf are those of a time, or the latest.
func spikesOf(ctx context.Context, c *client.Client, p client.Period) (*client.SpikeList, error) {
	if past(p) {
		return c.SpikesWithin(ctx, p.From, p.To)
	}
	return c.Spikes(ctx)
}

// spikeFor is how far back an incident is looked for by its id.
const spikeFor = 30 * 24 * time.Hour

// spikesWith are the latest, or where an id is not among them those of the last 30 days.
func spikesWith(ctx context.Context, c *client.Client, id string) (*client.SpikeList, error) {
	l, err := c.Spikes(ctx)
	if err != nil {
		return nil, err
	}
	for i := range l.Spikes {
		if l.Spikes[i].ID == id {
			return l, nil
		}
	}
	to := time.Now().Truncate(time.Minute).Add(time.Minute)
	if all, err := c.SpikesWithin(ctx, to.Add(-spikeFor), to); err == nil {
		return all, nil
	}
	return l, nil // of a version that does not know times
}
