// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// start is the beginning of what tests store: amid an hour and ten minutes.
var start = time.Date(2026, 3, 5, 10, 17, 0, 0, time.UTC)

// shop is endpoints of which the first has most requests.
type shop struct {
	endpoints []conventions.Endpoint
	rates     []float64 // requests a minute
	mu, sigma []float64
	random    *rand.Rand
}

func newShop(endpoints int, perSecond float64) *shop {
	s := &shop{random: rand.New(rand.NewPCG(1, 2))}
	weights := 0.
	for i := range endpoints {
		weights += 1 / float64(i+1)
	}
	for i := range endpoints {
		s.endpoints = append(s.endpoints, conventions.Endpoint{Method: "GET", Route: fmt.Sprintf("/api/v%d/items%d/{id}", i%3, i)})
		s.rates = append(s.rates, perSecond*60/weights/float64(i+1))
		s.mu = append(s.mu, math.Log(.002*math.Exp(1.2*s.random.NormFloat64())))
		s.sigma = append(s.sigma, .4+.8*s.random.Float64())
	}
	return s
}

// minute is a batch of what they did.
func (s *shop) minute(at time.Time) *history.Batch {
	b := &history.Batch{Time: at, Step: history.Minute, Signals: []history.Signal{{Name: "cpu", Mean: s.random.Float32(), Max: 1}}}
	for i, e := range s.endpoints {
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

func path(t testing.TB) string { return filepath.Join(t.TempDir(), "shop.db") }

// open opens a store that the test closes.
func open(t testing.TB, path string, opts ...Option) *Store {
	t.Helper()
	s, err := Open(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func put1(t testing.TB, s *Store, b *history.Batch) {
	t.Helper()
	if err := s.Append(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// read returns all batches of a query.
func read(t testing.TB, s *Store, q history.Query) (all []*history.Batch) {
	t.Helper()
	for b, err := range s.Range(context.Background(), q) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}
