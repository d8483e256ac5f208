// SPDX-License-Identifier: Apache-2.0

package historytest

import (
	"context"
	"maps"
	"math"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Subject is a kind of store.
type Subject struct {
	// Open returns an empty store with a retention, whose fields of 0 have their defaults. The test closes it.
	Open func(t *testing.T, r history.Retention) history.Store
	// Tidy, if not nil, is called before retention is looked at: it returns when what has been stored for long enough at the time of the
	// last batch is merged and deleted. A store that does so while it appends needs none.
	Tidy func(t *testing.T, s history.Store)
}

// Run tests a kind of store, in subtests.
func Run(t *testing.T, s Subject) {
	for name, test := range map[string]func(*testing.T, Subject){
		"ranges are what was stored":    ranges,
		"a minute is added to":          adding,
		"the same batch is stored once": again,
		"retention makes steps longer":  retention,
		"incidents":                     incidents,
		"requests":                      requests,
		"marks and signals":             marksAndSignals,
		"when it was observed":          observed,
		"observed without signals":      observedAlone,
		"the last state":                state,
		"hostile names":                 hostile,
		"extremes":                      extremes,
		"refusals":                      refusals,
		"an ended context":              ended,
		"after Close":                   closed,
		"concurrent use":                concurrent,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

// open opens a store that the test closes.
func (s Subject) open(t *testing.T, r history.Retention) history.Store {
	t.Helper()
	store := s.Open(t, r)
	t.Cleanup(func() { _ = store.Close() }) // what was to be closed by then is
	return store
}

// Put appends a batch, or ends the test.
func Put(t testing.TB, s history.Store, b *history.Batch) {
	t.Helper()
	if err := s.Append(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// Read returns all batches of a query, or ends the test. It checks that they are in order, within the query, and of whole steps.
func Read(t testing.TB, s history.Store, q history.Query) (all []*history.Batch) {
	t.Helper()
	for b, err := range s.Range(context.Background(), q) {
		if err != nil {
			t.Fatal(err)
		}
		if len(all) > 0 {
			if last := all[len(all)-1]; b.Time.Before(last.Time.Add(last.Step)) {
				t.Fatalf("a batch of %v after one of %v for %v", b.Time, last.Time, last.Step)
			}
		}
		if b.Time.Before(q.From.Truncate(history.Minute)) || !b.Time.Before(q.To) || b.Time.Unix()%int64(b.Step.Seconds()) != 0 {
			t.Fatalf("a batch of %v for %v, asked for were %v to %v", b.Time, b.Step, q.From, q.To)
		}
		all = append(all, b)
	}
	return all
}

// total adds batches up.
func total(batches []*history.Batch) map[conventions.Endpoint]*history.Row {
	sum := map[conventions.Endpoint]*history.Row{}
	for _, b := range batches {
		for i := range b.Rows {
			r := &b.Rows[i]
			if sum[r.Endpoint] == nil {
				sum[r.Endpoint] = &history.Row{Endpoint: r.Endpoint}
			}
			sum[r.Endpoint].Add(r)
		}
	}
	return sum
}

// same compares what was read with what is true: counts and buckets exactly.
func same(t *testing.T, what string, got, want map[conventions.Endpoint]*history.Row) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d endpoints, want %d", what, len(got), len(want))
	}
	for e, w := range want {
		g := got[e]
		if g == nil || g.Outcomes != w.Outcomes || g.Guessed != w.Guessed {
			t.Fatalf("%s: %s is %+v, want %+v", what, e, g, w)
		}
		if w.Durations == nil || w.Durations.Count() == 0 {
			if g.Durations != nil && g.Durations.Count() > 0 {
				t.Errorf("%s: %s has durations", what, e)
			}
			continue
		}
		if !maps.Equal(maps.Collect(g.Durations.Buckets()), maps.Collect(w.Durations.Buckets())) {
			t.Fatalf("%s: %s: the buckets differ", what, e)
		}
		if g.Durations.TrustedScale() != w.Durations.TrustedScale() {
			t.Errorf("%s: %s: buckets are trusted at scale %d, want %d", what, e, g.Durations.TrustedScale(), w.Durations.TrustedScale())
		}
		if d := math.Abs(g.Durations.SumSeconds()/w.Durations.SumSeconds() - 1); d > .00025 {
			t.Errorf("%s: %s: the sum is off by %.4f %%", what, e, 100*d)
		}
		for _, q := range []float64{.5, .9, .99, .999} {
			a, _ := g.Durations.Quantile(q)
			b, _ := w.Durations.Quantile(q)
			if math.Abs(float64(a)/float64(b)-1) > 2*latency.NewCoarse().ErrorBound()/8 {
				t.Errorf("%s: %s: quantile %v is %v, want %v", what, e, q, a, b)
			}
		}
	}
}
