// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/gate"
)

// Settings are what a Fleet may have. A field of zero has its default.
type Settings struct {
	// Detector are the knobs of baselines and of detection.
	Detector baseline.Config
	// Lateness is how long after its end a second is judged: 1 s to 5 m, default 7 s.
	Lateness time.Duration
	// MaxServices is how many services have an engine of their own, default 200. The rest share the service "(other)".
	MaxServices int
	// MaxEndpoints is how many rows a service has, default 500. The rest share a row "(other)" for each kind.
	MaxEndpoints int
	// SpanBytes bounds the spans that are held until the request that they belong to is known to be slow, of all services: default 64 MiB;
	// below 0 none are held, and requests have no anatomy.
	SpanBytes int64
	// SlowBytes bounds the slow log of one service: default 1 MiB.
	SlowBytes int64
	// SlowFrom is the duration from which a request is slow: default 500 ms.
	SlowFrom time.Duration
	// Jobs tells whether parentless internal spans are jobs with a row of their own.
	Jobs bool
	// Alarms says what confirms an alarm about what came as metrics.
	Alarms gate.Rule
	// SeriesBytes bounds what is remembered of series of metrics, of all services: default 64 MiB. Series beyond are not counted.
	SeriesBytes int
	// MaxInstances is how many instances of a service are looked at: default 1000.
	MaxInstances int
	// Moves tells whether services may come from another collector, and go to one: see [Fleet.Newcomers].
	Moves bool
	// MayLeave tells whether services may go to another collector without a word.
	MayLeave bool
	// InstanceAttributes are the attributes of resources that are told with an instance: at most 8.
	InstanceAttributes []string
}

// Defaults.
const (
	DefaultLateness     = 7 * time.Second
	DefaultMaxServices  = 200
	DefaultMaxEndpoints = 500
	DefaultSpanBytes    = 64 << 20
	DefaultSlowBytes    = 1 << 20
	DefaultSlowFrom     = 500 * time.Millisecond
)

func (s Settings) withDefaults() Settings {
	s.Lateness = or(s.Lateness, DefaultLateness)
	s.MaxServices = or(s.MaxServices, DefaultMaxServices)
	s.MaxEndpoints = or(s.MaxEndpoints, DefaultMaxEndpoints)
	s.SpanBytes = or(s.SpanBytes, DefaultSpanBytes)
	s.SlowBytes = or(s.SlowBytes, DefaultSlowBytes)
	s.SlowFrom = or(s.SlowFrom, DefaultSlowFrom)
	return s
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
