// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// The detector learns for ten seconds and wants several bad ones for an alarm, so this test takes them.
func TestSpikeArrivesAsLogWithItsTrace(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, c *collector.Collector, to Exporters) {
		s := NewService(t, to, Config{Options: []otelperf.Option{otelperf.WithBaseline(baseline.Config{Grace: time.Millisecond})}})
		slow := map[pcommon.TraceID]bool{}
		traffic := func(d time.Duration, until func() bool) {
			for !until() {
				for range 20 {
					id := s.Request("/pay", d).TraceID()
					slow[pcommon.TraceID(id)] = d > 500*time.Millisecond
				}
				time.Sleep(20 * time.Millisecond)
			}
		}
		traffic(20*time.Millisecond, known(s))
		began := time.Now()
		traffic(600*time.Millisecond, func() bool {
			return len(s.Mon.Summary(otelperf.Window1m).Spikes) > 0 || time.Since(began) > exampletest.Patience
		})
		t.Logf("detected after %.1f s", time.Since(began).Seconds())
		list := s.Mon.Summary(otelperf.Window1m).Spikes
		if len(list) == 0 {
			t.Fatal("no spike though all requests take 30 times longer")
		}
		must(t, s.Flush(t.Context()))
		record, ok := awaitLog(t, c, "otelperf.spike.started")
		if !ok {
			t.Fatal("the event did not arrive")
		}
		if record.SeverityNumber() != plog.SeverityNumberError4 || record.SeverityText() != "ERROR" {
			t.Errorf("severity %s %q, want Error4 ERROR", record.SeverityNumber(), record.SeverityText())
		}
		for key, want := range map[string]string{"otelperf.spike.id": list[0].ID, "otelperf.endpoint": "GET /pay", "otelperf.spike.state": "open"} {
			if got := attr(record.Attributes(), key); got != want {
				t.Errorf("%s is %q, want %q", key, got, want)
			}
		}
		if record.Body().AsString() == "" {
			t.Error("the event says nothing")
		}
		if !slow[record.TraceID()] || record.SpanID().IsEmpty() {
			t.Errorf("the event's trace %s is not that of a slow request", record.TraceID())
		}
		if !arrived(t, c, record.TraceID(), record.SpanID()) {
			t.Errorf("the event names trace %s, which did not arrive", record.TraceID())
		}
		checkMarked(t, c, s, list[0].ID)
	})
}

// known tells when the endpoint has a baseline, or never will.
func known(s *Service) func() bool {
	began := time.Now()
	return func() bool {
		rows := s.Mon.Summary(otelperf.Window1m).Endpoints
		return len(rows) > 0 && rows[0].BaselineP99Ms != nil || time.Since(began) > exampletest.Patience
	}
}

func awaitLog(t *testing.T, c *collector.Collector, event string) (found plog.LogRecord, ok bool) {
	t.Helper()
	Await(t, c, func(r *collector.Received) bool {
		for _, l := range r.Logs() {
			if l.EventName() == event {
				found, ok = l, true
			}
		}
		return ok
	})
	return found, ok
}

// arrived reports whether the span is among those that the collector has.
func arrived(t *testing.T, c *collector.Collector, trace pcommon.TraceID, span pcommon.SpanID) (ok bool) {
	t.Helper()
	Await(t, c, func(r *collector.Received) bool {
		for _, s := range r.Spans() {
			ok = ok || s.TraceID() == trace && s.SpanID() == span
		}
		return ok
	})
	return ok
}

// checkMarked looks at the span of one more request, which ends while the spike is open.
func checkMarked(t *testing.T, c *collector.Collector, s *Service, spikeID string) {
	t.Helper()
	sc := s.Request("/pay", 600*time.Millisecond)
	must(t, s.Flush(t.Context()))
	span := find(t, c, sc)
	if got := attr(span.Attributes(), "otelperf.spike.id"); got != spikeID {
		t.Errorf("a request during the spike has otelperf.spike.id %q, want %q", got, spikeID)
	}
	baseline, _ := span.Attributes().Get("otelperf.baseline.p99")
	ratio, _ := span.Attributes().Get("otelperf.baseline.ratio")
	near(t, "otelperf.baseline.p99", baseline.Double(), 0.02, 0.02)
	near(t, "otelperf.baseline.ratio", ratio.Double(), 30, 0.02)
}
