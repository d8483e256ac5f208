// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/slowlog"
)

// copied is a store on a copy of a file as it is: what a process that was killed at this moment has left.
func copied(t *testing.T, file string) *Store {
	t.Helper()
	data, err := os.ReadFile(file)
	to := path(t)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return open(t, to)
}

// incident is the one that is stored.
func incident(t *testing.T, store history.Store) (in history.Incident, sp otelperf.Spike) {
	t.Helper()
	n := 0
	for _, b := range historytest.Read(t, store, always(history.Incidents)) {
		for _, in = range b.Incidents {
			n++
		}
	}
	if n != 1 {
		t.Fatalf("%d incidents are stored, want one", n)
	}
	if err := json.Unmarshal(in.Detail, &sp); err != nil {
		t.Fatal(err)
	}
	return in, sp
}

// All that a Monitor knows is in its history: minute by minute while it runs, and to the last request after Shutdown.
func TestWhatAMonitorStores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := path(t)
		store := open(t, file)
		s := begin(t, store)
		s.run(15*time.Minute, 10, usual, "/checkout", "/items")
		if err := s.mon.Mark("blue"); err != nil {
			t.Fatal(err)
		}
		s.run(2*time.Minute+30*time.Second, 10, 60*usual, "/checkout")
		s.request("/items", usual, http.StatusInternalServerError)
		time.Sleep(time.Minute)

		killed := copied(t, file)
		s.checkRows(t, killed, time.Now().Truncate(time.Minute).Add(-time.Minute))
		in, sp := incident(t, killed)
		if !in.End.IsZero() || sp.State != "open" || sp.ID != in.ID || sp.Cause == "" || len(sp.SlowRequests) == 0 || len(sp.Endpoints) != 2 || sp.Endpoints[0].BaselineP99Ms == 0 {
			t.Errorf("the open incident is %+v", sp)
		}
		if err := killed.Close(); err != nil {
			t.Fatal(err)
		}

		s.run(12*time.Minute+17*time.Second, 10, usual, "/checkout", "/items")
		var live otelperf.Spike
		s.get(t, "spikes/"+sp.ID, &live)
		s.stop(t)
		s.checkRows(t, store, time.Now().Add(time.Hour))
		in, sp = incident(t, store)
		if in.End.IsZero() || sp.State != "ended" || !reflect.DeepEqual(sp, live) {
			t.Errorf("the incident is\n%+v, the page has\n%+v", sp, live)
		}
		requests := storedRequests(t, store)
		slow, bare, failed := 0, 0, 0
		for _, r := range requests {
			switch {
			case r.Failed():
				failed++
			case r.Route == "/checkout" && r.Anatomy != nil && len(r.Anatomy.Findings) > 0 && r.Anatomy.Root != nil:
				slow++
			default:
				bare++
			}
		}
		if slow < 10 || slow > 25 || bare != 0 || failed != 1 {
			t.Errorf("%d slow requests with an anatomy, %d without, and %d failed are stored, want 10 of the endpoint and hour and those that the spike named, 0 and 1", slow, bare, failed)
		}
		var marks []string
		for _, b := range historytest.Read(t, store, always(history.Marks)) {
			for _, m := range b.Marks {
				marks = append(marks, m.Kind+" "+m.Text)
			}
		}
		if texts := strings.Join(marks, ", "); !strings.Contains(texts, "start start") || !strings.Contains(texts, "blue") {
			t.Errorf("marks are %s", texts)
		}
		signals := map[string]int{}
		q := always(history.Signals)
		q.From, q.Step = time.Now().Add(-time.Hour), history.Minute
		for _, b := range historytest.Read(t, store, q) {
			for _, sig := range b.Signals {
				signals[sig.Name]++
				if sig.Max < sig.Mean {
					t.Errorf("signal %+v", sig)
				}
			}
		}
		for _, name := range []string{"goroutines", "heap"} {
			if !strings.Contains(fmt.Sprint(signals), name) {
				t.Errorf("of %s nothing is stored: %v", name, signals)
			}
		}
		for name, n := range signals {
			if n < 30 {
				t.Errorf("%d minutes of %s, want all 30", n, name)
			}
		}
		d := s.mon.Diagnostics().History
		if d.Error != "" || d.Lost != 0 || d.Failed != 0 || d.Written < 31 || d.Requests != uint64(len(requests)) || d.RequestsLeft == 0 {
			t.Errorf("diagnostics are %+v", d)
		}
	})
}

