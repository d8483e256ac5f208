// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Headline is the open incident, and the part of it, that the title of Verdict names first. Where it names none they are the first that is
// open, as of an instance of another version; nil if none is, or if the incident does not say of what it is.
func (v *View) Headline() (*Spike, *otelperf.SpikeEndpoint) {
	of := v.Verdict().Of
	at := v.worst()
	i := slices.IndexFunc(v.Spikes, func(s Spike) bool {
		return at != nil && s.ID == of.SpikeID && s.Instance == at.Name && s.Service == at.Service
	})
	if i < 0 {
		i = slices.IndexFunc(v.Spikes, func(s Spike) bool { return s.State == "open" })
	}
	if i < 0 {
		return nil, nil
	}
	parts := v.Spikes[i].Endpoints
	j := slices.IndexFunc(parts, func(p otelperf.SpikeEndpoint) bool {
		return of == otelperf.VerdictSubject{SpikeID: v.Spikes[i].ID, Method: p.Method, Route: p.Route, Kind: p.Kind, Matter: p.Matter}
	})
	if j < 0 {
		j = slices.IndexFunc(parts, func(p otelperf.SpikeEndpoint) bool { return p.State == "open" || p.State == "" })
	}
	if j < 0 {
		return &v.Spikes[i], nil
	}
	return &v.Spikes[i], &parts[j]
}
