// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

// places are where the middleware may stand. All but the first repair.
var places = []struct {
	name    string
	repairs bool
	chain   func(rg *rig, app http.Handler) http.Handler
}{
	{"outside", false, func(rg *rig, app http.Handler) http.Handler { return rg.mw(rg.otel(app)) }},
	{"inside", true, func(rg *rig, app http.Handler) http.Handler { return rg.otel(rg.mw(app)) }},
	{"both", true, func(rg *rig, app http.Handler) http.Handler { return rg.mw(rg.otel(rg.mw(app))) }},
	{"twice inside", true, func(rg *rig, app http.Handler) http.Handler { return rg.otel(rg.mw(rg.mw(app))) }},
	{"thrice", true, func(rg *rig, app http.Handler) http.Handler { return rg.mw(rg.otel(rg.mw(rg.mw(app)))) }},
	{"inside, WithContext above", true, func(rg *rig, app http.Handler) http.Handler { return rg.otel(testrig.Lose(rg.mw(app))) }},
	{"both, WithContext between", true, func(rg *rig, app http.Handler) http.Handler { return rg.mw(rg.otel(testrig.Lose(rg.mw(app)))) }},
	{"inside, WithContext between", true, func(rg *rig, app http.Handler) http.Handler { return rg.otel(rg.mw(testrig.Lose(rg.mw(app)))) }},
}

var situations = []struct {
	name, method, path string
	leaves             bool // the client does, once the handler waits
	broken             bool // the client gets an error
	hadAll             bool // the reply is whole when the client leaves: it has an error only if it had not read it yet
	route, spanName    string
	outcome            slowlog.Outcome
	status             int
	noMetric           bool
}{
	{name: "ok", path: "/users/7", route: "/users/{id}", outcome: slowlog.OutcomeOK, status: 200},
	{name: "empty", path: "/any/a/b", route: "/any/{rest...}", outcome: slowlog.OutcomeOK, status: 200},
	{name: "server error", path: "/fail", route: "/fail", outcome: slowlog.OutcomeServerError, status: 502},
	{name: "client error", path: "/gone/1", route: "/gone/{id}", outcome: slowlog.OutcomeClientError, status: 404},
	{name: "no route matches", path: "/wp-admin/1", route: "", spanName: "GET", outcome: slowlog.OutcomeClientError, status: 404},
	{name: "unknown method", method: "BREW", path: "/any/pot", route: "/any/{rest...}", spanName: "HTTP /any/{rest...}", outcome: slowlog.OutcomeOK, status: 200},
	{name: "panic", path: "/panic", broken: true, route: "/panic", outcome: slowlog.OutcomePanic, status: 500, noMetric: true},
	{name: "abort", path: "/abort", broken: true, route: "/abort", outcome: slowlog.OutcomeAborted, status: 0, noMetric: true},
	{name: "client leaves before anything", path: "/wait", leaves: true, broken: true, route: "/wait", outcome: slowlog.OutcomeCanceled, status: 499},
	{name: "handler fails since client left", path: "/wait/fail", leaves: true, broken: true, route: "/wait/fail", outcome: slowlog.OutcomeCanceled, status: 499},
	{name: "handler replies when client left", path: "/wait/late", leaves: true, broken: true, route: "/wait/late", outcome: slowlog.OutcomeCanceled, status: 499},
	{name: "client leaves in the middle", path: "/wait/part", leaves: true, broken: true, route: "/wait/part", outcome: slowlog.OutcomeCanceled, status: 499},
	{name: "client leaves after it had all", path: "/wait/whole", leaves: true, hadAll: true, route: "/wait/whole", outcome: slowlog.OutcomeOK, status: 200},
	{name: "client leaves server-sent events", path: "/events", leaves: true, broken: true, route: "/events", outcome: slowlog.OutcomeStream, status: 200},
}

func TestEachSituationInEachPlace(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, place := range places {
			for _, s := range situations {
				name := map[bool]string{false: "HTTP1/", true: "HTTP2/"}[http2] + place.name + "/" + s.name
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					rg := newRig(nil)
					begun := make(chan struct{}, 1)
					rg.Serve(t, place.chain(rg, testrig.Shop(begun)), http2)

					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if s.leaves {
						go func() { <-begun; cancel() }()
					}
					method := s.method
					if method == "" {
						method = http.MethodGet
					}
					_, _, err := rg.Do(ctx, method, s.path)
					if broken := err != nil; broken != s.broken && !s.hadAll {
						t.Fatalf("client's error: %v, want one: %t", err, s.broken)
					}
					if s.hadAll {
						rg.Server.Client().CloseIdleConnections()
					}

					d := rg.nextDone(t)
					if d.Outcome != s.outcome || d.Status != s.status {
						t.Errorf("reported %s %d, want %s %d", d.Outcome, d.Status, s.outcome, s.status)
					}
					if len(rg.done) != 0 {
						t.Errorf("the request was reported more than once")
					}
					span := rg.Ended(t, 1)
					if !place.repairs {
						return
					}
					if d.Route != s.route || testrig.SpanAttr(span, "http.route") != s.route {
						t.Errorf("route %q, on the span %q, want %q", d.Route, testrig.SpanAttr(span, "http.route"), s.route)
					}
					spanName := s.spanName
					if spanName == "" {
						spanName = "GET " + s.route
					}
					if span.Name() != spanName {
						t.Errorf("span name %q, want %q", span.Name(), spanName)
					}
					wantOutcome := s.outcome.String()
					if s.outcome.StatusTells() {
						wantOutcome = ""
					}
					if got := testrig.SpanAttr(span, outcomeKey); got != wantOutcome {
						t.Errorf("outcome on the span %q, want %q", got, wantOutcome)
					}
					if d.SpanID != span.SpanContext().SpanID() {
						t.Errorf("reported span %s, want %s", d.SpanID, span.SpanContext().SpanID())
					}
					wantRoutes := []string{s.route}
					if s.noMetric {
						wantRoutes = nil
					}
					if got := rg.MetricRoutes(t); !slices.Equal(got, wantRoutes) {
						t.Errorf("routes of the metric %q, want %q", got, wantRoutes)
					}
					if wantPanics := map[bool]int{true: 1}[s.outcome == slowlog.OutcomePanic]; len(rg.panics) != wantPanics {
						t.Errorf("%d panics reported, want %d", len(rg.panics), wantPanics)
					}
				})
			}
		}
	}
}
