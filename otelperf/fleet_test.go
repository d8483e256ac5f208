// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/fleet"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// shops are three instances of a service, of which each has a share of the requests.
type shops struct {
	store testrig.Fleet
	rigs  []*rig
	dice  *rand.Rand
	took  []float64 // ms of each request of the last five minutes and what is running, of all instances
}

func newShops(t *testing.T, names ...string) *shops {
	s := &shops{dice: rand.New(rand.NewPCG(1, 2))}
	for _, name := range names {
		s.rigs = append(s.rigs, newRig(t, plan{name: name}, everybody, otelperf.WithFleet(&s.store)))
	}
	return s
}

// run has each instance serve twenty requests a second, the one at slow with durations five times those of the others.
func (s *shops) run(d time.Duration, slow int) {
	for range int(d / time.Second) {
		for i, rg := range s.rigs {
			for range 20 {
				ms := 10 * math.Exp(.7*s.dice.NormFloat64())
				if i == slow {
					ms *= 5
				}
				rg.request(http.MethodGet, "/item/{id}", 200, time.Duration(ms*1e6))
				s.took = append(s.took, ms)
			}
		}
		time.Sleep(time.Second)
	}
}

// ask reads an answer of an instance; the status is what is wanted.
func (s *shops) ask(t *testing.T, at int, path string, status int, into any) string {
	t.Helper()
	w := testrig.Call(s.rigs[at].mon.Handler(), http.MethodGet, "/"+path)
	if w.Code != status {
		t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	return w.Body.String()
}

// Any instance answers for all: with counts that add up, quantiles of all requests, the list of instances, and who is out of line.
func TestFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShops(t, "shop-a", "shop-b", "shop-c")
		s.run(11*time.Minute, 2)
		for at := range s.rigs {
			var all, own otelperf.Summary
			s.ask(t, at, "summary?scope=fleet&window=all", 200, &all)
			s.ask(t, at, "summary?window=all", 200, &own)
			if own.Fleet != nil || own.Count != 11*60*20 {
				t.Errorf("an instance alone has %d requests, and fleet %+v", own.Count, own.Fleet)
			}
			if n := uint64(len(s.took)); all.Count > n || all.Count < n-2*20*6 || all.TotalRequests != all.Count {
				t.Errorf("of %d requests the fleet has %d, %d in all", n, all.Count, all.TotalRequests)
			}
			slices.Sort(s.took)
			for q, got := range map[float64]*float64{.5: all.P50Ms, .95: all.P95Ms, .99: all.P99Ms} {
				if want := s.took[int(q*float64(len(s.took)))]; math.Abs(*got/want-1) > .03 {
					t.Errorf("quantile %v is %v ms, want %v", q, *got, want)
				}
			}
			f := all.Fleet
			if f.Count != 3 || len(f.Instances) != 3 || f.AgeSeconds > 6 || f.Error != "" || f.ReadAt == nil || math.Abs(*all.Rate-60) > 1 {
				t.Fatalf("the fleet is %+v, %v requests a second", f, *all.Rate)
			}
			for i, in := range f.Instances {
				if in.Instance != "shop-"+string(rune('a'+i)) || in.Version != "1.2.3" || !in.Counted || in.This != (i == at) || math.Abs(*in.Rate-20) > .5 || in.OutOfLine > 0 != (i == 2) {
					t.Errorf("instance %d is %+v", i, in)
				}
			}
			if len(f.OutOfLine) != 1 || f.OutOfLine[0].Instance != "shop-c" || f.OutOfLine[0].Matter != "latency" || *f.OutOfLine[0].OwnMs < 2**f.OutOfLine[0].OthersMs {
				t.Errorf("out of line is %+v", f.OutOfLine)
			}
			if !strings.Contains(all.Verdict.Detail, "shop-c is out of line at GET /item/{id}") {
				t.Errorf("the verdict is %+v", all.Verdict)
			}
			if r := all.Endpoints[0]; r.Fleet.Instances != 3 || r.BaselineP99Ms != nil || *r.Fleet.BaselineMaxMs < 2**r.Fleet.BaselineMinMs || r.State != "normal" {
				t.Errorf("the row is %+v of %+v", r, r.Fleet)
			}
		}
		var list struct {
			Count     int
			Endpoints []struct {
				Count     uint64
				Histogram struct{ Count uint64 }
			}
		}
		s.ask(t, 0, "endpoints?scope=fleet&window=5m&histogram=true", 200, &list)
		if r := list.Endpoints; list.Count != 1 || r[0].Count < 3*20*290 || r[0].Histogram.Count != r[0].Count {
			t.Errorf("the rows are %+v", list)
		}
		s.ask(t, 0, "dependencies?scope=fleet", 200, &list)
	})
}

