// SPDX-License-Identifier: Apache-2.0

// Package feed is how a Monitor gets the numbers of a service that runs elsewhere, such as one whose spans a collector receives.
package feed

import (
	"context"
	"iter"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Source is what brings them. Its methods are safe for concurrent use, return at once, and do not call the Monitor.
type Source interface {
	// Delay is how long after its end a second is taken for complete. It does not change.
	Delay() time.Duration
	// Attach tells the source whom it works for, before anything else but Delay is called.
	Attach(Sink)
	// Collect calls use with what came in each second that is complete by now, the oldest first, and the time at which it ended, which is never
	// before that of an earlier call, or before the Monitor was built less Delay. Deltas are as [spikeprocessor.Link.TakeDeltas] yields them.
	// One Collect runs at a time.
	Collect(ctx context.Context, use func(end time.Time, deltas iter.Seq[*spikeprocessor.Delta])) error
	// Publish takes what is known of an endpoint by now.
	Publish(conventions.Endpoint, spikeprocessor.EndpointState)
	// Resource is that of the service; nil before it is known.
	Resource() *resource.Resource
	// Slow is how many requests were slow since the start, stored or not.
	Slow() uint64
}

// Sink is what a Source has of the Monitor.
type Sink struct {
	// Requests stores slow and failed ones.
	Requests *slowlog.Store
	// SlowAbove is the threshold that was set for an endpoint, by itself or for all. It is called at any time.
	SlowAbove func(conventions.Endpoint) time.Duration
}
