// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/feed"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/otelperf/internal/statefile"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// Option configures a Monitor. New and Setup take it. Where two options say different things of one setting, the later one counts.
type Option interface {
	SetupOption
	apply(*config)
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

func (f optionFunc) applySetup(c *setupConfig) { c.options = append(c.options, f) }

// config is what the options add up to.
type config struct {
	resource       *resource.Resource // of what Setup builds; nil without it
	processor      []spikeprocessor.Option
	slowLimits     slowlog.Limits
	baseline       baseline.Config
	slowThreshold  time.Duration
	thresholds     map[string]time.Duration
	objectives     []configured
	budgets        []engine.SLO // of objectives
	maxEndpoints   int
	metricSource   bool
	metricInterval time.Duration
	logger         *slog.Logger
	name           string
	requestLog     float64
	headers        bool
	stacks         bool
	ignored        []string
	countryHeader  string
	authorizer     func(*http.Request) bool
	token          string
	localChanges   bool
	stateFile      string
	history        func(*Monitor) (archive, recalled) // opens it; nil: none
	fleet          func(*Monitor) allInstances        // joins it; nil: none
	feed           feed.Source                        // nil: the numbers are of this process
	shown          func(*Monitor) (archive, recalled) // the history of the feed, in place of history; nil: none
	bundleDir      string
	traceURL       string
	maxStreams     int
	onSpike        []func(Spike)
	notifiers      []Notifier
	loggerProvider otellog.LoggerProvider
	meterProvider  metric.MeterProvider
	analytics      analytics
	pools          []runtimesignals.Pool
	evidence       EvidenceRecorder // nil: none
	disabled       string           // the variable that switches us off; "" when on
	errs           []error
}

const defaultMetricInterval = 10 * time.Second

func defaultConfig() config {
	return config{
		slowLimits: slowlog.DefaultLimits(),
		thresholds: map[string]time.Duration{},
		maxStreams: 64,
		headers:    true,
		stacks:     true,
		ignored:    []string{"/healthz", "/livez", "/readyz"},
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
	c.refuseAll(c.baseline.Validate())
	if c.baseline.Tick != 0 {
		c.refuse("baseline tick is %v, but it follows from where the numbers come from: leave it 0", c.baseline.Tick)
	}
	if c.metricInterval == 0 {
		c.metricInterval = defaultMetricInterval
	} else if !c.metricSource {
		c.refuse("metric interval is %v, but there is no metric source: add WithMetricSource", c.metricInterval)
	}
	if validate := c.analytics.validate; validate != nil {
		c.refuseAll(validate(c.analytics.options...))
	}
	if c.feed != nil {
		c.disabled = "" // who feeds us is somebody else's concern
		c.history = c.shown
	} else if c.shown != nil {
		c.refuse("there is the history of a feed, and no feed")
	}
	if c.feed != nil && c.metricSource {
		c.refuse("the numbers cannot be those of a feed and of the metric source")
	}
	c.budgets = c.buildObjectives()
	if c.slowThreshold > 0 {
		c.processor = append(c.processor, spikeprocessor.WithSlowThreshold(c.slowThreshold))
	}
	if c.maxEndpoints > 0 {
		c.processor = append(c.processor, spikeprocessor.WithMaxEndpoints(c.maxEndpoints))
	}
	return c, errors.Join(c.errs...)
}

// refuseAll takes what another package has to say of its options, one fault for each that it has joined.
func (c *config) refuseAll(err error) {
	if joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		for _, e := range joined.Unwrap() {
			c.refuseAll(e)
		}
		return
	}
	if err != nil {
		c.errs = append(c.errs, &configFault{err})
	}
}

// configFault is an error of another package about an option. It wraps ErrConfig, too.
type configFault struct{ error }

func (f *configFault) Error() string {
	const words = "invalid configuration: " // which some of them have, too
	return ErrConfig.Error() + ": " + strings.Replace(f.error.Error(), words, "", 1)
}

func (f *configFault) Unwrap() []error { return []error{ErrConfig, f.error} }

func (c *config) refuse(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%w: "+format, append([]any{ErrConfig}, args...)...))
}

// needed is an option whose value may not be nil.
func needed(what string, isNil bool, set func(*config)) Option {
	return optionFunc(func(c *config) {
		if isNil {
			c.refuse("%s is nil", what)
			return
		}
		set(c)
	})
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
		_, err := spikeprocessor.ParsePattern(pattern)
		if err != nil {
			c.refuse("endpoint slow threshold: %v", err)
		}
		if d <= 0 {
			c.refuse("slow threshold of %q is %v, accepted is more than 0", pattern, d)
		}
		if err != nil || d <= 0 {
			return
		}
		c.thresholds[pattern] = d
		c.processor = append(c.processor, spikeprocessor.WithEndpointSlowThreshold(pattern, d))
	})
}

// WithMaxEndpoints sets how many endpoints have a row of their own, 1 to 10000; the rest share the row (other). The
// default is 500. Each takes at most about 100 KiB. A quarter of them may be jobs, a quarter consumers, an eighth servers of other
// protocols; a quarter is for HTTP alone, and an eighth for RPC once there is one. Those with few requests long ago make room for others.
func WithMaxEndpoints(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1 || n > 10000 {
			c.refuse("max endpoints is %d, accepted are 1 to 10000", n)
			return
		}
		c.maxEndpoints = n
	})
}

