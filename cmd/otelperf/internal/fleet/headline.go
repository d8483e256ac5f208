// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Headline is the open incident, and the part of it, that the title of Verdict names first; nil if none is open. The title is made by the
// same rule: the worst matter, and of that the endpoint that costs most; what is muted or has another instance comes after.
func (v *View) Headline() (*Spike, *otelperf.SpikeEndpoint) {
	at := v.worst()
	var first *Spike
	var part *otelperf.SpikeEndpoint
	var least weight
	for i := range v.Spikes {
		s := &v.Spikes[i]
		if s.State != "open" {
			continue
		}
		for j := range s.Endpoints {
			p := &s.Endpoints[j]
			if p.State != "open" && p.State != "" {
				continue
			}
			w := weight{elsewhere: at != nil && (s.Instance != at.Name || s.Service != at.Service), muted: s.Muted != nil, matter: rankOf(p.Matter), cost: v.cost(s, p)}
			if part == nil || w.before(&least) {
				first, part, least = s, p, w
			}
		}
		if first == nil {
			first = s // of a version that does not say of what
		}
	}
	return first, part
}

// weight orders parts of incidents.
type weight struct {
	elsewhere, muted bool
	matter           int
	cost             float64
}

func (w *weight) before(o *weight) bool {
	switch {
	case w.elsewhere != o.elsewhere:
		return o.elsewhere
	case w.muted != o.muted:
		return o.muted
	case w.matter != o.matter:
		return w.matter < o.matter
	}
	return w.cost > o.cost
}

// byMatter are what can be wrong; what is worst is first.
var byMatter = [][]string{{"failures", "panics"}, {"latency"}, {"silence"}, {"objective"}, {"client_errors"}}

func rankOf(matter string) int {
	for i, same := range byMatter {
		if slices.Contains(same, matter) {
			return i
		}
	}
	return len(byMatter)
}

// cost is the impact of what a part is about at its instance. What is called costs nobody by itself.
func (v *View) cost(s *Spike, p *otelperf.SpikeEndpoint) float64 {
	for i := range v.Endpoints {
		r := &v.Endpoints[i]
		if r.Service != s.Service || r.Method != p.Method || r.Route != p.Route || r.Kind != p.Kind {
			continue
		}
		for j := range r.Parts {
			if r.Parts[j].Instance == s.Instance {
				return r.Parts[j].Impact
			}
		}
		return r.Impact
	}
	return -1
}
