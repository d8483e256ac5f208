// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func spanID(n uint64) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// tracked tells a table of every span, as a processor does.
type tracked struct{ *inflight }

func (p tracked) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	if parent := s.Parent(); parent.HasSpanID() {
		p.child(parent.SpanID(), s)
	} else {
		p.startAs(s.SpanContext().SpanID(), s)
	}
}
func (p tracked) OnEnd(s sdktrace.ReadOnlySpan) {
	own := s.SpanContext()
	p.end(&own)
}
func (tracked) Shutdown(context.Context) error   { return nil }
func (tracked) ForceFlush(context.Context) error { return nil }

func inflightTracer(t *inflight) trace.Tracer {
	return sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(tracked{t}), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("test")
}

// held counts the slots that are not free.
func (t *inflight) held() (n int) {
	for _, slots := range [][]inflightSlot{t.front.slots, t.table.slots} {
		for i := range slots {
			if slots[i].word.Load() != slotFree {
				n++
			}
		}
	}
	return n
}

func TestInFlightList(t *testing.T) {
	table := newInFlight(64)
	tr := inflightTracer(table)
	began := time.Unix(1_700_000_000, 0)
	start := func(ctx context.Context, name string, after time.Duration) (context.Context, trace.Span) {
		return tr.Start(ctx, name, trace.WithTimestamp(began.Add(after)), trace.WithSpanKind(trace.SpanKindServer))
	}
	ctx, first := start(t.Context(), "GET", 0)
	first.SetName("GET /cart")
	_, second := start(t.Context(), "GET /items", time.Second)
	ctx1, done := start(ctx, "SELECT cart", 2*time.Second)
	_, _ = start(ctx1, "row", 2*time.Second) // a grandchild is not what the root is in
	done.End()
	childCtx, open := start(ctx, "POST bank", 3*time.Second)

	list := func(now time.Duration, limit int) string {
		var b strings.Builder
		running, _ := table.list(began.Add(now), limit)
		for _, r := range running {
			fmt.Fprintf(&b, "%s %v in %q", r.Name, r.Age, r.In)
			if r.In != "" {
				fmt.Fprintf(&b, " since %v", r.InSince.Sub(began))
			}
			b.WriteString("; ")
		}
		return b.String()
	}
	check := func(when, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", when, got, want)
		}
	}
	check("both run", list(4*time.Second, 10), `GET /cart 4s in "POST bank" since 3s; GET /items 3s in ""; `)
	check("limit 1", list(4*time.Second, 1), `GET /cart 4s in "POST bank" since 3s; `)
	check("limit -1", list(4*time.Second, -1), "")
	check("a clock that went back", list(-time.Second, 1), `GET /cart 0s in "POST bank" since 3s; `)
	open.End()
	check("child ended", list(4*time.Second, 1), `GET /cart 4s in ""; `)
	both, n := table.list(began, 1)
	if len(both) != 1 || n != 2 {
		t.Fatalf("listed %d of %d, want 1 of 2", len(both), n)
	}
	got := both[0]
	if got.TraceID != first.SpanContext().TraceID() || got.SpanID != first.SpanContext().SpanID() || got.Kind != trace.SpanKindServer || !got.Start.Equal(began) {
		t.Errorf("got %+v, want the span context, kind and start of %v", got, first.SpanContext())
	}
	first.End()
	_, _ = start(childCtx, "late", 5*time.Second) // its parent is gone
	check("first ended", list(6*time.Second, 10), `GET /items 5s in ""; `)
	second.End()
	if n := table.held(); n != 0 {
		t.Errorf("%d slots held after all requests ended, want 0", n)
	}
}

func TestInFlightFullTable(t *testing.T) {
	table := newInFlight(1) // means 64
	if len(table.table.slots) != 64 || unsafe.Sizeof(inflightSlot{}) != 64 {
		t.Fatalf("got %d slots of %d bytes, want 64 of 64", len(table.table.slots), unsafe.Sizeof(inflightSlot{}))
	}
	s, rng := snapshots(1, true)[0], rand.New(rand.NewPCG(1, 2))
	const n = 1000
	for i := range uint64(n) {
		table.startAs(spanID(rng.Uint64()|1), s)
		if i == 20 && table.dropped.Load() > 0 {
			t.Errorf("dropped %d of the first 20 requests", table.dropped.Load())
		}
	}
	if held := table.held(); held != 64 || table.stats().Dropped != n-64-32 {
		t.Errorf("held %d, dropped %d; want 64 and, with 32 spare ones, %d", held, table.stats().Dropped, n-64-32)
	}
}

func TestInFlightSlotsAreReused(t *testing.T) {
	table, s, rng := newInFlight(64), snapshots(1, true)[0], rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		ids := [16]trace.SpanID{}
		for i := range ids {
			ids[i] = spanID(rng.Uint64())
			table.startAs(ids[i], s)
		}
		rng.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		for _, id := range ids {
			table.endAs(id)
		}
	}
	if held := table.held(); held != 0 {
		t.Errorf("%d slots are held after all ended", held)
	}
	if d := table.claimed.Load() + table.stats().Dropped; d > 160 { // 16 of 64 in use: eight neighbours are rarely all taken
		t.Errorf("%d of 160000 found no slot", d)
	}
	for i := range table.table.slots {
		if sl := &table.table.slots[i]; sl.root != nil || sl.child != nil {
			t.Errorf("slot %d keeps a span alive", i)
		}
	}
}

// Ids that collide, and ids that are the same, as a test's id generator may give out.
func TestInFlightCollisions(t *testing.T) {
	spans := snapshots(inFlightProbes, true)
	for _, slots := range []int{64, 1024, 65536} {
		table := newInFlight(slots)
		home, _ := table.table.place(spanID(7))
		var ids []trace.SpanID
		for n := uint64(0); len(ids) < inFlightProbes; n++ {
			if h, _ := table.table.place(spanID(n)); h == home {
				ids = append(ids, spanID(n))
			}
		}
		for _, list := range [][]trace.SpanID{ids, slices.Repeat(ids[:1], inFlightProbes)} {
			for i, id := range list {
				if table.startAs(id, spans[i]) {
					t.Errorf("%d slots: span %d is taken for another one", slots, i)
				}
			}
			for i, id := range list {
				table.endAs(id)
				if got, want := table.held(), len(list)-i-1; got != want {
					t.Fatalf("%d slots: held %d after %d of %d ended, want %d", slots, got, i+1, len(list), want)
				}
			}
		}
	}
}

// The word and the home of an id tell it from every other: what the compare-and-swaps rely on.
func FuzzInFlightPlace(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Add(uint64(0), uint64(1)<<63)
	f.Add(uint64(1)<<54, uint64(1)<<10)
	f.Fuzz(func(t *testing.T, a, b uint64) {
		for _, slots := range []int{64, 1024, 65536} {
			table := newInFlight(slots)
			homeA, wordA := table.table.place(spanID(a))
			homeB, wordB := table.table.place(spanID(b))
			if homeA >= uint64(len(table.table.slots)) || wordA&(1<<(phaseBits+probeBits)-1) != 0 {
				t.Fatalf("id %x: home %d of %d, word %x", a, homeA, slots, wordA)
			}
			if (homeA == homeB && wordA == wordB) != (a == b) {
				t.Fatalf("%d slots: ids %x and %x share home and word", slots, a, b)
			}
		}
	})
}
