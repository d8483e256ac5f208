// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// Option configures a Monitor.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config is what the options add up to.
type config struct {
	processor      []spikeprocessor.Option
	slowLimits     slowlog.Limits
	baseline       baseline.Config
	slowThreshold  time.Duration // 0: that of the processor
	thresholds     map[string]time.Duration
	maxEndpoints   int // 0: that of the processor
	metricSource   bool
	metricInterval time.Duration
	logger         *slog.Logger
	requestLog     float64
	headers        bool
	ignored        []string
	countryHeader  string
	authorizer     func(*http.Request) bool
	token          string
	stateFile      string
	traceURL       string
	maxStreams     int
	onSpike        []func(Spike)
	loggerProvider otellog.LoggerProvider
	meterProvider  metric.MeterProvider
	analytics      analytics
	setup          setupConfig
	errs           []error
}

func defaultConfig() config {
	return config{
		slowLimits:     slowlog.DefaultLimits(),
		thresholds:     map[string]time.Duration{},
		metricInterval: 10 * time.Second,
		maxStreams:     defaultMaxStreams,
		headers:        true,
		ignored:        []string{"/healthz", "/livez", "/readyz"},
	}
}

// newConfig applies the options and reports all that is wrong with them at once.
func newConfig(opts []Option) (config, error) {
	c := defaultConfig()
	c.readEnv()
	for i, o := range opts {
		if o == nil {
			c.refuse("option %d is nil", i+1)
			continue
		}
		o.apply(&c)
	}
	if err := c.baseline.Validate(); err != nil {
		c.errs = append(c.errs, fmt.Errorf("%w: %w", ErrConfig, err))
	}
	if c.slowThreshold > 0 {
		c.processor = append(c.processor, spikeprocessor.WithSlowThreshold(c.slowThreshold))
	}
	if c.maxEndpoints > 0 {
		c.processor = append(c.processor, spikeprocessor.WithMaxEndpoints(c.maxEndpoints))
	}
	return c, errors.Join(c.errs...)
}

func (c *config) refuse(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%w: "+format, append([]any{ErrConfig}, args...)...))
}

// WithSlowThreshold sets the duration above which a request is slow. The default is 500ms; it must be positive.
// Whatever the threshold, a request above four times its endpoint's baseline p99 and above 50ms is slow too.
func WithSlowThreshold(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d <= 0 {
			c.refuse("slow threshold is %v, accepted is more than 0", d)
			return
		}
		c.slowThreshold = d
	})
}

// WithEndpointSlowThreshold sets the slow threshold of endpoints by pattern, such as "GET /reports/{id}" or
// "* /export/**"; see spikeprocessor.Pattern. d must be positive.
func WithEndpointSlowThreshold(pattern string, d time.Duration) Option {
	return optionFunc(func(c *config) {
		if _, err := spikeprocessor.ParsePattern(pattern); err != nil {
			c.refuse("endpoint slow threshold: %v", err)
			return
		}
		if d <= 0 {
			c.refuse("slow threshold of %q is %v, accepted is more than 0", pattern, d)
			return
		}
		c.thresholds[pattern] = d
		c.processor = append(c.processor, spikeprocessor.WithEndpointSlowThreshold(pattern, d))
	})
}

// WithMaxEndpoints sets how many endpoints have a row of their own, 1 to 10000; the rest share the row (other). The
// default is 500. Each takes at most about 60 KiB.
func WithMaxEndpoints(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1 || n > 10000 {
			c.refuse("max endpoints is %d, accepted are 1 to 10000", n)
			return
		}
		c.maxEndpoints = n
	})
}

// WithSlowLog sets the bounds of the slow log; fields of zero keep their defaults (slowlog.DefaultLimits).
func WithSlowLog(l slowlog.Limits) Option {
	return optionFunc(func(c *config) {
		if _, err := slowlog.New(slowlog.WithLimits(l)); err != nil {
			c.errs = append(c.errs, fmt.Errorf("%w: %w", ErrConfig, err))
			return
		}
		c.slowLimits = l
	})
}

// WithBaseline sets the knobs of the baselines and of spike detection; fields of zero keep their defaults: ratio 2,
// weight 0.9 per ten minutes, cooldown 5 minutes, floor 1ms, grace 60s.
func WithBaseline(b baseline.Config) Option {
	return optionFunc(func(c *config) { c.baseline = b })
}

// WithMetricSource has the engine read http.server.request.duration and rpc.server.call.duration (or
// rpc.server.duration) from the MeterProvider that Monitor.Reader is registered with, in place of the processor's
// spans. Every request is in them, sampled or not, with no processor at all; but there are no slow requests, and it
// costs more: all histograms of the program are aggregated a second time, and at each collection (WithMetricInterval) the
// program's callbacks run once more.
func WithMetricSource() Option {
	return optionFunc(func(c *config) { c.metricSource = true })
}

