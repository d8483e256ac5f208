// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"fmt"
	"maps"
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
	table.startAs(spanID(9), snapshots(1, true)[0]) // ended before it was put in
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
	if len(list) != 1250 || count != 1250 || st.InFlightDropped != 0 {
		t.Errorf("listed %d of %d, dropped %d; want all 1250", len(list), count, st.InFlightDropped)
	}
	if got := rowNames(list[len(list)-40:]); got != "GET /fresh" {
		t.Errorf("the youngest are %q", got)
	}
	if l := st.Leaked; len(l) != 2 || l[0].Count != 600 || l[1].Count != 600 || l[0].OldestAgeSeconds < 120 {
		t.Errorf("leaked %+v, want all of both names, whether they made room or not", l)
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
	hang(t, tr, 1, "GET /busy", now, time.Minute-2)
	hang(t, tr, 1, "GET /other", now, time.Minute-1)
	for range 4 {
		hang(t, tr, 20, "GET /busy", now, time.Minute)
		table.sweep(now)
	}
	if n := len(table.moved.running); n != 50 || len(table.moved.list(now)) != 0 {
		t.Errorf("%d moved, %v leaked; want those above half of the slots, and none", n, table.moved.list(now))
	}
	table.sweep(now.Add(2))
	if got := leaks(table.moved.list(now)); got != "80 GET /busy 60s; " {
		t.Errorf("leaked: %q, want all of more than a minute that have the name", got)
	}
}

// Of requests that never end, as many as half of the slots are known of any second, up to 4096, whatever their ids are.
func TestInFlightKnowsAll(t *testing.T) {
	table := newInFlight(defaultInFlightSlots)
	tr := inflightTracer(table)
	now := time.Unix(1_700_000_000, 0)
	var hung []trace.Span
	for range 8 {
		hung = append(hung, hang(t, tr, 512, "GET /hung", now, 0)...)
		if l, n := table.list(now, 5000); n != len(hung) || len(l) != n {
			t.Errorf("before the sweep, %d are listed of %d, want all %d", len(l), n, len(hung))
		}
		table.sweep(now)
	}
	if _, n := table.list(now, 1); n != 4096 || table.claimed.Load() != 0 || table.stats() != (inflightStats{Unfollowed: table.stats().Unfollowed}) {
		t.Errorf("%d are known, want all 4096, and the spare slots free: %+v", n, table.stats())
	}
	for _, s := range hung {
		s.End()
	}
	table.sweep(now)
	for i := range table.spare.slots {
		if sl := &table.spare.slots[i]; sl.word.Load() != slotFree || sl.root != nil {
			t.Errorf("spare slot %d is still held", i)
		}
	}
	if n := table.held(); n != 0 || len(table.moved.running) != 0 {
		t.Errorf("%d are held and %d known after all have ended", n, len(table.moved.running))
	}
}

// A request in a spare slot is listed until it ends, though end does not look there; what ended is let go of by whoever looks.
func TestInFlightSpare(t *testing.T) {
	table := newInFlight(64)
	tr := inflightTracer(table)
	now := time.Unix(1_700_000_000, 0)
	spans := hang(t, tr, 64+32+7, "GET /busy", now, 0)
	dropped := int(table.stats().Dropped)
	if _, n := table.list(now, 1); n != len(spans)-dropped || dropped < 7 {
		t.Errorf("%d are known of %d, %d dropped", n, len(spans), dropped)
	}
	for _, s := range spans {
		s.End()
	}
	if l, n := table.list(now, 1); n != 0 || len(l) != 0 {
		t.Errorf("%d are known after all have ended: %+v", n, l)
	}
	hang(t, tr, 64+32, "GET /busy", now, 0)
	if got := int(table.stats().Dropped) - dropped; got > 16 {
		t.Errorf("dropped %d of 96: the spare slots were not free again", got)
	}
}

// So many of one name hide no others in a list of some.
func TestInFlightTakesTurns(t *testing.T) {
	table := newInFlight(defaultInFlightSlots)
	tr := inflightTracer(table)
	now := time.Unix(1_700_000_000, 0)
	hang(t, tr, 300, "leaky", now, time.Hour)
	hang(t, tr, 5, "GET /hung", now, 2*time.Second)
	hang(t, tr, 200, "GET /busy", now, time.Second)
	for limit, want := range map[int]map[string]int{
		0: {}, 1: {"leaky": 1}, 2: {"leaky": 1, "GET /hung": 1}, 20: {"leaky": 8, "GET /hung": 5, "GET /busy": 7},
		100: {"leaky": 48, "GET /hung": 5, "GET /busy": 47}, 505: {"leaky": 300, "GET /hung": 5, "GET /busy": 200},
	} {
		list, count := table.list(now, limit)
		got := map[string]int{}
		for _, r := range list {
			got[r.Name]++
		}
		if count != 505 || !maps.Equal(got, want) {
			t.Errorf("limit %d: listed %v of %d, want %v of 505", limit, got, count, want)
		}
		if !slices.IsSortedFunc(list, func(a, b InFlight) int { return a.Start.Compare(b.Start) }) {
			t.Errorf("limit %d: the longest are not first", limit)
		}
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
	if want := int(st.Swept) + maxMoved + table.held(); len(list) < maxLeaks || len(list) > maxLeaks+1 || all != want || list[0].Name != "GET /hung" {
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
