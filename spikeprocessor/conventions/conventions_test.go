// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

const (
	server   = trace.SpanKindServer
	client   = trace.SpanKindClient
	producer = trace.SpanKindProducer
	consumer = trace.SpanKindConsumer
	internal = trace.SpanKindInternal
)

// attrs makes attributes of keys and values in turn.
func attrs(pairs ...any) (out []attribute.KeyValue) {
	for i := 0; i < len(pairs); i += 2 {
		switch v := pairs[i+1].(type) {
		case string:
			out = append(out, attribute.String(pairs[i].(string), v))
		case int:
			out = append(out, attribute.Int(pairs[i].(string), v))
		case int64:
			out = append(out, attribute.Int64(pairs[i].(string), v))
		case float64:
			out = append(out, attribute.Float64(pairs[i].(string), v))
		}
	}
	return out
}

// many makes n attributes that say nothing.
func many(n int) []attribute.KeyValue {
	return slices.Repeat(attrs("x", 1), n)
}

// TestRequests has a line for each convention and shape of what is served. want is kind, endpoint, status if there is one, outcome.
func TestRequests(t *testing.T) {
	long := strings.Repeat("é", 200) // 400 bytes
	for _, tt := range []struct {
		about string
		kind  trace.SpanKind
		name  string
		attrs []attribute.KeyValue
		want  string
	}{
		{"HTTP, route", server, "GET /users/{id}", attrs("http.request.method", "GET", "http.route", "/users/{id}", "http.response.status_code", 200), "http GET /users/{id} 200 ok"},
		{"HTTP, route in the name, as otelhttp around a ServeMux", server, "GET /users/{id}", attrs("http.request.method", "GET", "http.response.status_code", 404), "http GET /users/{id} 404 client_error"},
		{"HTTP, no route matched", server, "GET", attrs("http.request.method", "GET", "url.path", "/etc/passwd", "http.response.status_code", 404), "http GET (unmatched) 404 client_error"},
		{"HTTP, no name", server, "", attrs("http.request.method", "GET"), "http GET (unmatched) ok"},
		{"HTTP, unknown method with a route", server, "HTTP /x", attrs("http.request.method", "_OTHER", "http.response.status_code", 405), "http _OTHER /x 405 client_error"},
		{"HTTP, unknown method without", server, "HTTP", attrs("http.request.method", "_OTHER", "http.response.status_code", 501), "http _OTHER (unmatched) 501 server_error"},
		{"HTTP, otelmux with a match", server, "/users/{id}", attrs("http.request.method", "GET", "http.route", "/users/{id}", "http.response.status_code", 200), "http GET /users/{id} 200 ok"},
		{"HTTP, otelmux without", server, "HTTP GET route not found", attrs("http.request.method", "GET", "http.response.status_code", 404), "http GET (unmatched) 404 client_error"},
		{"HTTP, a name of the program's own", server, "shop", attrs("http.request.method", "GET", "http.response.status_code", 200), "http GET (unmatched) 200 ok"},
		{"HTTP, a name that only begins like the method", server, "GETTER", attrs("http.request.method", "GET", "http.response.status_code", 200), "http GET (unmatched) 200 ok"},
		{"HTTP, the name has a query", server, "GET /reset?token=secret", attrs("http.request.method", "GET", "http.response.status_code", 200), "http GET (unmatched) 200 ok"},
		{"HTTP, the name is HTTP and the method", server, "HTTP GET", attrs("http.request.method", "GET", "http.response.status_code", 200), "http GET (unmatched) 200 ok"},
		{"HTTP, the name is HTTP and a path, the method is known", server, "HTTP /x", attrs("http.request.method", "GET", "http.response.status_code", 200), "http GET (unmatched) 200 ok"},
		{"HTTP, the name is of another method", server, "POST /x", attrs("http.request.method", "GET", "http.response.status_code", 200), "http GET (unmatched) 200 ok"},
		{"HTTP, the name is the URL", server, "GET http://h/x", attrs("http.request.method", "GET", "http.response.status_code", 200), "http GET (unmatched) 200 ok"},
		{"HTTP, a subtree", server, "GET /static/", attrs("http.request.method", "GET", "url.path", "/static/a.js", "http.response.status_code", 200), "http GET /static/ 200 ok"},
		{"HTTP, HEAD of a GET route", server, "HEAD /users/{id}", attrs("http.request.method", "HEAD", "url.path", "/users/7", "http.response.status_code", 200), "http HEAD /users/{id} 200 ok"},
		{"HTTP, a made-up method, old", server, "FROB /x", attrs("http.method", "FROB", "http.status_code", 200), "http _OTHER (unmatched) 200 ok"},
		{"HTTP, a made-up method with a route", server, "FROB /x", attrs("http.request.method", "FROB", "http.route", "/x", "http.response.status_code", 200), "http _OTHER /x 200 ok"},
		{"HTTP, a method of WebDAV", server, "PROPFIND /x", attrs("http.request.method", "PROPFIND", "http.response.status_code", 200), "http PROPFIND /x 200 ok"},
		{"HTTP, method and a space", server, "GET ", attrs("http.request.method", "GET", "http.response.status_code", 200), "http GET (unmatched) 200 ok"},
		{"HTTP, old", server, "/users/:id", attrs("http.method", "GET", "http.status_code", 503, "http.route", "/users/:id"), "http GET /users/:id 503 server_error"},
		{"HTTP, old and present", server, "/users/:id", attrs("http.method", "POST", "http.status_code", 500, "http.request.method", "GET", "http.response.status_code", 200, "http.route", "/a"), "http GET /a 200 ok"},
		{"HTTP, present and old", server, "/users/:id", attrs("http.request.method", "GET", "http.response.status_code", 200, "http.method", "POST", "http.status_code", 500, "http.route", "/a"), "http GET /a 200 ok"},
		{"HTTP, status as text", server, "GET /a", attrs("http.method", "GET", "http.status_code", "503"), "http GET /a 503 server_error"},
		{"HTTP, status that is none", server, "GET /a", attrs("http.method", "GET", "http.status_code", "x503"), "http GET /a ok"},
		{"HTTP, another kind", internal, "handler", attrs("http.request.method", "GET", "http.route", "/x", "http.response.status_code", 200), "http GET /x 200 ok"},
		{"HTTP, another kind, old", trace.SpanKindUnspecified, "handler", attrs("http.method", "GET", "http.route", "/x"), "http GET /x ok"},
		{"HTTP, another kind without a route", internal, "handler", attrs("http.request.method", "GET"), "job job handler ok"},
		{"HTTP, an upgrade", server, "GET /ws", attrs("http.request.method", "GET", "http.response.status_code", 101), "http GET /ws 101 stream"},
		{"HTTP, the client went away", server, "GET /a", attrs("http.request.method", "GET", "http.response.status_code", 499), "http GET /a 499 canceled"},
		{"HTTP, the outcome is told", server, "GET /a", attrs("otelperf.outcome", "aborted", "http.request.method", "GET", "http.response.status_code", 200), "http GET /a 200 aborted"},
		{"HTTP, the outcome is nonsense", server, "GET /a", attrs("http.request.method", "GET", "http.response.status_code", 500, "otelperf.outcome", "nonsense"), "http GET /a 500 server_error"},
		{"HTTP, a consumer's", consumer, "process x", attrs("messaging.system", "sqs", "http.request.method", "POST", "http.route", "/hook", "http.response.status_code", 200), "http POST /hook 200 ok"},
		{"HTTP, of kind client with a route", client, "GET /x", attrs("http.method", "GET", "http.route", "/x", "http.status_code", 500, "server.address", "h"), "http GET /x 500 server_error"},
		{"HTTP, a double for a status", server, "GET /a", attrs("http.request.method", "GET", "http.route", "/a", "http.response.status_code", 503.0), "http GET /a ok"},
		{"HTTP, an old status and a double", server, "GET /a", attrs("http.status_code", 500, "http.request.method", "GET", "http.route", "/a", "http.response.status_code", 503.0), "http GET /a 500 server_error"},
		{"HTTP, beyond 128 attributes", server, "GET /a", append(many(127), attrs("http.request.method", "GET", "http.route", "/a", "http.response.status_code", 500)...), "http GET /a ok"},
		{"HTTP, long and not valid", server, "GET", attrs("http.request.method", "GET", "http.route", "/\xff"+long), "http GET /\uFFFD" + long[:252] + " ok"},

		{"gRPC", server, "shop.Cart/Add", attrs("rpc.system.name", "grpc", "rpc.method", "shop.Cart/Add", "rpc.response.status_code", "OK"), "rpc grpc shop.Cart/Add ok"},
		{"gRPC, a failure", server, "shop.Cart/Add", attrs("rpc.system.name", "grpc", "rpc.method", "shop.Cart/Add", "rpc.response.status_code", "UNAVAILABLE"), "rpc grpc shop.Cart/Add server_error"},
		{"gRPC, the caller's fault", server, "shop.Cart/Add", attrs("rpc.system.name", "grpc", "rpc.response.status_code", "NOT_FOUND"), "rpc grpc shop.Cart/Add client_error"},
		{"gRPC, canceled", server, "shop.Cart/Add", attrs("rpc.system.name", "grpc", "rpc.response.status_code", "CANCELLED"), "rpc grpc shop.Cart/Add canceled"},
		{"gRPC, status as text of a number", server, "shop.Cart/Add", attrs("rpc.system.name", "grpc", "rpc.response.status_code", "13"), "rpc grpc shop.Cart/Add server_error"},
		{"gRPC, renamed", server, "add", attrs("rpc.system.name", "grpc", "rpc.method", "shop.Cart/Add"), "rpc grpc shop.Cart/Add ok"},
		{"gRPC, unknown method", server, "grpc", attrs("rpc.system.name", "grpc", "rpc.method", "_OTHER"), "rpc grpc _OTHER ok"},
		{"gRPC, old", server, "shop.Cart/Add", attrs("rpc.system", "grpc", "rpc.service", "shop.Cart", "rpc.method", "Add", "rpc.grpc.status_code", 5), "rpc grpc shop.Cart/Add client_error"},
		{"gRPC, old, internal", server, "shop.Cart/Add", attrs("rpc.system", "grpc", "rpc.grpc.status_code", 13), "rpc grpc shop.Cart/Add server_error"},
		{"gRPC, old, out of range", server, "shop.Cart/Add", attrs("rpc.system", "grpc", "rpc.grpc.status_code", int64(1<<40)), "rpc grpc shop.Cart/Add client_error"},
		{"gRPC, old, renamed", server, "add", attrs("rpc.system", "grpc", "rpc.service", "shop.Cart", "rpc.method", "Add"), "rpc grpc shop.Cart/Add ok"},
		{"gRPC, old, no method", server, "add", attrs("rpc.system", "grpc", "rpc.service", "shop.Cart"), "rpc grpc add ok"},
		{"Connect", server, "shop.Cart/Add", attrs("rpc.system.name", "connectrpc", "rpc.method", "shop.Cart/Add", "rpc.response.status_code", "not_found"), "rpc connectrpc shop.Cart/Add client_error"},
		{"Connect, old", server, "shop.Cart/Add", attrs("rpc.system", "connect_rpc", "rpc.service", "shop.Cart", "rpc.method", "Add", "rpc.connect_rpc.error_code", "internal"), "rpc connect_rpc shop.Cart/Add server_error"},
		{"Connect, canceled", server, "shop.Cart/Add", attrs("rpc.system", "connect_rpc", "rpc.connect_rpc.error_code", "canceled"), "rpc connect_rpc shop.Cart/Add canceled"},
		{"RPC, a status that is none", server, "a/b", attrs("rpc.system", "x", "rpc.response.status_code", "fine"), "rpc x a/b ok"},

		{"another server", server, "SMTP RCPT", nil, "server server SMTP RCPT ok"},
		{"another server, no name", server, "", nil, "server server (no name) ok"},
		{"consumer", consumer, "process orders", attrs("messaging.system", "kafka"), "consumer consumer process orders ok"},
		{"consumer, a template", consumer, "process user-17", attrs("messaging.destination.name", "user-17", "messaging.destination.template", "user-{id}"), "consumer consumer user-{id} ok"},
		{"consumer, named by the template", consumer, "process user-{id}", attrs("messaging.destination.name", "user-17", "messaging.destination.template", "user-{id}"), "consumer consumer process user-{id} ok"},
		{"consumer, a temporary queue", consumer, "process amq.gen-17", append(attrs("messaging.destination.name", "amq.gen-17", "messaging.operation.name", "process"), attribute.Bool("messaging.destination.temporary", true)), "consumer consumer process ok"},
		{"consumer, an anonymous queue and no operation", consumer, "amq.gen-17", append(attrs("messaging.destination.name", "amq.gen-17"), attribute.Bool("messaging.destination.anonymous", true)), "consumer consumer (temporary) ok"},
		{"job", internal, "nightly", nil, "job job nightly ok"},
		{"job, no kind, no name", trace.SpanKindUnspecified, "", nil, "job job (no name) ok"},
		{"parentless call", client, "GET", attrs("http.request.method", "GET"), "dependency  ok"},
	} {
		t.Run(tt.about, func(t *testing.T) {
			s := Span{Kind: tt.kind, Name: tt.name, Attributes: tt.attrs}
			r := s.Request()
			if m, route, status, o, told, _ := new(Layouts).Scan(tt.attrs); KnownMethod(m) == m && m != "" && status != 0 && (route != r.Route && route != "" || int(status) != r.Status || told && o != r.Outcome) {
				t.Errorf("the scan finds %q %q %d %v, want %+v", m, route, status, o, r)
			}
			want := tt.want
			if r.Status != 0 {
				want = strings.Replace(want, fmt.Sprint(" ", r.Status, " "), " ", 1)
				if want == tt.want {
					t.Errorf("status %d is not in %q", r.Status, tt.want)
				}
			}
			ep := r.Endpoint()
			if got := fmt.Sprint(r.Kind, " ", ep, " ", r.Outcome); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// TestOutcomesBesideStatus: what the span's status and its events decide.
func TestOutcomesBesideStatus(t *testing.T) {
	http, rpc := attrs("http.request.method", "GET"), attrs("rpc.system.name", "grpc", "rpc.response.status_code", "NOT_FOUND")
	answered := attrs("http.request.method", "GET", "http.response.status_code", 200)
	for _, tt := range []struct {
		about      string
		kind       trace.SpanKind
		attrs      []attribute.KeyValue
		failed     bool
		exceptions []string // their messages
		want       slowlog.Outcome
	}{
		{"an exception and no status", server, http, true, []string{"boom"}, slowlog.OutcomePanic},
		{"http.ErrAbortHandler", server, http, true, []string{"net/http: abort Handler"}, slowlog.OutcomeAborted},
		{"http.ErrAbortHandler among others", server, http, false, []string{"net/http: abort Handler", "boom"}, slowlog.OutcomeAborted},
		{"an exception and a status", server, answered, false, []string{"boom"}, slowlog.OutcomeOK},
		{"Error and a status", server, answered, true, nil, slowlog.OutcomeOK},
		{"Error and no status", server, http, true, nil, slowlog.OutcomeServerError},
		{"Error and a code", server, rpc, true, nil, slowlog.OutcomeClientError},
		{"an exception of a job", internal, nil, true, []string{"boom"}, slowlog.OutcomeServerError},
		{"an exception of a consumer that went on", consumer, nil, false, []string{"boom"}, slowlog.OutcomeOK},
		{"a call that failed", client, http, true, nil, slowlog.OutcomeServerError},
	} {
		s := Span{Kind: tt.kind, Name: "x", Attributes: tt.attrs, Failed: tt.failed}
		s.Event("message", attrs("exception.message", "net/http: abort Handler"))
		for _, m := range tt.exceptions {
			s.Event("exception", attrs("exception.type", "x", "exception.message", m))
		}
		if got := s.Request().Outcome; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.about, got, tt.want)
		}
	}
}

func TestPoints(t *testing.T) {
	for _, tt := range []struct {
		about string
		attrs []attribute.KeyValue
		want  string
	}{
		{"HTTP", attrs("http.request.method", "GET", "http.route", "/a", "http.response.status_code", 500, "error.type", "500"), "http GET /a server_error"},
		{"HTTP, no route", attrs("http.request.method", "GET", "http.response.status_code", 404), "http GET (unmatched) client_error"},
		{"HTTP, no status", attrs("http.request.method", "GET", "error.type", "timeout"), "http GET (unmatched) server_error"},
		{"RPC", attrs("rpc.system.name", "grpc", "rpc.method", "shop.Cart/Add", "rpc.response.status_code", "NOT_FOUND", "error.type", "NOT_FOUND"), "rpc grpc shop.Cart/Add client_error"},
		{"RPC, old", attrs("rpc.system", "grpc", "rpc.service", "shop.Cart", "rpc.method", "Add", "rpc.grpc.status_code", 13), "rpc grpc shop.Cart/Add server_error"},
		{"RPC, no method", attrs("rpc.system", "grpc"), "rpc grpc (no name) ok"},
		{"HTTP, the outcome first", attrs("otelperf.outcome", "stream", "http.request.method", "GET", "http.route", "/a", "http.response.status_code", 200), "http GET /a stream"},
		{"overflow", []attribute.KeyValue{attribute.Bool("otel.metric.overflow", true)}, "http (other) ok"},
	} {
		r := Point(tt.attrs)
		if got := fmt.Sprint(r.Kind, " ", r.Endpoint(), " ", r.Outcome); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.about, got, tt.want)
		}
	}
}

