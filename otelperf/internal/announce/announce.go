// SPDX-License-Identifier: Apache-2.0

// Package announce decides which messages of an engine are told to people, by what they have acknowledged and muted.
package announce

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Decide returns a message as it is to be told: nil if it is not; quietly if it is muted, so that it is for logs alone.
func Decide(b *mutes.Book, ev *engine.Event, now time.Time) (told *engine.Event, quietly bool) {
	how, kind := b.Decide(ev.Incident.ID, kindOf(ev), open(&ev.Incident), now)
	if how == mutes.NotAtAll {
		return nil, false
	}
	return as(ev, kind), how == mutes.Quietly
}

// Due calls tell with what a mute that has ended has left untold of incidents that are still open.
func Due(b *mutes.Book, e *engine.Engine, now time.Time, tell func(*engine.Event)) {
	for _, id := range b.Held() {
		in, ok := e.Incident(id)
		if !ok || in.ID != id { // forgotten, or part of another that is told by itself
			b.Drop(id)
			continue
		}
		if in.State != engine.Open || !slices.ContainsFunc(in.Parts, isSeen) {
			continue
		}
		if kind := b.Release(id, open(&in), now); kind != mutes.Nothing {
			tell(as(&engine.Event{Time: now, Incident: in}, kind))
		}
	}
}

// isSeen is false for what was open before a restart and was not found to be slow since.
func isSeen(p engine.Part) bool { return p.State == engine.Open && !p.Unseen }

// open are the parts of an incident that are, as mutes name them.
func open(in *engine.Incident) (all []mutes.Part) {
	for i := range in.Parts {
		if p := &in.Parts[i]; p.State == engine.Open {
			name := conventions.Endpoint{Method: p.Endpoint.Method, Route: p.Endpoint.Route}.String()
			all = append(all, mutes.Part{Endpoint: name, Matter: string(p.Matter)})
		}
	}
	return all
}

func kindOf(ev *engine.Event) mutes.News {
	switch {
	case ev.Closed:
		return mutes.Closed
	case ev.Opened:
		return mutes.Opened
	case ev.Reopened:
		return mutes.Reopened
	case ev.Resumed:
		return mutes.Resumed
	case ev.Grew:
		return mutes.Grew
	}
	return mutes.Explained
}

// as is ev as another kind of message.
func as(ev *engine.Event, kind mutes.News) *engine.Event {
	if kindOf(ev) == kind {
		return ev
	}
	other := *ev
	other.Opened, other.Reopened, other.Resumed, other.Grew, other.Explained = kind == mutes.Opened, kind == mutes.Reopened, kind == mutes.Resumed, kind == mutes.Grew, kind == mutes.Explained
	return &other
}
