// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// book is what an engine makes of a processor's deltas: requests by row, and by the row that they count in now.
type book struct {
	t    *testing.T
	r    *rig
	now  time.Time
	rows map[int]*bookRow
	all  uint64
}

type bookRow struct {
	name string
	n    uint64
}

func newBook(t *testing.T, r *rig) *book {
	return &book{t: t, r: r, now: time.Unix(1_700_000_000, 0), rows: map[int]*bookRow{}}
}

// tick lets a number of seconds pass, each with a tick of the engine.
func (b *book) tick(seconds int) {
	for range seconds {
		b.now = b.now.Add(time.Second)
		b.take()
		b.r.link.Digest(b.now)
	}
}

func (b *book) take() {
	b.r.link.TakeDeltas(func(d *Delta) {
		row := b.rows[d.ID]
		if row == nil {
			row = &bookRow{name: d.Endpoint.String()}
			b.rows[d.ID] = row
		}
		if row.name != d.Endpoint.String() {
			b.t.Errorf("id %d was %s and is %s without having been forgotten", d.ID, row.name, d.Endpoint)
		}
		row.n += d.Outcomes.Total()
		b.all += d.Outcomes.Total()
		if !d.Forgotten {
			return
		}
		delete(b.rows, d.ID)
		other := b.rows[d.Other]
		if other == nil {
			other = &bookRow{name: conventions.Endpoint{Kind: d.Endpoint.Kind, Route: conventions.OverflowRoute}.String()}
			b.rows[d.Other] = other
		}
		other.n += row.n
	})
}

// counts are the requests by the name of the row. A name that two rows have is a fault.
func (b *book) counts() map[string]uint64 {
	out := map[string]uint64{}
	for _, row := range b.rows {
		if _, twice := out[row.name]; twice && row.name != conventions.OverflowRoute {
			b.t.Errorf("two rows are named %s", row.name)
		}
		out[row.name] += row.n
	}
	return out
}

