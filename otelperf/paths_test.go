// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

// everybody lets all requests in, so that paths can be tested without a network.
var everybody = otelperf.WithAuthorizer(func(*http.Request) bool { return true })

// answer is a GET through the handler, as JSON.
func answer(t *testing.T, h http.Handler, path string) map[string]any {
	t.Helper()
	w := testrig.Call(h, http.MethodGet, path)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	return object(t, w.Body.String())
}

func listOf(v map[string]any, name string) (rows []map[string]any) {
	items, _ := v[name].([]any)
	for _, item := range items {
		rows = append(rows, item.(map[string]any))
	}
	return rows
}

// client ends a span of a call that took d.
func (rg *rig) client(name string, d time.Duration) {
	now := time.Now()
	_, s := rg.tracer.Start(context.Background(), name, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(now.Add(-d)),
		trace.WithAttributes(attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", name)))
	s.End(trace.WithTimestamp(now))
}

// withAnatomy gives the kept request a tree of spans.
func (rg *rig) withAnatomy(sc trace.SpanContext, d time.Duration) {
	now := time.Now()
	root := slowlog.Span{SpanID: sc.SpanID(), Name: "GET /slow", Kind: trace.SpanKindServer, Start: now.Add(-d), End: now}
	children := []slowlog.Span{{SpanID: trace.SpanID{9}, Parent: sc.SpanID(), Name: "SELECT users", Kind: trace.SpanKindClient, Start: now.Add(-d / 2), End: now}}
	rg.mon.SlowLog().ReplaceAnatomy(sc.TraceID(), sc.SpanID(), slowlog.Build(root, children, slowlog.BuildOptions{}))
}

// Every path answers as openapi.json says, with data and without.
func TestAnswersAreAsDocumented(t *testing.T) {
	check := newSchemaChecker(t)
	for _, filled := range []bool{false, true} {
		rg := newRig(t, plan{}, everybody, otelperf.WithEvents(), otelperf.WithTraceURL("https://traces.example.com/{trace_id}"), otelperf.WithEndpointSlowThreshold("GET /b", time.Second))
		id := ""
		if filled {
			for i := range 50 {
				rg.request("GET", "/a", 200+i%2*300, time.Duration(i)*time.Millisecond)
			}
			sc := rg.request("GET", "/slow", http.StatusOK, time.Second)
			rg.withAnatomy(sc, time.Second)
			rg.client("SELECT users", 3*time.Millisecond)
			id = sc.TraceID().String()
		}
		paths := []string{
			"/summary", "/summary?window=1m", "/metrics?window=1h", "/performance?window=all", "/endpoints", "/endpoints?histogram=true&trend=true&sort=p99&limit=2",
			"/dependencies?histogram=1", "/slow", "/active", "/errors", "/spikes", "/health", "/diagnostics", "/config", "/stats", "/events/recent", "/events/config",
		}
		if filled {
			paths = append(paths, "/slow/"+id, "/slow/"+id+"/otlp", "/endpoints/series?method=GET&route=/a", "/endpoints/series?method=GET&route=/a&window=1m")
		}
		for _, path := range paths {
			w := testrig.Call(rg.mon.Handler(), http.MethodGet, path)
			documented, _, _ := strings.Cut(path, "?")
			if id != "" {
				documented = strings.ReplaceAll(documented, id, "{trace_id}")
			}
			if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("GET %s: %d %v", path, w.Code, w.Header())
				continue
			}
			for _, wrong := range check.answer(documented, w.Body.String()) {
				t.Errorf("GET %s, filled %t: %s", path, filled, wrong)
			}
		}
	}
}

func TestEndpointRows(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	for i, route := range []string{"/a", "/b", "/c"} {
		for range i + 1 {
			rg.request("GET", route, http.StatusOK, time.Duration(10*(3-i))*time.Millisecond)
		}
	}
	h := rg.mon.Handler()
	for query, want := range map[string]string{
		"":                   "/a /b /c",
		"?sort=name&limit=2": "/a /b",
		"?sort=count":        "/c /b /a",
		"?sort=p99":          "/a /b /c",
		"?sort=p99&limit=1":  "/a",
		"?sort=errors":       "/a /b /c",
		"?sort=ratio":        "/a /b /c",
	} {
		v := answer(t, h, "/endpoints"+query)
		var routes []string
		for _, row := range listOf(v, "endpoints") {
			routes = append(routes, row["route"].(string))
		}
		if got := strings.Join(routes, " "); got != want || v["count"] != 3.0 {
			t.Errorf("endpoints%s is %s of %v, want %s of 3", query, got, v["count"], want)
		}
	}
}

// By state spiking endpoints come first and those that are still learning last, in the order of their names among equals; by impact
// spiking ones, then those that are slow, then those that are busy.
func TestEndpointRowsByState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		s.run(3*time.Minute, 20, 20*time.Millisecond, "/a", "/b", "/c")
		s.run(20*time.Second, 20, 22*time.Millisecond, "/b") // its ratio is above that of /a
		s.run(20*time.Second, 20, 200*time.Millisecond, "/c")
		s.run(time.Second, 20, time.Second, "/d")
		for by, want := range map[string]string{
			"state":  "/c spiking, /a normal, /b normal, /d learning",
			"impact": "/c spiking, /d learning, /b normal, /a normal",
		} {
			var got []string
			for _, row := range listOf(answer(t, s.mon.Handler(), "/endpoints?sort="+by), "endpoints") {
				got = append(got, fmt.Sprint(row["route"], " ", row["state"]))
			}
			if got := strings.Join(got, ", "); got != want {
				t.Errorf("by %s the rows are %s, want %s", by, got, want)
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// Histograms of two instances add up to what one instance with all the requests has.
func TestHistogramsMerge(t *testing.T) {
	rigs := []*rig{newRig(t, plan{}, everybody), newRig(t, plan{}, everybody), newRig(t, plan{}, everybody)}
	for i := range 200 {
		d := time.Duration(1+i*i) * time.Millisecond
		rigs[i%2].request("GET", "/a", http.StatusOK, d)
		rigs[2].request("GET", "/a", http.StatusOK, d)
	}
	sums := []map[int]float64{{}, {}}
	for i, rg := range rigs {
		row := listOf(answer(t, rg.mon.Handler(), "/endpoints?histogram=true"), "endpoints")[0]
		h := row["histogram"].(map[string]any)
		if h["scale"] != 6.0 {
			t.Fatalf("scale is %v", h["scale"])
		}
		total := 0.0
		for k, n := range h["counts"].([]any) {
			sums[i/2][int(h["offset"].(float64))+k] += n.(float64)
			total += n.(float64)
		}
		if total != row["count"] || h["count"] != row["count"] || h["sum_ms"].(float64) <= 0 {
			t.Errorf("instance %d: buckets hold %v, count %v, row %v", i, total, h["count"], row["count"])
		}
	}
	for bucket, n := range sums[1] {
		if sums[0][bucket] != n {
			t.Errorf("bucket %d: merged %v, want %v", bucket, sums[0][bucket], n)
		}
	}
}

// A series has a point for each minute since the start, those without requests too, and the running one.
func TestSeriesPoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody) // at 00:00:00
		time.Sleep(30 * time.Second)
		rg.request("GET", "/a", http.StatusOK, 20*time.Millisecond)
		rg.request("GET", "/a", http.StatusInternalServerError, 20*time.Millisecond)
		time.Sleep(2 * time.Minute) // 00:02:30
		rg.request("GET", "/a", http.StatusOK, 40*time.Millisecond)
		for window, want := range map[string]string{
			"1h": "00:00:00+60s 2/1 20, 00:01:00+60s 0/0 -, 00:02:00+30s 1/0 40",
			"5m": "00:00:00+60s 2/1 20, 00:01:00+60s 0/0 -, 00:02:00+30s 1/0 40",
			"1m": "00:01:20+10s 0/0 -, 00:01:30+10s 0/0 -, 00:01:40+10s 0/0 -, 00:01:50+10s 0/0 -, 00:02:00+10s 0/0 -, 00:02:10+10s 0/0 -, 00:02:20+10s 1/0 40",
		} {
			v := answer(t, rg.mon.Handler(), "/endpoints/series?method=GET&route=/a&window="+window)
			var points []string
			for _, p := range listOf(v, "points") {
				at, _ := time.Parse(time.RFC3339Nano, p["t"].(string))
				p99 := "-"
				if ms, ok := p["p99_ms"].(float64); ok {
					p99 = fmt.Sprintf("%.0f", ms)
				}
				points = append(points, fmt.Sprintf("%s+%vs %v/%v %s", at.Format(time.TimeOnly), p["seconds"], p["count"], p["error_count"], p99))
			}
			if got := strings.Join(points, ", "); got != want {
				t.Errorf("window %s: %s\nwant %s", window, got, want)
			}
		}
		_ = rg.mon.Shutdown(t.Context())
	})
}

