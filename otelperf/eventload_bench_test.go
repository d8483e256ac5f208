// SPDX-License-Identifier: Apache-2.0

//go:build unix

package otelperf_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

const (
	postPause = 100 * time.Millisecond // of each client: 50,000 events a second together
	ownPause  = 2 * time.Millisecond   // 500 requests a second of the service's own
	fastRate  = 20 * postSize          // events a second, twice of what a client sends
)

// BenchmarkLoadOfEvents measures the latency of the service's own endpoint, from when each request was due, in four
// situations: idle; while the clients send 50,000 events a second to a handler that reads them and no more; while they send
// them to TrackHandler; and while the service itself tracks as many. What the second and the third differ by is what the
// events cost. For figures that can be compared:
//
//	go test -run '^$' -bench LoadOfEvents -benchtime 5000x -count 10 ./otelperf
func BenchmarkLoadOfEvents(b *testing.B) {
	for _, s := range []struct {
		name string
		load func(context.Context, *testing.B, *eventService)
	}{
		{"idle", func(context.Context, *testing.B, *eventService) {}},
		{"control", func(ctx context.Context, b *testing.B, to *eventService) { to.send(ctx, b, "/control") }},
		{"batch-track", func(ctx context.Context, b *testing.B, to *eventService) { to.send(ctx, b, "/t/batch-track") }},
		{"Track", func(ctx context.Context, b *testing.B, to *eventService) { to.trackItself(ctx, b) }},
	} {
		b.Run(s.name, func(b *testing.B) {
			service := startEventService(b, fastRate)
			ctx, stop := context.WithCancel(b.Context())
			var load sync.WaitGroup
			load.Go(func() { s.load(ctx, b, service) })
			began := service.state(b)
			begin := time.Now()
			var took []time.Duration
			for b.Loop() {
				due := begin.Add(time.Duration(len(took)) * ownPause)
				time.Sleep(time.Until(due))
				resp, err := service.client.Get(service.url + "/own")
				check(b, err)
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				took = append(took, time.Since(due))
			}
			elapsed := time.Since(begin)
			stop()
			load.Wait()
			ended := service.state(b)
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[(len(took)*99-1)/100].Microseconds()), "p99-µs")
			b.ReportMetric(100*(ended.CPU-began.CPU).Seconds()/elapsed.Seconds(), "%cpu")
			b.ReportMetric(float64(ended.Stats.Received-began.Stats.Received)/elapsed.Seconds(), "events/s")
		})
	}
}

// send has all clients send until ctx ends; they begin one after the other.
func (s *eventService) send(ctx context.Context, b *testing.B, path string) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, c := range newEventClients() {
		wg.Go(func() {
			defer c.client.CloseIdleConnections()
			for every := time.NewTicker(postPause); ctx.Err() == nil; {
				if _, err := c.post(s.url + path); err != nil {
					b.Error(err)
					return
				}
				select {
				case <-every.C:
				case <-ctx.Done():
				}
			}
		})
		time.Sleep(postPause / eventClients)
	}
}

// trackItself has the service track events until ctx ends.
func (s *eventService) trackItself(ctx context.Context, b *testing.B) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/direct?batches=1000000&every=%v", s.url, postPause/10), http.NoBody)
	if err != nil {
		b.Error(err)
		return
	}
	if resp, err := s.client.Do(req); err == nil {
		_ = resp.Body.Close()
	}
}
