// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
)

// timeoutPlaces are where http.TimeoutHandler and the middleware may stand to each other.
var timeoutPlaces = []struct {
	name  string
	owner bool // the outermost instance sees what the client gets when it gets it
	chain func(rg *rig, limit, app func(http.Handler) http.Handler) http.Handler
}{
	{"outside", true, func(rg *rig, limit, app func(http.Handler) http.Handler) http.Handler {
		return rg.otel(rg.mw(limit(app(nil))))
	}},
	{"inside", false, func(rg *rig, limit, app func(http.Handler) http.Handler) http.Handler {
		return rg.otel(limit(rg.mw(app(nil))))
	}},
	{"both", true, func(rg *rig, limit, app func(http.Handler) http.Handler) http.Handler {
		return rg.otel(rg.mw(limit(rg.mw(app(nil)))))
	}},
	{"below a mux", true, func(rg *rig, limit, app func(http.Handler) http.Handler) http.Handler {
		return rg.otel(rg.mw(muxOf("/api/", limit(http.StripPrefix("/api", rg.mw(app(nil)))))))
	}},
	{"around a mux with a mux in it", true, func(rg *rig, limit, app func(http.Handler) http.Handler) http.Handler {
		return rg.otel(rg.mw(limit(rg.mw(muxOf("/api/", http.StripPrefix("/api", rg.mw(app(nil))))))))
	}},
}

func TestRouteOfWhatTimesOut(t *testing.T) {
	for _, p := range timeoutPlaces {
		for _, slow := range []bool{true, false} {
			t.Run(p.name+map[bool]string{true: "/times out", false: "/in time"}[slow], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					release := make(chan struct{})
					app := func(http.Handler) http.Handler {
						return muxOf("GET /slow/{id}", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
							if slow {
								<-release
							}
							_, _ = io.WriteString(w, "too late")
						}))
					}
					limit := func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Second, "sorry") }
					rg := newRig(nil)
					path, route := "/slow/1", "/slow/{id}"
					if h := p.name; h == "below a mux" || h == "around a mux with a mux in it" {
						path, route = "/api"+path, "/api"+route
					}
					reply := testrig.Call(p.chain(rg, limit, app), http.MethodGet, path)
					want, outcome := http.StatusOK, slowlog.OutcomeOK
					if slow {
						want, outcome = http.StatusServiceUnavailable, slowlog.OutcomeServerError
					}
					if reply.Code != want {
						t.Errorf("reply %d, want %d", reply.Code, want)
					}
					span := rg.Spans.Ended()[0]
					if got := testrig.SpanAttr(span, "http.route"); got != route || span.Name() != "GET "+route {
						t.Errorf("span %q has route %q, want %q", span.Name(), got, route)
					}
					if got := rg.MetricRoutes(t); !slices.Equal(got, []string{route}) {
						t.Errorf("metric's routes %q, want %q", got, route)
					}
					close(release)
					synctest.Wait()
					if d := <-rg.done; d.Route != route || d.Status != want || d.Outcome != outcome || len(rg.done) != 0 {
						t.Errorf("reported %+v and %d more", d, len(rg.done))
					}
				})
			})
		}
	}
}

// A handler that is not followed by a mux keeps what is known, and a faulty mux harms nobody.
func TestForeseeingIsContained(t *testing.T) {
	rg := newRig(nil)
	rg.Serve(t, http.TimeoutHandler(rg.mw(faultyMux{}), time.Hour, ""), false)
	if _, body := rg.Get(t, "/"); body != "served" {
		t.Errorf("body %q", body)
	}
	if d := rg.nextDone(t); d.Outcome != slowlog.OutcomeOK || rg.counters.Faults.Count() != 1 {
		t.Errorf("reported %+v, %d faults", d, rg.counters.Faults.Count())
	}
}

type faultyMux struct{}

func (faultyMux) Handler(*http.Request) (http.Handler, string) { panic("no such thing") }
func (faultyMux) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "served")
}

func TestInsideTimeout(t *testing.T) {
	mux := http.NewServeMux()
	if got := insideTimeout(http.TimeoutHandler(mux, time.Second, "")); got != http.Handler(mux) {
		t.Errorf("found %T in a TimeoutHandler", got)
	}
	for _, h := range []http.Handler{nil, nop, mux, (*http.ServeMux)(nil)} {
		if got := insideTimeout(h); got != nil {
			t.Errorf("found %T in a %T", got, h)
		}
	}
}
