// SPDX-License-Identifier: Apache-2.0

package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Steps that batches are of.
const (
	Minute     = time.Minute
	TenMinutes = 10 * time.Minute
	Hour       = time.Hour
)

// Bounds of a batch.
const (
	MaxRows     = 20_000    // rows
	MaxEvents   = 1000      // incidents, requests and marks, of each
	MaxSignals  = 1000      // signals
	MaxDetail   = 256 << 10 // bytes of an incident or a request as JSON
	MaxIDLength = 64        // bytes of an id
	MaxState    = 16 << 20  // bytes of a state
)

// Batch is what a service did in a step of time. What is appended to a store is a minute; what was stored longer ago comes back as ten
// minutes or an hour.
//
// When a process ran, Observed says. Without it a minute with signals or rows is one in which it did, all of it, and one with neither counts as a
// gap, in which no process ran or could write: what appends batches by itself says what it has observed, since a service may run without a request.
type Batch struct {
	Time time.Time     // its beginning, a whole number of steps since 1970
	Step time.Duration // how long it is

	// Origin is the process that it comes from, at most MaxIDLength bytes: a batch of the same origin and minute is what was appended
	// before, which is not known to have arrived, and takes its place. Without one each is added. It is not read back.
	Origin string

	Rows    []Row    // one for each endpoint that had a request; at most MaxRows
	Signals []Signal // at most MaxSignals, each under a name of its own
	// Observed is when the process saw what the service did: of a batch that is appended one entry with at most MaxSpans, or none where
	// it saw nothing of it, or nil for what is not known. It is read back with signals, of each instance.
	Observed  []Observed
	Incidents []Incident       // that have changed; at most MaxEvents
	Requests  []*slowlog.Entry // slow and failed ones that ended in it or before; at most MaxEvents
	Marks     []Mark           // at most MaxEvents
	// State is what the process leaves for the next one to go on from, baselines and open incidents, in a form of its own; the last one is
	// stored. nil if there is none in this batch. At most MaxState bytes.
	State []byte
	// Foreign says of a state that is read: another instance of the service has left it, which may be running. What is open in it is not the
	// reader's to go on with.
	Foreign bool
}

// Row is what one endpoint, job or dependency did.
type Row struct {
	Endpoint  conventions.Endpoint  // whose row it is
	Outcomes  slowlog.OutcomeCounts // requests or calls by how they ended
	Durations *latency.Histogram    // of those that are timed; nil for none
	// Guessed marks durations that came in buckets wider than ours, without a bound of error.
	Guessed bool
}

// Signal is one of the runtime's signals: a CPU's share, goroutines, garbage collection, a pool.
type Signal struct {
	Name string  // at most 128 bytes
	Mean float32 // over the step
	Max  float32 // of its seconds
}

// Incident is one as it was in a batch; a later one with the same id takes its place.
type Incident struct {
	ID    string    // at most MaxIDLength bytes
	Start time.Time // when its evidence began
	End   time.Time // zero while it is open
	// Seen is when it was open last, by what is known when it is stored: zero once it has ended.
	Seen time.Time `json:",omitzero"`
	// Instance is the one that it is of, where several share a store, which fills it in. At most 128 bytes.
	Instance string `json:",omitzero"`
	// Detail is all of it as JSON: what GET spikes/{id} of the companion endpoint answers. At most MaxDetail bytes.
	Detail json.RawMessage
}

// Mark is a moment at which something of the service was changed.
type Mark struct {
	ID   string    `json:"id"`   // at most MaxIDLength bytes
	Time time.Time `json:"time"` // when it was changed
	Kind string    `json:"kind"` // version, start, deploy, config or reset
	Text string    `json:"text"` // what was changed; at most 200 bytes
	By   string    `json:"by"`   // who set it
}

// ErrBatch is wrapped by the error of a batch that no store takes.
var ErrBatch = errors.New("otelperf: history: batch")

