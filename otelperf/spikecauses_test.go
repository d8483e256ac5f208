// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// cart is a service behind otelhttp that calls another one, reads rows and needs a connection of a pool.
type cart struct {
	*bubble
	db        *sql.DB
	client    *http.Client
	handler   http.Handler
	inventory atomic.Int64  // ns that the other service takes
	rows      atomic.Int64  // that are read, each by a query of its own
	stop      chan struct{} // ends those that hold connections
	thinks    atomic.Int64  // ns in own code
	running   sync.WaitGroup
}

// RoundTrip is the other service.
func (c *cart) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(time.Duration(c.inventory.Load()))
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

func newCart(t *testing.T, opts ...otelperf.Option) *cart {
	t.Helper()
	db := testrig.DB(t, 2)
	c := &cart{bubble: newBubble(t, "1.0", append(opts, otelperf.WithDB("main", db))...), db: db}
	c.stop = make(chan struct{})
	c.well()
	c.client = &http.Client{Transport: otelhttp.NewTransport(c, otelhttp.WithTracerProvider(c.tp))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cart", c.serve)
	c.handler = otelhttp.NewHandler(mux, "shop", otelhttp.WithTracerProvider(c.tp))
	t.Cleanup(func() {
		c.running.Wait()
		_ = c.mon.Shutdown(context.Background()) // nothing is left to report
	})
	return c
}

// well has everything take as long as usual.
func (c *cart) well() {
	c.inventory.Store(int64(10 * time.Millisecond))
	c.rows.Store(1)
	c.thinks.Store(int64(time.Millisecond))
}

func (c *cart) serve(w http.ResponseWriter, r *http.Request) {
	time.Sleep(time.Duration(c.thinks.Load()))
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "http://inventory/items", http.NoBody)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if resp, err := c.client.Do(req); err == nil {
		_ = resp.Body.Close()
	}
	if conn, err := c.db.Conn(r.Context()); err == nil {
		time.Sleep(2 * time.Millisecond)
		_ = conn.Close()
	}
	for range c.rows.Load() {
		_, span := c.tracer.Start(r.Context(), "SELECT items", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", "SELECT items")))
		time.Sleep(4 * time.Millisecond)
		span.End()
	}
}

// visit has ten requests come in a second, for d.
func (c *cart) visit(d time.Duration) {
	for range int(10 * d / time.Second) {
		time.Sleep(100 * time.Millisecond)
		c.running.Go(func() {
			c.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/cart", http.NoBody))
		})
	}
}

func TestCausesOfSpikes(t *testing.T) {
	for name, tt := range map[string]struct {
		break_ func(*cart)
		cause  string // of the spike
		about  string
		source string // "": it is not known
	}{
		"a slow dependency": {func(c *cart) { c.inventory.Store(int64(200 * time.Millisecond)) },
			`^GET /cart: \+19\d ms a slow request; 100 % in POST inventory: 10 -> 200 ms$`, "POST inventory", "calls"},
		"a query for each row": {func(c *cart) { c.rows.Store(60) },
			`^GET /cart: \+23\d ms a slow request; 100 % in postgresql SELECT items: 1 -> 60 calls a request in 240 ms$`, "postgresql SELECT items", "calls"},
		"a pool that is too small": {func(c *cart) { crowd(c.db, c.stop) },
			`^GET /cart: \+[\d.e+]+ ms a slow request; \d+ % waiting for the connection pool of db 'main': 2 of 2 in use, \d+(\.\d)? waiting`, "pool main", "runtime"},
		"own code": {func(c *cart) { c.thinks.Store(int64(200 * time.Millisecond)) },
			`^GET /cart: \+19\d ms a slow request; .*\d+ % unknown: own code, queueing or GC: add WithEvidence to see which$`, "own", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCart(t, everybody)
				c.visit(10 * time.Minute)
				if told := c.spikes(); len(told) != 0 {
					t.Fatalf("%d alerts while all was well: %+v", len(told), told[0])
				}
				tt.break_(c)
				c.visit(time.Minute)
				c.check(t, tt.cause, tt.about, tt.source)
				close(c.stop)
				c.well()
				c.visit(5 * time.Minute)
				c.running.Wait()
				synctest.Wait()
				c.checkEnded(t, tt.about)
			})
		})
	}
}