// produced sums up what Produce has.
func (b *book) produced() (n uint64) {
	sms, err := b.r.Produce(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, sm := range sms {
		for _, m := range sm.Metrics {
			for _, p := range m.Data.(metricdata.ExponentialHistogram[float64]).DataPoints {
				n += p.Count
			}
		}
	}
	return n
}

func TestRareAndOldRowsMakeRoom(t *testing.T) {
	r := newRig(t, WithMaxEndpoints(64))
	b := newBook(t, r)
	for range 300 {
		r.http("GET", "/users/{id}", 200, time.Millisecond)
	}
	for range 10 {
		r.http("GET", "/weekly", 200, time.Millisecond)
	}
	for i := range 600 {
		r.http("GET", fmt.Sprintf("/scan/%d/{x}", i), 503, time.Millisecond)
	}
	b.tick(1)
	r.http("GET", "/checkout", 200, time.Millisecond)
	b.tick(1)
	if n := b.counts()["GET /checkout"]; n != 0 || len(b.rows) != 65 {
		t.Fatalf("%d rows, and /checkout has %d requests: the table was to be full", len(b.rows), n)
	}
	b.tick(45)
	r.http("GET", "/checkout", 200, time.Millisecond)
	r.http("GET", "/checkout", 503, time.Millisecond)
	b.tick(1)
	got := b.counts()
	if got["GET /checkout"] != 2 || got["GET /users/{id}"] != 300 || got["GET /weekly"] != 10 {
		t.Errorf("rows are %v, want /checkout 2, /users/{id} 300 and /weekly 10", got)
	}
	sum := uint64(0)
	for _, n := range got {
		sum += n
	}
	if sum != 913 || b.all != 913 || b.produced() != 913 {
		t.Errorf("rows have %d requests, deltas had %d, the metrics have %d; want 913 each", sum, b.all, b.produced())
	}
	if st := r.Stats(); st.Forgotten == 0 || st.Endpoints != len(b.rows) || st.Faults != 0 {
		t.Errorf("%+v; there are %d rows", st, len(b.rows))
	}
}

// Nothing goes while there is room: an endpoint that is asked for once a month has its row.
func TestRowsStayWhereThereIsRoom(t *testing.T) {
	r := newRig(t, WithMaxEndpoints(64))
	b := newBook(t, r)
	for i := range 50 {
		r.http("GET", fmt.Sprintf("/report/%d/{x}", i), 200, time.Millisecond)
	}
	b.tick(1)
	b.now = b.now.Add(30 * 24 * time.Hour)
	b.tick(30)
	if len(b.rows) != 50 || r.Stats().Forgotten != 0 {
		t.Errorf("%d rows, %d forgotten; want 50 and none", len(b.rows), r.Stats().Forgotten)
	}
}

// Jobs, messages and spans of other servers named by what they are about leave requests their rows.
func TestKindsHaveQuotas(t *testing.T) {
	for _, kind := range []trace.SpanKind{trace.SpanKindInternal, trace.SpanKindConsumer, trace.SpanKindServer} {
		r := newRig(t)
		for i := range 600 {
			r.span(fmt.Sprintf("import file %d", i), kind, time.Millisecond)
		}
		r.http("GET", "/checkout", 200, time.Millisecond)
		r.span("shop.Cart/Add", trace.SpanKindServer, time.Millisecond, attribute.String("rpc.system.name", "grpc"), attribute.String("rpc.method", "shop.Cart/Add"))
		got := r.take()
		if got["http GET /checkout"] != "ok=1" || got["rpc grpc shop.Cart/Add"] != "ok=1" || len(got) > 128 {
			t.Errorf("%v: %d rows, /checkout has %q, the RPC %q", kind, len(got), got["http GET /checkout"], got["rpc grpc shop.Cart/Add"])
		}
	}
}

// HTTP and RPC have rows of their own beside any mix of others; a scanner of paths makes room for the first RPCs.
func TestKindsHaveReserves(t *testing.T) {
	rpc := func(r *rig, method string) {
		r.span(method, trace.SpanKindServer, time.Millisecond, attribute.String("rpc.system.name", "grpc"), attribute.String("rpc.method", method))
	}
	r := newRig(t, WithMaxEndpoints(64))
	for i := range 100 {
		for _, kind := range []trace.SpanKind{trace.SpanKindInternal, trace.SpanKindConsumer, trace.SpanKindServer} {
			r.span(fmt.Sprintf("import file %d", i), kind, time.Millisecond)
		}
	}
	for i := range 100 {
		rpc(r, fmt.Sprintf("shop.Cart/Add%d", i))
	}
	for i := range 16 {
		r.http("GET", fmt.Sprintf("/checkout/{x}/%d", i), 200, time.Millisecond)
	}
	got := r.take()
	for i := range 16 {
		if name := fmt.Sprintf("http GET /checkout/{x}/%d", i); got[name] != "ok=1" {
			t.Errorf("%s has %q", name, got[name])
		}
	}
	for i := range 8 {
		if name := fmt.Sprintf("rpc grpc shop.Cart/Add%d", i); got[name] != "ok=1" {
			t.Errorf("%s has %q", name, got[name])
		}
	}
	r = newRig(t, WithMaxEndpoints(64))
	b := newBook(t, r)
	second := 0
	scan := func(seconds int) {
		for range seconds {
			second++
			for i := range 64 {
				r.http("GET", fmt.Sprintf("/scan/%d/%d/{x}", second, i), 200, time.Millisecond)
				r.span(fmt.Sprintf("import file %d %d", second, i), trace.SpanKindInternal, time.Millisecond)
			}
			b.tick(1)
		}
	}
	scan(2)
	rpc(r, "shop.Cart/Add0")
	scan(60)
	for i := range 8 {
		rpc(r, fmt.Sprintf("shop.Cart/Add%d", i))
	}
	b.tick(1)
	for i := range 8 {
		if name := fmt.Sprintf("grpc shop.Cart/Add%d", i); b.counts()[name] != 1 {
			t.Errorf("beside a scanner %s has %d requests, want 1", name, b.counts()[name])
		}
	}
}

// Hosts of calls that come and go leave the steady ones their rows.
func TestDependenciesMakeRoom(t *testing.T) {
	r := newRig(t, WithMaxEndpoints(64))
	b := newBook(t, r)
	call := func(host string) {
		r.span("POST", trace.SpanKindClient, time.Millisecond, attribute.String("http.request.method", "POST"), attribute.String("url.full", "https://"+host+"/hook"))
	}
	for i := range 600 {
		call(fmt.Sprintf("customer%d.example", i))
	}
	b.tick(45)
	call("stripe.example")
	b.tick(1)
	if n := b.counts()["http POST stripe.example"]; n != 1 {
		t.Errorf("a new host has %d calls, want 1; rows are %v", n, b.counts())
	}
}

// A name that comes again while its row is leaving has it back as it was.
func TestRowsComeBack(t *testing.T) {
	r := newRig(t)
	b := newBook(t, r)
	r.http("GET", "/a", 200, time.Millisecond)
	r.http("GET", "/b", 200, time.Millisecond)
	b.tick(1)
	before := r.core.table.find(conventions.Endpoint{Method: "GET", Route: "/a"})
	r.link.Forget()
	for range 5 {
		b.tick(4)
		if r.core.table.known(httpClass, "GET", "/a") != nil && b.counts()["GET /b"] == 1 && r.core.table.leaving.Load() == nil {
			t.Fatal("no row is leaving")
		}
		r.http("GET", "/a", 200, time.Millisecond)
	}
	b.tick(quarantine + 1)
	if after := r.core.table.find(conventions.Endpoint{Method: "GET", Route: "/a"}); after != before {
		t.Error("the row is another one")
	}
	if got := b.counts(); got["GET /a"] != 6 || len(got) != 2 || got["(other)"] != 1 {
		t.Errorf("rows are %v, want /a 6, and /b's request in (other)", got)
	}
	r.http("GET", "/b", 200, time.Millisecond)
	b.tick(1)
	if got := b.counts(); got["GET /b"] != 1 {
		t.Errorf("rows are %v, want a new one of /b", got)
	}
	if n := r.core.table.find(conventions.Endpoint{Method: "GET", Route: "/b"}).start; n.IsZero() {
		t.Error("the points of the new row are said to have begun with the processor")
	}
}

// A row with an open spike stays, whatever happens.
func TestSpikingRowsStay(t *testing.T) {
	r := newRig(t)
	b := newBook(t, r)
	r.http("GET", "/a", 200, time.Millisecond)
	r.link.Publish(conventions.Endpoint{Method: "GET", Route: "/a"}, EndpointState{BaselineP99: time.Second, SpikeID: "1"})
	b.tick(1)
	r.link.Forget()
	b.tick(20)
	if got := b.counts(); got["GET /a"] != 1 {
		t.Errorf("rows are %v", got)
	}
}

// A goroutine that was slow to write its hint does not keep an id in use.
func TestLateHintsProlongTheQuarantine(t *testing.T) {
	r := newRig(t)
	b := newBook(t, r)
	r.http("GET", "/a", 200, time.Millisecond)
	b.tick(1)
	e := r.core.table.find(conventions.Endpoint{Method: "GET", Route: "/a"})
	r.link.Forget()
	b.tick(quarantine)
	r.core.table.remember(e)
	b.tick(quarantine)
	if len(b.rows) != 1 || b.counts()["GET /a"] != 1 {
		t.Errorf("rows are %v: the row is gone though there was a hint", b.counts())
	}
	b.tick(2)
	if got := b.counts(); got["(other)"] != 1 || r.core.table.recall(httpClass, e.method, e.route) != nil {
		t.Errorf("rows are %v, want (other) alone, and no hint", got)
	}
}

// An endpoint that comes back has the error groups that it had.
func TestErrorGroupsOutliveRows(t *testing.T) {
	r := newRig(t)
	b := newBook(t, r)
	for range 2 {
		r.http("GET", "/a", 500, time.Millisecond)
		b.tick(1)
		r.link.Forget()
		b.tick(quarantine + 2)
	}
	if r.Stats().Forgotten != 2 {
		t.Fatalf("%d rows were forgotten, want 2", r.Stats().Forgotten)
	}
	if groups := r.link.ErrorGroups(); len(groups) != 1 || groups[0].Count != 2 {
		t.Errorf("groups are %+v, want one of 2", groups)
	}
}

// Without an engine that takes deltas rows are forgotten, too.
func TestRowsGoWithoutDeltas(t *testing.T) {
	p, err := New(nil, WithMaxEndpoints(8))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_700_000_000, 0)
	for i := range 20 {
		e := p.core.table.lookup(httpClass, "GET", fmt.Sprint("/", i))
		p.core.rec.Record(packWord(e.id, slowlog.OutcomeOK, time.Millisecond))
	}
	for range 60 {
		now = now.Add(time.Second)
		p.Link().Digest(now)
	}
	if st := p.Stats(); st.Forgotten == 0 || st.Endpoints >= 9 {
		t.Errorf("%+v", st)
	}
	p.core.counted(func() {
		n := uint64(0)
		for _, cl := range p.core.cells.byID {
			if cl != nil {
				n += cl.requests()
			}
		}
		if n != 20 {
			t.Errorf("%d requests are left, want 20", n)
		}
	})
}

