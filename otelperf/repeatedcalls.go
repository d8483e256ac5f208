// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"

	"github.com/otelperf/otelperf-go/otelperf/internal/involved"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// RepeatedCalls is the dependency that most requests of an endpoint call many times, as one query for each row of another (an N+1):
// it costs little until it does. At most one request in four seconds is looked at, of those that are seen as spans: with
// a sampler that is not [Monitor.Sampler], of those that are sampled.
type RepeatedCalls struct {
	Dependency      string  `json:"dependency"`        // route of its row
	CallsPerRequest int     `json:"calls_per_request"` // median of equal calls: 10 to 256
	AtLeast         bool    `json:"at_least"`          // there may be more: requests had more child spans than are held
	Parallel        bool    `json:"parallel"`          // the calls of a request ran at the same time
	Share           float64 `json:"share"`             // of the requests looked at that made 10 equal calls or more: above 0.5, to 1
	Requests        int     `json:"requests"`          // looked at: the last 20 to 32
	// Example is such a request in the slow log, the last one; nil if there is none.
	Example *RequestRef `json:"example"`
}

// String is one short sentence: "25 calls of postgresql SELECT authors per request, at the same time". The name in it is as long as it is.
func (r *RepeatedCalls) String() string {
	text := fmt.Sprintf("%d calls of %s per request", r.CallsPerRequest, r.Dependency)
	if r.AtLeast {
		text = "at least " + text
	}
	if r.Parallel {
		text += ", at the same time"
	}
	return text
}

// repeatedCalls is nil if requests of an endpoint are not known to repeat themselves.
func (m *Monitor) repeatedCalls(ep conventions.Endpoint) *RepeatedCalls {
	if ep.Kind == conventions.KindDependency {
		return nil
	}
	found, ok := m.link.RepeatedCalls(ep)
	if !ok {
		return nil
	}
	r := &RepeatedCalls{
		Dependency: found.Dependency, CallsPerRequest: found.CallsPerRequest, AtLeast: found.AtLeast, Parallel: found.Parallel,
		Share: found.Share, Requests: found.Requests,
	}
	if found.Example != nil {
		r.Example = new(refOf(involved.RequestOf(found.Example)))
		r.Example.Stored = true
	}
	return r
}
