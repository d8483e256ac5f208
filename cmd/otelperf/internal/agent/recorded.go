// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// recorded is a slow request in a recording of the runtime. It may have been too fast to be stored as a trace, too: recordings begin before
// an incident is certain.
type recorded struct {
	Endpoint   string  `json:"endpoint"`
	SpanID     string  `json:"span_id"`
	TraceID    string  `json:"trace_id,omitempty" jsonschema:"if the request is stored"`
	DurationMs float64 `json:"duration_ms"`
	States     []state `json:"states" jsonschema:"what it did and waited for, the largest first"`
}

// state is how much of a request's time has one reason.
type state struct {
	State      string  `json:"state"`
	Reason     string  `json:"reason" jsonschema:"with the line of code and who held it up, if they are known"`
	DurationMs float64 `json:"duration_ms"`
	Share      float64 `json:"share" jsonschema:"of the request"`
	Times      float64 `json:"times,omitzero" jsonschema:"that it waited so"`
}

const (
	maxRecordings = 3 // of a spike that are read, the last ones
	maxExamples   = 2
	maxStates     = 6
)

// examplesOf are those of recordingsOf, with the traces of those that are stored.
func examplesOf(ctx context.Context, c *client.Client, sp *otelperf.Spike) []recorded {
	out := recordingsOf(ctx, c, sp, nil)
	if len(out) == 0 {
		return out
	}
	if list, _, err := c.Slow(ctx, maxStored); err == nil {
		for i := range out {
			if k := slices.IndexFunc(list.Slow, func(r otelperf.SlowRequest) bool { return r.SpanID == out[i].SpanID }); k >= 0 {
				out[i].TraceID = list.Slow[k].TraceID
			}
		}
	}
	return out
}

// recordingsOf are the longest requests of a spike, or of a part of it, in the last of its recordings that has any. What is no longer stored
// is left out.
func recordingsOf(ctx context.Context, c *client.Client, sp *otelperf.Spike, part *otelperf.SpikeEndpoint) []recorded {
	out := []recorded{}
	ids := sp.Recordings[max(0, len(sp.Recordings)-maxRecordings):]
	for _, id := range slices.Backward(ids) {
		rec, err := c.Recording(ctx, id)
		if err != nil {
			continue
		}
		for i := range rec.Endpoints {
			e := &rec.Endpoints[i]
			wanted := func(p otelperf.SpikeEndpoint) bool { return nameOf(p.Method, p.Route) == e.Name }
			if part != nil && !wanted(*part) || part == nil && !slices.ContainsFunc(sp.Endpoints, wanted) {
				continue
			}
			for j := range e.Requests {
				out = append(out, recordedOf(e.Name, &e.Requests[j]))
			}
		}
		if len(out) > 0 {
			break
		}
	}
	slices.SortStableFunc(out, func(x, y recorded) int { return cmp.Compare(y.DurationMs, x.DurationMs) })
	return out[:min(len(out), maxExamples)]
}

func recordedOf(endpoint string, r *causes.Request) recorded {
	ms := func(nanos int64) float64 { return float64(nanos) / float64(time.Millisecond) }
	out := recorded{Endpoint: endpoint, SpanID: r.SpanID, DurationMs: ms(r.Nanos), States: []state{}}
	for _, p := range r.Parts[:min(len(r.Parts), maxStates)] {
		out.States = append(out.States, state{string(p.State), p.Reason.String(), ms(p.Nanos), min(1, float64(p.Nanos)/float64(max(1, r.Nanos))), p.Times})
	}
	return out
}

func (r *recorded) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  Recorded request of %s, %g ms:\n", quoted(r.Endpoint), r.DurationMs)
	for i := range r.States {
		b.WriteString("  " + r.States[i].text())
	}
	return b.String()
}

func (s *state) text() string {
	return fmt.Sprintf("  %.0f %% (%g ms) %s\n", 100*s.Share, s.DurationMs, s.Reason)
}
