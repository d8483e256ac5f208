// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"net/http"
	"net/url"
	"strings"
)

// WithRequestLog has Middleware log a line for a share of the requests, 0 (none, the default) to 1 (all). Requests of
// one trace are logged together or not at all.
func WithRequestLog(rate float64) Option {
	return optionFunc(func(c *config) {
		if !(rate >= 0 && rate <= 1) {
			c.refuse("request log rate is %v, accepted are 0 to 1", rate)
			return
		}
		c.requestLog = rate
	})
}

// WithHeaders says whether Middleware adds to each reply the headers X-Response-Time, such as "12.3ms", unless the handler has set
// its own, and Server-Timing, such as "app;dur=12.3". The default is true. With WithEvents, Server-Timing has the
// span's traceparent besides, whatever this option says. Tests that compare replies byte by byte see these headers.
func WithHeaders(on bool) Option {
	return optionFunc(func(c *config) { c.headers = on })
}

// WithStacks says whether requests that have been running for longer than is slow for their endpoint are looked at while they run: GET
// active then shows where each of them is, and GET endpoints/stacks where those of an endpoint spend their time. The default is true.
// Middleware has to stand around the handler: it gives the goroutine of each request a pprof label, which a CPU profile of the
// program shows, too. While something is slow, goroutine profiles are taken, at most four a second, with at most 1 % of one CPU.
func WithStacks(on bool) Option {
	return optionFunc(func(c *config) { c.stacks = on })
}

// WithIgnoredPaths adds paths that Filter and Middleware leave alone, besides the Monitor's own and /healthz, /livez
// and /readyz. A path that ends in "/" stands for all below it.
func WithIgnoredPaths(paths ...string) Option {
	return optionFunc(func(c *config) {
		for _, p := range paths {
			if !strings.HasPrefix(p, "/") {
				c.refuse("ignored path is %q, accepted are paths that begin with /", p)
				continue
			}
			c.ignored = append(c.ignored, p)
		}
	})
}

// WithCountryHeader has Middleware set the span attribute geo.country.iso_code to the value of a request header that the
// program's CDN sets, such as CF-IPCountry; values that are not two capital letters are passed over. Name the attribute in
// spikeprocessor.WithDimensions to see latency by country. Only a header that clients cannot set themselves is worth anything.
func WithCountryHeader(name string) Option {
	return optionFunc(func(c *config) {
		if !isHeaderName(name) {
			c.refuse("country header is %q, accepted is the name of a header", name)
			return
		}
		c.countryHeader = name
	})
}

// WithAuthorizer replaces the rule that only this machine may look at Handler, and lets change as well: allow decides about each
// request, by its method too if it likes. It must be safe for concurrent use; if it panics, the request is refused.
func WithAuthorizer(allow func(*http.Request) bool) Option {
	return needed("authorizer", allow == nil, func(c *config) { c.authorizer = allow })
}

// WithBearerToken replaces the rule that only this machine may look at Handler: whoever sends the token may, and may change. It must
// have at least 16 bytes. Who sent ten wrong ones may try one every six seconds, and gets a 429 in between.
func WithBearerToken(token string) Option {
	return optionFunc(func(c *config) {
		if len(token) < 16 {
			c.refuse("bearer token has %d bytes, accepted are 16 or more", len(token))
			return
		}
		c.token = token
	})
}

// WithLocalChanges lets whoever may look by being on this machine also change: POST reset, PATCH config, POST events/flush,
// PATCH events/config, acks and mutes. The default is that nobody may without WithAuthorizer or WithBearerToken, as some proxies pass for a local
// client (see Handler): with this option the whole world may change behind such a one. It does nothing beside those two.
func WithLocalChanges() Option {
	return optionFunc(func(c *config) { c.localChanges = true })
}

// WithMaxStreams sets how many clients may read GET stream at the same time, 1 to 10000; others get a 503 and may poll. The
// default is 64. A client takes about 10 KiB.
func WithMaxStreams(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1 || n > 10000 {
			c.refuse("max streams is %d, accepted are 1 to 10000", n)
			return
		}
		c.maxStreams = n
	})
}

// traceIDVariable is what WithTraceURL's template holds in the place of the id.
const traceIDVariable = "{trace_id}"

// WithTraceURL sets where the page's link "open in my trace viewer" leads, a template such as
// "https://jaeger.example.com/trace/{trace_id}". It must be an http or https URL of at most 1024 bytes that contains {trace_id}
// behind its host. The default is no link.
func WithTraceURL(template string) Option {
	return optionFunc(func(c *config) {
		host, rest := "", ""
		u, err := url.Parse(strings.ReplaceAll(template, traceIDVariable, strings.Repeat("0", 32)))
		if err == nil {
			host = u.Host
			_, rest, _ = strings.Cut(template, "//"+host)
		}
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || host == "" || u.User != nil || !strings.Contains(rest, traceIDVariable) || len(template) > 1024 {
			c.refuse("trace URL is %.100q, accepted are http and https URLs of at most 1024 bytes with %s behind the host", template, traceIDVariable)
			return
		}
		c.traceURL = template
	})
}

// isHeaderName reports whether a name is a token (RFC 9110, section 5.6.2) of at most 128 bytes.
func isHeaderName(name string) bool {
	return 0 < len(name) && len(name) <= 128 && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
