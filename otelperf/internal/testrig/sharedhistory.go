// SPDX-License-Identifier: Apache-2.0

package testrig

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// SharedHistory is a store in memory that instances share. Each has one of its own, of the same History and Names.
type SharedHistory struct {
	*History
	Name             string
	Names            *sync.Map // of origins
	Reading, Writing Fails     // what its calls fail with
}

// Fails is an error that there is at times. The zero value is none.
type Fails struct{ err atomic.Pointer[error] }

// Set has there be an error from now on, or none.
func (f *Fails) Set(err error) { f.err.Store(&err) }

func (f *Fails) now() error {
	if err := f.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Range yields what was stored.
func (h *SharedHistory) Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error] {
	if err := h.Reading.now(); err != nil {
		return func(yield func(*history.Batch, error) bool) { yield(nil, err) }
	}
	return h.History.Range(ctx, q)
}

// Append stores a batch under the instance's name, which incidents and requests have, too.
func (h *SharedHistory) Append(ctx context.Context, b *history.Batch) error {
	if err := h.Writing.now(); err != nil {
		return err
	}
	h.Names.Store(b.Origin, h.Name)
	named := *b
	named.Incidents, named.Requests, named.Observed = slices.Clone(b.Incidents), slices.Clone(b.Requests), slices.Clone(b.Observed)
	for i := range named.Observed {
		named.Observed[i].Instance = h.Name
	}
	for i := range named.Incidents {
		named.Incidents[i].Instance = h.Name
	}
	for i, r := range named.Requests {
		of := *r
		if of.Dimensions = maps.Clone(r.Dimensions); of.Dimensions == nil {
			of.Dimensions = map[string]string{}
		}
		of.Dimensions["service.instance.id"] = h.Name
		named.Requests[i] = &of
	}
	return h.History.Append(ctx, &named)
}

// Instance is its name.
func (h *SharedHistory) Instance() string { return h.Name }

// Instances are those that have stored something in a time.
func (h *SharedHistory) Instances(_ context.Context, from, to time.Time) ([]history.Instance, error) {
	if err := h.Reading.now(); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	found := map[string]history.Instance{}
	for _, b := range h.batches {
		if name, ok := h.Names.Load(b.Origin); ok && !b.Time.Before(from) && b.Time.Before(to) {
			in := history.Instance{Name: name.(string), Last: b.Time}
			if old := found[in.Name].Last; old.After(in.Last) {
				in.Last = old
			}
			found[in.Name] = in
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b history.Instance) int { return cmp.Compare(a.Name, b.Name) }), nil
}