// Validate returns nil for a batch that may be appended. Else the error wraps ErrBatch and names what is wrong with it.
func (b *Batch) Validate() error {
	var errs []error
	bad := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrBatch}, args...)...))
		}
	}
	bad(len(b.Origin) > MaxIDLength, "origin has %d bytes, accepted are %d", len(b.Origin), MaxIDLength)
	bad(len(b.State) > MaxState, "state has %d bytes, accepted are %d", len(b.State), MaxState)
	bad(b.Step != Minute, "step is %v, accepted is a minute", b.Step)
	bad(b.Time.Unix()%60 != 0 || b.Time.Nanosecond() != 0, "time is %v, accepted are whole minutes", b.Time)
	bad(b.Time.Unix() < 0 || b.Time.Unix() > maxUnix, "time is %v, accepted are 1970 to 2105", b.Time)
	bad(len(b.Rows) > MaxRows, "%d rows, accepted are %d", len(b.Rows), MaxRows)
	bad(len(b.Signals) > MaxSignals, "%d signals, accepted are %d", len(b.Signals), MaxSignals)
	bad(len(b.Incidents) > MaxEvents, "%d incidents, accepted are %d", len(b.Incidents), MaxEvents)
	bad(len(b.Requests) > MaxEvents, "%d requests, accepted are %d", len(b.Requests), MaxEvents)
	bad(len(b.Marks) > MaxEvents, "%d marks, accepted are %d", len(b.Marks), MaxEvents)
	bad(len(b.Observed) > 1, "%d instances have observed it, accepted is one", len(b.Observed))
	for _, o := range b.Observed {
		bad(len(o.Spans) > MaxSpans, "%d spans were observed, accepted are %d", len(o.Spans), MaxSpans)
		for at, end := b.Time, b.Time.Add(b.Step); len(o.Spans) > 0; o.Spans = o.Spans[1:] {
			s := o.Spans[0]
			bad(s.From.Before(at) || !s.From.Before(s.To) || s.To.After(end), "observed is %v to %v, accepted are spans of the minute in the order of time", s.From, s.To)
			at = s.To
		}
	}
	seen := make(map[conventions.Endpoint]bool, len(b.Rows))
	for i := range b.Rows {
		e := b.Rows[i].Endpoint
		bad(seen[e], "two rows of %s, accepted is one", e)
		bad(len(e.Method) > conventions.MaxNameBytes-1 || len(e.Route) > maxRoute || e.Kind >= conventions.NumKinds,
			"endpoint %.100q of %d and %d bytes and kind %d, accepted are %d and %d bytes", e, len(e.Method), len(e.Route), e.Kind,
			conventions.MaxNameBytes-1, maxRoute)
		seen[e] = true
	}
	for _, s := range b.Signals {
		bad(s.Name == "" || len(s.Name) > 128, "name of a signal is %.200q, accepted are 1 to 128 bytes", s.Name)
	}
	for _, in := range b.Incidents {
		bad(in.ID == "" || len(in.ID) > MaxIDLength, "id of an incident is %.200q, accepted are 1 to %d bytes", in.ID, MaxIDLength)
		bad(!json.Valid(in.Detail), "incident %s has a detail that is no JSON", in.ID)
		bad(len(in.Detail) > MaxDetail, "incident %s has %d bytes, accepted are %d", in.ID, len(in.Detail), MaxDetail)
	}
	for _, m := range b.Marks {
		bad(m.ID == "" || len(m.ID) > MaxIDLength, "id of a mark is %.200q, accepted are 1 to %d bytes", m.ID, MaxIDLength)
	}
	return errors.Join(errs...)
}

// maxRoute is the longest route, that of a dependency with two names and a port in it.
const maxRoute = 520

// maxUnix is the last second whose minutes and hours have numbers of 32 bits, whatever signs are made of.
const maxUnix = 1<<32 - 1
