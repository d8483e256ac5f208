// SPDX-License-Identifier: Apache-2.0

package historytest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Start is the beginning of what the tests store: amid an hour and ten minutes.
var Start = time.Date(2026, 3, 5, 10, 17, 0, 0, time.UTC)

// At is so many minutes after Start.
func At(minutes int) time.Time { return Start.Add(time.Duration(minutes) * time.Minute) }

// Shop is endpoints of which the first has most requests; each has durations of its own lognormal distribution. What it does is the same
// in each run.
type Shop struct {
	Endpoints []conventions.Endpoint
	rates     []float64 // requests a minute
	mu, sigma []float64
	random    *rand.Rand
}

// NewShop returns one with so many endpoints, and so many requests a second in all.
func NewShop(endpoints int, perSecond float64) *Shop {
	s := &Shop{random: rand.New(rand.NewPCG(1, 2))}
	weights := 0.
	for i := range endpoints {
		weights += 1 / float64(i+1)
	}
	for i := range endpoints {
		s.Endpoints = append(s.Endpoints, conventions.Endpoint{Method: "GET", Route: fmt.Sprintf("/api/v%d/items%d/{id}", i%3, i)})
		s.rates = append(s.rates, perSecond*60/weights/float64(i+1))
		s.mu = append(s.mu, math.Log(.002*math.Exp(1.2*s.random.NormFloat64())))
		s.sigma = append(s.sigma, .4+.8*s.random.Float64())
	}
	return s
}

// Minute is a batch of what they did: rows, and one signal.
func (s *Shop) Minute(at time.Time) *history.Batch {
	b := &history.Batch{Time: at, Step: history.Minute, Signals: []history.Signal{{Name: "cpu", Mean: s.random.Float32(), Max: 1}}}
	for i, e := range s.Endpoints {
		n := int(s.rates[i] + math.Sqrt(s.rates[i])*s.random.NormFloat64() + .5)
		if n <= 0 {
			continue
		}
		row := history.Row{Endpoint: e, Durations: new(latency.Histogram)}
		row.Outcomes[slowlog.OutcomeOK] = uint64(n)
		for range n {
			row.Durations.Record(time.Duration(1e9 * math.Exp(s.mu[i]+s.sigma[i]*s.random.NormFloat64())))
			if s.random.IntN(50) == 0 {
				row.Outcomes[slowlog.OutcomeOK]--
				row.Outcomes[slowlog.OutcomeServerError]++
			}
		}
		b.Rows = append(b.Rows, row)
	}
	return b
}
