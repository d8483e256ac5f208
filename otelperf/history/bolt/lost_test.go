// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
)

// counted is what an answer says of how many requests there were, of whom it knows.
type counted struct {
	Count  uint64 `json:"count"`
	Stored struct {
		Note    string  `json:"note"`
		Missing float64 `json:"missing_seconds"`
		Gaps    []history.Span
	} `json:"stored"`
}

// checkHour checks that no longer time has less than what memory has of an hour, and returns what is said of a day.
func (s *service) checkHour(t *testing.T, when string, least uint64) (day counted) {
	t.Helper()
	s.asked++
	var hour counted
	s.get(t, "summary?window=1h", &hour)
	if hour.Count < least {
		t.Errorf("%s: 1h has %d, want %d", when, hour.Count, least)
	}
	for _, q := range []string{
		// The fixed time is one that was not asked for before, so that nothing of it is remembered.
		"window=7d", fmt.Sprintf("from=%d&to=%d", time.Now().Add(-5*time.Hour).Add(-time.Duration(s.asked)*time.Minute).Unix(), time.Now().Add(time.Minute).Unix()), "window=24h",
	} {
		day = counted{}
		if s.get(t, "summary?"+q, &day); day.Count < hour.Count {
			t.Errorf("%s: %s has %d, 1h has %d: %+v", when, q, day.Count, hour.Count, day.Stored)
		}
		var series struct {
			Points []struct{ Count uint64 }
		}
		s.get(t, "endpoints/series?method=GET&route=/items&"+q, &series)
		all := uint64(0)
		for _, p := range series.Points {
			all += p.Count
		}
		if all != day.Count {
			t.Errorf("%s: the chart of %s has %v of %d", when, q, all, day.Count)
		}
	}
	return day
}

// Of a file that is lost under a service a day has what the process still has in memory, at once and after it was begun anew, where it is stored again;
// what else is lost is said, also by the next process, for as long as the time before is asked for.
func TestWhatIsLostWithAFile(t *testing.T) {
	for name, lose := range map[string]func(file string) error{
		"deleted": os.Remove,
		"moved":   func(file string) error { return os.Rename(file, file+".old") },
		"cut":     func(file string) error { return os.Truncate(file, 3*int64(os.Getpagesize())) },
		"zeros":   func(file string) error { return os.WriteFile(file, make([]byte, 1<<20), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file := path(t)
				discard := WithLogger(slog.New(slog.DiscardHandler))
				store := open(t, file, discard)
				before := begin(t, store)
				before.run(10*time.Minute, 1, usual, "/items")
				before.stop(t)

				s := begin(t, store)
				s.run(75*time.Minute, 1, usual, "/items")
				s.request("/items", usual, http.StatusInternalServerError)
				s.run(2*time.Minute, 1, usual, "/items")
				if err := s.mon.Mark("blue"); err != nil {
					t.Fatal(err)
				}
				s.run(70*time.Second, 1, usual, "/items")
				if day := s.checkHour(t, "before", 3500); strings.Contains(day.Stored.Note, "anew") {
					t.Errorf("before: %+v", day)
				}
				if err := lose(file); err != nil {
					t.Skip(err) // of a system that has it locked
				}
				s.checkHour(t, "at once", 3500)
				s.run(time.Minute, 1, usual, "/items")
				begun := store.Renewal()
				const said = "was begun anew at "
				for i := range 3 {
					day := s.checkHour(t, fmt.Sprint("minute ", i), 3500)
					if !strings.Contains(day.Stored.Note, said+begun.At.Format(time.RFC3339)+", as its file was d") {
						t.Errorf("minute %d: note %q", i, day.Stored.Note)
					}
					s.run(time.Minute, 1, usual, "/items")
				}
				if state := s.mon.Diagnostics().History; state.Waiting > 1 || state.Lost > 0 {
					t.Errorf("%+v", state)
				}
				var since counted
				s.get(t, fmt.Sprintf("summary?from=%d&to=%d", begun.At.Add(time.Minute).Unix(), time.Now().Unix()), &since)
				if since.Stored.Note != "" {
					t.Errorf("of the time since: note %q", since.Stored.Note)
				}
				s.stop(t)
				marks := 0
				for _, b := range historytest.Read(t, store, always(history.Marks)) {
					for _, m := range b.Marks {
						if m.Text == "blue" {
							marks++
						}
					}
				}
				if failed := storedRequests(t, store); len(failed) != 1 || marks != 1 {
					t.Errorf("%d requests and %d marks are in the new file, want one each", len(failed), marks)
				}
				if err := store.Close(); err != nil {
					t.Error(err)
				}

				store = open(t, file, discard)
				s = begin(t, store)
				s.run(2*time.Minute, 1, usual, "/items")
				var day counted
				s.get(t, "summary?window=24h", &day)
				if day.Count < 3500 || !strings.Contains(day.Stored.Note, said+begun.At.Format(time.RFC3339)) {
					t.Errorf("by the next process: %+v", day)
				}
				s.stop(t)
			})
		})
	}
}

// Of an hour that is damaged in a file that is used on, a day has what the process has in memory, and says what it leaves out of the time before.
func TestDamagedHourThatMemoryHas(t *testing.T) {
	for name, bucket := range map[string][]byte{"rows": hoursBucket, "signals": signalHours} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // begins at midnight
				file := path(t)
				store := open(t, file)
				before := begin(t, store)
				before.run(5*time.Minute, 1, usual, "/items")
				before.stop(t)
				s := begin(t, store)
				s.run(57*time.Minute, 1, usual, "/items")
				hour := key32(time.Now().Add(-time.Hour).Unix() / 3600)
				if err := store.db.Update(func(tx *bbolt.Tx) error {
					b := tx.Bucket(bucket)
					value := append([]byte(nil), b.Get(hour)...)
					value[len(value)/2] ^= 1
					return b.Put(hour, value)
				}); err != nil {
					t.Fatal(err)
				}
				day := s.checkHour(t, "afterwards", 3400)
				if !strings.Contains(day.Stored.Note, "damaged") {
					t.Errorf("%+v", day)
				}
				s.stop(t)
			})
		})
	}
}

// A file that was damaged before it was opened was begun anew, which is known for as long as the new one is used.
func TestRenewalIsInTheFile(t *testing.T) {
	file, _ := filled(t)
	s := open(t, file)
	if r := s.Renewal(); !r.At.IsZero() {
		t.Errorf("a file as it was says %+v", r)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 3*int64(os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	first := open(t, file, WithLogger(slog.New(slog.DiscardHandler)))
	begun := first.Renewal()
	if age := time.Since(begun.At); age < 0 || age > time.Hour || begun.Why != "its file was damaged" {
		t.Errorf("%+v", begun)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if again := open(t, file).Renewal(); !again.At.Equal(begun.At) || again.Why != begun.Why {
		t.Errorf("afterwards %+v, before %+v", again, begun)
	}
}
