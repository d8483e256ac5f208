// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Option configures a Notifier: each sink is one, and may be given more than once.
type Option interface{ apply(*config) }

// SinkOption configures one sink.
type SinkOption interface{ applySink(*sinkConfig) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type sinkOptionFunc func(*sinkConfig)

func (f sinkOptionFunc) applySink(c *sinkConfig) { f(c) }

// config is what the options add up to.
type config struct {
	baseURL  string
	traceURL string
	sinks    []*sink
	errs     []error
}

func (c *config) refuse(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%w: notify: "+format, append([]any{otelperf.ErrConfig}, args...)...))
}

// sinkConfig is how messages get to a sink.
type sinkConfig struct {
	tls      TLS
	proxy    *url.URL
	token    Secret
	endpoint string // "" the sink's own
	timeout  time.Duration
	retryFor time.Duration
	errs     []string
}

func (c *sinkConfig) refuse(format string, args ...any) {
	c.errs = append(c.errs, fmt.Sprintf(format, args...))
}

// WithBaseURL sets where people reach the companion endpoint (Monitor.Handler), such as "https://shop.example.com/debug/otelperf/", for the
// links to the page, to the spike and to its bundle. It is an http or https URL of at most 1024 bytes, without query and user. The default is no such links.
func WithBaseURL(base string) Option {
	return optionFunc(func(c *config) {
		u, err := parseURL(base)
		if err != nil || u.RawQuery != "" || u.Fragment != "" {
			c.refuse("base URL is %.100q, accepted are http and https URLs of at most 1024 bytes without user, query and fragment", withoutUser(base))
			return
		}
		c.baseURL = strings.TrimSuffix(u.String(), "/") + "/"
	})
}

const traceIDVariable = "{trace_id}"

// WithTraceURL sets where the links to slow traces lead, as otelperf.WithTraceURL does: an http or https URL of at most 1024 bytes with
// {trace_id} behind its host. The default is no such links.
func WithTraceURL(template string) Option {
	return optionFunc(func(c *config) {
		u, err := parseURL(strings.ReplaceAll(template, traceIDVariable, strings.Repeat("0", 32)))
		rest := ""
		if err == nil {
			_, rest, _ = strings.Cut(template, "//"+u.Host)
		}
		if err != nil || !strings.Contains(rest, traceIDVariable) {
			c.refuse("trace URL is %.100q, accepted are http and https URLs of at most 1024 bytes with %s behind the host", withoutUser(template), traceIDVariable)
			return
		}
		c.traceURL = template
	})
}

// TLS is how a sink's server is trusted, and how it trusts us. The zero value is the system's roots and no certificate.
type TLS struct {
	RootCAsFile string // PEM of what is trusted in place of the system's roots; read by New
	CertFile    string // PEM of our certificate, with KeyFile; both are read for each handshake
	KeyFile     string // see CertFile
	ServerName  string // what the server's certificate is for, if that is not the host of its URL
}

// WithTLS sets the sink's TLS. New reports ErrConfig for files that it cannot read.
func WithTLS(t TLS) SinkOption {
	return sinkOptionFunc(func(c *sinkConfig) {
		if _, err := t.config(); err != nil {
			c.refuse("%v", err)
			return
		}
		c.tls = t
	})
}

// WithProxy sets the sink's HTTP proxy, an http, https or socks5 URL. The default is what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.
func WithProxy(proxy string) SinkOption {
	return sinkOptionFunc(func(c *sinkConfig) {
		u, err := url.Parse(proxy)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
			c.refuse("proxy is no URL that is accepted: http, https or socks5 with a host")
			return
		}
		c.proxy = u
	})
}

// WithBearerToken sends a token with each message, as Authorization: Bearer, for an Alertmanager or a webhook behind a proxy that asks for one.
func WithBearerToken(token Secret) SinkOption {
	return sinkOptionFunc(func(c *sinkConfig) {
		if _, err := token.read(); err != nil {
			c.refuse("bearer token: %v", err)
			return
		}
		c.token = token
	})
}

// WithEndpoint sets where PagerDuty's events go, such as "https://events.eu.pagerduty.com/v2/enqueue" for the EU region. The default is
// https://events.pagerduty.com/v2/enqueue. Other sinks refuse it.
func WithEndpoint(endpoint string) SinkOption {
	return sinkOptionFunc(func(c *sinkConfig) {
		if _, err := parseURL(endpoint); err != nil {
			c.refuse("endpoint: %v", err)
			return
		}
		c.endpoint = endpoint
	})
}

// WithTimeout sets how long one try may take, 100ms to 2m. The default is 10s.
func WithTimeout(d time.Duration) SinkOption {
	return sinkOptionFunc(func(c *sinkConfig) {
		if d < 100*time.Millisecond || d > 2*time.Minute {
			c.refuse("timeout is %v, accepted are 100ms to 2m", d)
			return
		}
		c.timeout = d
	})
}

// WithRetryFor sets how long a message is tried before it is given up and counted, 1m to 24h. The default is 1h.
func WithRetryFor(d time.Duration) SinkOption {
	return sinkOptionFunc(func(c *sinkConfig) {
		if d < time.Minute || d > 24*time.Hour {
			c.refuse("retry for is %v, accepted are 1m to 24h", d)
			return
		}
		c.retryFor = d
	})
}

var errURL = errors.New("accepted are http and https URLs of at most 1024 bytes with a host and without a user")

// parseURL accepts http and https. Its error does not show the URL, which may be a secret.
func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(raw) > 1024 {
		return nil, errURL
	}
	return u, nil
}

// withoutUser is a URL as an error may show it.
func withoutUser(raw string) string {
	if scheme, rest, ok := strings.Cut(raw, "//"); ok {
		if i := strings.LastIndexByte(rest, '@'); i >= 0 {
			return scheme + "//…" + rest[i:]
		}
	}
	return raw
}
