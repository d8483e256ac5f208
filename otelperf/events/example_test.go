// SPDX-License-Identifier: Apache-2.0

package events_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/otelperf/events"
)

// An event is counted at once, whether or not a log provider takes it.
func ExampleTracker_Track() {
	tracker, err := events.New()
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	defer func() { _ = tracker.Shutdown(ctx) }()

	err = tracker.Track(ctx, events.Event{
		Name:       "cart.item_added",
		SessionID:  "session-1",
		Properties: []attribute.KeyValue{attribute.Int("cart.items", 3)},
	})
	fmt.Println(err)
	fmt.Println(tracker.Track(ctx, events.Event{Name: "Cart: Item Added"}))

	s := tracker.Stats()
	fmt.Println(s.Names[0].Name, s.Names[0].Count, "of", s.Received, "received;", s.Sessions.Total, "session")
	// Output:
	// <nil>
	// events: refused: name: an event name is lower-case words joined by single dots or underscores, at most 128 bytes
	// cart.item_added 1 of 2 received; 1 session
}

// Browsers send to a handler below any prefix. The answer says what became of each event.
func ExampleTracker_Handler() {
	tracker, err := events.New(events.WithHandler(events.HandlerOptions{Rate: 50, MaxBatch: 10}))
	if err != nil {
		panic(err)
	}
	defer func() { _ = tracker.Shutdown(context.Background()) }()
	mux := http.NewServeMux()
	mux.Handle("/t/", http.StripPrefix("/t", tracker.Handler()))

	body := `{"session_id":"s1","events":[{"name":"search.done","id":"1"},{"name":"search.done","id":"1"}]}`
	r := httptest.NewRequest("POST", "/t/batch-track", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 202 {"accepted":1,"sampled_out":0,"refused":0,"dropped":1,"results":[{"index":0,"status":"accepted"},{"index":1,"status":"dropped","reason":"duplicate"}]}
}
