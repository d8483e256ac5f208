// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// Bounds of a sink. Of one incident there is one message that waits: the newest state takes the place of an older one.
const (
	maxIncidents = 128     // that a sink knows of
	maxBytes     = 4 << 20 // of messages that wait, as JSON
	updateEvery  = time.Minute
	firstBackoff = time.Second
	mostBackoff  = time.Minute
)

// sink is one place that messages go to, with its own queue and goroutine.
type sink struct {
	sinkConfig
	kind, host string
	refresh    bool // what fires is sent again and again
	build      func(m *message, now time.Time) (request, error)
	client     *http.Client

	wake, stop, done chan struct{}
	stopping         sync.Once
	cancel           context.CancelFunc // of the try that runs
	sending          sync.Mutex         // one message is built and sent at a time
	panics           atomic.Uint64

	mu        sync.Mutex // guards what follows
	entries   map[string]*entry
	bytes     int       // of messages that wait
	order     uint64    // of the last message that was queued
	notBefore time.Time // nothing is tried before
	failures  int       // in a row
	since     time.Time // of the first of these
	trouble   string
	counts    otelperf.NotifierStatus
}

// entry is an incident as the sink knows it.
type entry struct {
	fired   bool     // people were told, by this process or the one before
	waits   *message // to be delivered; nil: nothing
	flies   bool     // a message of it is being tried
	order   uint64   // in which messages came
	until   time.Time
	sent    time.Time // when something was delivered last
	last    *message  // for refreshes
	retried bool      // waits was tried
}

func (s *sink) name() string { return s.kind + " " + s.host }

func (s *sink) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go func() {
		defer close(s.done)
		defer s.client.CloseIdleConnections()
		s.run(ctx)
	}()
}

// put queues a message, or puts it in the place of one of the same incident that waits.
func (s *sink) put(m *message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
		s.counts.Dropped++
		return
	default:
	}
	e := s.entries[m.Spike.ID]
	switch {
	case m.Kind == open:
		s.known(m)
		return
	case m.Kind == resolved && (e == nil || !e.fired && !e.flies && e.waits == nil):
		delete(s.entries, m.Spike.ID)
		return // nobody has heard of it
	case e == nil:
		e = s.enter(m)
	}
	s.queue(e, m)
}

// known takes an incident that people were told of before the restart, or one that goes on.
func (s *sink) known(m *message) {
	e := s.entries[m.Spike.ID]
	if e == nil {
		e = s.enter(m)
		e.fired = true
	}
	if s.refresh {
		e.last = cmp.Or(e.last, m)
		s.signal()
	}
}

// enter makes room for an incident: the oldest one of which nothing waits makes way, or the oldest of all, whose message is dropped. The one
// of which a message is on its way stays: there is one at a time, and it may have to be tried again.
func (s *sink) enter(m *message) *entry {
	if len(s.entries) >= maxIncidents {
		oldest := ""
		for id, e := range s.entries {
			if e.flies {
				continue
			}
			if o := s.entries[oldest]; o == nil || e.waits == nil && o.waits != nil || (e.waits == nil) == (o.waits == nil) && e.order < o.order {
				oldest = id
			}
		}
		s.drop(oldest)
	}
	e := &entry{}
	s.order++
	e.order = s.order
	s.entries[m.Spike.ID] = e
	return e
}

func (s *sink) drop(id string) {
	if e := s.entries[id]; e.waits != nil {
		s.counts.Dropped++
		s.unqueue(e)
	}
	delete(s.entries, id)
}

func (s *sink) unqueue(e *entry) {
	if e.waits != nil {
		s.bytes -= e.waits.size
		e.waits = nil
	}
}

// queue has m wait.
func (s *sink) queue(e *entry, m *message) {
	s.unqueue(e)
	if m.size+s.bytes > maxBytes {
		s.counts.Dropped++
		return
	}
	s.order++
	e.waits, e.order, e.retried, e.until = m, s.order, false, time.Now().Add(s.retryFor)
	s.bytes += m.size
	s.signal()
}

