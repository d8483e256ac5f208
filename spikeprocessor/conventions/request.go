// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Request is what a local root, or a metric point of a server, says of a request or a job. The names are as they came: as
// long as the client made them, and perhaps not valid UTF-8. [Request.Endpoint] has them within their bounds.
type Request struct {
	Kind          Kind            // what sort of work it was
	Method, Route string          // its endpoint; empty for KindDependency, see [Span.Dependency]
	Status        int             // HTTP status; 0: none
	Outcome       slowlog.Outcome // how it ended
}

// Endpoint returns the row that the request belongs to.
func (r *Request) Endpoint() Endpoint {
	return Endpoint{r.Kind, Text(r.Method, MaxNameBytes), Text(r.Route, MaxNameBytes)}
}

// Request reads a local root. It allocates nothing.
func (s *Span) Request() (r Request) {
	var f fields
	f.read(s.Attributes)
	r.Status = f.number(httpStatus)
	s.endpoint(&f, &r)
	if o, ok := slowlog.ParseOutcome(f.text(outcomeOfOurs)); ok {
		r.Outcome = o
	} else {
		r.Outcome = s.outcome(&f, &r)
	}
	return r
}

// Point reads the attributes of a metric point of a server, of one of the duration histograms that the conventions define.
// Its endpoint is that of the spans of the same requests.
func Point(attrs []attribute.KeyValue) Request {
	s := Span{Kind: trace.SpanKindServer, Attributes: attrs}
	var f fields
	f.read(attrs)
	s.Failed = f.has(errorType)
	r := s.Request()
	if f.has(overflow) {
		r.Kind, r.Method, r.Route = KindHTTP, "", OverflowRoute
	}
	return r
}

func (s *Span) endpoint(f *fields, r *Request) {
	switch s.Kind {
	case trace.SpanKindServer:
		s.served(f, r)
	case trace.SpanKindConsumer:
		r.Kind, r.Method, r.Route = KindConsumer, "consumer", s.named()
	case trace.SpanKindClient, trace.SpanKindProducer:
		r.Kind = KindDependency
	default:
		// otelhttp lets its users set another kind: what has a route and a method is still a request.
		if r.Method, r.Route = f.text(httpMethod), f.text(httpRoute); r.Method == "" || r.Route == "" {
			r.Kind, r.Method, r.Route = KindJob, "job", s.named()
		}
	}
}

func (s *Span) served(f *fields, r *Request) {
	r.Method, r.Route = f.text(httpMethod), f.text(httpRoute)
	if r.Method != "" {
		if r.Route == "" {
			r.Route = RouteOfName(r.Method, s.Name)
		}
		return
	}
	if system := f.text(rpcSystem); system != "" {
		r.Kind, r.Method, r.Route = KindRPC, system, s.called(f)
		return
	}
	r.Kind, r.Method = KindServer, "server"
	if r.Route == "" {
		r.Route = s.named()
	}
}

func (s *Span) named() string {
	if s.Name == "" {
		return UnnamedRoute
	}
	return s.Name
}

// called is the full method of an RPC. Of old it was in two parts, which are put together for a point alone: a span has them in its
// name.
func (s *Span) called(f *fields) string {
	service, method := f.text(rpcService), f.text(rpcMethod)
	switch {
	case method == "":
		return s.named()
	case service == "" || strings.Contains(method, "/"):
		return method
	case s.Name == "":
		return service + "/" + method
	default:
		return s.Name
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
func (s *Span) outcome(f *fields, r *Request) slowlog.Outcome {
	switch {
	case r.Kind == KindHTTP && r.Status != 0:
		return slowlog.OutcomeOfStatus(r.Status)
	case r.Kind == KindHTTP && s.aborted:
		return slowlog.OutcomeAborted
	case r.Kind == KindHTTP && s.exception:
		return slowlog.OutcomePanic
	case r.Kind == KindRPC && f.has(rpcStatus):
		if o, ok := outcomeOfRPC(f); ok {
			return o
		}
	}
	if s.Failed {
		return slowlog.OutcomeServerError
	}
	return slowlog.OutcomeOK
}