// TestDependencies has a line for each convention and shape of what is called. want is the endpoint, and the category by which the
// slow log counts the time.
func TestDependencies(t *testing.T) {
	for _, tt := range []struct {
		about string
		kind  trace.SpanKind
		name  string
		attrs []attribute.KeyValue
		want  string
		slow  slowlog.Category
	}{
		{"HTTP", client, "GET", attrs("http.request.method", "GET", "url.full", "http://inventory/items", "server.address", "inventory", "server.port", 80), "http GET inventory", slowlog.HTTP},
		{"HTTP, port", client, "GET", attrs("http.request.method", "GET", "url.full", "http://inventory:8080/items", "server.address", "inventory", "server.port", 8080), "http GET inventory:8080", slowlog.HTTP},
		{"HTTP, no port", client, "GET", attrs("http.request.method", "GET", "url.full", "http://inventory/items", "server.address", "inventory"), "http GET inventory", slowlog.HTTP},
		{"HTTPS", client, "GET", attrs("http.request.method", "GET", "url.full", "https://inventory/items", "server.address", "inventory", "server.port", 443), "http GET inventory", slowlog.HTTP},
		{"HTTPS on the port of HTTP", client, "GET", attrs("http.request.method", "GET", "url.full", "https://inventory:80/", "server.address", "inventory", "server.port", 80), "http GET inventory:80", slowlog.HTTP},
		{"HTTP on the port of HTTPS", client, "GET", attrs("http.request.method", "GET", "url.scheme", "http", "server.address", "inventory", "server.port", 443), "http GET inventory:443", slowlog.HTTP},
		{"HTTP, scheme unknown", client, "GET", attrs("http.request.method", "GET", "server.address", "inventory", "server.port", 443), "http GET inventory", slowlog.HTTP},
		{"HTTP, a port that is none", client, "GET", attrs("http.request.method", "GET", "server.address", "inventory", "server.port", 70000), "http GET inventory", slowlog.HTTP},
		{"HTTP, IPv6", client, "GET", attrs("http.request.method", "GET", "server.address", "::1", "server.port", 8080), "http GET [::1]:8080", slowlog.HTTP},
		{"HTTP, IPv6 in brackets", client, "GET", attrs("http.request.method", "GET", "server.address", "[::1]", "server.port", 8080), "http GET [::1]:8080", slowlog.HTTP},
		{"HTTP, unix socket", client, "GET", attrs("http.request.method", "GET", "server.address", "/run/docker.sock", "server.port", 8080), "http GET /run/docker.sock", slowlog.HTTP},
		{"HTTP, old", client, "HTTP GET", attrs("http.method", "GET", "http.url", "http://inventory:8080/items", "net.peer.name", "inventory", "net.peer.port", 8080), "http GET inventory:8080", slowlog.HTTP},
		{"HTTP, old, usual port", client, "HTTP GET", attrs("http.method", "GET", "http.scheme", "https", "net.peer.name", "inventory", "net.peer.port", "443"), "http GET inventory", slowlog.HTTP},
		{"HTTP, old, host", client, "HTTP GET", attrs("http.method", "GET", "http.host", "inventory:8080"), "http GET inventory:8080", slowlog.HTTP},
		{"HTTP, port in the address, too", client, "GET", attrs("http.request.method", "GET", "server.address", "h:8080", "server.port", 8080), "http GET h:8080", slowlog.HTTP},
		{"HTTP, port in the address alone", client, "GET", attrs("http.request.method", "GET", "server.address", "h:8080"), "http GET h:8080", slowlog.HTTP},
		{"HTTP, another port beside the address", client, "GET", attrs("http.request.method", "GET", "server.address", "h:8080", "server.port", 9090), "http GET h:9090", slowlog.HTTP},
		{"HTTP, usual port in the address", client, "GET", attrs("http.request.method", "GET", "server.address", "h:443", "url.scheme", "HTTPS"), "http GET h", slowlog.HTTP},
		{"HTTP, IPv6 and port in the address", client, "GET", attrs("http.request.method", "GET", "server.address", "[::1]:8080"), "http GET [::1]:8080", slowlog.HTTP},
		{"HTTP, IPv6 in brackets, usual port", client, "GET", attrs("http.request.method", "GET", "server.address", "[::1]", "server.port", 443), "http GET ::1", slowlog.HTTP},
		{"HTTP, IPv6 and a zone", client, "GET", attrs("http.request.method", "GET", "server.address", "fe80::1%eth0", "server.port", 9), "http GET [fe80::1%eth0]:9", slowlog.HTTP},
		{"HTTP, abstract socket", client, "GET", attrs("http.request.method", "GET", "server.address", "@docker", "server.port", 8080), "http GET @docker", slowlog.HTTP},
		{"HTTP, socket with a colon", client, "GET", attrs("http.request.method", "GET", "server.address", "/run/a:80"), "http GET /run/a:80", slowlog.HTTP},
		{"HTTP, address that ends in a colon", client, "GET", attrs("http.request.method", "GET", "server.address", "h:"), "http GET h", slowlog.HTTP},
		{"HTTP, address that has no port after its colon", client, "GET", attrs("http.request.method", "GET", "server.address", "h:x"), "http GET h:x", slowlog.HTTP},
		{"HTTP, port in the URL alone", client, "GET", attrs("http.request.method", "GET", "server.address", "h", "url.full", "http://h:8080/x"), "http GET h:8080", slowlog.HTTP},
		{"HTTP, URL of another server", client, "GET", attrs("http.request.method", "GET", "server.address", "proxy", "url.full", "http://h:8080/x"), "http GET proxy", slowlog.HTTP},
		{"HTTP, server in the URL alone", client, "GET", attrs("http.request.method", "GET", "url.full", "https://only.example:8443/a?b"), "http GET only.example:8443", slowlog.HTTP},
		{"HTTP, server in the URL alone, usual port", client, "GET", attrs("http.request.method", "GET", "url.full", "HTTPS://only.example:443"), "http GET only.example", slowlog.HTTP},
		{"HTTP, server in the URL alone, with a user", client, "GET", attrs("http.request.method", "GET", "url.full", "http://u:p@only.example?a=b@c:1"), "http GET only.example", slowlog.HTTP},
		{"HTTP, server in the URL alone, IPv6", client, "GET", attrs("http.request.method", "GET", "url.full", "http://[::1]:8080/a:1"), "http GET [::1]:8080", slowlog.HTTP},
		{"HTTP, URL without a server", client, "HTTP GET", attrs("http.request.method", "GET", "url.full", "/a:1/b"), "http HTTP GET", slowlog.HTTP},
		{"HTTP, old, server in the URL alone", client, "HTTP GET", attrs("http.method", "GET", "http.url", "https://old.example:8443/a"), "http GET old.example:8443", slowlog.HTTP},
		{"HTTP, old, host with a port beside it", client, "HTTP GET", attrs("http.method", "GET", "http.host", "old2.example:8443", "net.peer.port", 8443, "net.peer.name", ""), "http GET old2.example:8443", slowlog.HTTP},
		{"HTTP, old, host with the usual port", client, "HTTP GET", attrs("http.method", "GET", "http.host", "old3.example:443", "http.scheme", "https"), "http GET old3.example", slowlog.HTTP},
		{"HTTP, old, IP address before the name", client, "HTTP GET", attrs("http.method", "GET", "net.peer.ip", "10.0.0.1", "net.peer.name", "named", "net.peer.port", 8443), "http GET named:8443", slowlog.HTTP},
		{"HTTP, old, IP address alone", client, "HTTP GET", attrs("http.method", "GET", "net.peer.ip", "10.0.0.1", "net.peer.port", 8443), "http GET 10.0.0.1:8443", slowlog.HTTP},
		{"HTTP, no server", client, "GET /x", attrs("http.request.method", "GET"), "http GET", slowlog.HTTP},
		{"HTTP, no server, a path for a name", client, "GET /users/7?a=b", attrs("http.request.method", "GET"), "http GET", slowlog.HTTP},
		{"HTTP, no server, a path alone for a name", client, "/users/7", attrs("http.request.method", "GET"), "http (no name)", slowlog.HTTP},
		{"HTTP, url alone", client, "fetch", attrs("url.full", "http://a/"), "http fetch", slowlog.HTTP},

		{"database, summary", client, "q", attrs("db.system.name", "postgresql", "db.query.summary", "SELECT users", "server.address", "db1", "server.port", 5432), "db postgresql SELECT users", slowlog.DB},
		{"database, another port", client, "q", attrs("db.system.name", "postgresql", "db.query.summary", "SELECT users", "server.address", "db1", "server.port", 6432), "db postgresql:6432 SELECT users", slowlog.DB},
		{"database, statement", client, "q", attrs("db.system.name", "postgresql", "db.query.text", "SELECT * FROM users WHERE id = 7"), "db postgresql SELECT users", slowlog.DB},
		{"database, statement that says nothing", client, "find", attrs("db.system.name", "mongodb", "db.query.text", `{"a":1}`), "db mongodb find", slowlog.DB},
		{"database, operation and collection", client, "find users", attrs("db.system.name", "mongodb", "db.operation.name", "find", "db.collection.name", "users", "server.port", 27017), "db mongodb find users", slowlog.DB},
		{"database, old", client, "gorm.Query", attrs("db.system", "mysql", "db.statement", "SELECT * FROM orders", "net.peer.name", "db1", "net.peer.port", 3307), "db mysql:3307 SELECT orders", slowlog.DB},
		{"database, port in the address", client, "q", attrs("db.system", "mysql", "db.statement", "SELECT * FROM orders", "server.address", "db1:3307"), "db mysql:3307 SELECT orders", slowlog.DB},
		{"database, unix socket", client, "q", attrs("db.system", "mysql", "db.statement", "SELECT * FROM orders", "server.address", "/run/mysqld.sock", "server.port", 3307), "db mysql SELECT orders", slowlog.DB},
		{"database of no name", client, "q", attrs("db.statement", "SELECT * FROM orders"), "db SELECT orders", slowlog.DB},
		{"database that is not known", client, "q", attrs("db.system.name", "acme", "db.query.summary", "GET x", "server.port", 1234), "db acme GET x", slowlog.DB},
		{"database, a statement for a name", client, "SELECT * FROM users WHERE token = 'secret'", attrs("db.system", "postgresql"), "db postgresql SELECT users", slowlog.DB},
		{"database, a statement behind a word", client, "query select a from users where id = 17", attrs("db.system", "postgresql"), "db postgresql SELECT users", slowlog.DB},
		{"database, a summary for a name", client, "INSERT INTO users", attrs("db.system", "postgresql"), "db postgresql INSERT INTO users", slowlog.DB},
		{"redis", client, "set", attrs("db.system.name", "redis", "db.query.text", "set user:17 x", "server.port", 6379), "db redis set", slowlog.Cache},
		{"redis, another port", client, "set", attrs("db.system", "redis", "db.statement", "set user:17 x", "net.peer.port", 6380), "db redis:6380 set", slowlog.Cache},

		{"messaging, producer", producer, "send orders", attrs("messaging.system", "kafka", "messaging.destination.name", "orders", "server.port", 9092), "messaging kafka send orders", slowlog.Messaging},
		{"messaging, old", producer, "orders publish", attrs("messaging.system", "rabbitmq", "messaging.destination", "orders", "messaging.operation", "publish"), "messaging rabbitmq orders publish", slowlog.Messaging},
		{"messaging over an RPC", client, "SQS.SendMessage", attrs("messaging.system", "aws_sqs", "rpc.system", "aws-api"), "messaging aws_sqs SQS.SendMessage", slowlog.Messaging},
		{"messaging, a template", producer, "send user-17", attrs("messaging.system", "kafka", "messaging.destination.name", "user-17", "messaging.destination.template", "user-{id}"), "messaging kafka user-{id}", slowlog.Messaging},
		{"producer of no system", producer, "emit", nil, "messaging emit", slowlog.Own},
		{"RPC", client, "shop.Cart/Add", attrs("rpc.system.name", "grpc", "rpc.method", "shop.Cart/Add", "server.address", "cart", "server.port", 50051), "rpc grpc:50051 shop.Cart/Add", slowlog.RPC},
		{"RPC, another sidecar on the host", client, "shop.Cart/Add", attrs("rpc.system", "grpc", "server.address", "localhost:50052"), "rpc grpc:50052 shop.Cart/Add", slowlog.RPC},
		{"RPC, usual port", client, "shop.Cart/Add", attrs("rpc.system", "grpc", "server.address", "cart", "server.port", 443), "rpc grpc shop.Cart/Add", slowlog.RPC},
		{"RPC, old", client, "shop.Cart/Add", attrs("rpc.system", "grpc", "rpc.service", "shop.Cart", "rpc.method", "Add"), "rpc grpc shop.Cart/Add", slowlog.RPC},
		{"another call", client, "dial", nil, "client dial", slowlog.Own},
		{"no name", client, "", nil, "client (no name)", slowlog.Own},
	} {
		t.Run(tt.about, func(t *testing.T) {
			c, prefix, name, statement, port := Dependency(tt.kind, tt.attrs)
			if name == "" && statement != "" {
				name = slowlog.QuerySummary(statement, prefix)
			}
			if name == "" {
				if name, statement = c.NameOf(tt.name, tt.attrs); statement != "" {
					name = slowlog.QuerySummary(statement, prefix)
				}
			}
			if got := DependencyEndpoint(c, prefix, name, port); got.String() != tt.want || got.Kind != KindDependency {
				t.Errorf("got %v %q, want %q", got.Kind, got, tt.want)
			}
			if got := CallOf(tt.kind, tt.attrs).Category; got != tt.slow {
				t.Errorf("the slow log counts it as %s, want %s", got, tt.slow)
			}
		})
	}
}
