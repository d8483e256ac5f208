// SPDX-License-Identifier: Apache-2.0

// Package fleet is what the instances of a service share, so that any of them can answer for all: behind a load balancer each request
// reaches another one. Each puts its mergeable histograms, open incidents and identity into a [Store], with a time to live, and reads those
// of the others when somebody asks for ?scope=fleet. Package fleet/redis is a Store in Redis; otelperf.WithFleet takes one.
package fleet

import (
	"context"
	"errors"
	"time"
)

// Bounds of what a Store holds of a service.
const (
	// MaxInstances is how many instances are read at once.
	MaxInstances = 500
	// MaxBlob is the most bytes of one instance. What is larger is refused.
	MaxBlob = 1 << 20
	// MaxBytes is the most bytes of all instances that are read at once.
	MaxBytes = 32 << 20
	// MaxName is the longest name of a service or an instance, in bytes.
	MaxName = 255
)

// ErrName is what a Store returns for a name that is empty or longer than MaxName.
var ErrName = errors.New("a name has 1 to 255 bytes")

// Key names an instance.
type Key struct {
	Service  string // service.name: instances of one service are a fleet
	Instance string // service.instance.id, or host and process id
}

// Validate returns ErrName for what is no name.
func (k Key) Validate() error {
	for _, name := range []string{k.Service, k.Instance} {
		if name == "" || len(name) > MaxName {
			return ErrName
		}
	}
	return nil
}

// Entry is what is stored of an instance.
type Entry struct {
	// Blob is as it was put. One that was more than MaxBlob bytes long may be cut after MaxBlob+1.
	Blob []byte
	// Left is for how long it is stored still, by the store's clock.
	Left time.Duration
}

// Store is a place that the instances of a service share. Its methods may be called by several goroutines at the same time, and are to return
// soon after ctx has ended: what does not is no longer waited for, and until it has returned that method is not called again.
//
// Whoever can write to it can put anything there: what is read is checked, and what is no blob of otelperf is refused and counted.
type Store interface {
	// Put stores a blob of at most MaxBlob bytes as that of an instance, in the place of the one before, for ttl.
	Put(ctx context.Context, k Key, blob []byte, ttl time.Duration) error
	// Remove removes the blob of an instance, if there is one.
	Remove(ctx context.Context, k Key) error
	// All returns what is stored of a service: at most MaxInstances entries of together at most MaxBytes, those that were put last. more is
	// how many there are besides.
	All(ctx context.Context, service string) (entries []Entry, more int, err error)
}
