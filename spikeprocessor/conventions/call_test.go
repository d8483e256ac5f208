// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"math/rand/v2"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/slowlog"
)

// TestEveryNameOfAField gives each field under each of its names: the result is the same, and the present name wins wherever it
// stands.
func TestEveryNameOfAField(t *testing.T) {
	for _, names := range [][]string{
		{"db.system.name", "db.system"}, {"db.namespace", "db.name"}, {"db.operation.name", "db.operation"},
		{"db.collection.name", "db.sql.table", "db.mongodb.collection", "db.cassandra.table"}, {"db.query.text", "db.statement"},
		{"server.address", "net.peer.name", "net.peer.ip"}, {"server.port", "net.peer.port"},
		{"http.request.method", "http.method"}, {"http.response.status_code", "http.status_code"}, {"url.full", "http.url"},
		{"rpc.system.name", "rpc.system"}, {"rpc.response.status_code", "rpc.grpc.status_code", "rpc.connect_rpc.error_code"},
		{"messaging.destination.name", "messaging.destination", "messaging.destination.template"},
		{"messaging.operation.name", "messaging.operation", "messaging.operation.type"},
	} {
		want := CallOf(client, attrs(names[0], "17"))
		if want == (slowlog.Call{Category: slowlog.Own}) {
			t.Errorf("%s is not read", names[0])
		}
		for _, older := range names[1:] {
			if got := CallOf(client, attrs(older, "17")); got != want {
				t.Errorf("%s: %+v\n%s: %+v", older, got, names[0], want)
			}
			for _, both := range [][]attribute.KeyValue{attrs(names[0], "17", older, "18"), attrs(older, "18", names[0], "17")} {
				if got := CallOf(client, both); got != want {
					t.Errorf("%v: %+v, want that of %s", both, got, names[0])
				}
			}
		}
	}
}

// TestReadersAgree: the three that read attributes, of requests, of dependencies and for the slow log, find the same in the same span.
func TestReadersAgree(t *testing.T) {
	keys := []string{
		keyHTTPMethod, keyOldHTTPMethod, keyHTTPStatus, keyOldHTTPStatus, keyURLFull, keyOldURLFull, keyServer, keyOldServer, keyOldPeerIP, keyPort, keyOldPort,
		keyDBSystem, keyOldDBSystem, keyDBSummary, keyDBStatement, keyOldDBStatement, keyRPCSystem, keyOldRPCSystem, keyOldRPCService, keyRPCMethod, keyMessaging,
		"user_agent.original",
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var some []attribute.KeyValue
		for _, i := range rng.Perm(len(keys))[:rng.IntN(len(keys))] {
			some = append(some, attribute.Int(keys[i], 1+rng.IntN(9)))
			if rng.IntN(4) > 0 {
				some[len(some)-1] = attribute.String(keys[i], string('1'+rune(rng.IntN(9))))
			}
			if k := keys[i]; k != keyPort && k != keyOldPort && k != keyHTTPStatus && k != keyOldHTTPStatus {
				some[len(some)-1] = attribute.String(keys[i], string('a'+rune(rng.IntN(26))))
			}
		}
		var r said
		var p peer
		r.read(some)
		p.read(some)
		c := CallOf(client, some)
		if r.method != c.HTTPMethod || r.status != c.HTTPStatus || r.system != c.RPCSystem || r.service != c.RPCService || r.call != c.RPCMethod {
			t.Fatalf("%v: a request is %+v, a call %+v", some, r, c)
		}
		if p.method != c.HTTPMethod || p.server != c.ServerAddress || p.port != c.ServerPort || p.url != c.URLFull || p.system != c.DBSystem ||
			p.summary != c.DBSummary || p.statement != c.DBStatement || p.rpc != c.RPCSystem || p.messaging != c.MessagingSystem {
			t.Fatalf("%v: a peer is %+v, a call %+v", some, p, c)
		}
	}
}

// TestReadingAllocatesNothing: neither of the readers that run where spans end.
func TestReadingAllocatesNothing(t *testing.T) {
	rpc := attrs("rpc.system", "grpc", "rpc.service", "shop.Cart", "rpc.method", "Add", "rpc.response.status_code", "not_found", "server.port", "50x1")
	call := attrs("http.request.method", "GET", "url.full", "http://a:8080/", "server.address", "a", "server.port", "8080")
	var l Layouts
	n := testing.AllocsPerRun(100, func() {
		s := Span{Kind: server, Name: "shop.Cart/Add", Attributes: rpc}
		r := s.Request()
		renamed := Span{Kind: server, Name: "add", Attributes: rpc}
		if again := renamed.Request(); again.Route != r.Route {
			t.Errorf("a renamed span has the route %q", again.Route)
		}
		_, _, name, _, _ := Dependency(client, call)
		method, _, _, _, _, _ := l.Scan(call)
		if r.Route != "shop.Cart/Add" || name != "a" || method != "GET" {
			t.Errorf("got %q, %q, %q", r.Route, name, method)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestPath(t *testing.T) {
	for want, of := range map[string][]attribute.KeyValue{
		"/a": attrs("http.target", "/old?x", "url.path", "/a"), "/old": attrs("http.target", "/old?token=1"), "": attrs("url.full", "http://a/b"),
	} {
		if got := Path(of); got != want {
			t.Errorf("%v: path %q, want %q", of, got, want)
		}
		var r Reader
		r.Begin(server, "", false, true)
		for i := range of {
			r.Take(KeyOf(string(of[i].Key)), valueOf(&of[i].Value))
		}
		if got := r.Path(); got != want {
			t.Errorf("%v: a reader has the path %q, want %q", of, got, want)
		}
	}
}
