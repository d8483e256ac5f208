// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"cmp"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// maxRecent bounds the samples that are remembered one by one: at most about 1 MiB.
const maxRecent = 4096

// recent are the last samples of all endpoints, a ring.
type recent struct {
	all  []sample
	next int
}

type sample struct {
	endpoint conventions.Endpoint
	span     trace.SpanID
	at       time.Time
	where    causes.Reason
}

func (r *recent) add(s sample) {
	if len(r.all) < maxRecent {
		r.all = append(r.all, s)
		return
	}
	r.all[r.next] = s
	r.next = (r.next + 1) % maxRecent
}

// Place is where slow requests of an endpoint were seen.
type Place struct {
	Reason   causes.Reason
	Share    float64 // of the endpoint's samples, 0 to 1
	Requests int     // that were seen there
}

// Places returns where slow requests of an endpoint were seen since a time, as far as the last samples of all endpoints go, the place with
// most samples first.
func (s *Sampler) Places(e conventions.Endpoint, since time.Time) (places []Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := 0
	samples := map[causes.Reason]int{}
	spans := map[causes.Reason]map[trace.SpanID]bool{}
	for i := range s.recent.all {
		one := &s.recent.all[i]
		if one.endpoint != e || one.at.Before(since) {
			continue
		}
		all++
		samples[one.where]++
		if spans[one.where] == nil {
			spans[one.where] = map[trace.SpanID]bool{}
		}
		spans[one.where][one.span] = true
	}
	for reason, n := range samples {
		places = append(places, Place{Reason: reason, Share: float64(n) / float64(all), Requests: len(spans[reason])})
	}
	order.By(places, func(a, b *Place) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Reason.String(), b.Reason.String()))
	})
	return places
}
