// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"net/url"
	"strings"
)

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