// A spike that is open when the service restarts goes on under its id with its evidence and its cause: with a history alone, after Shutdown
// and after a kill.
func TestSpikeGoesOnWithAHistoryAlone(t *testing.T) {
	for _, kill := range []bool{false, true} {
		t.Run(fmt.Sprint("killed ", kill), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file := path(t)
				store := open(t, file)
				s := begin(t, store)
				s.run(20*time.Minute, 10, usual, "/checkout", "/items")
				s.run(4*time.Minute+5*time.Second, 10, 10*usual, "/checkout")
				var before, after struct{ Spikes []otelperf.Spike }
				s.get(t, "spikes", &before)
				if len(before.Spikes) != 1 || before.Spikes[0].State != "open" || before.Spikes[0].Cause == "" {
					t.Fatalf("before: %+v", before.Spikes)
				}
				next := store
				if kill {
					next = copied(t, file)
				}
				s.stop(t)
				if !kill {
					if err := store.Close(); err != nil {
						t.Fatal(err)
					}
					next = open(t, file)
				}
				s = begin(t, next)
				s.get(t, "spikes", &after)
				if len(after.Spikes) != 1 {
					t.Fatalf("after: %+v", after.Spikes)
				}
				same := func(when string, now otelperf.Spike) {
					old := before.Spikes[0]
					if now.ID != old.ID || now.State != "open" || !now.Start.Equal(old.Start) || !now.At.Equal(old.At) || now.Cause != old.Cause || !reflect.DeepEqual(now.Causes, old.Causes) ||
						len(now.SlowRequests) == 0 || now.Endpoints[0].BaselineP99Ms != old.Endpoints[0].BaselineP99Ms || now.Endpoints[0].ThresholdMs != old.Endpoints[0].ThresholdMs ||
						now.Endpoints[0].Cause != old.Endpoints[0].Cause || now.Endpoints[0].Requests != old.Endpoints[0].Requests {
						t.Errorf("%s it is\n%+v\nbefore it was\n%+v", when, now, old)
					}
				}
				same("after the restart", after.Spikes[0])
				s.checkNothingLost(t, &before.Spikes[0], &after.Spikes[0])
				if summary := s.mon.Summary(otelperf.Window5m); len(summary.Spikes) != 1 || !reflect.DeepEqual(summary.Spikes[0], after.Spikes[0]) {
					t.Errorf("the summary has %+v", summary.Spikes)
				}
				s.run(7*time.Minute, 10, 10*usual, "/checkout")
				s.get(t, "spikes", &after)
				if now := after.Spikes[0]; len(after.Spikes) != 1 || now.ID != before.Spikes[0].ID || now.State != "open" || now.Cause == "" {
					t.Errorf("while it goes on it is %+v", after.Spikes)
				}
				s.run(15*time.Minute, 10, usual, "/checkout")
				s.stop(t)
				in, sp := incident(t, next)
				if in.ID != before.Spikes[0].ID || sp.State != "ended" || sp.Cause == "" {
					t.Errorf("at the end %+v is stored", sp)
				}
			})
		})
	}
}

