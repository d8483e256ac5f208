// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// service is a program with a Monitor, in a synctest bubble.
type service struct {
	mon    *otelperf.Monitor
	tracer trace.Tracer
	n      int
	asked  int                             // how often checkHour has asked
	sent   map[time.Time]map[string]uint64 // minute -> route -> requests that ended in it
}

const usual = 20 * time.Millisecond

func begin(t *testing.T, store history.Store, opts ...otelperf.Option) *service {
	t.Helper()
	opts = append(opts, otelperf.WithLogger(slog.New(slog.DiscardHandler)))
	if store != nil {
		opts = append(opts, otelperf.WithHistory(store))
	}
	mon, err := otelperf.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(37 * time.Millisecond) // so that no request ends at the moment of an evaluation
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	return &service{mon: mon, tracer: tp.Tracer("shop"), sent: map[time.Time]map[string]uint64{}}
}

// request is one that ends now, and spends most of its time in a query.
func (s *service) request(route string, took time.Duration, status int) {
	s.n++
	took += took * time.Duration(s.n*7919%100) / 200
	end := time.Now()
	ctx, span := s.tracer.Start(context.Background(), "GET "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(end.Add(-took)), trace.WithAttributes(
		attribute.String("http.request.method", "GET"), attribute.String("http.route", route), attribute.Int("http.response.status_code", status)))
	_, query := s.tracer.Start(ctx, "SELECT orders", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(end.Add(-took*8/10)), trace.WithAttributes(
		attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", "SELECT orders")))
	query.End(trace.WithTimestamp(end.Add(-took / 10)))
	span.End(trace.WithTimestamp(end))
	minute := end.Truncate(time.Minute)
	if s.sent[minute] == nil {
		s.sent[minute] = map[string]uint64{}
	}
	s.sent[minute][route]++
}

// run sends so many requests a second to each route.
func (s *service) run(d time.Duration, rate int, took time.Duration, routes ...string) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(time.Second / time.Duration(rate))
		for _, r := range routes {
			s.request(r, took, http.StatusOK)
		}
	}
}

func (s *service) stop(t *testing.T) {
	t.Helper()
	if err := s.mon.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// get asks the companion endpoint for JSON.
func (s *service) get(t *testing.T, path string, into any) {
	t.Helper()
	if body := s.call(t, path); json.Unmarshal(body, into) != nil {
		t.Fatalf("GET %s: %.300s", path, body)
	}
}

// call asks the companion endpoint.
func (s *service) call(t *testing.T, path string) []byte {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/"+path, http.NoBody)
	r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1:2"
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, loopback{}))
	w := httptest.NewRecorder()
	s.mon.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Errorf("GET %s: %d %.300s", path, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

type loopback struct{}

func (loopback) Network() string { return "tcp" }
func (loopback) String() string  { return "127.0.0.1:2" }

// check is one of the health's, "" for one that passes.
func (s *service) check(name string) string {
	for _, c := range s.mon.Health().Checks {
		if c.Name == name {
			return c.Status + c.Detail
		}
	}
	return "there is no check " + name
}

// checkRows compares the minutes that are stored with what was sent in them up to a time.
func (s *service) checkRows(t *testing.T, store history.Store, end time.Time) {
	t.Helper()
	for minute, want := range s.sent {
		if minute.Add(time.Minute).After(end) {
			continue
		}
		got := map[string]uint64{}
		queries := uint64(0)
		for _, b := range historytest.Read(t, store, history.Query{From: minute, To: minute.Add(time.Minute)}) {
			for i := range b.Rows {
				r := &b.Rows[i]
				if r.Durations == nil || r.Durations.Count() != r.Outcomes.Total() {
					t.Errorf("%v: %s has %d outcomes, durations %v", minute, r.Endpoint, r.Outcomes.Total(), r.Durations)
				}
				if r.Endpoint.Kind == conventions.KindDependency {
					queries += r.Outcomes.Total()
				} else {
					got[r.Endpoint.Route] += r.Outcomes.Total()
				}
			}
		}
		all := uint64(0)
		for _, n := range want {
			all += n
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || queries != all {
			t.Errorf("%v: stored are %v with %d queries, sent were %v", minute, got, queries, want)
		}
	}
}

// storedRequests are the slow and failed ones.
func storedRequests(t *testing.T, store history.Store) (all []*slowlog.Entry) {
	t.Helper()
	for _, b := range historytest.Read(t, store, always(history.Requests)) {
		all = append(all, b.Requests...)
	}
	return all
}

// always is a query for all of what a bubble may have done.
func always(what history.Part) history.Query {
	return history.Query{What: what, From: time.Now().Add(-40 * 24 * time.Hour), To: time.Now().Add(time.Hour), Step: history.Hour}
}