// WithSlowLog sets the bounds of the slow log; fields of zero keep what an earlier option says, or their defaults
// (slowlog.DefaultLimits).
func WithSlowLog(l slowlog.Limits) Option {
	return optionFunc(func(c *config) {
		if _, err := slowlog.New(slowlog.WithLimits(l)); err != nil {
			c.refuseAll(err)
			return
		}
		was := &c.slowLimits
		c.slowLimits = slowlog.Limits{
			Recent: cmp.Or(l.Recent, was.Recent), PerEndpoint: cmp.Or(l.PerEndpoint, was.PerEndpoint), Failed: cmp.Or(l.Failed, was.Failed),
			Endpoints: cmp.Or(l.Endpoints, was.Endpoints), Age: cmp.Or(l.Age, was.Age), Bytes: cmp.Or(l.Bytes, was.Bytes),
		}
	})
}

// WithBaseline sets the knobs of the baselines and of spike detection; fields of zero keep what an earlier option or a variable says, or
// their defaults: ratio 2, weight 0.9 per ten minutes, cooldown 5 minutes, floor 1ms, grace 60s.
func WithBaseline(b baseline.Config) Option {
	return optionFunc(func(c *config) {
		c.baseline = baseline.Config{
			Ratio: cmp.Or(b.Ratio, c.baseline.Ratio), Weight: cmp.Or(b.Weight, c.baseline.Weight), Cooldown: cmp.Or(b.Cooldown, c.baseline.Cooldown),
			Floor: cmp.Or(b.Floor, c.baseline.Floor), Grace: cmp.Or(b.Grace, c.baseline.Grace), Tick: cmp.Or(b.Tick, c.baseline.Tick),
		}
	})
}

// WithMetricSource has the engine read http.server.request.duration and rpc.server.call.duration (or
// rpc.server.duration) from the MeterProvider that Monitor.Reader is registered with, in place of the processor's
// spans. Every request is in them, sampled or not, with no processor at all; but there are no slow requests, and it
// costs more: all histograms of the program are aggregated a second time. Of the program's callbacks, some run once more at each
// collection (WithMetricInterval): those of instruments that a View gives an aggregation, and those that Meter.RegisterCallback has
// for an instrument that any reader of the MeterProvider collects.
func WithMetricSource() Option {
	return optionFunc(func(c *config) { c.metricSource = true })
}

// WithFeed is for otelperf's component of the OpenTelemetry Collector, which alone can make a source: the Monitor shows the numbers of a service
// that is judged elsewhere. It looks at nothing of its own process: no runtime, no stacks, nothing that runs; it tells nobody of incidents, and of its
// options those about measuring, detection, the state file, WithHistory and who may look mean nothing.
func WithFeed(s feed.Source) Option {
	return needed("feed", s == nil, func(c *config) { c.feed = s })
}

// WithMetricInterval sets how often the metric source is collected, 1s to 1m, which need not be whole seconds. The default is 10s. Spikes
// shorter than three intervals are mostly missed. Between collections, what is shown is that of the last one, however many look on, so
// that the program's callbacks run no more often; ForceFlush of the MeterProvider or of Monitor.Reader, Reset and Shutdown collect
// besides. A collection that takes longer than an interval, or 10s, is not waited for: what it brings is counted when it comes.
func WithMetricInterval(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d < time.Second || d > time.Minute {
			c.refuse("metric interval is %v, accepted are 1s to 1m", d)
			return
		}
		c.metricInterval = d
	})
}

// WithStateFile keeps baselines across restarts in a file of this process alone: it is written atomically every minute and at
// Shutdown. It has at most twice as many baselines as WithMaxEndpoints allows endpoints, the most recent ones, of at most about 7 KiB
// each; those of endpoints that were not seen for seven days are dropped. A new version that is slower than the old one is then a
// spike, not the new normal. Spikes that are open, at most 50, are saved with them: they go on after the restart under their ids, or their
// end is reported. So are the budgets of objectives, of some 20 KiB each.
//
// New reports ErrConfig unless path leads, through symbolic links perhaps, to a file that is absent, empty or a state file, in a
// directory that exists. What is damaged in a state file is reported to the OpenTelemetry error handler and counts as empty. One that
// a newer version of otelperf has written is neither read nor written. Diagnostics, and the check state_file of Health, say so, and
// whether the last save has failed; then Shutdown's error says it, too.
func WithStateFile(path string) Option {
	return optionFunc(func(c *config) {
		if path == "" {
			c.refuse("state file is \"\", accepted is a path")
			return
		}
		if _, err := statefile.Look(path); err != nil && !errors.Is(err, statefile.ErrNewer) {
			c.refuse("state file is %q, accepted are paths of regular files that are absent, empty or hold a state, in a directory that exists: %w", path, err)
			return
		}
		c.stateFile = path
	})
}

// WithProcessorOptions passes options on to the span processor: WithAnatomy, WithDependencies, WithInFlight, WithDimensions,
// WithQueryText, WithRescue, WithSamplerMode, WithOnKeep and WithoutEnrichment of package spikeprocessor. Those for which the Monitor has
// an option of its own, such as WithSlowThreshold, are refused.
func WithProcessorOptions(opts ...spikeprocessor.Option) Option {
	return optionFunc(func(c *config) {
		for i, o := range opts {
			switch {
			case o == nil:
				c.refuse("processor option %d is nil", i+1)
			case slices.Contains(ownProcessorOptions, o.String()):
				c.refuse("spikeprocessor.%s has no place in WithProcessorOptions: use otelperf.%s", o, o)
			default:
				if err := spikeprocessor.Validate(o); err != nil {
					c.refuseAll(err)
					continue
				}
				c.processor = append(c.processor, o)
			}
		}
	})
}

// ownProcessorOptions are those of the span processor that have a counterpart here of the same name.
var ownProcessorOptions = []string{"WithSlowThreshold", "WithEndpointSlowThreshold", "WithMaxEndpoints", "WithSlowLog"}
