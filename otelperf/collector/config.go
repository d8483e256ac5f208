// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/gate"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/instances"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/points"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/ranges"
)

// Config is the configuration of the connector.
type Config struct {
	// Lateness is how long after its end a second is judged, by the collector's clock: the longest time that spans take to arrive,
	// which is the delay of batches and 2 s. 1s to 5m, default 7s.
	Lateness time.Duration `mapstructure:"lateness"`
	// MetricsFlushInterval is how often metrics are sent. 1s to 1h, default 1m.
	MetricsFlushInterval time.Duration `mapstructure:"metrics_flush_interval"`
	// MaxServices is how many services are judged by themselves. 1 to 10000, default 200. The rest is judged as one, "(other)".
	MaxServices int `mapstructure:"max_services"`
	// MaxEndpoints is how many endpoints, dependencies and jobs a service has. 1 to 10000, default 500. The rest of each kind is one, "(other)".
	MaxEndpoints int `mapstructure:"max_endpoints"`
	// MaxSpanMiB is the memory for spans that wait until the request that they belong to is known to be slow, in MiB. 0 to 65536, default
	// 64; 0: requests have no anatomy, and incidents no cause.
	MaxSpanMiB int `mapstructure:"max_span_mib"`
	// MaxSlowMiB is the memory for slow requests of one service, in MiB. 1 to 1024, default 1.
	MaxSlowMiB int `mapstructure:"max_slow_mib"`
	// SlowThreshold is the duration from which a request is slow. 1ms to 1h, default 500ms. Less is, too, if it is 4 times what p99 is usually, and
	// 50ms.
	SlowThreshold time.Duration `mapstructure:"slow_threshold"`
	// Jobs tells whether internal spans without a parent are jobs. Default false: many instrumentations make them of whatever a process
	// does before its first request.
	Jobs bool `mapstructure:"jobs"`
	// MaxSeriesMiB is the memory for what series of metrics said last, in MiB. 1 to 65536, default 64. Series beyond are not counted.
	MaxSeriesMiB int `mapstructure:"max_series_mib"`
	// MetricAlarms says what confirms an alarm about what came as metrics: "at_once", which is the default, points that began when there was
	// evidence, as soon as there are enough; "three_intervals", points of three export intervals in a row alone.
	MetricAlarms string `mapstructure:"metric_alarms"`
	// MaxInstances is how many instances of a service are compared with each other. 1 to 100000, default 1000.
	MaxInstances int `mapstructure:"max_instances"`
	// InstanceAttributes are attributes of resources that are told with an instance that is out of line: at most 8, default
	// service.version and cloud.availability_zone.
	InstanceAttributes []string `mapstructure:"instance_attributes"`
	// ServicesMove says, of a collector without State, that there are several, among which services may move. Default false. That nothing
	// comes from a service any more is a warning then, which says that it has stopped or is elsewhere.
	ServicesMove bool `mapstructure:"services_move"`
	// State is where what is known of services is kept beyond this process.
	State StateConfig `mapstructure:"state"`
	// History is where what services did is stored, beyond the last hour.
	History HistoryConfig `mapstructure:"history"`
	// Extension is the id of the extension otelperf that shows the services. Default: the one that there is, if there is one.
	Extension *component.ID `mapstructure:"extension"`
	// Spikes are the knobs of detection.
	Spikes SpikeConfig `mapstructure:"spikes"`

	hasState, hasHistory bool // the configuration has state, and history

	_ struct{}
}

// SpikeConfig are the knobs of detection, those of package baseline.
type SpikeConfig struct {
	Ratio    float64       `mapstructure:"ratio"`    // how many times its usual value a quantile must have. 1.2 to 100, default 2
	Weight   float64       `mapstructure:"weight"`   // of what was usual before, beside a new minute. 0.1 to 0.999, default 0.9
	Cooldown time.Duration `mapstructure:"cooldown"` // between alerts of an endpoint. 1ms to 24h, default 5m
	Floor    time.Duration `mapstructure:"floor"`    // below which no latency is an incident. 1ns to 1h, default 1ms

	_ struct{}
}

// StateConfig is where what is known of services is kept, for the next process and for other collectors: services move between those that
// have the same directory or storage. Without either nothing outlives the process.
type StateConfig struct {
	// Directory is one that is there, and may be shared by collectors on several machines.
	Directory string `mapstructure:"directory"`
	// Storage is a storage extension, in place of Directory. Collectors share it if the extension shares what it keeps.
	Storage *component.ID `mapstructure:"storage"`
	// Interval is how often what is known of a service is written. 1s to 1h, default 1m.
	Interval time.Duration `mapstructure:"interval"`
	// MaxServiceMiB is how much is written of a service, in MiB: endpoints that were seen last come first. 1 to 64, default 4.
	MaxServiceMiB int `mapstructure:"max_service_mib"`

	_ struct{}
}

// kept tells whether anything is.
func (c *StateConfig) kept() bool { return c.Directory != "" || c.Storage != nil }

func (c *StateConfig) validate(given bool) error {
	var where error
	switch {
	case c.Directory != "" && c.Storage != nil:
		where = errors.New("state::directory and state::storage are both set, accepted is one of them")
	case given && !c.kept():
		where = errors.New("state needs directory or storage: neither is set, or it is empty, as of a variable that is not set")
	}
	return errors.Join(where, ranges.Within("state::interval", c.Interval, time.Second, time.Hour), ranges.Within("state::max_service_mib", c.MaxServiceMiB, 1, 64))
}