func (s *sink) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run delivers until close, and then what waits once.
func (s *sink) run(ctx context.Context) {
	for {
		m, wait := s.next(time.Now())
		if m != nil {
			s.settle(m, s.send(ctx, m), false)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-s.stop:
			timer.Stop()
			s.finish(ctx)
			return
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// finish tries what waits once.
func (s *sink) finish(ctx context.Context) {
	for {
		s.mu.Lock()
		m := s.take(time.Time{}, true)
		s.mu.Unlock()
		if m == nil {
			return
		}
		s.settle(m, s.send(ctx, m), true)
	}
}

// next takes the message that is due, or says how long to wait.
func (s *sink) next(now time.Time) (*message, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
		return nil, time.Hour // run sees it
	default:
	}
	if s.notBefore.After(now) {
		return nil, s.notBefore.Sub(now)
	}
	if m := s.take(now, false); m != nil {
		return m, 0
	}
	wait := time.Hour
	for _, e := range s.entries {
		if due, ok := s.due(e); ok {
			wait = min(wait, max(due.Sub(now), 0))
		}
	}
	return nil, wait
}

// due is when an entry has something to send.
func (s *sink) due(e *entry) (time.Time, bool) {
	switch {
	case e.waits != nil && e.waits.Kind != resolved && e.fired:
		return e.sent.Add(updateEvery), true
	case e.waits != nil:
		return time.Time{}, true
	case s.refresh && e.last != nil:
		return e.sent.Add(refreshEvery), true
	}
	return time.Time{}, false
}

// take takes the oldest message that is due, or any that waits, out of the queue.
func (s *sink) take(now time.Time, any bool) (m *message) {
	var first *entry
	for _, e := range s.entries {
		due, ok := s.due(e)
		if ok && (any && e.waits != nil || !any && !due.After(now)) && (first == nil || e.order < first.order) {
			first = e
		}
	}
	if first == nil {
		return nil
	}
	s.order++
	first.order = s.order
	m = new(message)
	if first.waits == nil {
		*m = *first.last
		m.Kind, first.sent = open, now
		return m
	}
	*m = *first.waits
	m.until, first.flies = first.until, true
	switch {
	case m.Kind == resolved:
	case first.fired:
		m.Kind = update // also where an end was never told
	default:
		m.Kind = firing // whatever has become of it since
	}
	if first.retried {
		s.counts.Retried++
	}
	s.unqueue(first)
	return m
}

// send builds a message and sends it once. A fault of ours is an error, too.
func (s *sink) send(ctx context.Context, m *message) (err error) {
	s.sending.Lock()
	defer s.sending.Unlock()
	if !fault.Contain(&s.panics, func() {
		var r request
		if r, err = s.build(m, time.Now()); err == nil {
			err = s.post(ctx, r)
		}
	}) {
		return refusal{errors.New("a fault of otelperf itself")}
	}
	return err
}

// settle notes what has become of a message, and queues it again where another try may help.
func (s *sink) settle(m *message, err error, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, e := time.Now(), s.entries[m.Spike.ID]
	if e != nil {
		e.flies = false
	}
	if err == nil {
		s.failures, s.trouble, s.notBefore = 0, "", time.Time{}
		s.delivered(m, e, now)
		return
	}
	_, final := errors.AsType[refusal](err)
	s.failed(err, now, final)
	switch {
	case m.Kind == open: // the next refresh is the next try
	case e == nil || e.waits != nil: // there is newer news
	case final || last || !now.Before(m.until):
		s.counts.Failed++
		if m.Kind == resolved {
			delete(s.entries, m.Spike.ID)
		}
	case s.bytes+m.size > maxBytes:
		s.counts.Dropped++
	default:
		e.waits, e.until, e.retried = m, m.until, true
		s.bytes += m.size
	}
}

// delivered notes that a message was accepted.
func (s *sink) delivered(m *message, e *entry, now time.Time) {
	if m.Kind != open {
		s.counts.Delivered++
	}
	if e == nil {
		return
	}
	e.sent = now
	if m.Kind != resolved {
		e.fired, e.last = true, m
		return
	}
	e.fired, e.last = false, nil
	if e.waits == nil {
		delete(s.entries, m.Spike.ID)
	}
}

// failed says why a try has failed, and when the next one is.
func (s *sink) failed(err error, now time.Time, final bool) {
	if s.failures == 0 {
		s.since = now
	}
	s.failures++
	s.trouble = err.Error()
	if final { // it is the message that is wrong: others are not held up
		return
	}
	backoff := mostBackoff
	if s.failures < 7 {
		backoff = min(firstBackoff<<(s.failures-1), mostBackoff)
	}
	wait := rand.N(backoff) + time.Millisecond // full jitter
	if l, ok := errors.AsType[later](err); ok {
		wait = max(wait, l.after)
	}
	s.notBefore = now.Add(wait)
}

func (s *sink) status() otelperf.NotifierStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.counts
	st.Sink = s.name()
	for _, e := range s.entries {
		if e.waits != nil {
			st.Waiting++
		}
	}
	if s.trouble != "" {
		st.Trouble = fmt.Sprintf("%s (%d failed since %s)", s.trouble, s.failures, s.since.UTC().Format("15:04:05 UTC"))
	}
	return st
}

// close ends the goroutine when it has tried what waits, or when ctx ends.
func (s *sink) close(ctx context.Context) error {
	s.stopping.Do(func() {
		s.mu.Lock()
		close(s.stop)
		s.mu.Unlock()
	})
	defer s.cancel()
	select {
	case <-s.done:
		return nil
	default:
	}
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	select {
	case <-s.done: // the try that ran ends with its context
		return fmt.Errorf("notify: %s: %w", s.name(), ctx.Err())
	case <-time.After(time.Second):
		return fmt.Errorf("notify: %s has not ended: %w", s.name(), ctx.Err())
	}
}
