// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"cmp"
	"net/http"
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
	// Unproven marks a Route in the client's own words, that may be none: the path that it asked for, or an RPC method that the
	// server does not have. See [Guesses].
	Unproven bool
}

// Unmatched reports whether r is no reason to give its Route a row: nothing proves the route, and the request was answered as one that no
// route matches.
func (r *Request) Unmatched() bool {
	return r.Unproven && (r.Kind == KindRPC || r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed)
}

// Endpoint returns the row that the request belongs to.
func (r *Request) Endpoint() Endpoint {
	return Endpoint{r.Kind, Text(r.Method, MaxNameBytes), Text(r.Route, MaxNameBytes)}
}

// said is what the attributes of a span, or of a metric point, say of a request.
type said struct {
	method, route string // of HTTP
	path, url     string // that the client asked for: without and with scheme and host
	status        int
	system        string // of RPC
	service, call string
	code          Value // status of the RPC, if coded
	coded         bool
	outcome       slowlog.Outcome // otelperf.outcome
	told          bool            // there is one
}

func (s *said) read(attrs []attribute.KeyValue) {
	for i := range attrs {
		if key := KeyOf(string(attrs[i].Key)); key != noKey {
			s.take(key, valueOf(&attrs[i].Value))
		}
	}
}

// saidKeys are those that take looks at.
const saidKeys keys = 1<<atOutcome | 1<<atHTTPMethod | 1<<atOldHTTPMethod | 1<<atRoute | 1<<atURLPath | 1<<atOldURLTarget | 1<<atURLFull |
	1<<atOldURLFull | 1<<atHTTPStatus | 1<<atOldHTTPStatus | 1<<atRPCSystem | 1<<atOldRPCSystem | 1<<atOldRPCService | 1<<atRPCMethod |
	1<<atRPCStatus | 1<<atOldGRPCStatus | 1<<atOldConnectStatus

func (s *said) take(key Key, v Value) {
	switch key {
	case atOutcome:
		s.outcome, s.told = slowlog.ParseOutcome(v.text())
	case atHTTPMethod:
		s.method = v.text()
	case atOldHTTPMethod:
		if s.method == "" {
			s.method = v.text()
		}
	case atRoute:
		s.route = Template(v.text())
	case atURLPath:
		s.path = v.text()
	case atOldURLTarget:
		if s.path == "" {
			s.path = v.text()
		}
	case atURLFull, atOldURLFull:
		s.url = v.text()
	case atHTTPStatus:
		s.status = cmp.Or(v.number(), s.status)
	case atOldHTTPStatus:
		if s.status == 0 {
			s.status = v.number()
		}
	case atRPCSystem:
		s.system = v.text()
	case atOldRPCSystem:
		if s.system == "" {
			s.system = v.text()
		}
	case atOldRPCService:
		s.service = v.text()
	case atRPCMethod:
		s.call = v.text()
	case atRPCStatus:
		s.code, s.coded = v, true
	case atOldGRPCStatus, atOldConnectStatus:
		if !s.coded {
			s.code, s.coded = v, true
		}
	}
}

// Request reads a local root. What has an HTTP method and a route is an HTTP request whatever its kind, since only the serving side
// knows routes, and instrumentations let their users set another kind. It allocates nothing, but for the first RPCs of old of
// each method whose spans have another name.
func (s *Span) Request() Request {
	var f said
	f.read(bounded(s.Attributes))
	return s.request(&f, nil)
}

// request is Request by what was read. Where d is nil, the destination of messages is looked for in the attributes.
func (s *Span) request(f *said, d *destination) (r Request) {
	f.method = KnownMethod(f.method)
	r.Status = f.status
	switch {
	case f.method != "" && f.route != "":
		r.Method, r.Route = f.method, f.route
	case s.Kind == trace.SpanKindServer:
		f.served(s.Name, &r)
	case s.Kind == trace.SpanKindConsumer:
		r.Kind, r.Method, r.Route = KindConsumer, "consumer", orUnnamed(s.destination(d))
	case s.Kind == trace.SpanKindClient || s.Kind == trace.SpanKindProducer:
		r.Kind = KindDependency
	default:
		r.Kind, r.Method, r.Route = KindJob, "job", orUnnamed(s.Name)
	}
	if r.Outcome = f.outcome; !f.told {
		r.Outcome = s.outcome(f, r.Kind)
	}
	return r
}

func (s *Span) destination(d *destination) string {
	if d == nil {
		return destinationName(s.Name, s.Attributes)
	}
	return d.of(s.Name)
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
		if hasQuery(r.Route) {
			r.Route = UnmatchedRoute
		}
		r.Unproven = r.Route != UnmatchedRoute && isPath(r.Route, s.requested())
	case s.system != "":
		r.Kind, r.Method, r.Route = KindRPC, s.system, s.fullMethod(name)
		r.Unproven = s.coded && isUnimplemented(s.code)
	default:
		r.Kind, r.Method = KindServer, "server"
		if r.Route == "" {
			r.Route = orUnnamed(name)
		}
	}
}

func orUnnamed(name string) string {
	if name == "" {
		return unnamedRoute
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

// RouteOfName returns the route in the name of an HTTP server span without http.route, which is exactly "METHOD /...", as otelhttp
// writes it around a ServeMux: "HTTP /..." for a method that is not known. All other names, the method alone among them, are those of
// requests that no route matched. What follows the slash may be what the client asked for, which [Span.Request] finds out for a name
// that is new.
func RouteOfName(method, name string) string {
	if method == otherMethod {
		method = "HTTP"
	}
	n := len(method)
	if len(name) < n+2 || name[n] != ' ' || name[n+1] != '/' || name[:n] != method {
		return UnmatchedRoute
	}
	return name[n+1:]
}

// NamedOtherwise reports whether the name of an HTTP server span is neither that of a route nor of no route.
func NamedOtherwise(method, name string) bool {
	none := name == "" || name == method || name == "HTTP" || strings.HasPrefix(name, "HTTP ") && strings.HasSuffix(name, " route not found") // otelmux
	return !none && (hasQuery(name) || RouteOfName(method, name) == UnmatchedRoute)
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
	case kind == KindRPC && f.coded:
		if o, ok := outcomeOfRPC(f.code); ok {
			return o
		}
	}
	if s.Failed {
		return slowlog.OutcomeServerError
	}
	return slowlog.OutcomeOK
}
