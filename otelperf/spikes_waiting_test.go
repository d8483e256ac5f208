// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

// library is a service whose endpoints wait for a database, all but one, which has a lock.
type library struct {
	*bubble
	handler        http.Handler
	own            atomic.Int64 // ns of each request that queries
	database, lock atomic.Int64 // ns
	turn           int
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{bubble: newBubble(t, "1.0", everybody)}
	l.own.Store(int64(2 * time.Millisecond))
	l.database.Store(int64(10 * time.Millisecond))
	l.lock.Store(int64(15 * time.Millisecond))
	mux := http.NewServeMux()
	for _, route := range []string{"GET /books", "GET /authors"} {
		mux.HandleFunc(route, func(_ http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Duration(l.own.Load()))
			l.query(r.Context())
		})
	}
	mux.HandleFunc("GET /locked", func(http.ResponseWriter, *http.Request) { l.varied(l.lock.Load()) })
	l.handler = otelhttp.NewHandler(l.mon.Middleware(mux), "library", otelhttp.WithTracerProvider(l.tp))
	return l
}

// varied takes 1 to 1.5 times so long.
func (l *library) varied(ns int64) {
	l.turn++
	time.Sleep(time.Duration(ns + ns*int64(l.turn*7919%100)/200))
}

func (l *library) query(ctx context.Context) {
	_, span := l.tracer.Start(ctx, "SELECT books", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", "SELECT books")))
	l.varied(l.database.Load())
	span.End()
}

// run sends each endpoint five requests a second, or as many as it can do.
func (l *library) run(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		next := time.Now().Add(200 * time.Millisecond)
		for _, path := range []string{"/books", "/authors", "/locked"} {
			l.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, http.NoBody))
		}
		time.Sleep(time.Until(next))
	}
	synctest.Wait()
}

func (l *library) detail(t *testing.T, route string) map[string]any {
	t.Helper()
	return object(t, testrig.Call(l.mon.Handler(), http.MethodGet, "/endpoints/detail?"+url.Values{"method": {"GET"}, "route": {route}}.Encode()).Body.String())
}

// firstReports are what was told of each spike at first: it is told again when its cause becomes known later.
func firstReports(told []otelperf.Spike) (first []otelperf.Spike) {
	for _, sp := range told {
		if !slices.ContainsFunc(first, func(f otelperf.Spike) bool { return f.ID == sp.ID }) {
			first = append(first, sp)
		}
	}
	return first
}

// Endpoints that wait for one database are one spike with it; what is usual stays that of before; three requests of it are named. A lock
// two minutes later is another spike, with its own reason.
func TestSpikeOfADatabaseAndOneOfALock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.run(10 * time.Minute)
		began := time.Now()
		l.database.Store(int64(60 * time.Millisecond))
		l.run(20 * time.Second)
		first := l.spikes()
		if len(first) != 1 || len(first[0].SlowRequests) == 0 {
			t.Fatalf("20 s into the spike %+v was reported, want one spike with examples", first)
		}
		l.run(100 * time.Second)
		sum := l.mon.Summary(otelperf.Window5m)
		sp := sum.Spikes[0]
		if len(l.spikes()) != 1 || len(sum.Spikes) != 1 || len(sp.Endpoints) != 3 || len(sp.SlowRequests) != 3 {
			t.Fatalf("two minutes into the spike there were %d reports of %d spikes, the last is %+v; want one of three endpoints", len(l.spikes()), len(sum.Spikes), sp)
		}
		for _, p := range sp.Endpoints {
			if wait := p.WaitsFor; p.Kind != "dependency" && wait != "postgresql SELECT books" {
				t.Errorf("%s waits for %q", p.Route, wait)
			}
		}
		for _, row := range sum.Endpoints {
			if spiking := row.Route != "/locked"; spiking != (row.State == "spiking") || spiking != (*row.Ratio >= 2) || spiking == (*row.RatioQuantile == 0.99) {
				t.Errorf("row %s is %s at %v times its usual p%v", row.Route, row.State, *row.Ratio, *row.RatioQuantile)
			}
		}
		d := l.detail(t, "/books")
		if ms := d["normal_ms"].(map[string]any)["db"].(float64); ms < 9 || ms > 16 {
			t.Errorf("two minutes into the spike the database usually takes %v ms, want 10 to 15", ms)
		}
		for e := range l.mon.SlowLog().All() {
			if e.Reason == slowlog.ReasonSpike && (e.Duration < 20*time.Millisecond || e.Start.Before(began)) {
				t.Errorf("a request of %v at %v is stored for the spike", e.Duration, e.Start)
			}
		}
		l.lock.Store(int64(400 * time.Millisecond))
		l.run(time.Minute)
		told := firstReports(l.spikes())
		if len(told) != 2 || told[1].ID == sp.ID || told[1].Endpoints[0].Route != "/locked" || !strings.HasPrefix(told[1].Reason, "GET /locked: ") || told[1].Endpoints[0].WaitsFor != "" {
			t.Errorf("after the lock %+v was reported, want a spike of its own", told[len(told)-1])
		}
		l.lock.Store(int64(15 * time.Millisecond))
		l.database.Store(int64(10 * time.Millisecond))
		l.run(3 * time.Minute)
		sum = l.mon.Summary(otelperf.Window5m)
		for _, row := range sum.Endpoints {
			if row.State != "elevated" || *row.Ratio < 2 {
				t.Errorf("after the spikes row %s is %s at %v times its usual p99", row.Route, row.State, *row.Ratio)
			}
		}
		l.run(6 * time.Minute)
		for _, row := range l.mon.Summary(otelperf.Window5m).Endpoints {
			if row.State != "normal" || *row.Ratio >= 2 {
				t.Errorf("long after the spikes row %s is %s at %v times its usual p99", row.Route, row.State, *row.Ratio)
			}
		}
		_ = l.mon.Shutdown(t.Context())
	})
}

