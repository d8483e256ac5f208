// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/slowlog"
)

// stored FILE makes a history of two hours from yesterday 14:00 on, in the zone of scripts, and puts that day into $DAY: for a script that goes on over
// midnight it is another one.
func stored(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stored FILE")
	}
	from := time.Now().UTC().Truncate(24 * time.Hour).Add(-10 * time.Hour)
	ts.Setenv("DAY", from.Format(time.DateOnly))
	ts.Check(storeHours(ts.MkAbs(args[0]), from))
}

// storeHours makes a history of two hours from a minute on, with an incident, a slow request and a mark after ten minutes.
func storeHours(path string, from time.Time) error {
	store, err := bolt.Open(path)
	if err != nil {
		return err
	}
	shop := historytest.NewShop(3, 10)
	for i := range 120 {
		b := shop.Minute(from.UTC().Truncate(time.Minute).Add(time.Duration(i) * time.Minute))
		if i == 10 {
			end := b.Time.Add(20 * time.Minute)
			route := shop.Endpoints[0].Route
			detail, err := json.Marshal(otelperf.Spike{ID: "20260301T1400-1", Matter: "latency", State: "ended", Start: b.Time, At: b.Time, End: &end, Cause: "=waits for the lock at cart.go:88",
				Endpoints: []otelperf.SpikeEndpoint{{Method: "GET", Route: route, Kind: "http", Matter: "latency", State: "ended", Start: b.Time, End: &end}}})
			if err != nil {
				return err
			}
			b.Incidents = []history.Incident{{ID: "20260301T1400-1", Start: b.Time, End: end, Detail: detail}}
			b.Requests = []*slowlog.Entry{{TraceID: trace.TraceID{7}, SpanID: trace.SpanID{7}, Method: "GET", Route: route, Kind: "http", Start: b.Time, Duration: time.Second, Reason: slowlog.ReasonBaseline}}
			b.Marks = []history.Mark{{ID: "m-1", Time: b.Time, Kind: "version", Text: "1.4.2", By: "ci"}}
		}
		if err := store.Append(context.Background(), b); err != nil {
			return errors.Join(err, store.Close())
		}
	}
	return store.Close()
}

// unreadable is a store of which nothing can be read.
type unreadable struct{ *bolt.Store }

func (unreadable) Range(context.Context, history.Query) iter.Seq2[*history.Batch, error] {
	return func(yield func(*history.Batch, error) bool) { yield(nil, errors.New("the disk is gone")) }
}