// A spike at one instance is in the answer of the others, which say where it is.
func TestSpikeOfAnotherInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShops(t, "shop-a", "shop-b")
		s.run(20*time.Minute, -1)
		s.run(40*time.Second, 1)
		time.Sleep(6 * time.Second)
		var all otelperf.Summary
		s.ask(t, 0, "summary?scope=fleet", 200, &all)
		if len(all.Spikes) != 1 || all.Spikes[0].Instance != "shop-b" || all.Spikes[0].State != "open" || all.Endpoints[0].State != "spiking" ||
			all.Verdict.Status != "slow" || !strings.Contains(all.Verdict.Detail, "At one of 2 instances: shop-b.") {
			t.Errorf("spikes are %+v, the verdict %+v", all.Spikes, all.Verdict)
		}
		var list struct{ Count, Open int }
		s.ask(t, 0, "spikes?scope=fleet", 200, &list)
		if list.Count != 1 || list.Open != 1 {
			t.Errorf("the list has %+v", list)
		}
		var own otelperf.Summary
		if s.ask(t, 0, "summary", 200, &own); len(own.Spikes) != 0 || own.Verdict.Status != "ok" {
			t.Errorf("the one that is well has %+v, %+v", own.Spikes, own.Verdict)
		}
	})
}

// fleetOf is what an instance says of the fleet.
func (s *shops) fleetOf(t *testing.T, at int) (sum otelperf.Summary) {
	t.Helper()
	s.ask(t, at, "summary?scope=fleet", 200, &sum)
	return sum
}

// Without the store an instance's own numbers go on, and those of the others for as long as they are recent; all say so, the log once a minute.
func TestFleetWithoutItsStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShops(t, "shop-a", "shop-b")
		s.run(2*time.Minute, -1)
		if f := s.fleetOf(t, 0); f.Fleet.Count != 2 {
			t.Fatalf("the fleet is %+v", f.Fleet)
		}
		for _, store := range []struct { // in this order, since they share a log
			name string
			do   func(context.Context) error
		}{
			{"is gone", func(context.Context) error { return errors.New("connection refused") }},
			{"panics", func(context.Context) error { panic("out of order") }},
			{"is slow", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
			{"does not heed", func(context.Context) error { time.Sleep(10 * time.Minute); return nil }},
			{"is slow by 1 s", func(context.Context) error { time.Sleep(time.Second); return nil }},
		} {
			name := store.name
			s.store.Set(store.do)
			s.run(20*time.Second, -1)
			began := time.Now()
			f := s.fleetOf(t, 0)
			if waited := time.Since(began); waited > 3*time.Second {
				t.Errorf("a store that %s is waited for %v", name, waited)
			}
			works := name == "is slow by 1 s"
			if f.Fleet.Count != 2 || works != (f.Fleet.Error == "") || !works && f.Fleet.AgeSeconds < 15 {
				t.Errorf("a store that %s: the fleet is %+v", name, f.Fleet)
			}
			s.run(40*time.Second, -1)
			f = s.fleetOf(t, 0)
			if got := f.Fleet; !works && (got.Count != 1 || len(got.Instances) != 2 || got.Instances[1].Counted || got.Instances[1].AgeSeconds < 35 || f.Count < 20*55) {
				t.Errorf("a store that %s a minute later: the fleet is %+v with %d requests", name, got, f.Count)
			}
			h, d := s.rigs[0].mon.Health(), s.rigs[0].mon.Diagnostics()
			i := slices.IndexFunc(h.Checks, func(c otelperf.HealthCheck) bool { return c.Name == "fleet" })
			if works != (h.Checks[i].Status == "pass") || works != (d.Fleet.Error == "") || works == slices.Contains(d.HintNames, "fleet") {
				t.Errorf("a store that %s: health has %+v, diagnostics %+v", name, h.Checks[i], d.Fleet)
			}
			s.store.Set(nil)
			time.Sleep(20 * time.Minute) // what does not heed its context returns
			s.run(30*time.Second, -1)
			if f = s.fleetOf(t, 0); f.Fleet.Count != 2 || f.Fleet.Error != "" || f.Fleet.AgeSeconds > 6 {
				t.Errorf("after a store that %s: the fleet is %+v", name, f.Fleet)
			}
		}
		lines := s.rigs[0].Log.Lines("the store of the fleet")
		if len(lines) < 5 || len(lines) > 40 {
			t.Errorf("%d lines: %v", len(lines), lines)
		}
		var last time.Time
		for _, line := range lines {
			var l struct{ Time time.Time }
			if err := json.Unmarshal([]byte(line), &l); err != nil || l.Time.Sub(last) < time.Minute {
				t.Errorf("a line %v after another, %v: %s", l.Time.Sub(last), err, line)
			}
			last = l.Time
		}
	})
}

