// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"slices"
	"testing"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
)

// The requests of an incident are those that it is about, also those that failed, which the service notes no incident with.
func TestRequestsOfAnIncident(t *testing.T) {
	const requests = `[
		{"trace_id": "01", "method": "GET", "route": "/pay", "kind": "http", "outcome": "panic", "time": "2026-03-01T12:00:30Z", "duration_ms": 2, "reason": "failed"},
		{"trace_id": "02", "method": "GET", "route": "/pay", "kind": "http", "outcome": "server_error", "time": "2026-03-01T12:00:31Z", "duration_ms": 2, "reason": "failed"},
		{"trace_id": "03", "method": "GET", "route": "/pay", "kind": "http", "outcome": "panic", "time": "2026-03-01T11:58:00Z", "duration_ms": 2, "reason": "failed"},
		{"trace_id": "04", "method": "GET", "route": "/pay", "kind": "http", "outcome": "panic", "time": "2026-03-01T12:09:00Z", "duration_ms": 2, "reason": "failed"},
		{"trace_id": "05", "method": "GET", "route": "/other", "kind": "http", "outcome": "server_error", "time": "2026-03-01T12:00:30Z", "duration_ms": 2, "reason": "failed"},
		{"trace_id": "06", "method": "GET", "route": "/catalog", "kind": "http", "outcome": "ok", "time": "2026-03-01T12:00:29Z", "duration_ms": 120, "reason": "baseline"},
		{"trace_id": "07", "method": "GET", "route": "/catalog", "kind": "http", "outcome": "ok", "time": "2026-03-01T12:00:28Z", "duration_ms": 20, "reason": "baseline"},
		{"trace_id": "08", "method": "GET", "route": "/catalog", "kind": "http", "outcome": "ok", "time": "2026-03-01T12:00:27Z", "duration_ms": 90, "reason": "spike", "spike_id": "two"}]`
	const spikes = `[{"id": "one", "state": "open", "start": "2026-03-01T12:00:00Z", "endpoints": [
			{"method": "GET", "route": "/other", "kind": "http", "matter": "failures", "state": "open", "start": "2026-03-01T12:00:00Z"}]},
		{"id": "two", "state": "open", "start": "2026-03-01T12:00:00Z", "endpoints": [
			{"method": "GET", "route": "/pay", "kind": "http", "matter": "panics", "state": "ended", "start": "2026-03-01T12:00:00Z", "end": "2026-03-01T12:05:00Z"},
			{"method": "GET", "route": "/catalog", "kind": "http", "matter": "latency", "state": "open", "start": "2026-03-01T12:00:00Z", "threshold_ms": 100}]}]`
	s := connect(t, client.Options{}, scripted(t, func(path string) string {
		switch path {
		case "slow":
			return `{` + quietSummary + `, "slow": ` + requests + `}`
		case "spikes":
			return `{` + quietSummary + `, "spikes": ` + spikes + `}`
		}
		return ""
	}))
	for show, want := range map[string][]string{"all": {"01", "06", "08"}, "failed": {"01"}, "slow": {"06", "08"}} {
		var got []string
		for _, r := range read[slowAnswer](t, s, "list_slow_requests", args{"incident": "two", "show": show}).Requests {
			got = append(got, r.TraceID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s are %v, want %v", show, got, want)
		}
	}
	if a := read[slowAnswer](t, s, "list_slow_requests", args{"incident": "three"}); a.Count != 0 {
		t.Errorf("an incident that is not stored has %+v", a.Requests)
	}
}
