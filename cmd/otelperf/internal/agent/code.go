// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/causes"
)

const (
	maxCode     = 4 // sentences with lines of code of an incident
	maxWithCode = 3 // incidents of which recordings are read for them
)

// lineOfCode is such as cart.go:88.
var lineOfCode = regexp.MustCompile(`[\w.-]+\.go:\d+`)

// addCode adds what is known of the code that an incident waits at: from its causes, and from its recordings, which may know more than the
// cause that was reported first. Where there is none it says why.
func (in *incident) addCode(ctx context.Context, c *client.Client, sp *otelperf.Spike, part *otelperf.SpikeEndpoint, recorder *causes.RecorderStatus) {
	seen := map[string]bool{}
	add := func(text string) {
		fresh := false
		for _, line := range lineOfCode.FindAllString(text, -1) {
			fresh = fresh || !seen[line]
			seen[line] = true
		}
		if fresh && len(in.Code) < maxCode {
			in.Code = append(in.Code, text)
		}
	}
	if part != nil {
		for i := range part.Causes {
			add(part.Causes[i].Sentence)
		}
	}
	if latency := sp.Matter == "latency" || part != nil && part.Matter == "latency"; latency && c != nil {
		for _, r := range recordingsOf(ctx, c, sp, part) {
			for _, s := range r.States {
				add(fmt.Sprintf("%.0f %% of a recorded request of %s, %.4g ms: %s", 100*s.Share, quoted(r.Endpoint), r.DurationMs, s.Reason))
			}
		}
	}
	if len(in.Code) == 0 {
		for i := range sp.Causes {
			add(sp.Causes[i].Sentence)
		}
	}
	if len(in.Code) == 0 {
		in.NoCode = in.noCode(part, recorder)
	}
}

// noCode says why no line is known, and what to ask.
func (in *incident) noCode(part *otelperf.SpikeEndpoint, recorder *causes.RecorderStatus) string {
	matter := in.Matter
	if part != nil {
		matter = part.Matter
	}
	switch {
	case matter == "panics" || matter == "failures":
		return "get_slow_request shows the error of a failed request, and of a panic the stack"
	case matter != "latency":
		return ""
	case recorder == nil || recorder.State == causes.RecorderOff:
		return "the runtime is not recorded there, see get_diagnostics; get_slow_request shows which calls took the time"
	case recorder.State == causes.RecorderRecording:
		return "the runtime is being recorded now: call get_incident in about 15 seconds"
	case recorder.State == causes.RecorderAnalysing:
		return "a recording is being read now: call get_incident in some seconds"
	case time.Until(recorder.NotBefore) > 0:
		return fmt.Sprintf("the next recording may begin at %s, since recordings are limited; get_slow_request shows which calls took the time", recorder.NotBefore.UTC().Format(time.TimeOnly))
	}
	return "no recording has seen one yet: call get_incident later; get_slow_request shows which calls took the time"
}

// earlier adds the code that an earlier incident of the same endpoint waited at, if nothing is known of this one.
func (in *incident) earlier(view *fleet.View, part *otelperf.SpikeEndpoint) {
	if part == nil || len(in.Code) > 0 {
		return
	}
	for i := range view.Spikes {
		sp := &view.Spikes[i]
		same := func(p otelperf.SpikeEndpoint) bool {
			return p.Method == part.Method && p.Route == part.Route && p.Matter == part.Matter && lineOfCode.MatchString(p.Cause)
		}
		if j := slices.IndexFunc(sp.Endpoints, same); sp.ID != in.ID && sp.Service == in.Service && j >= 0 {
			in.NoCode = sentence("; ", in.NoCode, fmt.Sprintf("in incident %s of the same endpoint it was: %s", sp.ID, sp.Endpoints[j].Cause))
			return
		}
	}
}
