// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	maxExemplars = 4
	exemplarAge  = 5 * time.Minute
)

// exemplars are the last notable requests of one endpoint whose trace was exported, so that whoever follows one from a
// metric finds the trace: at most maxExemplars, each for five minutes. Only requests that are kept write to it.
type exemplars struct {
	mu   sync.Mutex // guards all below
	ring [maxExemplars]exemplar
	next int
}

type exemplar struct {
	trace  trace.TraceID
	span   trace.SpanID
	at     time.Time
	took   time.Duration
	failed bool
}

func (x *exemplars) add(s sdktrace.ReadOnlySpan, v *verdict) {
	x.mu.Lock()
	defer x.mu.Unlock()
	sc := s.SpanContext()
	x.ring[x.next%maxExemplars] = exemplar{sc.TraceID(), sc.SpanID(), s.EndTime(), v.d, v.r.Outcome.Failed()}
	x.next++
}

// of returns those of the failed requests, or of the others.
func (x *exemplars) of(failed bool, now time.Time) (out []metricdata.Exemplar[float64]) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.ring {
		e := &x.ring[i]
		if !e.trace.IsValid() || e.failed != failed || now.Sub(e.at) > exemplarAge {
			continue
		}
		out = append(out, metricdata.Exemplar[float64]{Time: e.at, Value: e.took.Seconds(), TraceID: slices.Clone(e.trace[:]), SpanID: slices.Clone(e.span[:])})
	}
	return out
}