// A trend has the p99 of whole minutes, null where there was nothing.
func TestTrend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody)
		rg.request("GET", "/a", http.StatusOK, 30*time.Millisecond)
		time.Sleep(2*time.Minute + time.Second)
		trend := listOf(answer(t, rg.mon.Handler(), "/endpoints?trend=true"), "endpoints")[0]["trend_p99_ms"].([]any)
		if len(trend) != 30 || trend[29] != nil || trend[27] != nil {
			t.Fatalf("trend is %v", trend)
		}
		if ms, ok := trend[28].(float64); !ok || ms < 29.8 || ms > 30.2 {
			t.Errorf("p99 of the minute before the last is %v, want 30", trend[28])
		}
		_ = rg.mon.Shutdown(t.Context())
	})
}

// Two requests of one process can share a trace: the answer has both, and as OTLP every span of both.
func TestSlowTrace(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	sc := rg.request("GET", "/slow", http.StatusOK, time.Second)
	rg.withAnatomy(sc, time.Second)
	rg.mon.SlowLog().Add(&slowlog.Entry{TraceID: sc.TraceID(), SpanID: trace.SpanID{7}, Method: "GET", Route: "/inner", Kind: "http", Start: time.Now(), Duration: time.Second})
	h := rg.mon.Handler()
	v := answer(t, h, "/slow/"+sc.TraceID().String())
	requests := listOf(v, "requests")
	if len(requests) != 2 || requests[0]["route"] != "/inner" || requests[1]["route"] != "/slow" || v["trace_id"] != sc.TraceID().String() {
		t.Fatalf("the trace is %v", v)
	}
	tree := requests[1]["anatomy"].(map[string]any)
	if tree["spans"] != 1.0 {
		t.Errorf("the anatomy is %v", tree)
	}
	w := testrig.Call(h, http.MethodGet, "/slow/"+sc.TraceID().String()+"/otlp")
	for _, id := range []string{sc.SpanID().String(), "0700000000000000", "0900000000000000"} {
		if !strings.Contains(w.Body.String(), `"spanId":"`+id+`"`) {
			t.Errorf("span %s is not in %s", id, w.Body)
		}
	}
}

