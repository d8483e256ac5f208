// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

func str(pairs ...string) []attribute.KeyValue {
	var out []attribute.KeyValue
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, attribute.String(pairs[i], pairs[i+1]))
	}
	return out
}

func TestFacts(t *testing.T) {
	client := trace.SpanKindClient
	for _, tc := range []struct {
		name  string
		kind  trace.SpanKind
		span  string
		attrs []attribute.KeyValue
		want  facts
	}{
		{"present db names", client, "SELECT users",
			append(str("db.system.name", "postgresql", "db.namespace", "shop", "db.query.text", "SELECT * FROM users WHERE id = 7", "server.address", "db1"), attribute.Int("server.port", 5432)),
			facts{name: "SELECT users", detail: "SELECT users", system: "postgresql", peer: "db1:5432", category: DB, statement: "SELECT * FROM users WHERE id = ?"}},
		{"older db names", client, "gorm.Query",
			str("db.system", "mysql", "db.name", "shop", "db.statement", `SELECT * FROM orders WHERE note = "s3cret"`, "net.peer.name", "db1"),
			facts{name: "gorm.Query", detail: "SELECT orders", system: "mysql", peer: "db1", category: DB, statement: "SELECT * FROM orders WHERE note = ?"}},
		{"a summary wins", client, "q", str("db.system.name", "postgresql", "db.query.summary", "SELECT users orders", "db.query.text", "SELECT 1"),
			facts{name: "q", detail: "SELECT users orders", system: "postgresql", category: DB, statement: "SELECT ?"}},
		{"operation and collection", client, "find", str("db.system.name", "mongodb", "db.operation.name", "find", "db.collection.name", "users", "db.query.text", `{"email":"a@b.c"}`),
			facts{name: "find", detail: "find users", system: "mongodb", category: DB}},
		{"operation alone, the table from the statement", client, "q", str("db.system", "sqlite", "db.operation", "select", "db.statement", "select * from t"),
			facts{name: "q", detail: "SELECT t", system: "sqlite", category: DB, statement: "select * from t"}},
		{"span named by its statement", client, "SELECT * FROM users WHERE email = 'a@b.c'", str("db.system", "postgresql"),
			facts{name: "SELECT * FROM users WHERE email = ?", system: "postgresql", category: DB}},
		{"redis", client, "set", str("db.system", "redis", "db.statement", "set user:17 s3cret ex 10"),
			facts{name: "set", detail: "set", system: "redis", category: Cache, statement: "set"}},
		{"http with a url", client, "GET", str("http.request.method", "GET", "url.full", "http://bob:pw@inventory/items/1234?token=s3cret#x", "server.address", "inventory"),
			facts{name: "GET", detail: "GET http://inventory/items/{id}", peer: "inventory", category: HTTP}},
		{"http with a template", client, "GET", str("http.method", "GET", "http.url", "http://inventory:8080/items/1234", "url.template", "/items/{item}"),
			facts{name: "GET", detail: "GET http://inventory:8080/items/{item}", category: HTTP}},
		{"http without a url", client, "HTTP GET /a?x=s3cret", str("http.request.method", "GET", "server.address", "inventory"),
			facts{name: "HTTP GET /a", detail: "GET inventory", peer: "inventory", category: HTTP}},
		{"grpc, older names", client, "shop.Cart/Get", str("rpc.system", "grpc", "rpc.service", "shop.Cart", "rpc.method", "Get"),
			facts{name: "shop.Cart/Get", detail: "shop.Cart/Get", system: "grpc", category: RPC}},
		{"grpc, present names", client, "x", str("rpc.system.name", "grpc", "rpc.method", "shop.Cart/Get"),
			facts{name: "x", detail: "shop.Cart/Get", system: "grpc", category: RPC}},
		{"messaging", trace.SpanKindProducer, "publish orders", str("messaging.system", "kafka", "messaging.operation.name", "publish", "messaging.destination.name", "orders"),
			facts{name: "publish orders", detail: "publish orders", system: "kafka", category: Messaging}},
		{"a server span is own work", trace.SpanKindServer, "GET /a", str("http.request.method", "GET", "rpc.system", "grpc"),
			facts{name: "GET /a", category: Own}},
		{"a statement where none is expected", trace.SpanKindServer, "GET /a", str("db.statement", "SELECT a FROM users WHERE b = 's3cret'"),
			facts{name: "GET /a", category: Own}},
		{"a statement without a system", client, "q", str("db.statement", "SELECT a FROM users WHERE b = 's3cret'"),
			facts{name: "q", detail: "SELECT users", category: DB, statement: "SELECT a FROM users WHERE b = ?"}},
		{"an internal span that speaks of http is own work", trace.SpanKindInternal, "handler", str("http.method", "GET"),
			facts{name: "handler", category: Own}},
		{"an internal db span is a db call", trace.SpanKindInternal, "q", str("db.system", "postgresql"),
			facts{name: "q", system: "postgresql", category: DB}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := Span{Name: tc.span, Kind: tc.kind, Attrs: tc.attrs}
			got := new(reader).facts(&s)
			if c := categoryOf(&s); c != got.category {
				t.Errorf("categoryOf says %s, factsOf %s", c, got.category)
			}
			for v := range maps.Values(got.raw.attributes()) {
				if strings.Contains(v, "s3cret") || strings.Contains(v, "a@b.c") {
					t.Errorf("a literal is left in %v", got.raw.attributes())
				}
			}
			if got.name != tc.want.name || got.detail != tc.want.detail || got.system != tc.want.system || got.peer != tc.want.peer ||
				got.category != tc.want.category || got.statement != tc.want.statement {
				t.Errorf("\n got %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

func TestFactsAreBounded(t *testing.T) {
	long := strings.Repeat("é", 10_000)
	s := Span{Name: long, Kind: trace.SpanKindClient}
	for key := range canonical {
		s.Attrs = append(s.Attrs, attribute.String(string(key), long))
	}
	s.Attrs = append(s.Attrs, attribute.String("db.system.name", "postgresql"))
	f := (&reader{queryText: true}).facts(&s)
	attributes := f.raw.attributes()
	if len(f.name) > 128 || len(f.detail) > 512 || len(f.system) > 128 || len(f.peer) > 128 || len(attributes) > 16 {
		t.Errorf("name %d, detail %d, system %d, peer %d, %d attributes", len(f.name), len(f.detail), len(f.system), len(f.peer), len(attributes))
	}
	for k, v := range attributes {
		if limit := map[bool]int{true: 1024, false: 256}[k == "db.query.text"]; len(v) > limit || !utf8.ValidString(v) {
			t.Errorf("%s has %d bytes", k, len(v))
		}
	}
}

func TestTemplatePath(t *testing.T) {
	for path, want := range map[string]string{
		"":              "",
		"/":             "/",
		"/items/1234":   "/items/{id}",
		"/v1/items/12/": "/v1/items/{id}/",
		"/u/9f8b6c1e-3d2a-4f5b-8c7d-6e5f4a3b2c1d/x": "/u/{id}/x",
		"/u/deadbeef12":               "/u/{id}",
		"/u/bob@x.org":                "/u/{id}",
		"/u/bob%40x.org":              "/u/{id}",
		"/t/eyJhbGciOiJIUzI1NiJ9abc":  "/t/{id}",
		"/api/v2/oauth2/token":        "/api/v2/oauth2/token",
		"/" + strings.Repeat("a", 41): "/{id}",
	} {
		if got := templatePath(path); got != want {
			t.Errorf("templatePath(%q) = %q, want %q", path, got, want)
		}
	}
}