// What a recorder finds is the cause, with what its endpoint takes longer, and stands with the requests that it has seen.
func TestCauseFromARecording(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var recorder *script
		lock := causes.Reason{
			State: causes.Lock, Line: causes.Place{Func: "shop.cart", File: "cart.go", Line: 88}, Who: "GET /report",
			What: causes.Sleep, Where: causes.Place{Func: "shop.report", File: "report.go", Line: 40},
		}
		recorder = newScript(func(slow int) []causes.Endpoint {
			request := causes.Request{SpanID: recorder.last.String(), Nanos: 216e6, Parts: []causes.Part{{Reason: lock, Nanos: 199e6}, {Reason: causes.Reason{State: causes.Running}, Nanos: 1e6}}}
			return []causes.Endpoint{{
				Name: "GET /cart", Slow: slow, Normal: 5, SlowNanos: 216e6, NormalNanos: 17e6,
				Causes: []causes.Cause{{Reason: lock, Share: 0.97, ExtraNanos: 193e6}}, Requests: []causes.Request{request},
			}}
		})
		c := newCart(t, everybody, otelperf.WithEvidence(recorder))
		c.visit(10 * time.Minute)
		c.thinks.Store(int64(200 * time.Millisecond))
		c.visit(9 * time.Second) // of the slow log's hundred requests, those that were recorded are still there
		explained := 0
		for e := range c.mon.SlowLog().All() {
			if e.Anatomy == nil {
				continue // it has just ended
			}
			for _, f := range e.Anatomy.Findings {
				if f.Kind == "recorded" && f.Text == "199 of 216 ms waiting for the lock at cart.go:88, held by GET /report (report.go:40), which was sleeping" {
					explained++
				}
			}
		}
		if explained == 0 {
			t.Error("no slow request says what was recorded of it")
		}
		c.visit(50 * time.Second)
		c.check(t, `^GET /cart: \+199 ms a slow request; 97 % waiting for the lock at cart\.go:88, held by GET /report \(report\.go:40\), which was sleeping$`, "lock cart.go:88", "recording")
	})
}

// check looks for the cause of the open spike everywhere.
func (c *cart) check(t *testing.T, cause, about, source string) {
	t.Helper()
	synctest.Wait()
	said := regexp.MustCompile(cause)
	spike := listOf(answer(t, c.mon.Handler(), "/spikes"), "spikes")[0]
	endpoints := listOf(spike, "endpoints")
	endpoint := endpoints[max(0, slices.IndexFunc(endpoints, func(e map[string]any) bool { return e["kind"] == "http" }))]
	for where, v := range map[string]map[string]any{"the spike": spike, "its endpoint": endpoint} {
		if text, _ := v["cause"].(string); !said.MatchString(text) {
			t.Errorf("%s has the cause %q, want %s", where, text, cause)
		}
		all := ofService(v)
		if len(all) == 0 {
			t.Fatalf("%s has no causes", where)
		}
		first := all[0]
		if unknown := first["unknown"] == true; first["about"] != about || unknown != (source == "") || !unknown && first["source"] != source {
			t.Errorf("the first cause of %s is %v, want one about %s", where, first, about)
		}
	}
	var lines []string
	for _, l := range c.lines.Lines("spike_id") {
		if strings.Contains(l, "cause=") {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 || len(lines) > 2 { // the alert, or one more when the cause became known
		t.Errorf("%d lines name a cause, want one or two: %q", len(lines), lines)
	}
	c.events.mu.Lock()
	defer c.events.mu.Unlock()
	got := slices.DeleteFunc(slices.Clone(c.events.causes), func(s string) bool { return slices.Contains(ofMachine, strings.TrimPrefix(s, "runtime ")) })
	if source != "" && (len(got) != 1 || got[0] != source+" "+about) || source == "" && len(got) != 0 {
		t.Errorf("events name the causes %q, want one: %s %s", got, source, about)
	}
}

// ofMachine are causes that a busy machine has in truth, whatever the service of the test does.
var ofMachine = []string{"cpu_throttled", "memory_pressure", "gc_assist", "runnable", "mutex_wait"}

// ofService are the causes of a spike without those.
func ofService(v map[string]any) []map[string]any {
	return slices.DeleteFunc(listOf(v, "causes"), func(c map[string]any) bool { return slices.Contains(ofMachine, c["about"].(string)) })
}

// checkEnded looks at the spike that is over: its cause stays.
func (c *cart) checkEnded(t *testing.T, about string) {
	t.Helper()
	spike := listOf(answer(t, c.mon.Handler(), "/spikes"), "spikes")[0]
	if all := ofService(spike); spike["state"] != "ended" || len(all) == 0 || all[0]["about"] != about {
		t.Errorf("%v, and its causes are %v", spike["state"], all)
	}
}
