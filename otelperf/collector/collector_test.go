// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
)

// spike has a service be slow, in simulated time, until its incident has started and ended.
func spike(r *rig, c *clock) {
	start := c.time()
	all := simulate.Requests(3, "shop", start, 40*time.Minute,
		simulate.Endpoint{Route: "/cart", Rate: 5, Median: 40 * time.Millisecond, Faults: []simulate.Fault{{From: 20 * time.Minute, To: 25 * time.Minute, Factor: 20, Share: 1}}})
	drive(r, c, simulate.Batches(1, all, 1, 5*time.Second), start.Add(41*time.Minute))
}

func drive(r *rig, c *clock, batches []simulate.Batch, end time.Time) {
	s := r.share()
	i := 0
	for now := c.time(); now.Before(end); now = now.Add(time.Second) {
		c.set(now)
		for ; i < len(batches) && !batches[i].At.After(now); i++ {
			r.send(batches[i].Traces(0))
		}
		s.tick(now)
	}
}

// TestIncidents: an incident leaves as events, as the library emits them, and what was measured as metrics.
func TestIncidents(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	r := newRig(t, newShareBook(c.time, false), "{}")
	spike(r, c)
	r.until("the incident has ended", func() bool { return slices.Contains(r.sink.events(), "otelperf.spike.ended") })
	r.sink.mu.Lock()
	rl := r.sink.logs[0].ResourceLogs().At(0)
	r.sink.mu.Unlock()
	first := rl.ScopeLogs().At(0).LogRecords().At(0)
	if v, _ := rl.Resource().Attributes().Get("service.name"); v.Str() != "shop" {
		t.Errorf("its resource is %v", rl.Resource().Attributes().AsRaw())
	}
	if first.EventName() != "otelperf.spike.started" || first.SeverityNumber() != plog.SeverityNumberError4 || !strings.Contains(first.Body().Str(), "/cart") {
		t.Errorf("the first event is %s, %v: %s", first.EventName(), first.SeverityNumber(), first.Body().Str())
	}
	for _, key := range []string{"otelperf.spike.id", "otelperf.endpoint", "otelperf.p99", "otelperf.baseline.p99", "otelperf.alert.severity"} {
		if _, ok := first.Attributes().Get(key); !ok {
			t.Errorf("it has no %s", key)
		}
	}
	s := r.share()
	s.flush(c.time())
	r.until("metrics come", func() bool { r.sink.mu.Lock(); defer r.sink.mu.Unlock(); return len(r.sink.metrics) > 0 })
	got := map[string]pmetric.Metric{}
	for _, m := range r.sink.metrics[0].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		got[m.Name()] = m
	}
	for _, name := range []string{metricBaseline, metricState, metricSpikes, metricOpen, metricSlow, metricRequest} {
		if _, ok := got[name]; !ok {
			t.Errorf("there is no %s", name)
		}
	}
	n := uint64(0)
	for _, p := range got[metricRequest].ExponentialHistogram().DataPoints().All() {
		sum := p.ZeroCount()
		for _, c := range p.Positive().BucketCounts().All() {
			sum += c
		}
		if sum != p.Count() || p.Scale() != 6 {
			t.Errorf("a point of scale %d has %d in its buckets, and a count of %d", p.Scale(), sum, p.Count())
		}
		n += p.Count()
	}
	if want := s.fleet.Services()[0].Engine().Counted(); n != want {
		t.Errorf("the histograms have %d requests, want %d", n, want)
	}
}

// TestReload: a real reload keeps what is known, takes the new configuration, and leaves nothing running.
func TestReload(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt) // begins a goroutine of the runtime's that never ends
	signal.Stop(signals)
	before := runtime.NumGoroutine()
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	r := newRig(t, newShareBook(c.time, false), "{}")
	all := simulate.Requests(3, "shop", c.time(), 10*time.Minute, simulate.Endpoint{Route: "/cart", Rate: 5, Median: 40 * time.Millisecond})
	batches := simulate.Batches(1, all, 1, 5*time.Second)
	half := len(batches) / 2
	drive(r, c, batches[:half], batches[half-1].At.Add(time.Second))
	old := r.share()
	text := r.config.yaml
	r.config.change(strings.Replace(text, "otelperf: {}", "otelperf: {lateness: 20s}", 1))
	r.until("it is reloaded", func() bool { s := r.share(); return s != nil && s != old && r.col.GetState() == otelcol.StateRunning })
	s := r.share()
	if s.fleet != old.fleet || s.fleet.Settings().Lateness != 20*time.Second {
		t.Errorf("the state is another one, or its lateness %v", s.fleet.Settings().Lateness)
	}
	drive(r, c, batches[half:], batches[len(batches)-1].At.Add(time.Minute))
	if n := s.fleet.Services()[0].Engine().Counted(); n != uint64(len(all)) {
		t.Errorf("%d requests are counted over the reload, want %d", n, len(all))
	}
	r.stop()
	noMoreThan(t, before)
}

// TestTicksByItself: with the process' own clock nobody need drive it.
func TestTicksByItself(t *testing.T) {
	r := newRig(t, newShareBook(time.Now, true), "{lateness: 1s, metrics_flush_interval: 1s}")
	b := simulate.Batch{Service: "shop", Requests: []simulate.Request{{Service: "shop", Route: "/a", End: time.Now(), Duration: time.Millisecond, Status: 200}}}
	r.send(b.Traces(0))
	r.until("a histogram comes", func() bool {
		r.sink.mu.Lock()
		defer r.sink.mu.Unlock()
		for _, md := range r.sink.metrics {
			for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
				if m.Name() == metricRequest {
					return true
				}
			}
		}
		return false
	})
}

// TestBlockedConsumer: a consumer that takes nothing holds up neither those who send spans nor the judging, and shutdown ends in time.
func TestBlockedConsumer(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	r := newRig(t, newShareBook(c.time, false), "{}")
	r.sink.block = make(chan struct{})
	spike(r, c)
	s := r.share()
	for range 5 {
		s.flush(c.time())
	}
	if n := r.own("otelcol_connector_otelperf_metrics_dropped"); n == 0 {
		t.Error("metrics that nobody took are not counted as dropped")
	}
	if n := s.fleet.Services()[0].Engine().Counted(); n < 10_000 {
		t.Errorf("only %d requests are judged", n)
	}
	close(r.sink.block)
	r.until("the events come after all", func() bool { return slices.Contains(r.sink.events(), "otelperf.spike.ended") })
}

// TestRefusedEvents: events that a consumer refuses are offered again; at shutdown they are given up, and counted.
func TestRefusedEvents(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	r := newRig(t, newShareBook(c.time, false), "{}")
	r.sink.refuse = errors.New("not now")
	spike(r, c)
	s := r.share()
	r.stop()
	if n := s.out.eventsDropped.Load(); n < 2 {
		t.Errorf("%d events were dropped, want the start and the end at least", n)
	}
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	if r.sink.spans == 0 || len(r.sink.logs) != 0 {
		t.Errorf("%d spans and %d logs were exported", r.sink.spans, len(r.sink.logs))
	}
}
