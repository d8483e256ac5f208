// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/otelperf/otelperf-go/otelperf"
)

// contract is openapi.json as an endpoint serves it, with what was seen of it.
type contract struct {
	t      *testing.T
	doc    *openapi3.T
	router routers.Router
	seen   map[string]bool // "GET /summary 200"
}

// mounted is where all servers of these tests have the endpoint.
const mounted = "/ops/x"

func newContract(t *testing.T, document []byte) *contract {
	t.Helper()
	for _, kind := range []string{"text/html", "text/css", "text/javascript", "image/svg+xml", "text/event-stream"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.PlainBodyDecoder)
	}
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(document)
	must(t, err)
	must(t, doc.Validate(loader.Context))
	doc.Servers = openapi3.Servers{{URL: mounted}}
	router, err := gorillamux.NewRouter(doc)
	must(t, err)
	return &contract{t: t, doc: doc, router: router, seen: map[string]bool{}}
}

// ask is a request to the endpoint.
type ask struct {
	method, path, kind, body string
	header                   http.Header
	want                     int
}

// check sends a request and validates the answer: status, content type, body. Requests that are answered well are
// validated too, so that the contract allows all that the endpoint takes. It returns the body.
func (c *contract) check(server string, a ask) []byte {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), a.method, server+mounted+a.path, strings.NewReader(a.body))
	must(c.t, err)
	maps.Copy(req.Header, a.header)
	if a.kind != "" {
		req.Header.Set("Content-Type", a.kind)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	must(c.t, err)
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	must(c.t, err)
	if resp.StatusCode != a.want {
		c.t.Errorf("%s %s answers %d, want %d: %.300s", a.method, a.path, resp.StatusCode, a.want, got)
		return got
	}
	c.validate(a, req, resp, got)
	return got
}

func (c *contract) validate(a ask, req *http.Request, resp *http.Response, body []byte) {
	c.t.Helper()
	route, params, err := c.router.FindRoute(req)
	if err != nil {
		c.t.Errorf("%s %s is not in the contract: %v", a.method, a.path, err)
		return
	}
	in := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route, QueryParams: req.URL.Query(),
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if a.want < 300 {
		req.Body = io.NopCloser(strings.NewReader(a.body))
		if err := openapi3filter.ValidateRequest(c.t.Context(), in); err != nil {
			c.t.Errorf("%s %s is taken, and not allowed by the contract: %v", a.method, a.path, err)
		}
	}
	err = openapi3filter.ValidateResponse(c.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	if err != nil {
		c.t.Errorf("%s %s: %v\n%.500s", a.method, a.path, err, body)
		return
	}
	c.seen[fmt.Sprintf("%s %s %d", a.method, route.Path, resp.StatusCode)] = true
}

// enumerate checks every value that the contract lists for a parameter of a GET, and the ends of what it says of
// numbers: inside they are answered with want, outside with 400.
func (c *contract) enumerate(server, path, asked string, want int) {
	c.t.Helper()
	for _, ref := range c.doc.Paths.Find(path).Get.Parameters {
		p := ref.Value
		if p.In != "query" || p.Name == "from" || p.Name == "to" { // those two belong together
			continue
		}
		values, bad := samples(p.Schema.Value)
		for _, v := range values {
			c.check(server, ask{method: http.MethodGet, path: with(asked, p.Name, v), want: want})
		}
		for _, v := range bad {
			c.check(server, ask{method: http.MethodGet, path: with(asked, p.Name, v), want: http.StatusBadRequest})
		}
	}
}

// samples are values that a schema allows, and some that it does not.
func samples(s *openapi3.Schema) (good, bad []string) {
	switch {
	case len(s.Enum) > 0:
		for _, v := range s.Enum {
			good = append(good, fmt.Sprint(v))
		}
		return good, []string{"nothing-like-it", "%00"}
	case s.Type.Is("boolean"):
		return []string{"true", "false"}, []string{"maybe"}
	case s.Type.Is("integer"):
		good, bad = []string{"7"}, []string{"x", "1.5", "99999999999999999999"}
		for _, end := range []struct {
			at   *float64
			step int
		}{{s.Min, -1}, {s.Max, 1}} {
			if end.at != nil {
				good, bad = append(good, strconv.Itoa(int(*end.at))), append(bad, strconv.Itoa(int(*end.at)+end.step))
			}
		}
	}
	return good, bad
}

// with adds a query parameter, or puts a value in the place of the one that is there.
func with(path, key, value string) string {
	base, query, _ := strings.Cut(path, "?")
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		if part != "" && !strings.HasPrefix(part, key+"=") {
			kept = append(kept, part)
		}
	}
	return base + "?" + strings.Join(append(kept, key+"="+value), "&")
}

// endpointOf is a server with nothing but the endpoint of a Monitor.
func endpointOf(t *testing.T, opts ...otelperf.Option) string {
	t.Helper()
	mon, err := otelperf.New(opts...)
	must(t, err)
	t.Cleanup(func() { _ = mon.Shutdown(context.Background()) })
	return serve(t, http.StripPrefix(mounted, mon.Handler()))
}

// serve returns the URL of a server that ends with the test.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL
}
