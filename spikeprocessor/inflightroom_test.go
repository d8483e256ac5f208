// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// hang starts n local roots that began so long before now, and returns them.
func hang(t *testing.T, tr trace.Tracer, n int, name string, now time.Time, ago time.Duration) (spans []trace.Span) {
	for range n {
		_, s := tr.Start(t.Context(), name, trace.WithTimestamp(now.Add(-ago)), trace.WithSpanKind(trace.SpanKindServer))
		spans = append(spans, s)
	}
	return spans
}

func rowNames(list []InFlight) string {
	var got []string
	for _, r := range list {
		got = append(got, r.Name)
	}
	return strings.Join(slices.Compact(got), " ")
}

func leaks(list []Leak) string {
	var b strings.Builder
	for _, l := range list {
		fmt.Fprintf(&b, "%d %s %vs; ", l.Count, l.Name, l.OldestAgeSeconds)
	}
	return b.String()
}

func TestInFlightSweep(t *testing.T) {
	table := newInFlight(64)
	tr := inflightTracer(table)
	now := time.Unix(1_700_000_000, 0)
	old := hang(t, tr, 2, "old", now, time.Hour+time.Second)
	young := hang(t, tr, 1, "young", now, time.Hour-time.Second)
	table.sweep(now)
	if n := table.held(); n != 1 {
		t.Errorf("%d slots are held, want that of the young one", n)
	}
	if l, n := table.list(now, 10); n != 3 || rowNames(l) != "old young" {
		t.Errorf("listed %q of %d, want the old ones, too", rowNames(l), n)
	}
	if got := leaks(table.moved.list(now)); got != "2 old 3601s; " {
		t.Errorf("leaked: %q", got)
	}
	old[0].End()
	if l, n := table.list(now, 10); n != 2 || rowNames(l) != "old young" {
		t.Errorf("listed %q of %d after one had ended", rowNames(l), n)
	}
	old[1].End()
	young[0].End()
	table.start(spanID(9), snapshots(1, true)[0]) // ended before it was put in
	if l, n := table.list(now, 10); n != 0 {
		t.Errorf("ended requests are listed: %+v", l)
	}
	table.sweep(now)
	if table.held() != 0 || len(table.moved.running) != 0 || len(table.moved.leaks) != 0 || table.stats().Swept != 0 {
		t.Errorf("%d slots are held, %d moved, %v leaked; want none after all ended", table.held(), len(table.moved.running), table.moved.leaks)
	}
}

// Requests that never end make room for newer ones, and are known one by one as long as there are no more than maxMoved of them.
func TestInFlightMakesRoom(t *testing.T) {
	p, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("test")
	now, link := time.Now(), p.Link()
	var hung []trace.Span
	for i := range 12 {
		hung = append(hung, hang(t, tr, 100, fmt.Sprintf("GET /hung/%d", i%2), now, 2*time.Minute)...)
		link.Digest(now.Add(time.Duration(i) * time.Second))
	}
	fresh := hang(t, tr, 50, "GET /fresh", now, 0)
	list, count := link.Active(now, 2000)
	st := p.Stats()
	if len(list) != count || count+int(st.InFlightDropped) != 1250 || st.InFlightDropped > 100 {
		t.Errorf("listed %d of %d, dropped %d; want all 1250", len(list), count, st.InFlightDropped)
	}
	if got := rowNames(list[len(list)-40:]); got != "GET /fresh" {
		t.Errorf("the youngest are %q", got)
	}
	if len(st.Leaked) != 2 || st.Leaked[0].Count < 300 || st.Leaked[0].OldestAgeSeconds < 120 {
		t.Errorf("leaked %+v, want those of both names that made room", st.Leaked)
	}
	for _, s := range slices.Concat(hung, fresh) {
		s.End()
	}
	link.Digest(now.Add(time.Minute))
	if _, count := link.Active(now, 1); count != 0 || len(p.Stats().Leaked) != 0 {
		t.Errorf("%d run, %v leaked after all ended", count, p.Stats().Leaked)
	}
}

// Requests that make room within a minute of their start are not reported: so many may just be running.
func TestInFlightBusy(t *testing.T) {
	table := newInFlight(64)
	tr := inflightTracer(table)
	now := time.Unix(1_700_000_000, 0)
	for range 4 {
		hang(t, tr, 20, "GET /busy", now, time.Minute)
		table.sweep(now)
	}
	if n := len(table.moved.running); n < 40 || len(table.moved.list(now)) != 0 {
		t.Errorf("%d moved, %v leaked; want some, and none", n, table.moved.list(now))
	}
	table.sweep(now.Add(1))
	if got := leaks(table.moved.list(now)); got != fmt.Sprintf("%d GET /busy 60s; ", len(table.moved.running)) {
		t.Errorf("leaked: %q", got)
	}
}

// What is beyond maxMoved is known by name alone, and for an hour.
func TestInFlightGivesUp(t *testing.T) {
	table := newInFlight(64)
	tr := inflightTracer(table)
	now := time.Unix(1_700_000_000, 0)
	started := 0
	start := func(n int, name string, ago time.Duration) {
		for ; n > 0; n -= 16 {
			hang(t, tr, min(n, 16), name, now, ago)
			started += min(n, 16)
			table.sweep(now)
		}
	}
	start(80, "GET /first", time.Hour)
	for i := range 100 {
		start(1, fmt.Sprintf("GET /%d", i), 40*time.Minute)
	}
	start(maxMoved+200, "GET /hung", 30*time.Minute)
	_, count := table.list(now, 1)
	st := table.stats()
	if len(table.moved.running) != maxMoved || st.Swept == 0 || count+int(st.Swept+st.Dropped) != started {
		t.Errorf("%d moved, %d given up, %d dropped, %d listed of %d", len(table.moved.running), st.Swept, st.Dropped, count, started)
	}
	list := table.moved.list(now)
	all := 0
	for _, l := range list {
		all += l.Count
	}
	if want := int(st.Swept) + maxMoved; len(list) < maxLeaks || len(list) > maxLeaks+1 || all != want || list[0].Name != "GET /hung" {
		t.Errorf("%d names of %d requests leaked, %+v first; want at most %d of %d", len(list), all, list[0], maxLeaks+1, want)
	}
	for _, after := range []time.Duration{lossesStand, 1} {
		if table.moved.lost["GET /first"] == nil {
			t.Errorf("what was given up first is not known %v before its time", after)
		}
		now = now.Add(after)
		table.sweep(now)
	}
	if l := table.moved.lost["GET /first"]; l != nil {
		t.Errorf("%d requests nobody can see the end of are still known", l.count)
	}
}