// A database that becomes slow minutes after the code of those that ask it is a spike of its own, with its own reason, though all slow
// requests wait for it by then.
func TestDatabaseOfEndpointsThatAreSlowAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.run(10 * time.Minute)
		l.own.Store(int64(100 * time.Millisecond))
		l.run(2 * time.Minute)
		l.database.Store(int64(50 * time.Millisecond))
		l.run(2 * time.Minute)
		first := firstReports(l.spikes())
		if len(first) != 2 || first[0].Endpoints[0].WaitsFor != "" || !strings.HasPrefix(first[1].Reason, "db postgresql SELECT books: ") {
			t.Errorf("reported was %+v, want a spike of the endpoints and one of the database", first)
		}
		_ = l.mon.Shutdown(t.Context())
	})
}

// After a restart nothing is judged for three minutes, though there is a baseline: the rows say so.
func TestRowsSayThatNothingIsJudgedAfterARestart(t *testing.T) {
	file := otelperf.WithStateFile(filepath.Join(t.TempDir(), "baselines"))
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", file)
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		_ = s.mon.Shutdown(t.Context())
		s = newBubble(t, "1.0", file)
		s.run(time.Minute, 10, 20*time.Millisecond, "/checkout")
		row := s.mon.Summary(otelperf.Window5m).Endpoints[0]
		if row.State != "normal" || row.ReadySeconds == nil || *row.ReadySeconds < 115 || *row.ReadySeconds > 125 {
			t.Errorf("a minute after the restart the row is %s, ready in %v s; want 120", row.State, row.ReadySeconds)
		}
		if h := s.mon.Health(); h.Status != "pass" || h.Verdict.Status != "unknown" || h.Verdict.Detail != "GET /checkout is not judged for another 2 min, after a start or a silence." {
			t.Errorf("a minute after the restart health is %s, %q", h.Status, h.Verdict)
		}
		s.run(2*time.Minute+5*time.Second, 10, 20*time.Millisecond, "/checkout")
		if h := s.mon.Health(); h.Verdict.Status != "ok" {
			t.Errorf("after three minutes health says %q", h.Verdict)
		}
		if row := s.mon.Summary(otelperf.Window5m).Endpoints[0]; row.ReadySeconds != nil {
			t.Errorf("after three minutes the row is ready in %v s", *row.ReadySeconds)
		}
		time.Sleep(2 * time.Hour)
		s.run(time.Minute, 10, 20*time.Millisecond, "/checkout")
		if row := s.mon.Summary(otelperf.Window5m).Endpoints[0]; row.ReadySeconds == nil || *row.ReadySeconds > 125 {
			t.Errorf("a minute after a silence the row is %s, ready in %v s; want 120", row.State, row.ReadySeconds)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// What is not known yet is said with the requests and the time that it takes.
func TestRowsSayWhenTheyAreReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.run(20 * time.Second)
		row := l.mon.Summary(otelperf.Window1m).Endpoints[0]
		if row.State != "learning" || row.Needed == 0 || row.ReadySeconds == nil {
			t.Fatalf("after 20 s the row is %+v", row)
		}
		if h := l.mon.Health(); h.Verdict.Status != "unknown" || !strings.HasPrefix(h.Verdict.Detail, "3 endpoints are still learning what is usual, first ") {
			t.Errorf("health says %q", h.Verdict)
		}
		promised := time.Duration(*row.ReadySeconds) * time.Second
		began := time.Now()
		for l.mon.Summary(otelperf.Window1m).Endpoints[0].State == "learning" && time.Since(began) < 10*time.Minute {
			l.run(time.Second)
		}
		if took := time.Since(began); took < promised-15*time.Second || took > promised+15*time.Second {
			t.Errorf("the baseline was known after %v, promised were %v", took, promised)
		}
		if row := l.mon.Summary(otelperf.Window1m).Endpoints[0]; row.ReadySeconds != nil {
			t.Errorf("the row is %s in %v s", row.State, *row.ReadySeconds)
		}
		_ = l.mon.Shutdown(t.Context())
		if !l.mon.Diagnostics().Stalled {
			t.Error("after Shutdown the numbers are not said to be old")
		}
	})
}

// What is missing for the usual share of failures is said, too: requests, and that it takes the end of a minute.
func TestRowsSayWhenFailuresAreKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		send := func(n int) (otelperf.EndpointRow, string) {
			for i := range n {
				rg.request("GET", "/a", http.StatusOK+300*(i%10/9), time.Millisecond)
				time.Sleep(time.Second / 2)
			}
			s := rg.mon.Summary(otelperf.Window1m)
			return s.Endpoints[0], s.Verdict.Detail
		}
		row, detail := send(20)
		if row.ErrorState != "learning" || row.ErrorNeeded != 10 || row.ErrorReadySeconds == nil || *row.ErrorReadySeconds != 60 {
			t.Errorf("after 20 requests the row is %+v", row)
		}
		if want := "fail, and whether that is usual is not known yet: 10 more requests, about 60 s at this rate."; !strings.Contains(detail, want) {
			t.Errorf("the verdict is %q, want %q", detail, want)
		}
		row, detail = send(20)
		if row.ErrorState != "learning" || row.ErrorNeeded != 0 || row.ErrorReadySeconds == nil || !strings.Contains(detail, "not known yet: about 60 s.") {
			t.Errorf("after 40 requests the row is %+v, the verdict %q", row, detail)
		}
		if row, _ = send(240); row.ErrorState == "learning" || row.ErrorNeeded != 0 || row.ErrorReadySeconds != nil {
			t.Errorf("after two minutes the row is %+v", row)
		}
	})
}
