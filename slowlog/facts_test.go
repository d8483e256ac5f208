// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"maps"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"
)

func TestFacts(t *testing.T) {
	for _, tc := range []struct {
		name string
		span string
		call Call
		want facts
	}{
		{"a statement", "SELECT users", Call{Category: DB, DBSystem: "postgresql", DBStatement: "SELECT * FROM users WHERE id = 7", ServerAddress: "db1", ServerPort: 5432},
			facts{name: "SELECT users", detail: "SELECT users", system: "postgresql", peer: "db1:5432", statement: "SELECT * FROM users WHERE id = ?"}},
		{"a summary wins", "q", Call{Category: DB, DBSystem: "postgresql", DBSummary: "SELECT users orders", DBStatement: "SELECT 1"},
			facts{name: "q", detail: "SELECT users orders", system: "postgresql", statement: "SELECT ?"}},
		{"operation and collection", "find", Call{Category: DB, DBSystem: "mongodb", DBOperation: "find", DBCollection: "users", DBStatement: `{"email":"a@b.c"}`},
			facts{name: "find", detail: "find users", system: "mongodb"}},
		{"operation alone, the table from the statement", "q", Call{Category: DB, DBSystem: "sqlite", DBOperation: "select", DBStatement: "select * from t"},
			facts{name: "q", detail: "SELECT t", system: "sqlite", statement: "select * from t"}},
		{"span named by its statement", "SELECT * FROM users WHERE email = 'a@b.c'", Call{Category: DB, DBSystem: "postgresql"},
			facts{name: "SELECT * FROM users WHERE email = ?", system: "postgresql"}},
		{"redis", "set", Call{Category: Cache, DBSystem: "redis", DBStatement: "set user:17 s3cret ex 10"},
			facts{name: "set", detail: "set", system: "redis", statement: "set"}},
		{"http with a url", "GET", Call{Category: HTTP, HTTPMethod: "GET", URLFull: "http://bob:pw@inventory/items/1234?token=s3cret#x", ServerAddress: "inventory"},
			facts{name: "GET", detail: "GET http://inventory/items/{id}", peer: "inventory"}},
		{"http with a template", "GET", Call{Category: HTTP, HTTPMethod: "GET", URLFull: "http://inventory:8080/items/1234", URLTemplate: "/items/{item}"},
			facts{name: "GET", detail: "GET http://inventory:8080/items/{item}"}},
		{"http with a whole template", "GET", Call{Category: HTTP, HTTPMethod: "GET", URLFull: "http://inventory:8080/items/1234", URLTemplate: "https://{host}/items"},
			facts{name: "GET", detail: "GET https://{host}/items"}},
		{"http without a url", "HTTP GET /a?x=s3cret", Call{Category: HTTP, HTTPMethod: "GET", ServerAddress: "inventory"},
			facts{name: "HTTP GET /a", detail: "GET inventory", peer: "inventory"}},
		{"rpc in two parts", "shop.Cart/Get", Call{Category: RPC, RPCSystem: "grpc", RPCService: "shop.Cart", RPCMethod: "Get"},
			facts{name: "shop.Cart/Get", detail: "shop.Cart/Get", system: "grpc"}},
		{"rpc in one", "x", Call{Category: RPC, RPCSystem: "grpc", RPCMethod: "shop.Cart/Get"},
			facts{name: "x", detail: "shop.Cart/Get", system: "grpc"}},
		{"messaging", "publish orders", Call{Category: Messaging, MessagingSystem: "kafka", MessagingOperation: "publish", MessagingDestination: "orders"},
			facts{name: "publish orders", detail: "publish orders", system: "kafka"}},
		{"own work", "GET /a", Call{HTTPMethod: "GET", RPCSystem: "grpc"}, facts{name: "GET /a"}},
		{"a statement where none is expected", "GET /a", Call{DBStatement: "SELECT a FROM users WHERE b = 's3cret'"}, facts{name: "GET /a"}},
		{"a statement without a system", "q", Call{Category: DB, DBStatement: "SELECT a FROM users WHERE b = 's3cret'"},
			facts{name: "q", detail: "SELECT users", statement: "SELECT a FROM users WHERE b = ?"}},
		{"a unix socket", "q", Call{Category: DB, DBSystem: "mysql", ServerAddress: "/run/mysqld.sock", ServerPort: 3306},
			facts{name: "q", system: "mysql", peer: "/run/mysqld.sock"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := new(reader).facts(&Span{Name: tc.span, Call: tc.call})
			for v := range maps.Values(got.call.attributes()) {
				if strings.Contains(v, "s3cret") || strings.Contains(v, "a@b.c") {
					t.Errorf("a literal is left in %v", got.call.attributes())
				}
			}
			got.call = Call{}
			if got != tc.want {
				t.Errorf("\n got %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

// longCall is a call with a long text in each field that can have one.
func longCall(text string) Call {
	c := Call{Category: DB, ServerPort: math.MaxInt, HTTPStatus: math.MaxInt, HTTPResends: math.MaxInt, MessagingCount: math.MaxInt}
	v := reflect.ValueOf(&c).Elem()
	for i := 1; i < v.NumField(); i++ { // all but the category
		if v.Field(i).Kind() == reflect.String {
			v.Field(i).SetString(text)
		}
	}
	return c
}

func TestFactsAreBounded(t *testing.T) {
	long := strings.Repeat("é", 10_000)
	for _, category := range []Category{Own, DB, HTTP, RPC, Messaging, Cache} {
		c := longCall(long)
		c.Category = category
		n := Build(Span{Name: long, Kind: trace.SpanKindClient, Call: c}, nil, BuildOptions{QueryText: true}).Root
		if len(n.Name) > 128 || len(n.Detail) > 512 || len(n.System) > 128 || len(n.Peer) > 128 || len(n.Dependency) > 520 || len(n.Attributes) > 16 {
			t.Errorf("%s: name %d, detail %d, system %d, peer %d, dependency %d, %d attributes", category, len(n.Name), len(n.Detail), len(n.System), len(n.Peer), len(n.Dependency), len(n.Attributes))
		}
		for k, v := range n.Attributes {
			if limit := map[bool]int{true: 1024, false: 256}[k == "db.query.text"]; len(v) > limit || !utf8.ValidString(v) {
				t.Errorf("%s: %s has %d bytes", category, k, len(v))
			}
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
