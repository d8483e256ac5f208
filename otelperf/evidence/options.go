// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/site"
)

// Option configures a Recorder.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// Limits hold the cost of recordings down. A field that is zero has its default.
type Limits struct {
	// RecordingsPerHour is 1 to 360, 12 by default.
	RecordingsPerHour int
	// BytesPerHour of traces that are read, 4 MiB to 1 GiB; 48 MiB by default.
	BytesPerHour int64
	// WorkPerHour is for how long traces may be read, 1 s to 1 h; 1 min by default. What was begun is read to its end.
	WorkPerHour time.Duration
	// CPUShare is the share of one CPU that reading may take, 0.01 to 1; 0.25 by default.
	CPUShare float64
	// Cooldown is the time between recordings that Arm asks for, 1 s to 1 h; 1 min by default. After one that was discarded it is a sixth.
	Cooldown time.Duration
}

var defaultLimits = Limits{
	RecordingsPerHour: 12,
	BytesPerHour:      48 << 20,
	WorkPerHour:       time.Minute,
	CPUShare:          0.25,
	Cooldown:          time.Minute,
}

// WithLimits sets what recordings may cost.
func WithLimits(l Limits) Option { return optionFunc(func(c *config) { c.limits = l }) }

// WithOwnCode names more of the program's own code by import paths, besides package main and the main module: those of modules whose
// lines say more to the program's people than the lines that call them. At most 100.
func WithOwnCode(importPaths ...string) Option {
	return optionFunc(func(c *config) { c.own = append(c.own, importPaths...) })
}

// config is what the options add up to.
type config struct {
	limits Limits
	own    []string
}

const maxOwn = 100

// newConfig applies the options; the error joins all that is wrong with them.
func newConfig(opts []Option) (c config, err error) {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrConfig}, args...)...))
	}
	for i, o := range opts {
		if o == nil {
			refuse("option %d is nil", i+1)
			continue
		}
		o.apply(&c)
	}
	if slices.Contains(c.own, "") || len(c.own) > maxOwn {
		refuse("own code is %q, want at most %d import paths that are not empty", c.own, maxOwn)
	}
	if main := site.MainModule(); main != "" {
		c.own = append(c.own, main)
	}
	l, d := &c.limits, defaultLimits
	number(refuse, "RecordingsPerHour", &l.RecordingsPerHour, d.RecordingsPerHour, 1, 360)
	number(refuse, "BytesPerHour", &l.BytesPerHour, d.BytesPerHour, maxTrace, 1<<30)
	number(refuse, "WorkPerHour", &l.WorkPerHour, d.WorkPerHour, time.Second, time.Hour)
	number(refuse, "CPUShare", &l.CPUShare, d.CPUShare, 0.01, 1)
	number(refuse, "Cooldown", &l.Cooldown, d.Cooldown, time.Second, time.Hour)
	return c, errors.Join(errs...)
}

// number puts the default where there is none, and refuses what is out of range.
func number[N int | int64 | float64 | time.Duration](refuse func(string, ...any), name string, n *N, byDefault, least, most N) {
	if *n == 0 {
		*n = byDefault
	}
	if !(*n >= least && *n <= most) { // NaN is refused
		refuse("Limits.%s is %v, want %v to %v", name, *n, least, most)
	}
}