const defaultMetricInterval = time.Minute

// Values of MetricAlarms.
const (
	alarmsAtOnce         = "at_once"
	alarmsThreeIntervals = "three_intervals"
)

func createDefaultConfig() component.Config {
	return &Config{
		Lateness: fleet.DefaultLateness, MetricsFlushInterval: defaultMetricInterval, MaxServices: fleet.DefaultMaxServices,
		MaxEndpoints: fleet.DefaultMaxEndpoints, MaxSpanMiB: fleet.DefaultSpanBytes >> 20, MaxSlowMiB: fleet.DefaultSlowBytes >> 20,
		SlowThreshold: fleet.DefaultSlowFrom, MaxSeriesMiB: points.DefaultBytes >> 20, MetricAlarms: alarmsAtOnce, MaxInstances: instances.DefaultMost,
		InstanceAttributes: slices.Clone(instances.Shown), State: StateConfig{Interval: time.Minute, MaxServiceMiB: 4},
		History: HistoryConfig{Keep: defaultKeep, MaxServices: defaultHistories, MaxServiceMiB: defaultMaxHistoryMiB},
		Spikes:  SpikeConfig{Ratio: 2, Weight: 0.9, Cooldown: 5 * time.Minute, Floor: time.Millisecond},
	}
}

// Unmarshal implements confmap.Unmarshaler. It notes whether there is state, and a history: without a place they would keep nothing.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	c.hasState, c.hasHistory = conf.IsSet("state"), conf.IsSet("history")
	return conf.Unmarshal(c)
}

// Validate reports every field that is out of its range.
func (c *Config) Validate() error {
	return errors.Join(
		ranges.Within("lateness", c.Lateness, time.Second, 5*time.Minute),
		ranges.Within("metrics_flush_interval", c.MetricsFlushInterval, time.Second, time.Hour),
		ranges.Within("max_services", c.MaxServices, 1, 10_000),
		ranges.Within("max_endpoints", c.MaxEndpoints, 1, 10_000),
		ranges.Within("max_span_mib", c.MaxSpanMiB, 0, 65_536),
		ranges.Within("max_slow_mib", c.MaxSlowMiB, 1, 1024),
		ranges.Within("max_series_mib", c.MaxSeriesMiB, 1, 65_536),
		ranges.OneOf("metric_alarms", c.MetricAlarms, alarmsAtOnce, alarmsThreeIntervals),
		ranges.Within("max_instances", c.MaxInstances, 1, 100_000),
		ranges.Within("instance_attributes: their number", len(c.InstanceAttributes), 0, instances.MostAttributes),
		c.attributes(),
		ranges.Within("slow_threshold", c.SlowThreshold, time.Millisecond, time.Hour),
		c.State.validate(c.hasState),
		c.moves(),
		c.History.validate(c.hasHistory),
		ranges.Within("spikes::ratio", c.Spikes.Ratio, 1.2, 100),
		ranges.Within("spikes::weight", c.Spikes.Weight, 0.1, 0.999),
		ranges.Within("spikes::cooldown", c.Spikes.Cooldown, time.Millisecond, 24*time.Hour),
		ranges.Within("spikes::floor", c.Spikes.Floor, time.Nanosecond, time.Hour),
	)
}

// attributes refuses what names no attribute, or one again.
func (c *Config) attributes() error {
	var errs []error
	for i, a := range c.InstanceAttributes {
		switch {
		case strings.TrimSpace(a) == "":
			errs = append(errs, fmt.Errorf("instance_attributes: that at index %d is empty, accepted are names of attributes", i))
		case slices.Index(c.InstanceAttributes, a) < i:
			errs = append(errs, fmt.Errorf("instance_attributes: %q is there twice, accepted is once", a))
		}
	}
	return errors.Join(errs...)
}

// moves refuses what State knows better.
func (c *Config) moves() error {
	if c.ServicesMove && c.State.kept() {
		return errors.New("services_move is true, accepted is false with state: by that a collector knows of services that have moved")
	}
	return nil
}

// settings are those of the state.
func (c *Config) settings() fleet.Settings {
	spans := int64(c.MaxSpanMiB) << 20
	if spans == 0 {
		spans = -1
	}
	alarms := gate.AtOnce
	if c.MetricAlarms == alarmsThreeIntervals {
		alarms = gate.ThreeIntervals
	}
	return fleet.Settings{
		Detector: baseline.Config{Ratio: c.Spikes.Ratio, Weight: c.Spikes.Weight, Cooldown: c.Spikes.Cooldown, Floor: c.Spikes.Floor},
		Lateness: c.Lateness, MaxServices: c.MaxServices, MaxEndpoints: c.MaxEndpoints, SpanBytes: spans, SlowBytes: int64(c.MaxSlowMiB) << 20,
		SlowFrom: c.SlowThreshold, Jobs: c.Jobs, SeriesBytes: c.MaxSeriesMiB << 20, MaxInstances: c.MaxInstances, InstanceAttributes: c.InstanceAttributes,
		Alarms: alarms, Moves: c.State.kept(), MayLeave: c.ServicesMove,
	}
}
