// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Link is what an engine works a Processor through: it takes the numbers, and tells the processor what it has made of them.
// Programs have no need of it. There is one engine for a processor and those that With made of it; all of them have the same
// link. All methods are safe for concurrent use. A Link that did not come from [Processor.Link] must not be used.
type Link struct{ core *core }

// Link returns the engine's side of the processor. It costs nothing.
func (p *Processor) Link() Link { return Link{p.core} }

// TakeDeltas yields what came to every endpoint since the previous call, and starts anew. Every span that ended before
// the call is in it. The first call yields nothing: it starts the counting. A second consumer would get what the first did
// not. While it runs, spans are recorded as ever; of a Link, yield may call Publish and WaitsFor alone.
func (l Link) TakeDeltas(yield func(*Delta)) { l.core.takeDeltas(yield) }

// Publish sets what the engine knows of an endpoint. Spans that end afterwards are judged by it. An endpoint that is not in
// the table is passed over.
func (l Link) Publish(ep conventions.Endpoint, s EndpointState) {
	if e := l.core.table.find(ep); e != nil {
		e.publish(&s)
	}
}

// SlowThreshold returns the configured threshold of an endpoint, in the table or not.
func (l Link) SlowThreshold(ep conventions.Endpoint) time.Duration {
	return l.core.cfg.thresholdOf(ep.String())
}

// DefaultSlowThreshold returns the threshold of the endpoints that no WithEndpointSlowThreshold names.
func (l Link) DefaultSlowThreshold() time.Duration {
	return time.Duration(l.core.cfg.slowThreshold.Load())
}

// SetSlowThreshold changes the threshold of the endpoints that no WithEndpointSlowThreshold names. Spans that end
// afterwards are judged by it. A d that is not positive is passed over.
func (l Link) SetSlowThreshold(d time.Duration) {
	if d <= 0 {
		return
	}
	l.core.cfg.slowThreshold.Store(int64(d))
	for e := range l.core.table.rows() {
		l.core.prepare(e)
	}
}

// Forget has every endpoint make room, as the next Digest finds them: those that get requests are back at once as they were, the others
// are gone within a quarter of a minute. So what went to an overflow endpoint may have rows of its own again. Endpoints with an open
// spike stay.
func (l Link) Forget() {
	l.core.table.overflowed.Store(0)
	l.core.forgetAll.Store(true)
}

// Digest does what the span path leaves to others: it builds the anatomy of requests that were kept since the last call, looks at
// the samples of ordinary ones, and lets go of what nobody will ask for any more. It is to be called once a second; until it is
// called for the first time, anatomies are built where spans end. It builds for 50 ms, or anatomies of 1 MiB of spans; the rest waits for
// the next call, and endpoints take turns.
func (l Link) Digest(now time.Time) { l.core.digest(now) }

// NotePanic stores what is known of the panic that is about to end a span: a span has no stack, and the SDK can be set not to
// record panics at all. The last 64 are stored, each with at most 256 bytes of its type, 1 KiB of its message and 16 KiB of
// its stack. A span ID of zeros is passed over.
func (l Link) NotePanic(span trace.SpanID, typ, message, stack string) {
	if span.IsValid() {
		l.core.panics.note(span, typ, message, stack)
	}
}

// Active returns at most limit of the requests that are running now, the longest first, and how many are known to run: at most 4096,
// and 1024, and 16 for each CPU but 64 at least, that began within the last two seconds. Where more run than are asked for, names take turns: the longest of each, then the next
// of each, and so on, so that many requests of one name hide no others. There are none with WithInFlight(false).
func (l Link) Active(now time.Time, limit int) (longest []InFlight, count int) {
	if l.core.running == nil {
		return nil, 0
	}
	return l.core.running.list(now, limit)
}

// Longer returns at most limit of the requests that have been running for longer than least, the longest first. It looks at as many as
// Active does.
func (l Link) Longer(now time.Time, least time.Duration, limit int) []InFlight {
	if l.core.running == nil {
		return nil
	}
	return l.core.running.longer(now, least, limit)
}

// SlowAbove returns the duration above which a request of an endpoint is slow now: the configured threshold, or what follows from its
// baseline, if that is less.
func (l Link) SlowAbove(ep conventions.Endpoint) time.Duration {
	if e := l.core.table.find(ep); e != nil {
		return time.Duration(e.slowNanos.Load())
	}
	return l.SlowThreshold(ep)
}

// LeastSlow returns the least duration above which a request of any endpoint may be slow now.
func (l Link) LeastSlow() time.Duration {
	least := l.core.cfg.leastThreshold()
	for e := range l.core.table.rows() {
		least = min(least, time.Duration(e.slowNanos.Load()))
	}
	return least
}

// Leaked returns what [Stats] has under that name.
func (l Link) Leaked(now time.Time) []Leak {
	if l.core.running == nil {
		return []Leak{}
	}
	return l.core.running.moved.list(now)
}

// ErrorGroups returns the failures since the start or ResetErrors by endpoint and type, the one seen last first: at
// most 16 types per endpoint and 500 in all, the rest as "(other)".
func (l Link) ErrorGroups() []ErrorGroup { return l.core.errors.list() }

// ResetErrors empties the error groups. A failure that is being added meanwhile may be lost with them.
func (l Link) ResetErrors() { l.core.errors.reset() }

// Insight returns what is known of an endpoint; ok is false for one that is not in the table.
func (l Link) Insight(ep conventions.Endpoint, now time.Time) (in Insight, ok bool) {
	return l.core.insight(ep, now)
}

// RepeatedCalls returns the dependency that most requests of an endpoint call many times, as Digest has seen it in some of them; ok
// is false if there is none, or if it is not known: without WithDependencies or WithAnatomy it never is.
func (l Link) RepeatedCalls(ep conventions.Endpoint) (r RepeatedCalls, ok bool) {
	return l.core.repeatedCalls(ep)
}

// WaitsFor names the dependency, by the route of its row, that slow requests of an endpoint have waited for since a time: one of the
// category of calls in which they spent at least half of the time that they took longer than usual. "" where there is none, or it is
// not known.
func (l Link) WaitsFor(ep conventions.Endpoint, since time.Time) string {
	return l.core.waitsFor(ep, since)
}

// Spent returns where requests of an endpoint that ended since a time and took longer than above spent their time: the last 100 of those
// that are kept. ok is false for an endpoint that is not in the table.
func (l Link) Spent(ep conventions.Endpoint, since time.Time, above time.Duration) (s Spent, ok bool) {
	return l.core.spent(ep, since, above)
}

// Resource returns the resource of the first span that was counted, or nil before.
func (l Link) Resource() *resource.Resource { return l.core.resource.Load() }

// Stop ends the counting of all processors, and nothing else: spans still reach the wrapped ones. It may be called more than once.
func (l Link) Stop() { l.core.stop() }