// Rows come, go and come back while requests are recorded: not one is lost, and no name has two rows.
func TestForgettingBesideTraffic(t *testing.T) {
	const workers, each = 4, 4000
	r := newRig(t, WithMaxEndpoints(100))
	b := newBook(t, r)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range each {
				switch i % 4 {
				case 0:
					r.http("GET", fmt.Sprintf("/once/%d/%d/{x}", w, i), 200, time.Millisecond)
				case 1:
					r.http("POST", fmt.Sprintf("/often/%d/{x}", i%60), 500, time.Millisecond)
				case 2:
					r.span(fmt.Sprintf("job %d", i), trace.SpanKindInternal, time.Millisecond)
				default:
					r.span("GET /named/{x}", trace.SpanKindServer, time.Millisecond, attribute.String("http.request.method", "GET"),
						attribute.String("url.path", "/named/1"), attribute.Int("http.response.status_code", 200))
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for i, running := 0, true; running; i++ {
		select {
		case <-done:
			running = false
		default:
		}
		if i%5 == 0 {
			r.link.Forget()
		}
		b.now = b.now.Add(9 * time.Second)
		b.tick(3)
	}
	b.tick(2 * quarantine)
	sum := uint64(0)
	for _, n := range b.counts() {
		sum += n
	}
	if sum != workers*each || b.all != sum || b.produced() != sum {
		t.Errorf("rows have %d requests, deltas had %d, the metrics have %d; want %d each", sum, b.all, b.produced(), workers*each)
	}
	if st := r.Stats(); st.Forgotten == 0 || st.Faults != 0 {
		t.Errorf("%+v", st)
	}
}

// A request that was recorded after its row had gone counts as (other).
func TestStrayRequestsAreCounted(t *testing.T) {
	r := newRig(t)
	b := newBook(t, r)
	r.http("GET", "/a", 200, time.Millisecond)
	b.tick(1)
	id := r.core.table.find(conventions.Endpoint{Method: "GET", Route: "/a"}).id
	r.link.Forget()
	b.tick(quarantine + 2)
	r.core.rec.Record(packWord(id, slowlog.OutcomeOK, time.Millisecond))
	b.tick(1)
	if got := b.counts(); got["(other)"] != 2 || b.produced() != 2 || r.Stats().Faults != 0 {
		t.Errorf("rows are %v, the metrics have %d; want 2", got, b.produced())
	}
}
