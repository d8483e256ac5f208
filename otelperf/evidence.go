// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"reflect"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// EvidenceRecorder is what WithEvidence takes: evidence.New of package otelperf/evidence returns one, and its comments say what the
// methods do. Arm, Record and Cancel return at once. Programs have no use for the methods: the Monitor calls them.
type EvidenceRecorder interface {
	// Err reports all that is wrong with its options at once.
	Err() error
	// Start makes it ready. setMark sets what is called with every local root that ends; nil for nothing.
	Start(setMark func(func(span trace.SpanID, endpoint conventions.Endpoint, d time.Duration, slow bool))) error
	// Arm asks for a recording because something is slow, and says how long slow requests take.
	Arm(reason string, slow time.Duration) error
	// Record asks for a recording of d because a person wants one.
	Record(reason string, d time.Duration) error
	// Cancel ends a recording that is being made.
	Cancel()
	// Status returns how it is.
	Status() causes.RecorderStatus
	// Recordings returns the last ones, the newest first.
	Recordings() []causes.Recording
	// Trace returns a recording's execution trace, nil where it is not stored.
	Trace(id uint64) []byte
	// Shutdown ends its goroutines within ctx. It may be called more than once.
	Shutdown(ctx context.Context) error
}

// WithEvidence records what the Go runtime does while requests are slow, to find out what they wait for and who holds them up:
//
//	mon, err := otelperf.New(otelperf.WithEvidence(evidence.New()))
//
// Recordings of 2 to 5 s are made once an endpoint has half of the evidence that an alarm takes, and while a spike is open: at most three
// of it, the first at once, another if that named no cause, one when it grew or its slow requests have come to take twice as much longer,
// within the limits of the recorder. Whoever may change settings can ask for one, too: POST evidence/record. While none is made, this
// costs a request one atomic load; package evidence has what a recording costs. The recorder is this Monitor's alone, and is shut down with it. It needs Monitor.SpanProcessor in the
// TracerProvider. The default is none. What is wrong with the recorder's options is reported with the other options' faults.
func WithEvidence(r EvidenceRecorder) Option {
	return optionFunc(func(c *config) {
		if v := reflect.ValueOf(r); r == nil || v.Kind() == reflect.Pointer && v.IsNil() {
			c.refuse("evidence recorder is nil, accepted is what evidence.New returns")
			return
		}
		c.refuseAll(r.Err())
		c.evidence = r
	})
}
