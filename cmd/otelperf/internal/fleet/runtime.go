// SPDX-License-Identifier: Apache-2.0

package fleet

import "github.com/otelperf/otelperf-go/otelperf"

// Runtime is what has left its normal in one instance besides latency.
type Runtime struct {
	Instance string   `json:"instance"`
	Learning bool     `json:"learning,omitzero"` // nothing is usual there yet
	Unknown  string   `json:"unknown,omitzero"`  // why nothing is known of it, as of a service that a Collector judges
	Unusual  []string `json:"unusual"`           // in sentences, the farthest first
}

// runtimeOf is nil for an instance of a version that does not tell.
func runtimeOf(instance string, s *otelperf.Summary) *Runtime {
	if s.Runtime == nil {
		return nil
	}
	r := &Runtime{Instance: instance, Learning: true, Unusual: []string{}}
	for i := range s.Runtime.Signals {
		r.Learning = r.Learning && s.Runtime.Signals[i].Limit == nil
	}
	if len(s.Runtime.Signals) == 0 && len(s.Runtime.Notes) > 0 {
		r.Learning, r.Unknown = false, s.Runtime.Notes[0]
	}
	for i := range s.Runtime.Unusual {
		r.Unusual = append(r.Unusual, s.Runtime.Unusual[i].Sentence)
	}
	return r
}
