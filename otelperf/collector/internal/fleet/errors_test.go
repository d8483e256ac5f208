// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// TestErrorsOfAnIncident: what has failed more than usual says with what, whether spans are held or not, and after which mark it began.
func TestErrorsOfAnIncident(t *testing.T) {
	for name, bytes := range map[string]int64{"with anatomies": 0, "without": -1} {
		t.Run(name, func(t *testing.T) {
			f := newTrial(t, Settings{SpanBytes: bytes})
			n := uint64(0)
			second := func(failing bool) {
				b := newBatch()
				for i := range 5 {
					n++
					sp := b.get("shop", "/pay", n, f.now.Add(time.Duration(i)*150*time.Millisecond), time.Duration(20+n*7919%7)*time.Millisecond)
					if failing && i > 1 {
						sp.Attributes().PutInt("http.response.status_code", 500)
						sp.Attributes().PutStr("error.type", "CardDeclined")
						sp.Status().SetCode(ptrace.StatusCodeError)
						sp.Status().SetMessage("no card")
					}
				}
				f.send(b.Traces)
				f.pass(time.Second)
			}
			for range 600 {
				second(false)
			}
			s := f.Find("shop")
			s.Marks().Add(marks.Mark{Time: f.now, Kind: marks.Deploy, Text: "new prices", By: "ann"})
			for range 60 {
				second(true)
			}
			all := s.Engine().Incidents()
			if len(all) != 1 || all[0].Parts[0].Matter != engine.Failures {
				t.Fatalf("incidents are %+v", all)
			}
			if p := &all[0].Parts[0]; len(p.Errors) != 1 || p.Errors[0].Type != "CardDeclined" || p.Errors[0].Message != "no card" || !p.Errors[0].Last.TraceID.IsValid() || p.Errors[0].Count < 20 {
				t.Errorf("its errors are %+v", p.Errors)
			}
			if len(all[0].Examples) == 0 {
				t.Error("it has no example")
			}
			if !strings.Contains(all[0].After, "new prices") {
				t.Errorf("it is said to have begun after %q", all[0].After)
			}
		})
	}
}

// TestErrorsOfMetrics: failed requests that came as metrics are counted by the type that their points name, or by their status.
func TestErrorsOfMetrics(t *testing.T) {
	f := newTrial(t, Settings{})
	n := newNode("pod-1", f.now)
	n.serve(30*time.Millisecond, 200)
	for range 3 {
		n.serve(30*time.Millisecond, 503)
	}
	f.pass(time.Minute)
	f.Metrics(f.now, n.export("shop", f.now))
	first := f.now
	f.pass(time.Minute)
	n.serve(30*time.Millisecond, 503)
	n.serve(30*time.Millisecond, 404)
	f.Metrics(f.now, n.export("shop", f.now))
	all := f.Find("shop").Errors()
	if len(all) != 1 || all[0].Type != "503" || all[0].Count != 4 || all[0].Route != "/items/:id" || all[0].Kind != conventions.KindHTTP || all[0].Panics != 0 {
		t.Fatalf("failures are %+v", all)
	}
	if g := &all[0]; !g.First.Equal(first) || !g.Last.Equal(f.now) || g.LastTraceID.IsValid() || !g.LastStart.IsZero() {
		t.Errorf("the group is %+v", g)
	}
}

// TestNormalOfAnEndpoint: what ordinary requests spend their time on is known of rows that there are.
func TestNormalOfAnEndpoint(t *testing.T) {
	f := newTrial(t, Settings{})
	for n := range uint64(20) {
		b := newBatch()
		order(b, n+1, f.now, 20*time.Millisecond)
		f.send(b.Traces)
		f.pass(time.Second)
	}
	f.pass(10 * time.Second)
	s := f.Find("checkout")
	normal, ok := s.Normal(conventions.Endpoint{Kind: conventions.KindHTTP, Method: "POST", Route: "/orders"})
	if !ok || normal.Samples < 5 || normal.Breakdown[slowlog.HTTP] == 0 {
		t.Errorf("what is normal is %+v, %v", normal, ok)
	}
	if normal, ok := s.Normal(conventions.Endpoint{Kind: conventions.KindHTTP, Method: "GET", Route: "/nothing"}); ok {
		t.Errorf("of no row it is %+v", normal)
	}
}
