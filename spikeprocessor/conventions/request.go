// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"cmp"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Request is what a local root, or a metric point of a server, says of a request or a job. The names are as they came: as
// long as the client made them, and perhaps not valid UTF-8. [Request.Endpoint] has them within their bounds.
type Request struct {
	Kind          Kind            // what sort of work it was
	Method, Route string          // its endpoint; empty for KindDependency, see [Dependency]
	Status        int             // HTTP status; 0: none
	Outcome       slowlog.Outcome // how it ended
}

// Endpoint returns the row that the request belongs to.
func (r *Request) Endpoint() Endpoint {
	return Endpoint{r.Kind, Text(r.Method, MaxNameBytes), Text(r.Route, MaxNameBytes)}
}

// said is what the attributes of a span, or of a metric point, say of a request.
type said struct {
	method, route string // of HTTP
	status        int
	system        string // of RPC
	service, call string
	code          *attribute.Value // status of the RPC; nil: none
	outcome       slowlog.Outcome  // otelperf.outcome
	told          bool             // there is one
}

func (s *said) read(attrs []attribute.KeyValue) {
	for i := range attrs {
		kv := &attrs[i]
		switch kv.Key {
		case OutcomeKey:
			s.outcome, s.told = slowlog.ParseOutcome(kv.Value.AsString())
		case keyHTTPMethod:
			s.method = kv.Value.AsString()
		case keyOldHTTPMethod:
			if s.method == "" {
				s.method = kv.Value.AsString()
			}
		case RouteKey:
			s.route = kv.Value.AsString()
		case keyHTTPStatus:
			s.status = cmp.Or(number(kv.Value), s.status)
		case keyOldHTTPStatus:
			if s.status == 0 {
				s.status = number(kv.Value)
			}
		case keyRPCSystem:
			s.system = kv.Value.AsString()
		case keyOldRPCSystem:
			if s.system == "" {
				s.system = kv.Value.AsString()
			}
		case keyOldRPCService:
			s.service = kv.Value.AsString()
		case keyRPCMethod:
			s.call = kv.Value.AsString()
		case keyRPCStatus:
			s.code = &kv.Value
		case keyOldGRPCStatus, keyOldConnectStatus:
			if s.code == nil {
				s.code = &kv.Value
			}
		}
	}
}

// Request reads a local root. What has an HTTP method and a route is an HTTP request whatever its kind, since only the serving side
// knows routes, and instrumentations let their users set another kind. It allocates nothing, but for the first RPCs of old of
// each method whose spans have another name.
func (s *Span) Request() (r Request) {
	var f said
	f.read(bounded(s.Attributes))
	r.Status = f.status
	switch {
	case f.method != "" && f.route != "":
		r.Method, r.Route = f.method, f.route
	case s.Kind == trace.SpanKindServer:
		f.served(s.Name, &r)
	case s.Kind == trace.SpanKindConsumer:
		r.Kind, r.Method, r.Route = KindConsumer, "consumer", orUnnamed(s.Name)
	case s.Kind == trace.SpanKindClient || s.Kind == trace.SpanKindProducer:
		r.Kind = KindDependency
	default:
		r.Kind, r.Method, r.Route = KindJob, "job", orUnnamed(s.Name)
	}
	if r.Outcome = f.outcome; !f.told {
		r.Outcome = s.outcome(&f, r.Kind)
	}
	return r
}

// Point reads the attributes of a metric point of a server, of one of the duration histograms that the conventions define.
// Its endpoint is that of the spans of the same requests.
func Point(attrs []attribute.KeyValue) Request {
	s := Span{Kind: trace.SpanKindServer, Attributes: attrs, Failed: ErrorType(attrs) != ""}
	r := s.Request()
	for i := range attrs {
		if attrs[i].Key == keyOverflow {
			r.Kind, r.Method, r.Route = KindHTTP, "", OverflowRoute
		}
	}
	return r
}

// served names what a server span served.
func (s *said) served(name string, r *Request) {
	r.Method, r.Route = s.method, s.route
	switch {
	case s.method != "": // without a route, see Request
		r.Route = RouteOfName(s.method, name)
	case s.system != "":
		r.Kind, r.Method, r.Route = KindRPC, s.system, s.fullMethod(name)
	default:
		r.Kind, r.Method = KindServer, "server"
		if r.Route == "" {
			r.Route = orUnnamed(name)
		}
	}
}

func orUnnamed(name string) string {
	if name == "" {
		return UnnamedRoute
	}
	return name
}

// fullMethod is that of an RPC. Of old it was in two parts, which most spans have together in their name. One whose attributes do
// not say it is known by the span's name; a point has none.
func (s *said) fullMethod(name string) string {
	switch {
	case s.call == "":
		return orUnnamed(name)
	case s.service == "" || strings.IndexByte(s.call, '/') >= 0:
		return s.call
	case isJoined(name, s.service, s.call):
		return name
	default:
		return join(s.service, s.call)
	}
}

// RouteOfName returns the route in the name of an HTTP server span without http.route: "METHOD route", as otelhttp writes it
// around a ServeMux. A name that is the method alone, or "HTTP" for an unknown one, means that no route matched.
func RouteOfName(method, name string) string {
	if name == "" || name == method || name == "HTTP" || strings.HasPrefix(name, "HTTP ") && strings.HasSuffix(name, " route not found") {
		return UnmatchedRoute // the last is otelmux's, with the client's own method in it
	}
	route := name
	if len(name) > len(method) && name[len(method)] == ' ' && name[:len(method)] == method {
		route = name[len(method)+1:]
	} else if rest, ok := strings.CutPrefix(name, "HTTP "); ok {
		route = rest
	}
	if route == "" {
		return UnmatchedRoute
	}
	return route
}

// outcome is how a request ended of which otelperf.outcome does not say it.
func (s *Span) outcome(f *said, kind Kind) slowlog.Outcome {
	switch {
	case kind == KindHTTP && f.status != 0:
		return slowlog.OutcomeOfStatus(f.status)
	case kind == KindHTTP && s.aborted:
		return slowlog.OutcomeAborted
	case kind == KindHTTP && s.exception:
		return slowlog.OutcomePanic
	case kind == KindRPC && f.code != nil:
		if o, ok := outcomeOfRPC(f.code); ok {
			return o
		}
	}
	if s.Failed {
		return slowlog.OutcomeServerError
	}
	return slowlog.OutcomeOK
}
