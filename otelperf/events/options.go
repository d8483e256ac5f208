// SPDX-License-Identifier: Apache-2.0

package events

import (
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/log"
)

// Option sets something of a [Tracker]. The options of this package are all there are. Of one that is given twice, the
// last counts.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config is what the options add up to.
type config struct {
	provider   log.LoggerProvider // nil: the global one
	deliveries *Deliveries        // nil: none of the exporters is watched
	sampling   Sampling
	queueSize  int
	recentSize int
	userKey    []byte // nil: a random one
	rawUser    bool
	hashed     bool // session ids
	messages   bool // of exceptions
	handler    HandlerOptions
	faults     []error
}

// newConfig applies the options and reports all that is wrong with them at once.
func newConfig(opts []Option) (config, error) {
	c := config{sampling: DefaultSampling(), queueSize: 8192, recentSize: 1000}
	for i, o := range opts {
		if o == nil {
			c.refuse("option %d is nil", i+1)
			continue
		}
		o.apply(&c)
	}
	if c.rawUser && !c.hashed && c.userKey != nil {
		c.refuse("the user key has no effect: with WithRawUserID and without WithHashedSessionID nothing is hashed")
	}
	return c, errors.Join(c.faults...)
}

func (c *config) refuse(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("%w: "+format, append([]any{ErrConfig}, args...)...))
}

// Validate returns what New would report for these options, and starts nothing. The error joins all faults, each of them
// ErrConfig.
func Validate(opts ...Option) error {
	_, err := newConfig(opts)
	return err
}

// WithLoggerProvider sets where events are emitted. Flush also calls its ForceFlush, if it has one. The default is the
// global provider, as it is at each moment. The Tracker never shuts it down. Nil is an ErrConfig.
func WithLoggerProvider(p log.LoggerProvider) Option {
	return optionFunc(func(c *config) {
		if p == nil {
			c.refuse("logger provider is nil")
			return
		}
		c.provider = p
	})
}

// WithDeliveries has Stats and Flush say what became of events at an exporter that [Watch] watches. Without it they
// know what the provider's ForceFlush returns: not what was lost in between, nor what its queue had no room for.
// Nil is an ErrConfig.
func WithDeliveries(d *Deliveries) Option {
	return optionFunc(func(c *config) {
		if d == nil {
			c.refuse("deliveries is nil")
			return
		}
		c.deliveries = d
	})
}

// WithSampling sets the rates to begin with; [Tracker.SetSampling] changes them. The default is [DefaultSampling].
// A rate outside 0 to 1 is an ErrConfig.
func WithSampling(s Sampling) Option {
	return optionFunc(func(c *config) {
		if faults := s.faults(); faults != nil {
			c.faults = append(c.faults, faults...)
			return
		}
		c.sampling = s
	})
}

// WithQueueSize sets how many accepted events can wait to be emitted, 1 to 1,048,576. The default is
// 8,192. Together they take at most 16 MiB, however many they are; what comes after that is dropped.
func WithQueueSize(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1 || n > 1<<20 {
			c.refuse("queue size is %d, accepted are 1 to 1048576", n)
			return
		}
		c.queueSize = n
	})
}

// WithRecentSize sets how many of the last accepted events Recent can show, 1 to 100,000. The default is
// 1,000. Together they take at most 4 MiB: of large events there are fewer.
func WithRecentSize(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1 || n > 100_000 {
			c.refuse("recent size is %d, accepted are 1 to 100000", n)
			return
		}
		c.recentSize = n
	})
}

// WithUserKey sets the key that user ids are hashed with, at least 16 bytes, so that several processes write the same
// user.hash. The default is a random key: hashes then mean nothing outside this process and end with it.
// A key where nothing is hashed, since WithRawUserID was given without WithHashedSessionID, is an ErrConfig.
func WithUserKey(key []byte) Option {
	return optionFunc(func(c *config) {
		if len(key) < 16 {
			c.refuse("user key has %d bytes, accepted are 16 or more", len(key))
			return
		}
		c.userKey = slices.Clone(key)
	})
}

// WithRawUserID records user ids as they are, as user.id. The default is a hash, as user.hash.
func WithRawUserID() Option {
	return optionFunc(func(c *config) { c.rawUser = true })
}

// WithHashedSessionID hashes session ids with the key of the user ids: for services whose session id is a secret, such
// as a login cookie. Sampling still goes by the id itself. The default is to record session ids as they are.
func WithHashedSessionID() Option {
	return optionFunc(func(c *config) { c.hashed = true })
}

// WithExceptionMessages records exception.message, which may repeat what a user typed. The default is not to.
func WithExceptionMessages() Option {
	return optionFunc(func(c *config) { c.messages = true })
}

// WithHandler sets what [Tracker.Handler] lets in. The default is the zero HandlerOptions. Each field out of its range
// is an ErrConfig.
func WithHandler(o HandlerOptions) Option {
	return optionFunc(func(c *config) {
		if faults := o.faults(); faults != nil {
			c.faults = append(c.faults, faults...)
			return
		}
		c.handler = o.cloned()
	})
}
