// SPDX-License-Identifier: Apache-2.0

// Package feed is how a Monitor shows a service that is judged elsewhere, such as one whose spans a collector receives.
package feed

import (
	"time"

	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Source is such a service: all that is to outlive a Monitor that shows it. Whoever has made it advances its engine, tells of its incidents and
// keeps to what is acknowledged and muted in its book. Its methods are safe for concurrent use, return at once, and do not call the Monitor;
// the pointers that they return are the same in each call.
type Source interface {
	// Engine has its windows, baselines and incidents.
	Engine() *engine.Engine
	// Requests has its slow and failed requests.
	Requests() *slowlog.Store
	// Book has what is acknowledged and muted.
	Book() *mutes.Book
	// Marks has what was changed.
	Marks() *marks.List
	// Watch has what is new told until stop is called. There is one Watcher at a time: the one before is told no more.
	Watch(Watcher) (stop func())
	// Delay is how long after its end a second is taken for complete.
	Delay() time.Duration
	// Began is when the service was first seen.
	Began() time.Time
	// Resource is that of the service.
	Resource() *resource.Resource
	// SlowFrom is the duration above which a request of an endpoint is slow.
	SlowFrom(conventions.Endpoint) time.Duration
	// MaxEndpoints is how many rows of its own the service has at most.
	MaxEndpoints() int
	// Slow is how many requests were slow since the start or the last Reset, stored or not.
	Slow() uint64
	// Errors are the failures since then, the latest first.
	Errors() []spikeprocessor.ErrorGroup
	// Normal is what ordinary requests of an endpoint spend their time on; ok is false for one that there is no row of.
	Normal(conventions.Endpoint) (n slowlog.Normal, ok bool)
	// Hints are what is to be known of what the numbers are made of.
	Hints() []Hint
	// Reset starts the numbers of the engine anew, and baselines, too, if that is asked for; what is in Requests is not its concern.
	Reset(baselines bool)
	// Guard decides who may look and change, in front of the Monitor's handler; nil: the Monitor's own, by its options.
	Guard() *access.Guard
}

// Watcher is told what is new. Its functions return at once.
type Watcher struct {
	Event func(*engine.Event)  // which is not to be changed, and may change after the call
	Slow  func(*slowlog.Entry) // a request that was just stored
}

// Hint says in a sentence what looks wrong, and in a word what it is about.
type Hint struct{ Name, Text string }
