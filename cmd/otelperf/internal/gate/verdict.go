// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
	"github.com/otelperf/otelperf-go/otelperf"
)

// Verdict is what Judge found. Its lines are safe for a terminal.
type Verdict struct {
	Breaches []string // one for each limit that is broken
	Unjudged []string // one for each thing that could not be judged, which a gate must not take for a pass
	Skipped  []string // endpoints with too few requests, while others were judged
	Passed   []string // one for each endpoint and objective that keeps all limits
}

// Judge compares a view with limits. Each endpoint is judged by itself: all together would hide one that is rarely asked.
func Judge(v *fleet.View, l *Limits) Verdict {
	var out Verdict
	for i := range v.Instances {
		if in := &v.Instances[i]; in.Error != "" {
			out.Unjudged = append(out.Unjudged, in.Error)
		} else if in.Disabled != "" {
			out.Unjudged = append(out.Unjudged, fmt.Sprintf("%s measures nothing: %s is set", plain.Clip(in.Name, 60), plain.Clip(in.Disabled, 40)))
		} else if in.Stalled {
			out.Unjudged = append(out.Unjudged, fmt.Sprintf("%s has stopped evaluating: its numbers are old", plain.Clip(in.Name, 60)))
		}
	}
	if l.P95 != nil || l.P99 != nil || l.ErrorRate != nil {
		out.rows(v, l)
	}
	if l.Objectives != nil {
		out.objectives(v, l)
	}
	if l.NoSpike {
		out.spikes(v, l)
		out.Unjudged = unique(out.Unjudged)
		out.Skipped = unique(out.Skipped)
	}
	return out
}

// unique leaves out what is there twice, since two limits say it.
func unique(lines []string) []string {
	var kept []string
	for _, line := range lines {
		if !slices.Contains(kept, line) {
			kept = append(kept, line)
		}
	}
	return kept
}

func (out *Verdict) rows(v *fleet.View, l *Limits) {
	patterns := l.Endpoints
	if len(patterns) == 0 {
		patterns = []string{"*"}
	}
	judged := map[string]bool{}
	window := string(v.Window)
	for _, p := range patterns {
		var most uint64 // requests of one endpoint
		enough, measured := false, true
		for i := range v.Endpoints {
			r := &v.Endpoints[i]
			if !matches(p, r.Name()) {
				continue
			}
			most = max(most, r.Count)
			if r.Count < max(l.MinRequests, 1) {
				out.skip(r, l, judged)
				continue
			}
			if l.ErrorRate == nil && streams(r) {
				measured = false
				out.skipStreams(r, judged)
				continue
			}
			enough = true
			out.row(r, l, window, judged)
		}
		switch {
		case enough || v.Answered() == 0:
		case !measured:
			out.Unjudged = append(out.Unjudged, fmt.Sprintf("%s has a duration in %s: all requests are streams", noneLike(p), plain.Line(window)))
		default:
			out.Unjudged = append(out.Unjudged, tooFew(p, most, l.MinRequests, window))
		}
	}
}

// noneLike is "no endpoint" of a pattern.
func noneLike(pattern string) string {
	if pattern == "*" {
		return "no endpoint"
	}
	return "no endpoint like " + plain.Clip(pattern, 80)
}

func tooFew(pattern string, most, wanted uint64, window string) string {
	return fmt.Sprintf("%s has %s in %s; the most is %d", noneLike(pattern), plain.Plural(max(wanted, 1), "request"), plain.Line(window), most)
}

// once reports true for the first time that a row is seen.
func once(r *fleet.Row, judged map[string]bool) bool {
	key := r.Service + "\x00" + r.Kind + "\x00" + r.Name()
	seen := judged[key]
	judged[key] = true
	return !seen
}

func (out *Verdict) skip(r *fleet.Row, l *Limits, judged map[string]bool) {
	if once(r, judged) {
		out.Skipped = append(out.Skipped, fmt.Sprintf("%s: %s, fewer than %d", plain.Clip(r.Name(), 120), plain.Plural(r.Count, "request"), max(l.MinRequests, 1)))
	}
}

// streams reports whether all requests of a row are streams, which have no duration.
func streams(r *fleet.Row) bool { return r.Missing == "" && r.Count > 0 && r.StreamCount == r.Count }

func (out *Verdict) skipStreams(r *fleet.Row, judged map[string]bool) {
	if once(r, judged) {
		out.Skipped = append(out.Skipped, fmt.Sprintf("%s: no duration: %s, all of them streams", plain.Clip(r.Name(), 120), plain.Plural(r.Count, "request")))
	}
}

