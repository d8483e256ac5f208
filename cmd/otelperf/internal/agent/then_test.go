// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/slowlog"
)

// yesterday is a service that has just been started, with a history of an hour of yesterday in which there was an incident.
func yesterday(t *testing.T, from time.Time) string {
	t.Helper()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	shop := historytest.NewShop(5, 20)
	for i := range 60 {
		b := shop.Minute(from.Add(time.Duration(i) * time.Minute))
		if i == 10 {
			detail, err := json.Marshal(otelperf.Spike{ID: "20260301T1400-1", Matter: "latency", Severity: "critical", State: "ended", Start: b.Time, At: b.Time, End: new(b.Time.Add(20 * time.Minute)),
				Reason: "p99 is 800 ms", Cause: "waiting for the lock at cart.go:88", Endpoints: []otelperf.SpikeEndpoint{{Method: "GET", Route: shop.Endpoints[0].Route, Kind: "http",
					Matter: "latency", State: "ended", Start: b.Time, End: new(b.Time.Add(20 * time.Minute)), P99Ms: 800, BaselineP99Ms: 20}}})
			if err != nil {
				t.Fatal(err)
			}
			b.Incidents = []history.Incident{{ID: "20260301T1400-1", Start: b.Time, End: b.Time.Add(20 * time.Minute), Detail: detail}}
			b.Requests = []*slowlog.Entry{{TraceID: trace.TraceID{7}, SpanID: trace.SpanID{7}, Method: "GET", Route: shop.Endpoints[0].Route, Kind: "http", Status: 200, Start: b.Time,
				Duration: 900 * time.Millisecond, Reason: slowlog.ReasonBaseline, Anatomy: &slowlog.Anatomy{}}}
		}
		historytest.Put(t, store, b)
	}
	mon, err := otelperf.New(otelperf.WithHistory(store))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.StripPrefix("/debug/otelperf", mon.Handler()))
	t.Cleanup(func() {
		s.Close()
		_ = mon.Shutdown(context.Background())
		_ = store.Close()
	})
	return s.URL
}

// What was wrong yesterday is answered for that time by all tools, from the verdict to where the time of a request went.
func TestYesterday(t *testing.T) {
	from := time.Now().Truncate(time.Hour).Add(-24 * time.Hour).UTC()
	s := connect(t, client.Options{}, yesterday(t, from))
	at := args{"at": from.Add(15 * time.Minute).Format(time.RFC3339), "for": "10m"}
	w := read[wrongAnswer](t, s, "whats_wrong", at)
	if w.Verdict != "slow" || len(w.Open) != 1 || w.Open[0].ID != "20260301T1400-1" || w.Open[0].Cause != "waiting for the lock at cart.go:88" || w.Time == nil ||
		!w.Time.From.Equal(from.Add(15*time.Minute)) || !w.Time.To.Equal(from.Add(25*time.Minute)) || w.Services[0].Requests == 0 {
		t.Errorf("then %+v", w)
	}
	for _, step := range w.Next {
		if strings.HasPrefix(step.Tool, "list_") && (step.Arguments["at"] != at["at"] || step.Arguments["for"] != "10m") {
			t.Errorf("leads to another time: %+v", step)
		}
	}
	if text := s.good(t, "whats_wrong", at); !strings.Contains(text, "from "+at["at"].(string)+" to ") || !strings.Contains(text, "cart.go:88") {
		t.Errorf("the text is %s", text)
	}
	if after := read[wrongAnswer](t, s, "whats_wrong", args{"at": from.Add(40 * time.Minute).Format(time.RFC3339)}); after.Verdict != "ok" || len(after.Open) != 0 {
		t.Errorf("after it %+v", after)
	}
	rows := read[rowsAnswer](t, s, "list_endpoints", args{"at": from.Format(time.RFC3339), "for": "1h", "order": "requests"})
	if rows.Count != 5 || rows.Window != "" || rows.Rows[0].Requests == 0 || rows.Rows[0].P99Ms == nil || !rows.Time.From.Equal(from) {
		t.Errorf("rows %+v", rows)
	}
	if list := read[incidentList](t, s, "list_incidents", at); len(list.Incidents) != 1 || list.Incidents[0].ID != "20260301T1400-1" {
		t.Errorf("incidents %+v", list)
	}
	if now := read[incidentList](t, s, "list_incidents", nil); len(now.Incidents) != 0 {
		t.Errorf("incidents of now: %+v", now)
	}
	if one := read[incidentAnswer](t, s, "get_incident", args{"id": "20260301T1400-1"}); len(one.Parts) != 1 || one.Parts[0].P99Ms != 800 {
		t.Errorf("the incident %+v", one)
	}
	slow := read[slowAnswer](t, s, "list_slow_requests", args{"at": from.Format(time.RFC3339), "for": "1h"})
	if slow.Count != 1 || slow.Requests[0].DurationMs != 900 {
		t.Fatalf("slow requests %+v", slow)
	}
	if one := read[traceAnswer](t, s, "get_slow_request", args{"trace_id": slow.Requests[0].TraceID}); len(one.Requests) != 1 || one.Requests[0].DurationMs != 900 {
		t.Errorf("the request %+v", one)
	}
	nothing := args{"at": from.Add(-48 * time.Hour).Format(time.RFC3339)}
	if none := read[wrongAnswer](t, s, "whats_wrong", nothing); none.Verdict != "unknown" || !none.Time.NothingStored ||
		!none.Time.From.Equal(from.Add(-48*time.Hour)) || none.Time.To.Sub(none.Time.From) != 5*time.Minute {
		t.Errorf("of a time that is not stored: %+v", none)
	}
	if text := s.good(t, "list_endpoints", nothing); !strings.Contains(text, "nothing is stored of the time from "+nothing["at"].(string)) {
		t.Errorf("of a time that is not stored: %s", text)
	}
}
