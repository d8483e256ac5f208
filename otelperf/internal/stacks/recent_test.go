// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Where requests of an endpoint wait is known by samples and by requests, since a time.
func TestPlaces(t *testing.T) {
	rg := newRig(t)
	for i := range 6 {
		rg.slow = append(rg.slow, rg.hang(fmt.Sprint("r", i), 0))
	}
	began := time.Now()
	deadline := began.Add(20 * time.Second)
	for {
		rg.first(t)
		places := rg.Places(stats, began)
		if len(places) > 0 && places[0].Reason.State == causes.ChanReceive && places[0].Requests == 6 && places[0].Share > 0.8 {
			break // a request may be seen on its way there
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %+v", places)
		}
	}
	if later, other := rg.Places(stats, time.Now()), rg.Places(conventions.Endpoint{Method: "GET", Route: "/other"}, began); len(later)+len(other) > 0 {
		t.Errorf("after the last sample %+v, of another endpoint %+v", later, other)
	}
	rg.Forget()
	if all := rg.Places(stats, began); len(all) > 0 {
		t.Errorf("forgotten, yet there are %+v", all)
	}
}

// Only the last samples are remembered.
func TestRecentSamplesAreBounded(t *testing.T) {
	var r recent
	for i := range maxRecent + 10 {
		r.add(sample{endpoint: stats, span: trace.SpanID{byte(i), byte(i >> 8)}, at: time.Unix(int64(i), 0)})
	}
	if n := len(r.all); n != maxRecent || r.all[9].at.Unix() != maxRecent+9 || r.all[10].at.Unix() != 10 {
		t.Errorf("%d are remembered, the newest %v, the oldest %v", n, r.all[9].at, r.all[10].at)
	}
}
