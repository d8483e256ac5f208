// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/feed"
	"github.com/otelperf/otelperf-go/otelperf/internal/historian"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// feedCache is how much of what was read a Monitor that shows a FeedHistory has for the next who asks, in bytes: there may be many of them.
const feedCache = 8 << 20

// FeedHistory is for otelperf's component of the OpenTelemetry Collector: the history of a service that is judged elsewhere, which is written
// whether a Monitor shows it or not. Write and Close are for one goroutine at a time, which may have many of them; the rest is safe for
// concurrent use.
type FeedHistory struct {
	c      *chronicle
	bounds past.Bounds
	beside spikeSignals
	before map[string]*Spike // that were open when somebody has written last
	again  time.Time         // by the clock: until then nothing is written, after a failure
}

// NewFeedHistory follows a service in a store from what its engine has on: the minutes are those of the engine's time. One that was closed, of the
// same service and of what is in the same store, goes on as before. now is the clock that is gone by. Of all histories that have readers, as many reads run at a time as
// its capacity says. The store is asked for what is open there, and waited for a second at most.
func NewFeedHistory(s feed.Source, store history.Store, before *FeedHistory, now func() time.Time, readers chan struct{}) *FeedHistory {
	began, _ := s.Engine().Stored()
	of := told{
		engine: s.Engine(), slow: s.Requests(), marks: s.Marks(), faults: new(fault.Log), origin: rand.Text(), began: began, started: began, now: now,
	}
	h := &FeedHistory{bounds: past.Bounds{Turns: readers, Bytes: feedCache}}
	of.spikes = func() []Spike { return h.beside.of(of.engine.Incidents()) }
	if before != nil { // of whose last minute it tells again, in its place
		of.origin, of.started = before.c.origin, time.Time{}
	}
	h.c = newChronicle(of, store)
	h.beside.slow, h.beside.book, h.beside.marks, h.beside.past = s.Requests(), s.Book(), &marker{List: s.Marks()}, shown{c: h.c}
	if before == nil {
		left := h.c.recall()
		h.c.named.Store(&left.named)
		h.before = left.incidents
	} else {
		h.c.writer.GoOn(before.c.writer.Unwritten())
		h.c.written, h.before = before.c.written, before.before
		h.c.named.Store(before.c.named.Load())
	}
	h.beside.before = h.before
	return h
}

// Write writes the minutes that are over, unless there are none, or the store is to be left alone for some time after a failure.
func (h *FeedHistory) Write() {
	_, to := h.c.engine.Stored()
	if now := h.c.now(); h.c.writer.Unwritten().Before(to.Truncate(time.Minute)) && !now.Before(h.again) {
		h.again = now.Add(h.c.writer.Write(to, false))
	}
}

// Close writes what is left, the running minute too, within ctx. The store is the caller's to close.
func (h *FeedHistory) Close(ctx context.Context) {
	defer context.AfterFunc(ctx, h.c.writer.Abort)()
	_, to := h.c.engine.Stored()
	h.c.writer.Write(to, true)
	if running := to.Truncate(time.Minute); running.Before(h.c.writer.Unwritten()) {
		h.c.writer.GoOn(running)
	}
}

// State is how the writing goes.
func (h *FeedHistory) State() historian.State { return h.c.state() }

// WithFeedHistory has a Monitor with WithFeed show the history of its service, too.
func WithFeedHistory(h *FeedHistory) Option {
	return needed("history of a feed", h == nil, func(c *config) {
		c.shown = func(*Monitor) (archive, recalled) { return h.view(), recalled{incidents: h.before} }
	})
}

// shown is a history as a Monitor has it that does not write it.
type shown struct {
	*past.Reader
	c *chronicle
}

func (h *FeedHistory) view() archive {
	return shown{past.New(h.c.store, recent{h.c}, h.bounds, h.c.faults), h.c}
}

func (shown) start()                   {}
func (shown) learn()                   {}
func (shown) parts() []part            { return nil }
func (s shown) has(r *RequestRef) bool { return s.c.has(r) }
func (s shown) state() historian.State { return s.c.stateBy(s.Reader) }
