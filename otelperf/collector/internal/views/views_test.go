// SPDX-License-Identifier: Apache-2.0

package views

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
)

// services are some with so many endpoints, of which each was asked twice a second for a minute.
func services(t testing.TB, n, endpoints int) []*fleet.Service {
	t.Helper()
	f, err := fleet.New(fleet.Settings{MaxServices: n})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(time.Second).Add(-time.Minute)
	for second := range 60 {
		at := now.Add(time.Duration(second) * time.Second)
		for i := range n {
			b := simulate.Batch{At: at, Service: fmt.Sprint("service-", i)}
			for e := range endpoints {
				for k := range 2 {
					b.Requests = append(b.Requests, simulate.Request{Service: b.Service, Route: fmt.Sprint("/route/", e), End: at, Duration: time.Duration(10+e%50+k) * time.Millisecond, Status: 200})
				}
			}
			f.Traces(at, b.Traces(0))
		}
		f.Tick(at)
	}
	return f.Services()
}

func newViews(t testing.TB, most int, idle time.Duration) *Views {
	v := New(Settings{Most: most, MaxStreams: 4, Idle: idle, Guard: access.New(access.Config{Authorizer: func(*http.Request) bool { return true }}), Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() {
		if err := v.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return v
}

func ask(t testing.TB, v *Views, s *fleet.Service, path string) int {
	t.Helper()
	w := httptest.NewRecorder()
	v.Serve(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil), s, nil)
	return w.Code
}

// TestTheBound: there are as many as may be, the one that was asked for longest ago makes room, and what is being read does not.
func TestTheBound(t *testing.T) {
	all := services(t, 4, 1)
	v := newViews(t, 2, time.Hour)
	for _, s := range all {
		if code := ask(t, v, s, "/summary"); code != http.StatusOK {
			t.Fatalf("the summary of %s is %d", s.Name(), code)
		}
	}
	if n := v.Open(); n != 2 {
		t.Errorf("%d are open, want 2", n)
	}
	v.mu.Lock()
	if v.open[all[2]] == nil || v.open[all[3]] == nil {
		t.Error("those that were asked for last are not open")
	}
	v.mu.Unlock()
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	for _, s := range all[:2] {
		go func() {
			v.Serve(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/stream", nil), s, nil)
			done <- struct{}{}
		}()
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		v.mu.Lock()
		read := v.open[all[0]] != nil && v.open[all[1]] != nil
		v.mu.Unlock()
		if read {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the streams are not read")
		}
	}
	if code := ask(t, v, all[2], "/summary"); code != http.StatusServiceUnavailable {
		t.Errorf("one more is %d while all are read", code)
	}
	leave()
	<-done
	<-done
	if code := ask(t, v, all[2], "/summary"); code != http.StatusOK {
		t.Errorf("one more is %d when they are read no more", code)
	}
	v.Hide(func(s *fleet.Service) bool { return s == all[2] }, time.Now())
	v.mu.Lock()
	if v.open[all[2]] != nil {
		t.Error("what is hidden is open")
	}
	v.mu.Unlock()
	v.Hide(func(*fleet.Service) bool { return false }, time.Now().Add(2*time.Hour))
	if n := v.Open(); n != 0 {
		t.Errorf("%d are open that nobody has asked for", n)
	}
	if err := v.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if code := ask(t, v, all[0], "/summary"); code != http.StatusServiceUnavailable {
		t.Errorf("after the end the summary is %d", code)
	}
}

// TestIdleOnesEnd: without anybody's doing.
func TestIdleOnesEnd(t *testing.T) {
	s := services(t, 1, 1)[0]
	v := newViews(t, 2, 10*time.Millisecond)
	ask(t, v, s, "/summary")
	for deadline := time.Now().Add(time.Minute); v.Open() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not end")
		}
	}
}

// BenchmarkOpen has the memory of one that is looked at.
func BenchmarkOpen(b *testing.B) {
	const n = 50
	all := services(b, n, 1)
	for b.Loop() {
		v := newViews(b, n, time.Hour)
		before, goroutines := live(), runtime.NumGoroutine()
		for _, s := range all {
			ask(b, v, s, "/health")
		}
		b.ReportMetric(float64(live()-before)/n, "B/view")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/n, "goroutines/view")
		if err := v.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// BenchmarkGlance looks at a service with 50 endpoints as the list does.
func BenchmarkGlance(b *testing.B) {
	s := services(b, 1, 50)[0]
	b.ReportAllocs()
	for b.Loop() {
		Glance(s)
	}
}