// A spike is listed, and found by its id.
func TestSpikePaths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		s.run(3*time.Minute, 20, 20*time.Millisecond, "/a")
		s.run(30*time.Second, 20, 200*time.Millisecond, "/a")
		h := s.mon.Handler()
		v := answer(t, h, "/spikes")
		spikes := listOf(v, "spikes")
		if v["open"] != 1.0 || len(spikes) != 1 {
			t.Fatalf("spikes are %v", v)
		}
		body := testrig.Call(h, http.MethodGet, "/spikes").Body.String()
		for _, wrong := range newSchemaChecker(t).answer("/spikes", body) {
			t.Error(wrong)
		}
		one := answer(t, h, "/spikes/"+url.PathEscape(spikes[0]["id"].(string)))
		if one["reason"] != spikes[0]["reason"] || one["state"] != "open" {
			t.Errorf("by its id it is %v", one)
		}
		series := answer(t, h, "/endpoints/series?method=GET&route=/a")
		if len(listOf(series, "spikes")) != 1 || series["state"] != "spiking" || series["baseline_p99_ms"] == nil {
			t.Errorf("its endpoint has %v, %v, baseline %v", series["spikes"], series["state"], series["baseline_p99_ms"])
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// What is wrong with a request is told with the field at fault.
func TestPathFaults(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	rg.request("GET", "/a", http.StatusOK, time.Millisecond)
	for _, tt := range []struct {
		path   string
		status int
		field  string
	}{
		{"/endpoints?window=2h", 400, "window"},
		{"/endpoints?sort=color", 400, "sort"},
		{"/endpoints?limit=1001", 400, "limit"},
		{"/endpoints?limit=-1", 400, "limit"},
		{"/endpoints?histogram=maybe", 400, "histogram"},
		{"/endpoints?trend=2", 400, "trend"},
		{"/endpoints?a=%zz", 400, "query"},
		{"/dependencies?sort=" + strings.Repeat("x", 3000), 400, "sort"},
		{"/endpoints/series?method=GET", 400, "route"},
		{"/endpoints/series?method=GET&route=" + strings.Repeat("x", 513), 400, "route"},
		{"/endpoints/series?method=GET&route=/nowhere", 404, "route"},
		{"/endpoints/series?method=GET&route=/a&kind=rpc", 404, "route"},
		{"/endpoints/series?method=GET&route=/a&window=x", 400, "window"},
		{"/slow/xyz", 400, "trace_id"},
		{"/slow/" + strings.Repeat("0", 32), 400, "trace_id"},
		{"/slow/" + strings.Repeat("a", 32), 404, "trace_id"},
		{"/slow/" + strings.Repeat("a", 32) + "/otlp", 404, "trace_id"},
		{"/spikes/none", 404, "id"},
		{"/spikes?limit=x", 400, "limit"},
		{"/active?limit=0", 400, "limit"},
		{"/errors?limit=x", 400, "limit"},
		{"/stream?window=x", 400, "window"},
		{"/stream?events=all", 400, "events"},
		{"/page/../options.go", 404, ""},
		{"/page/style.txt", 404, "file"},
		{"/stats", 404, ""},
	} {
		w := testrig.Call(rg.mon.Handler(), http.MethodGet, tt.path)
		if w.Code == http.StatusTemporaryRedirect || w.Code == http.StatusMovedPermanently {
			continue // the mux cleans dots
		}
		v := object(t, w.Body.String())
		if w.Code != tt.status || w.Header().Get("Content-Type") != "application/problem+json" || tt.field != "" && v["field"] != tt.field {
			t.Errorf("GET %.60s: %d %v, want %d and field %q", tt.path, w.Code, v, tt.status, tt.field)
		}
		if w.Body.Len() > 1000 {
			t.Errorf("GET %.60s: the problem has %d bytes", tt.path, w.Body.Len())
		}
	}
}

// HEAD has GET's headers and no body.
func TestHead(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	for _, path := range []string{"/", "/summary", "/endpoints", "/openapi.json", "/stream", "/config"} {
		get, head := http.Header{}, testrig.Call(rg.mon.Handler(), http.MethodHead, path)
		if path != "/stream" {
			get = testrig.Call(rg.mon.Handler(), http.MethodGet, path).Header()
		}
		if head.Code != http.StatusOK || head.Body.Len() != 0 || path != "/stream" && head.Header().Get("Content-Type") != get.Get("Content-Type") {
			t.Errorf("HEAD %s: %d, %d bytes, %v, GET has %v", path, head.Code, head.Body.Len(), head.Header(), get)
		}
	}
}

// Large answers are compressed for those who can read that, and small ones for nobody.
func TestGzip(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	for i := range 40 {
		rg.request("GET", fmt.Sprint("/route/", i), http.StatusOK, time.Millisecond)
	}
	h := rg.mon.Handler()
	for accept, zipped := range map[string]bool{
		"gzip": true, "br, gzip;q=0.5": true, "*": true, "GZIP": true, "": false, "br": false, "gzip;q=0": false, "*;q=0": false, "gzip;q=0, *": false, "gzip;q=x": false,
	} {
		for _, path := range []string{"/endpoints", "/openapi.json", "/page/style.css"} {
			w := testrig.Call(h, http.MethodGet, path, "Accept-Encoding", accept)
			if got := w.Header().Get("Content-Encoding") == "gzip"; got != zipped || w.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("GET %s with Accept-Encoding %q: %v", path, accept, w.Header())
			}
			if !zipped {
				continue
			}
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(z); err != nil || len(body) < 1024 || path == "/endpoints" && !json.Valid(body) {
				t.Errorf("GET %s: %d bytes, %v", path, len(body), err)
			}
		}
	}
	if w := testrig.Call(h, http.MethodGet, "/active", "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" {
		t.Errorf("a body of %d bytes was compressed", w.Body.Len())
	}
}
