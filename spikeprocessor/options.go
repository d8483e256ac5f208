// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// ErrConfig is wrapped by every error about an option's value.
var ErrConfig = errors.New("invalid configuration")

const (
	defaultSlowThreshold = 500 * time.Millisecond
	defaultMaxEndpoints  = 500
	defaultRescueRate    = 5.0 // requests a second
	defaultRescueBurst   = 20
)

// A request is slow, whatever its threshold, above baselineFactor times its endpoint's baseline p99 and above
// baselineFloor.
const (
	baselineFactor = 4
	baselineFloor  = 50 * time.Millisecond
)

type config struct {
	slowThreshold *atomic.Int64 // ns; may change at run time
	overrides     []override
	maxEndpoints  int
	store         *slowlog.Store
	onKeep        []func(*slowlog.Entry)
	anatomy       bool
	inFlight      bool
	dependencies  bool
	queryText     bool
	dimensions    []attribute.Key
	enrichment    enrichment
	rescueRate    float64
	rescueBurst   int
	mode          SamplerMode
	errs          []error
}

type override struct {
	pattern   Pattern
	threshold time.Duration
}

// Option configures a Processor. Where two options say different things of one setting, the later one counts.
type Option interface {
	// String returns the name of the function that made the option, such as "WithRescue".
	String() string
	apply(*config)
}

type option struct {
	name string
	set  func(*config)
}

func (o option) String() string { return o.name }

func (o option) apply(c *config) { o.set(c) }

// WithSlowThreshold sets the duration above which a request is kept in the slow log. The default is 500ms; it must be
// positive. A request above four times its endpoint's baseline p99 and above 50ms is kept too.
func WithSlowThreshold(d time.Duration) Option {
	return option{"WithSlowThreshold", func(c *config) {
		if d <= 0 {
			c.errs = append(c.errs, fmt.Errorf("%w: slow threshold: got %v, want more than 0", ErrConfig, d))
			return
		}
		c.slowThreshold.Store(int64(d))
	}}
}

// WithEndpointSlowThreshold sets the threshold of the endpoints that match a [Pattern], such as "GET /reports/**". An
// endpoint's very name comes before a wildcard, a later option before an earlier one. d must be positive.
func WithEndpointSlowThreshold(pattern string, d time.Duration) Option {
	return option{"WithEndpointSlowThreshold", func(c *config) {
		p, err := ParsePattern(pattern)
		if err != nil {
			c.errs = append(c.errs, fmt.Errorf("%w: endpoint slow threshold: %w", ErrConfig, err))
		}
		if d <= 0 {
			c.errs = append(c.errs, fmt.Errorf("%w: slow threshold of %q: got %v, want more than 0", ErrConfig, pattern, d))
		}
		c.overrides = append(c.overrides, override{p, d})
	}}
}

// WithMaxEndpoints sets how many endpoints are kept apart, 1 to 10000; the rest share one overflow endpoint. A quarter of them may be
// jobs, a quarter consumers, an eighth servers of other protocols; a quarter is for HTTP alone, and an eighth for RPC once there is one.
// Those with few requests long ago make room for others. The default is 500.
func WithMaxEndpoints(n int) Option {
	return option{"WithMaxEndpoints", func(c *config) {
		if n < 1 || n > maxEndpoints {
			c.errs = append(c.errs, fmt.Errorf("%w: max endpoints: got %d, want 1 to 10000", ErrConfig, n))
			return
		}
		c.maxEndpoints = n
	}}
}

// WithSlowLog sets the store that keeps slow and failed requests; it must not be nil. Without it the processor makes one of its own.
func WithSlowLog(s *slowlog.Store) Option {
	return option{"WithSlowLog", func(c *config) {
		if s == nil {
			c.errs = append(c.errs, fmt.Errorf("%w: slow log: store is nil", ErrConfig))
			return
		}
		c.store = s
	}}
}

// WithOnKeep adds a function that is called with each request that was put into the slow log, in the goroutine that
// ended the span, after next has got it: it must return at once, and must not be nil. A panic in it ends no request: it is recovered,
// and counted in Stats.
func WithOnKeep(f func(*slowlog.Entry)) Option {
	return option{"WithOnKeep", func(c *config) {
		if f == nil {
			c.errs = append(c.errs, fmt.Errorf("%w: on keep: function is nil", ErrConfig))
			return
		}
		c.onKeep = append(c.onKeep, f)
	}}
}

// Validate returns what New would report of the options: all that is wrong with them, each fault wrapping ErrConfig. It makes nothing.
func Validate(opts ...Option) error {
	_, err := newConfig(opts)
	return err
}

func newConfig(opts []Option) (config, error) {
	c := config{
		slowThreshold: new(atomic.Int64), maxEndpoints: defaultMaxEndpoints, anatomy: true, inFlight: true, dependencies: true,
		enrichment: enrichAll, rescueRate: defaultRescueRate, rescueBurst: defaultRescueBurst,
	}
	c.slowThreshold.Store(int64(defaultSlowThreshold))
	for _, o := range opts {
		if o == nil {
			c.errs = append(c.errs, fmt.Errorf("%w: option is nil", ErrConfig))
			continue
		}
		o.apply(&c)
	}
	return c, errors.Join(c.errs...)
}

// thresholdOf returns the slow threshold that the configuration gives an endpoint.
func (c *config) thresholdOf(endpoint string) time.Duration {
	d, found := time.Duration(c.slowThreshold.Load()), false
	for _, o := range c.overrides {
		if o.pattern.text == endpoint {
			d, found = o.threshold, true
		}
	}
	if found {
		return d
	}
	for _, o := range c.overrides {
		if o.pattern.Match(endpoint) {
			d = o.threshold
		}
	}
	return d
}

// leastThreshold returns the least slow threshold that the configuration gives any endpoint.
func (c *config) leastThreshold() time.Duration {
	d := time.Duration(c.slowThreshold.Load())
	for _, o := range c.overrides {
		d = min(d, o.threshold)
	}
	return d
}

// Pattern matches endpoints by their "METHOD ROUTE". In it, * stands for any run of characters but '/', and ** for any
// run at all. Matching takes time linear in the endpoint's length.
type Pattern struct {
	text string
	re   *regexp.Regexp
}

// ParsePattern reads a pattern of 1 to 256 bytes.
func ParsePattern(text string) (Pattern, error) {
	if text == "" || len(text) > conventions.MaxNameBytes {
		return Pattern{}, fmt.Errorf("pattern has %d bytes, want \"METHOD ROUTE\" of 1 to %d", len(text), conventions.MaxNameBytes)
	}
	parts := strings.Split(regexp.QuoteMeta(text), `\*\*`)
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(p, `\*`, `[^/]*`)
	}
	re, err := regexp.Compile(`^(?s:` + strings.Join(parts, `.*`) + `)$`)
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", text, err)
	}
	return Pattern{text, re}, nil
}

// Match reports whether endpoint equals the pattern or matches it.
func (p Pattern) Match(endpoint string) bool {
	return p.text == endpoint || p.re != nil && p.re.MatchString(endpoint)
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }
