// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Tracker takes events, counts them and emits them as log events. Make one with [New]. All methods are safe for
// concurrent use.
type Tracker struct {
	cfg      config
	since    time.Time
	sampling atomic.Pointer[bounds]
	names    *nameTable
	request  *nameCounter               // of nameRequest, found once
	byReason [reasonCount]atomic.Uint64 // refused and dropped events
	sessions *sessions
	recent   *recent
	ids      *lastSeen[struct{}]
	vitals   *vitals
	pipe     *pipeline
	handler  *handler
}

const duplicateWindow = 1 << 16

// New returns a Tracker and starts its one goroutine, which Shutdown ends. The error joins all faults of the options,
// each of them ErrConfig.
func New(opts ...Option) (*Tracker, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if c.userKey == nil {
		c.userKey = randomKey()
	}
	t := &Tracker{
		cfg:      c,
		since:    time.Now(),
		names:    newNameTable(),
		sessions: newSessions(),
		recent:   newRecent(c.recentSize),
		ids:      newLastSeen[struct{}](duplicateWindow),
		vitals:   newVitals(),
		pipe:     newPipeline(&c),
	}
	t.request = t.names.get(nameRequest, false)
	t.sampling.Store(newBounds(c.sampling))
	t.handler = newHandler(t, c.handler)
	return t, nil
}

func randomKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails: crypto/rand
	return key
}

// Track records an event with the trace context of ctx. It never blocks. The error is nil for an event that was accepted or
// sampled out; otherwise it is a [*RefusedError], [ErrDuplicate], [ErrQueueFull] or [ErrShutdown].
// Of ctx, the span context alone is used; its deadline does not matter.
func (t *Tracker) Track(ctx context.Context, e Event) error {
	return t.submit(&draft{Event: e, span: trace.SpanContextFromContext(ctx)}).Err
}

// TrackBatch is Track for each of the events: one that is refused does not keep out the others.
func (t *Tracker) TrackBatch(ctx context.Context, events []Event) BatchResult {
	span := trace.SpanContextFromContext(ctx)
	b := BatchResult{Items: make([]ItemResult, 0, len(events))}
	var d draft // nothing of it is stored
	for _, e := range events {
		d = draft{Event: e, span: span}
		b.add(t.submit(&d))
	}
	return b
}

// Recent returns up to n of the last accepted events, the newest first; with n < 0 all of which it has the last
// ([WithRecentSize]). Events that were sampled out are not among them.
func (t *Tracker) Recent(n int) []RecentEvent {
	var out []RecentEvent
	for e := range t.recent.newestFirst() {
		if n >= 0 && len(out) >= n {
			break
		}
		out = append(out, e.RecentEvent)
	}
	return out
}

// Sampling returns the rates in force.
func (t *Tracker) Sampling() Sampling { return t.sampling.Load().Sampling }

// SetSampling changes the rates from the next event on. If one is outside 0 to 1, nothing changes and the error is
// ErrConfig. A session that is under way can come in or drop out at that moment.
func (t *Tracker) SetSampling(s Sampling) error {
	if faults := s.faults(); faults != nil {
		return errors.Join(faults...)
	}
	t.sampling.Store(newBounds(s))
	return nil
}

// submit takes an event to one of its four ends and counts it there.
func (t *Tracker) submit(d *draft) ItemResult {
	if t.pipe.closed.Load() {
		return t.drop(nil, reasonShutdown, ErrShutdown)
	}
	size, refused := d.validate()
	if refused != nil {
		return t.refuse(refused)
	}
	var id uint64
	if d.ID != "" {
		id = t.ids.key(d.SessionID, d.ID)
		if !t.ids.claim(id, struct{}{}) {
			return t.drop(nil, reasonDuplicate, ErrDuplicate)
		}
	}
	now := time.Now()
	counter := t.names.get(d.Name, d.public)
	t.see(counter, d.SessionID, now)
	if !d.sampled && sampleKey(d.SessionID, d.span.TraceID()) >= t.boundFor(d.Name) {
		counter.sampledOut.Add(1)
		return ItemResult{Status: statusSampledOut}
	}
	result := t.accept(counter, t.newEntry(d, size, now))
	if result.Status == statusDropped && d.ID != "" {
		t.ids.forget(id) // so that it can be sent again
	}
	return result
}

func (t *Tracker) see(counter *nameCounter, session string, now time.Time) {
	counter.see(now)
	if session != "" {
		t.sessions.add(session, now)
	}
}

func (t *Tracker) boundFor(name string) uint64 {
	switch b := t.sampling.Load(); name {
	case nameRequest:
		return b.requests
	case nameException:
		return b.exceptions
	default:
		return b.events
	}
}

func (t *Tracker) accept(counter *nameCounter, e *entry) ItemResult {
	switch err := t.pipe.offer(e); {
	case err == nil:
		counter.accepted.Add(1)
		t.recent.add(e)
		return ItemResult{Status: statusAccepted}
	case errors.Is(err, ErrShutdown):
		return t.drop(counter, reasonShutdown, err)
	default:
		return t.drop(counter, reasonQueueFull, err)
	}
}

func (t *Tracker) refuse(err *RefusedError) ItemResult {
	t.byReason[err.reason].Add(1)
	return ItemResult{Status: statusRefused, Reason: err.Reason, Field: err.Field, Detail: err.Detail, Err: err, reason: err.reason}
}

// drop counts a valid event that goes no further, and by name if it is no repetition.
func (t *Tracker) drop(counter *nameCounter, r reason, err error) ItemResult {
	t.byReason[r].Add(1)
	if counter != nil {
		counter.dropped.Add(1)
	}
	return ItemResult{Status: statusDropped, Reason: r.String(), Err: err, reason: r}
}

// ServerTiming returns a Server-Timing entry, as otelperf's Middleware writes it for a service with events, that hands the trace context of ctx to the browser, where the snippet
// finds it and sends it with the page's events. It is empty without a valid span context. The value
// goes into the answer for a page: w.Header().Add("Server-Timing", events.ServerTiming(ctx)).
func ServerTiming(ctx context.Context) string {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return ""
	}
	return `traceparent;desc="00-` + sc.TraceID().String() + "-" + sc.SpanID().String() + "-" + sc.TraceFlags().String() + `"`
}
