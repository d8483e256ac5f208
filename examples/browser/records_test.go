// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// records keeps the log records that are exported.
type records struct {
	mu  sync.Mutex
	all []sdklog.Record
}

// Export keeps them.
func (r *records) Export(_ context.Context, batch []sdklog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range batch {
		r.all = append(r.all, rec.Clone())
	}
	return nil
}

// Shutdown does nothing: the records stay.
func (r *records) Shutdown(context.Context) error { return nil }

// ForceFlush has nothing to flush.
func (r *records) ForceFlush(context.Context) error { return nil }

// named returns the records of an event whose attributes have all of the given values.
func (r *records) named(name string, with ...attribute.KeyValue) (found []sdklog.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
next:
	for _, rec := range r.all {
		if rec.EventName() != name {
			continue
		}
		for _, w := range with {
			if v, ok := attributeOf(rec, w.Key); !ok || v != w.Value.Emit() {
				continue next
			}
		}
		found = append(found, rec)
	}
	return found
}

func attributeOf(rec sdklog.Record, key attribute.Key) (text string, found bool) {
	rec.WalkAttributes(func(kv attribute.KeyValue) bool {
		if kv.Key == key {
			text, found = kv.Value.Emit(), true
		}
		return !found
	})
	return text, found
}

// dump writes all that the records hold as text.
func (r *records) dump() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, rec := range r.all {
		fmt.Fprintf(&b, "%s %s", rec.EventName(), rec.Body().Emit())
		rec.WalkAttributes(func(kv attribute.KeyValue) bool {
			fmt.Fprintf(&b, " %s=%q", kv.Key, kv.Value.Emit())
			return true
		})
		for _, kv := range rec.Resource().Attributes() {
			fmt.Fprintf(&b, " %s=%q", kv.Key, kv.Value.Emit())
		}
		b.WriteString("\n")
	}
	return b.String()
}