// checkNothingLost finds all of a spike as it was before the restart, but for what can be of this process alone: the reason says that it was
// not confirmed since, parts of it are unseen and have no last minute, and what it has cost is as of the last minute that was stored. The requests
// that it names are there, with their anatomy.
func (s *service) checkNothingLost(t *testing.T, before, after *otelperf.Spike) {
	t.Helper()
	was, is := *before, *after
	if !strings.HasPrefix(is.Reason, strings.Split(was.Reason, ";")[0]) || !strings.Contains(is.Reason, "not confirmed since") {
		t.Errorf("the reason is %q, was %q", is.Reason, was.Reason)
	}
	if len(is.Endpoints) != len(was.Endpoints) {
		t.Fatalf("parts are %+v, were %+v", is.Endpoints, was.Endpoints)
	}
	if is.CostSlow == 0 || is.CostSlow > was.CostSlow+10 || is.CostRequests > was.CostRequests+10 || float64(is.CostSlow) < 0.7*float64(was.CostSlow) {
		t.Errorf("it has cost %d slow of %d, before the restart %d of %d", is.CostSlow, is.CostRequests, was.CostSlow, was.CostRequests)
	}
	may := func(s *otelperf.Spike) {
		s.Reason, s.CostRequests, s.CostSlow, s.CostExpectedSlow, s.CostFailed, s.CostExpectedFailed = "", 0, 0, 0, 0, 0
		s.Endpoints = slices.Clone(s.Endpoints)
		for i := range s.Endpoints {
			e := &s.Endpoints[i]
			e.Unseen, e.LastMs, e.LastRatio, e.ErrorRate = false, 0, nil, nil
			e.CostRequests, e.CostSlow, e.CostExpectedSlow, e.CostFailed, e.CostExpectedFailed = 0, 0, 0, 0, 0
		}
	}
	may(&was)
	may(&is)
	a, b := reflect.ValueOf(was), reflect.ValueOf(is)
	for i := range a.NumField() {
		f := a.Type().Field(i)
		x, y := text(t, a.Field(i), f), text(t, b.Field(i), f)
		if x != y {
			t.Errorf("%s is\n%s\nbefore it was\n%s", f.Name, y, x)
		}
	}
	if len(is.SlowRequests) == 0 {
		t.Error("it names no request")
	}
	for _, r := range is.SlowRequests {
		var found struct{ Requests []slowlog.Entry }
		if s.get(t, "slow/"+r.TraceID, &found); !r.Stored || len(found.Requests) != 1 || found.Requests[0].Anatomy == nil || found.Requests[0].Anatomy.Root == nil {
			t.Errorf("of %+v there is %+v", r, found.Requests)
		}
	}
	if zip := s.call(t, "spikes/"+is.ID+"/bundle"); len(zip) < 1000 {
		t.Errorf("the bundle has %d bytes", len(zip))
	}
}

// text is a field as JSON; "" for one that is not exported.
func text(t *testing.T, v reflect.Value, f reflect.StructField) string {
	t.Helper()
	if !f.IsExported() {
		return ""
	}
	out, err := json.Marshal(v.Interface())
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// A job that comes each hour is known to a Monitor that has nothing but the history, as to one that ran through; and is an alarm for one that
// begins anew.
func TestJobsAreKnownFromTheHistory(t *testing.T) {
	for _, how := range []string{"ran through", "history", "nothing"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file := path(t)
				store := open(t, file)
				s := begin(t, store)
				reported := 0
				hour := func() {
					s.run(40*time.Minute, 2, usual, "/checkout")
					s.run(3*time.Minute, 2, 12*usual, "/checkout")
					s.run(17*time.Minute, 2, usual, "/checkout")
				}
				for range 6 {
					hour()
				}
				switch how {
				case "history":
					s.stop(t)
					s = begin(t, store)
				case "nothing":
					s.stop(t)
					s = begin(t, nil)
				}
				began := time.Now()
				hour()
				for _, sp := range s.mon.Summary(otelperf.WindowAll).Spikes {
					if sp.At.After(began) {
						reported++
					}
				}
				if want := how == "nothing"; (reported > 0) != want {
					t.Errorf("%d spikes in the hour after, want some: %v", reported, want)
				}
				s.stop(t)
			})
		})
	}
}
