// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Minutes that were appended with rows and without signals are stored, too, beside those of a service, and where there are neither is a gap.
func TestRowsAreAPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		at := time.Now()
		for i := range 6 * 60 {
			if i/60 == 2 {
				continue
			}
			row := history.Row{Endpoint: conventions.Endpoint{Method: "GET", Route: "/imported"}}
			row.Outcomes[slowlog.OutcomeOK] = 60
			b := &history.Batch{Time: at.Add(time.Duration(i) * time.Minute), Step: history.Minute, Rows: []history.Row{row}}
			if err := store.Append(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(6 * time.Hour)
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		s.slowly(5*time.Minute, 20*time.Millisecond, "/a")
		sum := asker{t, s.mon.Handler()}.ask("/summary", "?window=24h")
		covered := 5*time.Hour + 5*time.Minute
		if got := sum["window_seconds"].(float64); got < covered.Seconds()-10 || got > covered.Seconds()+10 {
			t.Errorf("the window covers %v s, want %v", got, covered.Seconds())
		}
		if gaps := field(sum, "stored", "gaps").([]any); len(gaps) != 2 {
			t.Errorf("gaps are %v, want the beginning that is missing, and one of an hour", gaps)
		}
		s.mon.Shutdown(t.Context()) //nolint:errcheck // was not looked at
	})
}