// What others have put into the store is refused, as is an instance of another service or one that has our name.
func TestFleetWithHostileEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShops(t, "shop-a", "shop-b")
		s.run(10*time.Second, -1)
		var other testrig.Fleet
		foreign := newRig(t, plan{}, everybody, otelperf.WithFleet(&other)) // which has another service's name
		foreign.request(http.MethodGet, "/", 200, time.Millisecond)
		time.Sleep(10 * time.Second)
		entries, _, err := other.All(t.Context(), foreign.mon.Summary("").Service)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		for i, blob := range [][]byte{nil, []byte("hello"), make([]byte, fleet.MaxBlob+1), entries[0].Blob} {
			if err := s.store.Put(t.Context(), fleet.Key{Service: "shop", Instance: string(rune('p' + i))}, blob, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if f := s.fleetOf(t, 0).Fleet; f.Refused != 4 || f.Count != 2 || len(f.Instances) != 2 {
			t.Errorf("the fleet is %+v", f)
		}
		twin := newRig(t, plan{name: "shop-a"}, everybody, otelperf.WithFleet(&s.store))
		twin.request(http.MethodGet, "/", 200, time.Millisecond)
		time.Sleep(7 * time.Second)
		found := 0 // by the one whose entry the other has overwritten
		for _, rg := range []*rig{s.rigs[0], twin} {
			_ = testrig.Call(rg.mon.Handler(), http.MethodGet, "/summary?scope=fleet")
			if d := rg.mon.Diagnostics().Fleet; d.SameName && strings.Contains(d.Error, "service.instance.id") {
				found++
			}
		}
		if found != 1 {
			t.Errorf("two of one name are found by %d of them", found)
		}
	})
}

// An instance that is shut down is gone from the store at once; a scope that cannot be is refused by name.
func TestFleetEndsAndRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShops(t, "shop-a", "shop-b")
		s.run(10*time.Second, -1)
		for _, path := range []string{
			"summary?scope=everything", "summary?scope=fleet&window=24h", "summary?scope=fleet&from=1000&to=2000", "endpoints?scope=fleet&trend=true",
			"spikes?scope=fleet&from=1000&to=2000", "endpoints/series?scope=fleet&route=/item/{id}&method=GET", "endpoints/heatmap?scope=fleet&route=/item/{id}",
		} {
			var p struct{ Field, Accepted string }
			if s.ask(t, 0, path, 400, &p); p.Field != "scope" && p.Field != "window" || p.Accepted == "" {
				t.Errorf("%s: %+v", path, p)
			}
		}
		alone := newRig(t, plan{}, everybody)
		if w := testrig.Call(alone.mon.Handler(), http.MethodGet, "/summary?scope=fleet"); w.Code != 400 || !strings.Contains(w.Body.String(), "WithFleet") {
			t.Errorf("without a fleet: %d %s", w.Code, w.Body)
		}
		if err := s.rigs[1].mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if f := s.fleetOf(t, 0).Fleet; f.Count != 1 || len(f.Instances) != 1 {
			t.Errorf("the fleet is %+v", f)
		}
	})
	if _, err := otelperf.New(otelperf.WithFleet(nil)); !errors.Is(err, otelperf.ErrConfig) {
		t.Error(err)
	}
}

// Three real servers, whose requests a load balancer spreads: whichever is asked, the fleet has them all.
func TestFleetBehindALoadBalancer(t *testing.T) {
	s := newShops(t, "shop-a", "shop-b", "shop-c")
	var servers []*httptest.Server
	for _, rg := range s.rigs {
		mux := http.NewServeMux()
		mux.Handle("/debug/otelperf/", rg.mon.Handler())
		mux.HandleFunc("GET /item/{id}", func(http.ResponseWriter, *http.Request) {})
		server := httptest.NewServer(rg.instrument(rg.mon.Middleware(mux)))
		t.Cleanup(server.Close)
		servers = append(servers, server)
	}
	get := func(i int, path string) *http.Response {
		resp, err := http.Get(servers[i%len(servers)].URL + path)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for i := range 60 {
		_ = get(i, "/item/7").Body.Close()
	}
	turn := 0
	testrig.Eventually(t, "each instance has all requests of three", func() bool {
		turn++
		resp := get(turn, "/debug/otelperf/summary?scope=fleet&window=all")
		defer func() { _ = resp.Body.Close() }()
		var sum otelperf.Summary
		if err := json.NewDecoder(resp.Body).Decode(&sum); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(sum.Endpoints, func(r otelperf.EndpointRow) bool { return r.Route == "/item/{id}" })
		return sum.Fleet.Count == 3 && i >= 0 && sum.Endpoints[i].Count == 60
	})
}
