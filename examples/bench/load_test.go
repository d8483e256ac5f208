// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// TestLoopsAskAsTheySay has both loops load the demo service.
func TestLoopsAskAsTheySay(t *testing.T) {
	srv := httptest.NewServer(demo(tracenoop.NewTracerProvider().Tracer(""), true))
	defer srv.Close()
	address := srv.Listener.Addr().String()
	took, err := closedLoop(address, 4, 100*time.Millisecond)
	if err != nil || len(took) < 4 || slices.Min(took) <= 0 {
		t.Errorf("the closed loop: %d requests, %v", len(took), err)
	}
	took, err = openLoop(address, 4, 500, 200*time.Millisecond)
	if err != nil || len(took) != 100 {
		t.Errorf("the open loop: %d requests, %v; want 100", len(took), err)
	}
}

func TestLoopsReportWhatGoesWrong(t *testing.T) {
	if _, err := closedLoop("127.0.0.1:1", 1, time.Millisecond); err == nil {
		t.Error("no error from a service that is not there")
	}
}

// TestServiceProcess runs each setup for a moment in a process of its own.
func TestServiceProcess(t *testing.T) {
	tt := turn{10 * time.Millisecond, 30 * time.Millisecond, 30 * time.Millisecond, 500}
	for _, s := range setups() {
		if l := tt.run(s); l.perSecond <= 0 || l.p50 <= 0 || l.p99 < l.p50 || l.cpu <= 0 || l.heap <= 0 {
			t.Errorf("%s: %+v", s.name, l)
		}
	}
}

// TestLinesHaveSetups keeps the two lists together.
func TestLinesHaveSetups(t *testing.T) {
	var names []string
	for _, s := range setups() {
		names = append(names, s.name)
	}
	for _, l := range serviceLines() {
		if !slices.Contains(names, l.with) || !slices.Contains(names, l.without) {
			t.Errorf("%s compares %q with %q, of which one is no setup", l.feature, l.with, l.without)
		}
	}
}
