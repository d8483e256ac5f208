// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Span is one ended span of a request, as plain values. [Build] and [BreakdownOf] read it and keep nothing of it
// but copies.
type Span struct {
	SpanID trace.SpanID   // its own; a second span with it counts as dropped
	Parent trace.SpanID   // that of the span above it
	Name   string         // of any length
	Kind   trace.SpanKind // unspecified is internal
	Start  time.Time      // when it began
	End    time.Time      // before Start counts as Start

	Status        codes.Code // Error is a failure
	StatusMessage string     // description of the status
	ErrType       string     // type of the exception or error; not "" is a failure
	ErrMessage    string     // message of the exception

	// Call says what the span called, if anything.
	Call Call
}

// BuildOptions bound and inform [Build]. The zero value is ready to use.
type BuildOptions struct {
	// MaxSpans is the most child spans that are looked at: 1 to 4096, default 256. Parents of other spans go first,
	// then the order in which they were given. Others count as dropped.
	MaxSpans int
	// MaxDepth is the depth of the tree below the root: 1 to 256, default 64. Deeper spans count as dropped, and
	// their time as that of the deepest that is left.
	MaxDepth int
	// QueryText keeps statements as they are sent, literals included. The default is to keep them without literals.
	QueryText bool
	// Normal is what is usual for the endpoint; its zero value is "not known".
	Normal Normal
	// Dropped is how many child spans the caller had to leave out. It is added to [Anatomy.Dropped].
	Dropped int
	// DroppedTime is the sum of their durations; 0 is not known.
	DroppedTime time.Duration
	// Unrecorded is how many child spans were started, and nobody heard of, at least. See [Anatomy.Unrecorded].
	Unrecorded int
	// UnrecordedBy says why, as in "sampler mode roots".
	UnrecordedBy string
}

const (
	defaultSpans = 256
	defaultDepth = 64
	maxSpans     = 4096
	maxDepth     = 256
)

func (o BuildOptions) withDefaults() BuildOptions {
	o.MaxSpans = min(max(or(o.MaxSpans, defaultSpans), 1), maxSpans)
	o.MaxDepth = min(max(or(o.MaxDepth, defaultDepth), 1), maxDepth)
	o.Dropped, o.DroppedTime, o.Unrecorded = max(o.Dropped, 0), max(o.DroppedTime, 0), max(o.Unrecorded, 0)
	return o
}

// kindName is the kind as JSON and text have it.
func kindName(k trace.SpanKind) string { return trace.ValidateSpanKind(k).String() }

// kindOf is the inverse of kindName; what it does not know is internal.
func kindOf(name string) trace.SpanKind {
	for k := trace.SpanKindInternal; k <= trace.SpanKindConsumer; k++ {
		if k.String() == name {
			return k
		}
	}
	return trace.SpanKindInternal
}

// farthest bounds the distance of any time from the start of its request, so that no sum of two overflows: 36 years.
const farthest = int64(1) << 60

// since is t - start in nanoseconds, within ±farthest.
func since(t, start time.Time) int64 {
	return min(max(int64(t.Sub(start)), -farthest), farthest)
}

func msOf(ns int64) float64 { return float64(ns) / 1e6 }
