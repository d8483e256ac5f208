// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"fmt"
	"runtime"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
)

// sayMemory has 20 services with 500 endpoints each that are asked once a second, for 400 seconds.
func sayMemory() {
	before := heap()
	f, err := fleet.New(fleet.Settings{})
	if err != nil {
		panic(err)
	}
	f.KeepTotals()
	now := time.Unix(1_800_000_000, 0)
	var take, tick time.Duration
	const seconds = 400
	for n := range seconds {
		now = now.Add(time.Second)
		td := everyEndpoint(now, n)
		began := cpu()
		f.Traces(now, td)
		taken := cpu()
		f.Tick(now)
		take, tick = take+taken-began, tick+cpu()-taken
	}
	h := heap() - before
	st := f.Stats()
	runtime.KeepAlive(f)
	each := float64(h-uint64(st.SpansHeld)) / 1e4
	fmt.Printf("10,000 endpoints at 1/s: %.0f MB, and %.0f MB of spans that are held: %.1f kB an endpoint; a tick costs %.1f times taking its requests in\n",
		float64(h-uint64(st.SpansHeld))/1e6, float64(st.SpansHeld)/1e6, each/1e3, float64(tick)/float64(take))
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func everyEndpoint(now time.Time, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	for s := range 20 {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", fmt.Sprintf("s%d", s))
		spans := rs.ScopeSpans().AppendEmpty().Spans()
		for e := range 500 {
			d := time.Duration(10+(e*7+n*13)%90) * time.Millisecond
			sp := span(spans, pcommon.TraceID{1, byte(n), byte(e), byte(e >> 8), byte(s)}, pcommon.SpanID{1, byte(e), byte(e >> 8)}, ptrace.SpanKindServer, now.Add(-d), now)
			sp.SetName("GET /x")
			put(sp.Attributes(), "http.request.method", "GET", "http.route", fmt.Sprintf("/r%d", e), "http.response.status_code", 200)
		}
	}
	return td
}
