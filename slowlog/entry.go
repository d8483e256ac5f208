// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Why an entry was kept, the values of [Entry.Reason]. An entry for which several hold carries the first of them
// in this order that its author found to be true.
const (
	ReasonThreshold = "threshold" // the duration is above its endpoint's threshold
	ReasonBaseline  = "baseline"  // far above its endpoint's usual p99, though below the threshold
	ReasonFailed    = "failed"    // server error or panic, not slow
	ReasonSpike     = "spike"     // its endpoint has a spike open; neither slow nor failed
)

// Entry is one request that was worth keeping: slow, failed, or part of a spike. It is plain data; once it has been
// given to a [Store] it must not be changed. As JSON its durations are milliseconds with the unit in the name, and
// what is unknown is null.
type Entry struct {
	TraceID      trace.TraceID // trace that the request belongs to
	SpanID       trace.SpanID  // the request's own span
	ParentSpanID trace.SpanID  // zero for the first span of a trace

	Method string // with Route: the endpoint; for what is not HTTP, the kind of the endpoint. At most 128 bytes
	Route  string // template, never a raw path. At most 256 bytes
	Kind   string // "server", "rpc", "consumer", "job", ... At most 128 bytes
	Path   string // as asked for, without the query string. At most 512 bytes

	Status  int     // HTTP status or RPC code; 0 is none
	Outcome Outcome // how it ended

	Start       time.Time     // when it began
	Duration    time.Duration // how long it took; below 0 counts as 0
	Threshold   time.Duration // what counted as slow at that time; 0 is none
	BaselineP99 time.Duration // the endpoint's usual p99; 0 is none
	Ratio       float64       // Duration / BaselineP99; 0 is none

	Reason  string    // one of the Reason constants
	SpikeID string    // the spike that was open for the endpoint, if any
	Error   ErrorInfo // what went wrong, if anything did
	Sampled bool      // the trace was sampled at its head, so a tracing backend has it
	Rescued bool      // it was not, and was exported all the same

	// Dimensions are values that the user chose to tell requests apart by, such as "tenant.id". At most 16, keys at most
	// 128 bytes, values at most 256.
	Dimensions map[string]string

	// Anatomy is where the time went; nil when no child spans were gathered.
	Anatomy *Anatomy
}

// ErrorInfo is an error or a panic as an entry keeps it. The message is kept as it was given: unlike statements, it may
// quote the data that it is about. The span processor gives it without the queries of URLs.
type ErrorInfo struct {
	Type    string `json:"type,omitzero"`    // Go type or error.type. At most 128 bytes
	Message string `json:"message,omitzero"` // at most 1 KiB
	Stack   string `json:"stack,omitzero"`   // of the goroutine that panicked. At most 16 KiB, its beginning
}

// End is when the request ended.
func (e *Entry) End() time.Time { return e.Start.Add(e.Duration) }

// Failed reports whether the request failed: a server error or a panic.
func (e *Entry) Failed() bool {
	return e.Outcome.Failed() || e.Reason == ReasonFailed
}

// Slow reports whether the request was slow, by its threshold or its baseline. An entry without a reason is slow.
func (e *Entry) Slow() bool { return e.Reason != ReasonFailed && e.Reason != ReasonSpike }

// Endpoint is method and route, as in "GET /users/{id}".
func (e *Entry) Endpoint() string {
	return strings.TrimSpace(e.Method + " " + e.Route)
}

// clamp brings every string within its bound, and gives those that a client can influence memory of their own.
func (e *Entry) clamp() {
	e.Method, e.Route, e.Kind = clamp(e.Method, maxName), clamp(e.Route, maxRoute), clamp(e.Kind, maxName)
	e.Reason, e.SpikeID = clamp(e.Reason, maxName), clamp(e.SpikeID, maxName)
	e.Path = own(e.Path, maxPath)
	e.Error.Type = own(e.Error.Type, maxName)
	e.Error.Message = own(e.Error.Message, maxMessage)
	e.Error.Stack = own(e.Error.Stack, maxStack)
	e.Dimensions = clampMap(e.Dimensions, maxDimensions)
	e.Duration, e.Threshold, e.BaselineP99 = max(e.Duration, 0), max(e.Threshold, 0), max(e.BaselineP99, 0)
}

// clampMap copies at most n pairs, the first by key, with keys and values within their bounds.
func clampMap(m map[string]string, n int) map[string]string {
	if len(m) == 0 {
		return nil
	}
	keys := slices.Sorted(maps.Keys(m))
	out := make(map[string]string, min(len(keys), n))
	for _, k := range keys[:min(len(keys), n)] {
		out[own(k, maxName)] = own(m[k], maxValue)
	}
	return out
}

// Sizes in bytes.
var (
	entrySize    = int64(reflect.TypeFor[Entry]().Size()) + recordSize
	anatomySize  = int64(reflect.TypeFor[Anatomy]().Size())
	nodeSize     = int64(reflect.TypeFor[Node]().Size())
	findingSize  = int64(reflect.TypeFor[Finding]().Size())
	instanceSize = int64(reflect.TypeFor[instance]().Size())
)

const (
	recordSize = 256 // what the store has besides for an entry, sets and map included
	groupPairs = 8   // a map grows by groups of so many pairs
	pairSize   = 33  // of them, two strings and a byte of control
	mapHeader  = 48
)

// size estimates the bytes that e holds on to. Strings that entries share, such as routes, are charged to each.
func (e *Entry) size() int64 {
	n := entrySize + textSize(e.Method, e.Route, e.Kind, e.Path, e.Reason, e.SpikeID, e.Error.Type, e.Error.Message, e.Error.Stack)
	return n + mapSize(e.Dimensions) + e.Anatomy.size()
}

// textSize is what strings take on the heap, which rounds.
func textSize(all ...string) (n int64) {
	for _, s := range all {
		n += int64(len(s)+15) &^ 15
	}
	return n
}

func mapSize(m map[string]string) int64 {
	n := pairsSize(len(m))
	for k, v := range m {
		n += textSize(k, v)
	}
	return n
}

// pairsSize is what a map of n pairs takes besides its strings.
func pairsSize(n int) int64 {
	if n == 0 {
		return 0
	}
	groups := 1
	for groups*groupPairs*7/8 < n && n > groupPairs {
		groups *= 2
	}
	return int64(mapHeader + groups*groupPairs*pairSize)
}
