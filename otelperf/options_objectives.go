// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/objective"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// Objective is a service level objective: which shares of the requests of a period are to be good. One of the two targets has to be set,
// or both, each of which has a budget of its own.
type Objective struct {
	// Name is what it is called, 1 to 64 bytes without control characters. The default is its pattern.
	Name string
	// SuccessTarget is the share of requests that is not to fail, 0.5 to 0.99999, such as 0.9995; 0 is none. What failed is a server error or
	// a panic. Requests that the client or the handler broke off do not count.
	SuccessTarget float64
	// Latency is a duration of 10µs to 1h, and LatencyTarget the share of requests that is to be answered within it, 0.5 to 0.99999, such as
	// 0.999. Every request counts, by the time that it took: one that failed, and one that the client broke off. Streams, which have no
	// duration, are answered in time. Latency is rounded up to the bound of a bucket, by at most 1.1 %; with coarse buckets of a metric
	// source, where the requests of a bucket are taken to be spread evenly, it had better be one of their bounds.
	Latency       time.Duration
	LatencyTarget float64 // see Latency; both are 0 for none
	// Period is that of the budget, 7 to 90 days (168h to 2160h) in whole hours: mostly 30*24*time.Hour. It has no default.
	Period time.Duration
}

// maxObjectives is how many objectives a Monitor takes.
const maxObjectives = 50

// The range of a Latency.
const (
	leastLatency = 10 * time.Microsecond
	mostLatency  = time.Hour
)

// WithObjective adds an objective for the endpoints that match a pattern, such as "GET /pay" or "* /api/**", as of
// [spikeprocessor.ParsePattern]: the requests of all of them count together. Calls to others and jobs count where the pattern is their very name.
// Of an objective it is known what is left of its error budget and how fast that burns, in JSON, on the page and as metrics (otelperf.slo.*).
// There are alerts over three pairs of windows, as in chapter 5 of The Site Reliability Workbook: 1 h with 5 min and 6 h with 30 min
// are critical, 3 days with 6 h is a warning. With few requests an alert takes five bad ones, and evidence.
//
// The default is none, and 50 are the most; each takes 25 to 50 KiB for each target. Budgets go on after a restart with WithStateFile, unless
// name, pattern, target or latency has changed; without it they begin anew. Reset leaves them as they are. New reports ErrConfig for a
// pattern, target, latency or period that is not accepted, and for two objectives of one name. A pattern that matches no
// endpoint, ten minutes after the first request, is a warning of Health.
func WithObjective(pattern string, o Objective) Option {
	return optionFunc(func(c *config) { c.objectives = append(c.objectives, configured{pattern, o}) })
}

// configured is what WithObjective was given.
type configured struct {
	pattern string
	Objective
}

// buildObjectives checks what WithObjective was given, and returns what the engine takes.
func (c *config) buildObjectives() (all []engine.SLO) {
	if n := len(c.objectives); n > maxObjectives {
		c.refuse("there are %d objectives, accepted are at most %d", n, maxObjectives)
		return nil
	}
	var names []string
	for _, o := range c.objectives {
		if o.Name == "" {
			o.Name = o.pattern
		}
		refuse := func(format string, args ...any) {
			c.refuse("objective %.80q of %.80q: "+format, append([]any{o.Name, o.pattern}, args...)...)
		}
		if slices.Contains(names, o.Name) {
			refuse("the name is that of another objective; accepted is a Name of its own")
		}
		names = append(names, o.Name)
		pattern, err := o.check(refuse)
		if err != nil {
			refuse("%v", err)
		}
		if o.SuccessTarget != 0 {
			all = append(all, engine.SLO{Name: o.Name, Pattern: pattern, Target: o.SuccessTarget, Period: o.Period})
		}
		if o.LatencyTarget != 0 {
			all = append(all, engine.SLO{Name: o.Name, Pattern: pattern, Latency: o.Latency, Target: o.LatencyTarget, Period: o.Period})
		}
	}
	return all
}

// check has refuse called for each field that is not accepted. The error is that of the pattern.
func (o *configured) check(refuse func(format string, args ...any)) (spikeprocessor.Pattern, error) {
	if len(o.Name) > maxName && o.Name != o.pattern || !utf8.ValidString(o.Name) || strings.ContainsFunc(o.Name, unicode.IsControl) {
		refuse("the name is not accepted, which are 1 to %d bytes of UTF-8 without control characters", maxName)
	}
	target := func(name string, x float64) {
		if x != 0 && (objective.Config{Target: x}).Validate() != nil {
			refuse("%s is %v, accepted are 0.5 to 0.99999, as a share and not in percent", name, x)
		}
	}
	target("SuccessTarget", o.SuccessTarget)
	target("LatencyTarget", o.LatencyTarget)
	switch {
	case o.SuccessTarget == 0 && o.LatencyTarget == 0 && o.Latency == 0:
		refuse("there is no target, accepted is SuccessTarget, or Latency with LatencyTarget, or both")
	case (o.Latency == 0) != (o.LatencyTarget == 0):
		refuse("Latency is %v and LatencyTarget %v, accepted are both or neither", o.Latency, o.LatencyTarget)
	case o.Latency != 0 && (o.Latency < leastLatency || o.Latency > mostLatency):
		refuse("Latency is %v, accepted are %v to %v", o.Latency, leastLatency, mostLatency)
	}
	if o.Period == 0 || (objective.Config{Target: 0.5, Period: o.Period}).Validate() != nil {
		refuse("Period is %v, accepted are whole hours from 168h (7 days) to 2160h (90 days)", o.Period)
	}
	if !strings.Contains(o.pattern, " ") && !strings.Contains(o.pattern, "**") && o.pattern != "" {
		return spikeprocessor.Pattern{}, fmt.Errorf(`the pattern has no method, accepted is "METHOD ROUTE" such as "GET /pay", "* /pay" or "**"`)
	}
	return spikeprocessor.ParsePattern(o.pattern)
}
