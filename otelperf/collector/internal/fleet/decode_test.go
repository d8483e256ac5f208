// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/slowlog"
)

const (
	server   = ptrace.SpanKindServer
	client   = ptrace.SpanKindClient
	producer = ptrace.SpanKindProducer
	consumer = ptrace.SpanKindConsumer
	internal = ptrace.SpanKindInternal
)

// TestRows: which row a span has, and how it ended. Spans have a parent unless "root"; "" is no row.
func TestRows(t *testing.T) {
	for _, tt := range []struct {
		about string
		kind  ptrace.SpanKind
		name  string
		flags uint32
		root  bool
		fails bool
		attrs []any
		want  string
		out   slowlog.Outcome
	}{
		{about: "HTTP with flags, parent remote", kind: server, name: "GET /a", flags: 0x301, attrs: []any{"http.request.method", "GET", "http.route", "/a", "http.response.status_code", 503}, want: "GET /a", out: slowlog.OutcomeServerError},
		{about: "HTTP with flags, parent local", kind: server, name: "GET /a", flags: 0x101, attrs: []any{"http.request.method", "GET", "http.route", "/a"}},
		{about: "HTTP of 2024, without flags", kind: server, name: "GET /a", attrs: []any{"http.method", "GET", "http.target", "/a?q", "http.route", "/a", "http.status_code", 404}, want: "GET /a", out: slowlog.OutcomeClientError},
		{about: "HTTP, no route", kind: server, name: "GET", root: true, attrs: []any{"http.request.method", "GET", "http.response.status_code", 404}, want: "GET (unmatched)", out: slowlog.OutcomeClientError},
		{about: "gRPC", kind: server, name: "shop.Cart/Add", flags: 0x301, attrs: []any{"rpc.system", "grpc", "rpc.service", "shop.Cart", "rpc.method", "Add", "rpc.grpc.status_code", 13}, want: "grpc shop.Cart/Add", out: slowlog.OutcomeServerError},
		{about: "consumer without flags", kind: consumer, name: "process orders", attrs: []any{"messaging.system", "kafka"}, want: "consumer process orders"},
		{about: "internal, parent of the same process", kind: internal, name: "middleware"},
		{about: "internal without a parent", kind: internal, name: "fs realpathSync", root: true},
		{about: "internal with a route", kind: internal, name: "x", root: true, attrs: []any{"http.request.method", "GET", "http.route", "/a"}, want: "GET /a"},
		{about: "call over HTTP", kind: client, name: "GET", attrs: []any{"http.request.method", "GET", "server.address", "stock", "server.port", 8080}, want: "http GET stock:8080"},
		{about: "call over HTTP, failed", kind: client, name: "GET", fails: true, attrs: []any{"http.method", "GET", "net.peer.name", "stock"}, want: "http GET stock", out: slowlog.OutcomeServerError},
		{about: "database, the text says it", kind: client, name: "pg.query:SELECT shop", attrs: []any{"db.system", "postgresql", "db.statement", "SELECT * FROM items WHERE id = $1", "net.peer.port", 5432}, want: "db postgresql SELECT items"},
		{about: "database, summary", kind: client, name: "x", attrs: []any{"db.system.name", "mysql", "db.query.summary", "SELECT users"}, want: "db mysql SELECT users"},
		{about: "producer", kind: producer, name: "send orders", attrs: []any{"messaging.system", "kafka", "messaging.destination.name", "orders"}, want: "messaging kafka send orders"},
		{about: "call without a parent", kind: client, name: "GET", root: true, attrs: []any{"http.request.method", "GET", "server.address", "stock"}, want: "http GET stock"},
		{about: "rows being read", kind: client, name: "sql.rows", attrs: []any{"db.system.name", "mysql"}},
	} {
		t.Run(tt.about, func(t *testing.T) {
			f := newTrial(t, Settings{})
			b := newBatch()
			parent := uint64(7)
			if tt.root {
				parent = 0
			}
			sp := b.span("shop", tt.name, tt.kind, 1, 2, parent, f.now, 40*time.Millisecond, tt.attrs...)
			sp.SetFlags(tt.flags)
			if tt.fails {
				sp.Status().SetCode(ptrace.StatusCodeError)
			}
			f.send(b.Traces)
			f.pass(20 * time.Second)
			if tt.want == "" {
				if n := f.Find("shop").Engine().Counted(); n != 0 {
					t.Errorf("%d are counted", n)
				}
				return
			}
			r := f.row("shop", tt.want)
			if r.Outcomes[tt.out] != 1 || r.Outcomes.Total() != 1 {
				t.Errorf("outcomes %v, want one %v", r.Outcomes, tt.out)
			}
		})
	}
}

// TestJobs: internal spans without a parent have rows where they are asked for.
func TestJobs(t *testing.T) {
	f := newTrial(t, Settings{Jobs: true})
	b := newBatch()
	b.span("shop", "nightly", internal, 1, 2, 0, f.now, time.Second)
	f.send(b.Traces)
	f.pass(20 * time.Second)
	if r := f.row("shop", "job nightly"); r.Outcomes.Total() != 1 {
		t.Errorf("got %v", r.Outcomes)
	}
}

// TestInvalidTimes: spans of which the times cannot be are left out, and counted.
func TestInvalidTimes(t *testing.T) {
	f := newTrial(t, Settings{})
	b := newBatch()
	b.get("shop", "/a", 1, f.now, time.Millisecond).SetStartTimestamp(0)
	b.get("shop", "/a", 2, f.now, time.Millisecond).SetEndTimestamp(0)
	b.get("shop", "/a", 3, f.now, 25*time.Hour)
	b.get("shop", "/a", 4, f.now, time.Millisecond).SetEndTimestamp(1 << 63)
	b.get("shop", "/a", 5, f.now, -time.Minute)
	b.get("shop", "/a", 6, f.now, 0)
	f.send(b.Traces)
	f.pass(20 * time.Second)
	if r := f.row("shop", "GET /a"); r.Outcomes.Total() != 1 || r.Max != 0 {
		t.Errorf("%d are counted, the longest %v", r.Outcomes.Total(), r.Max)
	}
	if st := f.Stats(); st.Invalid != 5 {
		t.Errorf("%d are invalid, want 5", st.Invalid)
	}
}

// TestNames: a service is its name within its namespace.
func TestNames(t *testing.T) {
	f := newTrial(t, Settings{})
	for _, namespace := range []string{"", "eu", "us", "eu"} {
		b := newBatch()
		b.get("shop", "/a", 1, f.now, time.Millisecond)
		if namespace != "" {
			b.ResourceSpans().At(0).Resource().Attributes().PutStr("service.namespace", namespace)
		}
		f.send(b.Traces)
	}
	td := ptrace.NewTraces()
	td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetKind(server)
	f.send(td)
	f.pass(20 * time.Second)
	for name, want := range map[string]uint64{"shop": 1, "eu/shop": 2, "us/shop": 1, "unknown_service": 0} {
		if s := f.Find(name); s == nil {
			t.Errorf("there is no %s", name)
		} else if n := s.Engine().Counted(); want > 0 && n != want {
			t.Errorf("%s has %d requests, want %d", name, n, want)
		}
	}
}
