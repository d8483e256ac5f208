// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"errors"
	"fmt"
	"time"
)

// ErrConfig is wrapped by every error that [New] reports.
var ErrConfig = errors.New("slowlog: invalid configuration")

// Limits bound what a [Store] keeps. A field of zero means its default.
type Limits struct {
	Recent      int           `json:"recent"`       // most recent slow requests: 1 to 10,000, default 100
	PerEndpoint int           `json:"per_endpoint"` // slowest requests of each endpoint: 1 to 1,000, default 10
	Failed      int           `json:"failed"`       // most recent failed requests: 1 to 10,000, default 100
	Endpoints   int           `json:"endpoints"`    // endpoints with a list of their own, one more is shared by the rest: 1 to 10,000, default 500
	Age         time.Duration `json:"age_ns"`       // how long a slowest request stands: 1m to 168h, default 1h
	Bytes       int64         `json:"bytes"`        // estimate for all entries: 1 MiB to 4 GiB, default 32 MiB
}

// DefaultLimits are the limits of a Store that was given none.
func DefaultLimits() Limits {
	return Limits{Recent: 100, PerEndpoint: 10, Failed: 100, Endpoints: 500, Age: time.Hour, Bytes: 32 << 20}
}

// withDefaults replaces zeros.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Recent: or(l.Recent, d.Recent), PerEndpoint: or(l.PerEndpoint, d.PerEndpoint), Failed: or(l.Failed, d.Failed),
		Endpoints: or(l.Endpoints, d.Endpoints), Age: or(l.Age, d.Age), Bytes: or(l.Bytes, d.Bytes),
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// check reports every field that is out of its range.
func (l Limits) check() error {
	return errors.Join(
		within("Recent", l.Recent, 1, 10_000),
		within("PerEndpoint", l.PerEndpoint, 1, 1_000),
		within("Failed", l.Failed, 1, 10_000),
		within("Endpoints", l.Endpoints, 1, 10_000),
		within("Age", l.Age, time.Minute, 7*24*time.Hour),
		within("Bytes", l.Bytes, 1<<20, 4<<30),
	)
}

func within[T int | int64 | time.Duration](field string, v, lo, hi T) error {
	if v < lo || v > hi {
		return fmt.Errorf("%w: Limits.%s is %v, accepted is %v to %v", ErrConfig, field, v, lo, hi)
	}
	return nil
}

// Option configures a [Store].
type Option interface{ apply(*config) }

type config struct {
	limits Limits
	onAdd  []func(*Entry)
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// WithLimits replaces the bounds of the store. The default is [DefaultLimits]; fields of zero keep theirs. New reports
// [ErrConfig] for fields out of range.
func WithLimits(l Limits) Option {
	return optionFunc(func(c *config) { c.limits = l })
}

// OnAdd has f called for every entry that is kept, in the goroutine that added it and outside the store's lock, so
// f must be quick, must not change the entry, and sees entries of several goroutines at the same time and in any
// order. A panic of f is recovered and counted in [Stats]. Several hooks are called in the order they were given;
// nil is ignored. The default is none.
func OnAdd(f func(*Entry)) Option {
	return optionFunc(func(c *config) {
		if f != nil {
			c.onAdd = append(c.onAdd, f)
		}
	})
}