// WithMetricInterval sets how often the metric source is collected, 1s to 1m. The default is 10s. Spikes shorter than three
// intervals are mostly missed.
func WithMetricInterval(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d < time.Second || d > time.Minute {
			c.refuse("metric interval is %v, accepted are 1s to 1m", d)
			return
		}
		c.metricInterval = d
	})
}

// WithLogger sets where slow requests, request lines and alerts are logged. The default is slog.Default() at the time of each
// line.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) {
		if l == nil {
			c.refuse("logger is nil")
			return
		}
		c.logger = l
	})
}

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

// WithHeaders says whether Middleware sets X-Response-Time and Server-Timing. The default is true.
func WithHeaders(on bool) Option {
	return optionFunc(func(c *config) { c.headers = on })
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

// WithAuthorizer replaces the rule that only this machine may look at Handler. allow must be safe for concurrent
// use; if it panics, the request is refused.
func WithAuthorizer(allow func(*http.Request) bool) Option {
	return optionFunc(func(c *config) {
		if allow == nil {
			c.refuse("authorizer is nil")
			return
		}
		c.authorizer = allow
	})
}

// WithBearerToken replaces the rule that only this machine may look at Handler: whoever sends the token may. It must
// have at least 16 bytes.
func WithBearerToken(token string) Option {
	return optionFunc(func(c *config) {
		if len(token) < 16 {
			c.refuse("bearer token has %d bytes, accepted are 16 or more", len(token))
			return
		}
		c.token = token
	})
}

// WithOnSpike has f called when a spike starts, when the number of its endpoints has doubled, and when it ends; Spike.State
// tells. It runs in a goroutine of its own kind: it may be slow (64 alerts wait, then they are dropped and counted), and a
// panic in it is counted. It may be given more than once.
func WithOnSpike(f func(Spike)) Option {
	return optionFunc(func(c *config) {
		if f == nil {
			c.refuse("OnSpike function is nil")
			return
		}
		c.onSpike = append(c.onSpike, f)
	})
}

// WithLoggerProvider sets where alerts go as OpenTelemetry events. The default is the global provider.
func WithLoggerProvider(p otellog.LoggerProvider) Option {
	return optionFunc(func(c *config) {
		if p == nil {
			c.refuse("logger provider is nil")
			return
		}
		c.loggerProvider = p
	})
}

// WithMeterProvider sets where otelperf's own instruments live. The default is the global provider, which may be set later: a
// provider whose reader has Monitor.Producer can only be made after the Monitor.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(c *config) {
		if p == nil {
			c.refuse("meter provider is nil")
			return
		}
		c.meterProvider = p
	})
}

// WithStateFile keeps baselines across restarts in a file of this process alone: it is written atomically every minute and at
// Shutdown, at most about 6 KiB per endpoint. A file that is damaged, older than seven days, or not ours is
// reported to the OpenTelemetry error handler and counts as empty. A new version that is slower than the old one is then a spike,
// not the new normal.
func WithStateFile(path string) Option {
	return optionFunc(func(c *config) {
		info, err := os.Stat(filepath.Dir(path))
		if path == "" || err != nil || !info.IsDir() {
			c.refuse("state file is %q, accepted are paths in a directory that exists", path)
			return
		}
		c.stateFile = path
	})
}

// WithSpans passes options on to the span processor: WithAnatomy, WithDependencies, WithDimensions, WithQueryText, WithRescue,
// WithSamplerMode, WithoutEnrichment of package spikeprocessor.
func WithSpans(opts ...spikeprocessor.Option) Option {
	return optionFunc(func(c *config) {
		if _, err := spikeprocessor.New(nil, opts...); err != nil {
			c.errs = append(c.errs, fmt.Errorf("%w: %w", ErrConfig, err))
			return
		}
		c.processor = append(c.processor, opts...)
	})
}

// WithCountryHeader has Middleware set the span attribute geo.country.iso_code to the value of a request header that the
// program's CDN sets, such as CF-IPCountry; values that are not two capital letters are passed over. Name the attribute in
// spikeprocessor.WithDimensions to see latency by country. Only a header that clients cannot set themselves is worth anything.
func WithCountryHeader(name string) Option {
	return optionFunc(func(c *config) {
		if name == "" || strings.ContainsAny(name, " :\r\n") {
			c.refuse("country header is %q, accepted is the name of a header", name)
			return
		}
		c.countryHeader = name
	})
}
