// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
)

// order is a request to checkout that asks inventory, which asks PostgreSQL, which takes so long.
func order(b *batch, n uint64, end time.Time, db time.Duration) {
	ms := time.Millisecond
	b.span("inventory", "SELECT stock", client, n, 10*n+4, 10*n+3, end.Add(-6*ms), db, "db.system.name", "postgresql", "db.query.text", "SELECT n FROM stock WHERE id = 7")
	b.span("inventory", "GET /stock/{id}", server, n, 10*n+3, 10*n+2, end.Add(-4*ms), db+4*ms, "http.request.method", "GET", "http.route", "/stock/{id}", "http.response.status_code", 200).SetFlags(0x301)
	b.span("checkout", "GET", client, n, 10*n+2, 10*n+1, end.Add(-2*ms), db+8*ms, "http.request.method", "GET", "server.address", "inventory").SetFlags(0x101)
	b.span("checkout", "POST /orders", server, n, 10*n+1, 0, end, db+12*ms, "http.request.method", "POST", "http.route", "/orders", "http.response.status_code", 200, "url.path", "/orders").SetFlags(0x101)
}

// TestAnatomyAcrossServices: the anatomy of a slow request goes through the services of its trace.
func TestAnatomyAcrossServices(t *testing.T) {
	f := newTrial(t, Settings{})
	b := newBatch()
	order(b, 1, f.now, 900*time.Millisecond)
	order(b, 2, f.now, 20*time.Millisecond)
	f.send(b.Traces)
	f.pass(7 * time.Second)
	var e *slowlog.Entry
	for entry := range f.Find("checkout").Slow().All() {
		e = entry
	}
	if e == nil || e.Anatomy == nil {
		t.Fatalf("got %+v, want a request with an anatomy", e)
	}
	if e.Anatomy.Spans != 3 || e.Anatomy.Orphans+e.Anatomy.Dropped != 0 || e.Path != "/orders" || e.Reason != slowlog.ReasonThreshold {
		t.Errorf("%+v of %+v", e, e.Anatomy)
	}
	text := e.Anatomy.Findings[0].Text
	if !strings.Contains(text, "checkout -> inventory -> postgresql") || !strings.HasPrefix(text, "900 of 912 ms") {
		t.Errorf("the first finding is %q", text)
	}
	n := e.Anatomy.Root
	for _, name := range []string{"GET", "inventory: GET /stock/{id}", "SELECT stock"} {
		if len(n.Children) != 1 || n.Children[0].Name != name {
			t.Fatalf("below %q is %+v, want %q", n.Name, n.Children, name)
		}
		n = n.Children[0]
	}
	if n.Dependency != "postgresql SELECT stock" {
		t.Errorf("the call is of row %q", n.Dependency)
	}
	// inventory has the same, as far as it is below its own request.
	for e := range f.Find("inventory").Slow().All() {
		if e.Anatomy.Spans != 1 || !strings.Contains(e.Anatomy.Findings[0].Text, "inventory -> postgresql") {
			t.Errorf("inventory: %+v", e.Anatomy)
		}
	}
}

// slowDatabase is a quarter of an hour of orders, in whose last third PostgreSQL is slow.
func slowDatabase(t *testing.T) *trial {
	t.Helper()
	f := newTrial(t, Settings{})
	n := uint64(0)
	for second := range 900 {
		db := 20 * time.Millisecond
		if second >= 600 {
			db = 400 * time.Millisecond
		}
		b := newBatch()
		for i := range 4 {
			n++
			order(b, n, f.now.Add(time.Duration(i)*200*time.Millisecond), db+time.Duration(n*7919%13)*time.Millisecond)
		}
		f.send(b.Traces)
		f.pass(time.Second)
	}
	return f
}

// TestCauseNamesTheServices: an incident at checkout is put down to the way to the database that is slow.
func TestCauseNamesTheServices(t *testing.T) {
	f := slowDatabase(t)
	var in *engine.Incident
	for _, news := range f.news {
		if news.Service.Name().Name == "checkout" && news.Event.Part == nil {
			in = &news.Event.Incident
		}
	}
	if in == nil {
		t.Fatal("there is no incident at checkout")
	}
	why := in.Why()
	if why.About() != "checkout -> inventory -> postgresql" || why.Causes[0].Share < 0.9 || !strings.HasPrefix(why.Sentence, "POST /orders: +38") || !strings.Contains(why.Sentence, " ms a slow request; ") {
		t.Errorf("the cause is %+v", why)
	}
	if len(in.Examples) != 3 {
		t.Errorf("%d examples, want 3", len(in.Examples))
	}
	for _, p := range in.Parts {
		if p.Endpoint.String() == "POST /orders" && p.WaitsFor != "GET inventory" {
			t.Errorf("%s waits for %q", p.Endpoint, p.WaitsFor)
		}
	}
}

// TestWithoutSpans: requests are slow without an anatomy where none are to be held.
func TestWithoutSpans(t *testing.T) {
	f := newTrial(t, Settings{SpanBytes: -1})
	b := newBatch()
	order(b, 1, f.now, 900*time.Millisecond)
	f.send(b.Traces)
	f.pass(8 * time.Second)
	if n := f.Find("checkout").Slow().Count(); n != 1 {
		t.Errorf("%d slow requests, want 1", n)
	}
	if st := f.Stats(); st.SpansHeld != 0 || st.SpansDropped != 0 {
		t.Errorf("%+v", st)
	}
}