func (out *Verdict) row(r *fleet.Row, l *Limits, window string, judged map[string]bool) {
	if !once(r, judged) {
		return
	}
	name := plain.Clip(r.Name(), 120)
	basis := fmt.Sprintf("(%s in %s)", plain.Plural(r.Count, "request"), plain.Line(window))
	faults := len(out.Breaches) + len(out.Unjudged)
	out.quantile(r, name, basis, "p95", r.P95Ms, l.P95)
	out.quantile(r, name, basis, "p99", r.P99Ms, l.P99)
	if l.ErrorRate != nil && float64(r.ErrorCount) > *l.ErrorRate*float64(r.Count) {
		rate := float64(r.ErrorCount) / float64(r.Count)
		out.Breaches = append(out.Breaches, fmt.Sprintf("%s: error rate %s is above %s (%d of %s in %s)",
			name, plain.Share(&rate), plain.Share(l.ErrorRate), r.ErrorCount, plain.Plural(r.Count, "request"), plain.Line(window)))
	}
	if len(out.Breaches)+len(out.Unjudged) == faults {
		if streams(r) {
			basis += "; streams have no duration"
		}
		out.Passed = append(out.Passed, fmt.Sprintf("%s: p95 %s, p99 %s, %s failed %s", name, plain.Ms(r.P95Ms), plain.Ms(r.P99Ms), plain.Share(r.ErrorRate), basis))
	}
}

func (out *Verdict) quantile(r *fleet.Row, name, basis, level string, got *float64, limit *time.Duration) {
	switch {
	case limit == nil || got == nil && streams(r): // of which the error rate is judged
	case got == nil:
		why := "unknown"
		if r.Missing != "" {
			why = r.Missing
		}
		out.Unjudged = append(out.Unjudged, fmt.Sprintf("%s: no %s: %s", name, level, plain.Clip(why, 200)))
	case *got > float64(*limit)/1e6:
		out.Breaches = append(out.Breaches, fmt.Sprintf("%s: %s %s is above %v %s", name, level, plain.Ms(got), *limit, basis))
	}
}

// spikes finds open ones that have to do with the endpoints asked for, and endpoints at which one could not be seen yet.
func (out *Verdict) spikes(v *fleet.View, l *Limits) {
	breaches := len(out.Breaches)
	out.openSpikes(v, l)
	if n := out.baselines(v, l); n > 0 && len(out.Breaches) == breaches {
		out.Passed = append(out.Passed, "no spike is open, seen by the baselines of "+plain.Plural(uint64(n), "endpoint"))
	}
}

// baselines returns how many endpoints that were asked for have one by which a spike would be seen.
func (out *Verdict) baselines(v *fleet.View, l *Limits) (known int) {
	rows, patterns := slices.Clone(v.Endpoints), l.Endpoints
	if len(patterns) == 0 {
		patterns = []string{"*"}
	} else { // calls and jobs have spikes, too
		rows = slices.Concat(rows, v.Dependencies, v.Jobs)
	}
	judged := map[string]bool{}
	for _, p := range patterns {
		var most uint64
		for i := range rows {
			r := &rows[i]
			if !matches(p, r.Name()) {
				continue
			}
			most = max(most, r.Count)
			if r.Count < max(l.MinRequests, 1) {
				out.skip(r, l, judged)
			} else if once(r, judged) && out.learned(r) {
				known++
			}
		}
		if most < max(l.MinRequests, 1) && v.Answered() > 0 {
			out.Unjudged = append(out.Unjudged, tooFew(p, most, l.MinRequests, string(v.Window)))
		}
	}
	return known
}

// learned reports whether all instances with requests of a row have a baseline and judge by it; a line says which does not.
func (out *Verdict) learned(r *fleet.Row) bool {
	p := r.Waiting()
	if p == nil {
		return true
	}
	where := plain.Clip(r.Name(), 120)
	if len(r.Parts) > 1 {
		where += " at " + plain.Clip(p.Instance, 60)
	}
	out.Unjudged = append(out.Unjudged, where+": "+p.Wait())
	return false
}

func (out *Verdict) openSpikes(v *fleet.View, l *Limits) {
	for _, s := range v.OpenSpikes() {
		if l.AllowMuted && s.Muted != nil {
			continue
		}
		i := slices.IndexFunc(s.Endpoints, func(e otelperf.SpikeEndpoint) bool { return wanted(l.Endpoints, &e) })
		if i < 0 && len(l.Endpoints) > 0 {
			continue
		}
		name := "spike"
		if i >= 0 {
			name = endpointName(&s.Endpoints[i])
		}
		out.Breaches = append(out.Breaches, fmt.Sprintf("%s: a spike is open since %s: %s",
			plain.Clip(name, 120), s.Start.UTC().Format(time.RFC3339), report.What(&s.Spike)))
	}
}

func wanted(patterns []string, e *otelperf.SpikeEndpoint) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return matches(p, endpointName(e)) })
}

// endpointName is the name as rows have it.
func endpointName(e *otelperf.SpikeEndpoint) string {
	row := otelperf.EndpointRow{Method: e.Method, Route: e.Route}
	return strings.TrimSpace(row.Name())
}
