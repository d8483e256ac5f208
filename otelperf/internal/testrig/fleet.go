// SPDX-License-Identifier: Apache-2.0

package testrig

import (
	"context"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/fleet"
)

// Fleet is a store in memory.
type Fleet struct {
	Do func(context.Context) error // is called before anything is done; nil: nothing is

	mu  sync.Mutex // guards all below
	all map[fleet.Key]shared
}

type shared struct {
	blob []byte
	ends time.Time
}

func (f *Fleet) begin(ctx context.Context) error {
	f.mu.Lock()
	do := f.Do
	f.mu.Unlock()
	if do != nil {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Set sets Do.
func (f *Fleet) Set(do func(context.Context) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Do = do
}

// Put stores a blob.
func (f *Fleet) Put(ctx context.Context, k fleet.Key, blob []byte, ttl time.Duration) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	if err := k.Validate(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[fleet.Key]shared{}
	}
	f.all[k] = shared{blob, time.Now().Add(ttl)}
	return nil
}

// Remove removes a blob.
func (f *Fleet) Remove(ctx context.Context, k fleet.Key) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, k)
	return nil
}

// All returns all blobs that have not ended.
func (f *Fleet) All(ctx context.Context, service string) (entries []fleet.Entry, more int, err error) {
	if err := f.begin(ctx); err != nil {
		return nil, 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, s := range f.all {
		if left := time.Until(s.ends); k.Service == service && left > 0 {
			entries = append(entries, fleet.Entry{Blob: s.blob, Left: left})
		}
	}
	return entries, 0, nil
}
