// SPDX-License-Identifier: Apache-2.0

package slowlog_test

import (
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Keeping the slow runs of a job, in a program without HTTP and without an SDK.
func Example() {
	log, err := slowlog.New(slowlog.WithLimits(slowlog.Limits{Recent: 20}))
	if err != nil {
		fmt.Println(err)
		return
	}
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, d := range []time.Duration{time.Second, 3 * time.Second, 2 * time.Second} {
		log.Add(&slowlog.Entry{
			Method: "job", Route: "nightly report", Kind: "job", Outcome: slowlog.OutcomeOK, Reason: slowlog.ReasonThreshold,
			Start: start.AddDate(0, 0, i), Duration: d, Threshold: 500 * time.Millisecond,
		})
	}
	for e := range log.Recent(2) {
		fmt.Println(e.Endpoint(), e.Duration, e.Start.Format(time.DateOnly))
	}
	fmt.Println("slow so far:", log.Count())
	// Output:
	// job nightly report 2s 2026-01-04
	// job nightly report 3s 2026-01-03
	// slow so far: 3
}

// Where the time of a request went: an N+1 and a slow call.
func ExampleBuild() {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	root := slowlog.Span{SpanID: trace.SpanID{1}, Name: "GET /checkout", Kind: trace.SpanKindServer, Start: at(0), End: at(601)}
	var children []slowlog.Span
	for i := range 80 {
		children = append(children, slowlog.Span{
			SpanID: trace.SpanID{2, byte(i)}, Parent: root.SpanID, Name: "query", Kind: trace.SpanKindClient, Start: at(5 * i), End: at(5*i + 4),
			Call: slowlog.Call{Category: slowlog.DB, DBSystem: "postgresql", DBStatement: fmt.Sprintf("SELECT name FROM users WHERE id = %d", i)},
		})
	}
	anatomy := slowlog.Build(root, children, slowlog.BuildOptions{})
	for _, n := range anatomy.Root.Children {
		fmt.Printf("%d × %s, %g ms: %s\n", n.Count, n.Detail, n.TotalMs, n.Attributes["db.query.text"])
	}
	for _, f := range anatomy.Findings {
		fmt.Println(f.Text)
	}
	// Output:
	// 80 × SELECT users, 320 ms: SELECT name FROM users WHERE id = ?
	// 80 calls of SELECT users took 320 of 601 ms
	// 202 ms after the last child, SELECT users: own code, queueing or GC
}

// Drawing an entry on a terminal.
func ExampleRender() {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	root := slowlog.Span{SpanID: trace.SpanID{1}, Name: "GET /items", Kind: trace.SpanKindServer, Start: start, End: start.Add(640 * time.Millisecond)}
	inventory := slowlog.Span{
		SpanID: trace.SpanID{2}, Parent: root.SpanID, Name: "GET", Kind: trace.SpanKindClient,
		Start: start.Add(10 * time.Millisecond), End: start.Add(622 * time.Millisecond),
		Call: slowlog.Call{Category: slowlog.HTTP, HTTPMethod: "GET", URLFull: "http://inventory/items/17"},
	}
	e := &slowlog.Entry{
		Method: "GET", Route: "/items", Outcome: slowlog.OutcomeOK, Status: 200, Start: start, Duration: 640 * time.Millisecond,
		Anatomy: slowlog.Build(root, []slowlog.Span{inventory}, slowlog.BuildOptions{}),
	}
	if err := slowlog.Render(os.Stdout, e, 80); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 640 ms  GET /items 200 ok  2026-01-02T03:04:05Z
	//   trace     00000000000000000000000000000000  span 0000000000000000
	//     640 ms  ████████████████████  GET /items  self 28
	//     612 ms  ███████████████████·  └─ GET http://inventory/items/{id}
	//
	//   • 612 of 640 ms in GET http://inventory/items/{id}
}
