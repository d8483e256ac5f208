// SPDX-License-Identifier: Apache-2.0

//go:build !race

package otelperf_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// The traffic of a day: some six requests a second over 16 endpoints, two a second at two of them, one in two to ten seconds at
// the others.
const (
	dayEndpoints = 16
	dayMax       = 20 // endpoints that are kept apart: what scanners ask for fills the rest, and has to make room for more of it
	dayUsual     = 20 * time.Millisecond
)

// day is a service that runs in a bubble.
type day struct {
	mon       *otelperf.Monitor
	tp        *sdktrace.TracerProvider
	tracer    trace.Tracer
	routes    [dayEndpoints]string
	n         int // requests so far
	scanned   int // of them, with paths that nobody has
	dependent int // calls to the database
}

func newDay(t *testing.T) *day {
	mon, err := otelperf.New(otelperf.WithMaxEndpoints(dayMax), otelperf.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	d := &day{mon: mon, tp: sdktrace.NewTracerProvider(
		sdktrace.WithSampler(mon.Sampler(sdktrace.TraceIDRatioBased(0.01))),
		sdktrace.WithSpanProcessor(mon.SpanProcessor(sdktrace.NewBatchSpanProcessor(tracetest.NewNoopExporter()))))}
	d.tracer = d.tp.Tracer("day")
	for i := range d.routes {
		d.routes[i] = fmt.Sprintf("/api/v1/things%d/{id}", i)
	}
	return d
}

func (d *day) end(t *testing.T) {
	if err := errors.Join(d.mon.Shutdown(context.Background()), d.tp.Shutdown(context.Background())); err != nil {
		t.Error(err)
	}
}

// request is one that ends now. One in 60 fails, in one of three ways, and one in 150 takes a second.
func (d *day) request(route string, took time.Duration) {
	d.n++
	if d.n%150 == 0 {
		took = time.Second
	}
	end := time.Now()
	began, status := end.Add(-took), 200
	if d.n%60 == 0 {
		status = 500
	}
	ctx, span := d.tracer.Start(context.Background(), "GET "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began),
		trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("url.path", fmt.Sprint("/", d.n))))
	if d.n%5 == 0 {
		d.dependent++
		_, query := d.tracer.Start(ctx, "SELECT things", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(began), trace.WithAttributes(
			attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", "SELECT things")))
		query.End(trace.WithTimestamp(end))
	}
	if status == 500 {
		span.RecordError(fmt.Errorf("deadlock of %d and %d", d.n, d.n+1), trace.WithAttributes(attribute.String("exception.type", []string{"deadlock", "timeout", "refused"}[d.n/60%3])))
		span.SetStatus(codes.Error, "")
	}
	span.SetAttributes(attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
	span.End(trace.WithTimestamp(end))
}

// hour is an hour of traffic, in which one endpoint is six times as slow for three minutes: not always at the same time, which would
// be taken for normal. Once a minute a scanner comes by, and every ten minutes somebody looks.
func (d *day) hour(hour int) {
	slow := 600 + hour*7%20*120
	for second := range 3600 {
		time.Sleep(time.Second)
		for i, route := range d.routes {
			n := 1
			if i < 2 {
				n = 2
			} else if (second+i)%(2+i%9) != 0 {
				continue
			}
			for range n {
				took := dayUsual + dayUsual*time.Duration(d.n*7919%100)/200 // ×1 to ×1.5
				if i == hour%2 && second >= slow && second < slow+180 {
					took *= 6
				}
				d.request(route, took)
			}
		}
		if second%60 == 0 {
			d.scanned++
			d.request(fmt.Sprintf("/wp-admin/%d.php", d.scanned), time.Millisecond)
		}
		if second%600 == 0 {
			d.mon.Summary(otelperf.Window1h)
		}
	}
}

// TestDayOfTraffic runs a service for a day, and finds the heap where it was after two hours, when all windows had been full once.
func TestDayOfTraffic(t *testing.T) {
	if testing.Short() {
		t.Skip("a day takes some ten seconds")
	}
	const (
		early, hours = 2, 24
		allowed      = 512 << 10 // bytes: what requests of other lengths in the slow log come to
	)
	synctest.Test(t, func(t *testing.T) {
		before := heap()
		d := newDay(t)
		defer d.end(t)
		var then int64
		for hour := range hours {
			d.hour(hour)
			if hour == early-1 {
				then = heap() - before
			}
		}
		now := heap() - before
		t.Logf("%d KiB after %d hours, %d KiB after %d; %d requests, %d calls", then>>10, early, now>>10, hours, d.n, d.dependent)
		if now > then+then/20+allowed {
			t.Errorf("the heap grew from %d KiB after %d hours to %d KiB after %d", then>>10, early, now>>10, hours)
		}
		d.check(t, hours)
	})
}

// check makes sure that the day was one: nothing lost, spikes found, bounds reached.
func (d *day) check(t *testing.T, hours int) {
	t.Helper()
	s := d.mon.Summary(otelperf.WindowAll)
	if s.TotalRequests < uint64(d.n-dayEndpoints) || s.TotalRequests > uint64(d.n) {
		t.Errorf("%d requests, want the %d that were sent up to the last second", s.TotalRequests, d.n)
	}
	if n := len(s.Spikes); n < hours/2 {
		t.Errorf("%d spikes, want about one in each of %d hours", n, hours)
	}
	t.Logf("%d spikes", len(s.Spikes))
	p := s.Diagnostics.Processor
	if p.Forgotten == 0 || p.Faults != 0 || p.Held > 8192 || s.Diagnostics.Engine.Faults != 0 {
		t.Errorf("forgotten %d, held %d, faults %d and %d; want rows to have made room, at most 8192, no fault", p.Forgotten, p.Held, p.Faults, s.Diagnostics.Engine.Faults)
	}
	for _, route := range d.routes {
		if n := s.EndpointBreakdown["GET "+route].Count; n < uint64(hours*300) {
			t.Errorf("GET %s has %d requests: its row has made room", route, n)
		}
	}
	if d.mon.SlowLog().Count() == 0 {
		t.Error("the slow log is empty")
	}
}
