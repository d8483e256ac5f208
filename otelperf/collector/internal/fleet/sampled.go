// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/sampling"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// sampled is what the requests of a row stand for beyond themselves, where they are a sample.
type sampled struct {
	beyond sampling.Counts
	second int64 // in which there were any last
}

// weigh counts what a sampled request of a row stands for. Counts and rates are of that; what is judged is what came.
func (s *Service) weigh(id int32, sp ptrace.Span, o slowlog.Outcome, second int64) {
	w, known := sampling.Weight(sp.TraceState().AsRaw(), sp.TraceID())
	s.sampled.Add(w, known)
	if w <= 1 {
		return
	}
	r := s.rows.all[id]
	if r.sample == nil {
		r.sample = new(sampled)
	}
	r.sample.beyond.Add(o, w-1)
	r.sample.second = second
}

// estimate has a delta say what its requests stand for.
func (r *row) estimate(d *spikeprocessor.Delta, into *slowlog.OutcomeCounts) {
	if r.sample == nil {
		return
	}
	*into = r.sample.beyond.Take()
	into.Add(&d.Outcomes)
	d.Estimated = into
}

// Sampling says in words what share of the requests there are is seen; "" for all.
func (s *Service) Sampling() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sampled.Text()
}
