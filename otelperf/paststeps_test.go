// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// A fixed time is widened to the steps in which it is stored, of ten minutes or an hour, at both ends and in each answer: what they have of it is
// counted, and nothing of it is a gap.
func TestFixedTimeIsWidenedToWhatIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{Minutes: 12 * time.Hour, TenMinutes: 24 * time.Hour}
		midnight, row := time.Now().Truncate(24*time.Hour), history.Row{Endpoint: conventions.Endpoint{Method: "GET", Route: "/a"}}
		row.Outcomes[slowlog.OutcomeOK] = 6
		for i := range 36 * 60 { // by hours up to 12:00, by ten minutes up to 24:00, and then by minutes
			row.Durations = new(latency.Histogram)
			for range 6 {
				row.Durations.Record(20 * time.Millisecond)
			}
			b := &history.Batch{Time: midnight.Add(time.Duration(i) * time.Minute), Step: history.Minute, Rows: []history.Row{row}}
			b.Signals = []history.Signal{{Name: "go.goroutine.count", Mean: 9, Max: 9}}
			b.Marks = []history.Mark{{ID: fmt.Sprint("m", i), Time: b.Time.Add(30 * time.Second), Kind: "deploy", Text: "build", By: "ci"}}
			if err := store.Append(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Until(midnight.Add(36 * time.Hour)))
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		at := func(clock string) time.Time {
			d, err := time.ParseDuration(clock)
			if err != nil {
				t.Fatal(err)
			}
			return midnight.Add(d)
		}
		a := asker{t, s.mon.Handler()}
		for _, of := range []struct{ from, to, counted, until string }{
			{"14h31m", "23h31m", "14h30m", "23h40m"},
			{"14h39m", "18h1m", "14h30m", "18h10m"},
			{"14h57m", "18h0m", "14h50m", "18h0m"},
			{"14h57m", "16h1m", "14h50m", "16h10m"},
			{"14h41m", "14h42m", "14h40m", "14h50m"},
			{"14h40m", "14h50m", "14h40m", "14h50m"},
			{"2h31m", "5h58m", "2h0m", "6h0m"},
			{"2h10m", "3h20m", "2h0m", "4h0m"},
			{"2h59m", "3h0m", "2h0m", "3h0m"},
			{"9h50m", "14h31m", "9h0m", "14h40m"},
			{"22h11m", "25h31m", "22h10m", "25h31m"},
			{"26h11m", "29h31m", "26h11m", "29h31m"},
		} {
			from, to := at(of.counted), at(of.until)
			if got := len(listOf(a.ask("/summary", "?from=%d&to=%d", at(of.from).Unix(), at(of.to).Unix()), "marks")); got != min(int(to.Sub(from)/time.Minute), 100) {
				t.Errorf("from %s to %s: %d marks, want one of each minute from %v to %v, at most 100", of.from, of.to, got, from, to)
			}
			for _, path := range []string{"/summary", "/endpoints", "/endpoints/series", "/endpoints/distribution", "/endpoints/heatmap"} {
				is := fmt.Sprintf("%s from %s to %s", path, of.from, of.to)
				v := a.ask(path, "?from=%d&to=%d&method=GET&route=/a", at(of.from).Unix(), at(of.to).Unix())
				got, until := timeOf(t, v["from"]), timeOf(t, v["to"])
				points := listOf(v, "points")
				if path == "/endpoints/heatmap" {
					points = listOf(v, "columns")
				}
				n, _ := v["count"].(float64)
				switch {
				case len(points) > 0: // steps of a line may be longer than those that are stored
					if got.After(from) || until.Before(to) || from.Sub(got) >= 10*time.Minute || until.Sub(to) >= 10*time.Minute {
						t.Errorf("%s: counted is %v to %v, want at least %v to %v", is, got, until, from, to)
					}
					for _, p := range points {
						n += p["count"].(float64)
					}
				case !got.Equal(from) || !until.Equal(to):
					t.Errorf("%s: counted is %v to %v, want %v to %v", is, got, until, from, to)
				}
				if path == "/endpoints" {
					n = listOf(v, "endpoints")[0]["count"].(float64)
				}
				seconds := v["window_seconds"].(float64)
				if seconds != until.Sub(got).Seconds() || n < seconds/10-2 || n > seconds/10+2 {
					t.Errorf("%s: %v requests in %v s, want one each 10 s from %v to %v", is, n, seconds, got, until)
				}
				stored := v["stored"].(map[string]any)
				if gaps := listOf(stored, "gaps"); len(gaps) > 0 {
					t.Errorf("%s: gaps are %v", is, gaps)
				}
				if !strings.HasPrefix(path, "/endpoints/") && (!timeOf(t, stored["from"]).Equal(from) || !timeOf(t, stored["to"]).Equal(to)) {
					t.Errorf("%s: stored is %v to %v", is, stored["from"], stored["to"])
				}
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
