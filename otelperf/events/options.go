// SPDX-License-Identifier: Apache-2.0

package events

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/log"
)

// Option sets something of a [Tracker]. The options of this package are all there are.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	provider   log.LoggerProvider // nil: the global one
	deliveries *Deliveries        // nil: none of the exporters is watched
	logger     *slog.Logger
	sampling   Sampling
	queueSize  int
	recentSize int
	userKey    []byte
	rawUser    bool
	hashed     bool // session ids
	messages   bool // of exceptions
}

func newConfig(opts []Option) (config, error) {
	c := config{
		logger:     slog.Default(),
		sampling:   DefaultSampling(),
		queueSize:  8192,
		recentSize: 1000,
		userKey:    randomKey(),
	}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	return c, c.check()
}

func randomKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails: crypto/rand
	return key
}

func (c *config) check() error {
	var faults []error
	if err := c.sampling.check(); err != nil {
		faults = append(faults, err)
	}
	if c.queueSize < 1 || c.queueSize > 1<<20 {
		faults = append(faults, fmt.Errorf("%w: queue size %d is not in 1..1048576", ErrConfig, c.queueSize))
	}
	if c.recentSize < 1 || c.recentSize > 100_000 {
		faults = append(faults, fmt.Errorf("%w: recent size %d is not in 1..100000", ErrConfig, c.recentSize))
	}
	if len(c.userKey) < 16 {
		faults = append(faults, fmt.Errorf("%w: a user key has at least 16 bytes", ErrConfig))
	}
	return errors.Join(faults...)
}

// WithLoggerProvider sets where events are emitted. Flush also calls its ForceFlush, if it has one.
// The default is the global provider, as it is at each moment. The Tracker never shuts it down.
func WithLoggerProvider(p log.LoggerProvider) Option {
	return optionFunc(func(c *config) { c.provider = p })
}

// WithDeliveries has Stats and Flush say what became of events at an exporter that [Watch] watches. Without it they
// know what the provider's ForceFlush returns: not what was lost in between, nor what its queue had no room for.
func WithDeliveries(d *Deliveries) Option {
	return optionFunc(func(c *config) { c.deliveries = d })
}

// WithLogger sets where changes of the sampling are logged. The default is slog.Default().
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) {
		if l != nil {
			c.logger = l
		}
	})
}

// WithSampling sets the rates to begin with. The default is [DefaultSampling].
// New reports ErrConfig for a rate outside 0..1.
func WithSampling(s Sampling) Option {
	return optionFunc(func(c *config) { c.sampling = s })
}

// WithQueueSize sets how many accepted events can wait to be emitted, 1 to 1,048,576. The default is
// 8,192. Together they hold at most 16 MiB, however many they are; what comes after that is dropped.
func WithQueueSize(n int) Option {
	return optionFunc(func(c *config) { c.queueSize = n })
}

// WithRecentSize sets how many of the last accepted events Recent can show, 1 to 100,000. The default is
// 1,000. Together they hold at most 4 MiB: with large events there are fewer.
func WithRecentSize(n int) Option {
	return optionFunc(func(c *config) { c.recentSize = n })
}

// WithUserKey sets the key user ids are hashed with, at least 16 bytes, so that several processes write the same
// user.hash. The default is a random key: hashes then mean nothing outside this process and end with it.
func WithUserKey(key []byte) Option {
	return optionFunc(func(c *config) { c.userKey = slices.Clone(key) })
}

// WithRawUserID records user ids as they are, as user.id.
func WithRawUserID() Option {
	return optionFunc(func(c *config) { c.rawUser = true })
}

// WithHashedSessionID hashes session ids with the key of the user ids. For services whose
// session id is a secret, such as a login cookie. Sampling still goes by the id itself.
func WithHashedSessionID() Option {
	return optionFunc(func(c *config) { c.hashed = true })
}

// WithExceptionMessages records exception.message, which may repeat what a user typed.
func WithExceptionMessages() Option {
	return optionFunc(func(c *config) { c.messages = true })
}
