// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/announce"
	"github.com/otelperf/otelperf-go/otelperf/internal/feed"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// notes are what people note of a service, and who looks on.
type notes struct {
	book    mutes.Book
	marks   marks.List
	watcher atomic.Pointer[feed.Watcher] // nil: nobody
}

// Book has what is acknowledged and muted: events keep to it.
func (s *Service) Book() *mutes.Book { return &s.notes.book }

// Marks has what was changed.
func (s *Service) Marks() *marks.List { return &s.notes.marks }

// after is the mark that an incident began soon after, in words; "" for none.
func (s *Service) after(start, returned time.Time) string {
	if after := s.notes.marks.After(start, returned); after != nil {
		return after.Sentence
	}
	return ""
}

// Watch has w told what is new, in place of the one before, until stop is called.
func (s *Service) Watch(w feed.Watcher) (stop func()) {
	s.notes.watcher.Store(&w)
	return func() { s.notes.watcher.CompareAndSwap(&w, nil) }
}

// watched passes a request that was just stored on.
func (s *Service) watched(e *slowlog.Entry) {
	if w := s.notes.watcher.Load(); w != nil {
		w.Slow(e)
	}
}

// tell passes on what an engine found, and appends to news what is told of it: messages unless they are acknowledged.
func (s *Service) tell(news []News, now time.Time, ev engine.Event) []News {
	if w := s.notes.watcher.Load(); w != nil {
		w.Event(&ev)
	}
	if ev.Part != nil {
		return append(news, News{Service: s, At: now, Event: ev})
	}
	told, quietly := announce.Decide(&s.notes.book, &ev, now)
	if told == nil {
		return news
	}
	return append(news, News{Service: s, At: now, Event: *told, Muted: quietly})
}

// tellDue appends what a mute that has ended has left untold.
func (s *Service) tellDue(news []News, now time.Time) []News {
	announce.Due(&s.notes.book, s.engine, now, func(ev *engine.Event) {
		news = append(news, News{Service: s, At: now, Event: *ev})
	})
	return news
}

// SlowFrom is the duration above which a request of the service is slow.
func (s *Service) SlowFrom(conventions.Endpoint) time.Duration { return s.fleet.Settings().SlowFrom }

// SlowSince is how many requests were slow since the start or the last Reset.
func (s *Service) SlowSince() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slows - s.slowsBefore
}

// Errors are the failures since then, the latest first.
func (s *Service) Errors() []spikeprocessor.ErrorGroup {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errors.list()
}

// Normal is what the ordinary requests of an endpoint spend their time on, as far as their spans were looked at.
func (s *Service) Normal(ep conventions.Endpoint) (n slowlog.Normal, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows.all {
		if r != nil && r.endpoint == ep {
			return r.usual.normal(), true
		}
	}
	return n, false
}

// Reset starts counts and windows anew; baselines, too, if that is asked for. What that ends is told with the next Tick.
func (s *Service) Reset(baselines bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slowsBefore, s.errors = s.slows, failed{}
	s.ended = append(s.ended, s.engine.Reset(baselines)...)
}

// Instances is how many instances were heard of in the last ten minutes.
func (s *Service) Instances() int {
	known, _ := s.members.Count()
	return known
}

// Seen is when something came from the service last, to the second.
func (s *Service) Seen() time.Time { return time.Unix(s.seen.Load(), 0) }

// Settings are those in force.
func (s *Service) Settings() Settings { return s.fleet.Settings() }
