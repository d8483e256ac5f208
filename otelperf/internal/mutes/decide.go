// SPDX-License-Identifier: Apache-2.0

package mutes

import (
	"maps"
	"slices"
	"time"
)

// News is what there is to report of an incident, the more the greater.
type News uint8

// The kinds of news.
const (
	Nothing   News = iota
	Explained      // its cause has become known
	Grew           // it has become worse
	Resumed        // it goes on after a restart; who was to know of it does
	Reopened       // it is open again, after it was reported as ended
	Opened         // it has begun
	Closed         // it has ended
)

// How says how news is reported.
type How uint8

// The ways.
const (
	Report  How = iota // to all
	Quietly            // muted: as information, to logs alone
	NotAtAll
)

// Decide says how news of an incident is reported, and as what: what was muted before is reported with what comes after the mute. open
// are the parts of the incident that are open.
//
// An ack is for what has become worse and for causes: an end is reported all the same, and what comes back after that has no ack any
// more. A mute is for all; an end is reported if the beginning was.
func (b *Book) Decide(incident string, n News, open []Part, now time.Time) (How, News) {
	b.mu.Lock()
	defer b.mu.Unlock()
	held := b.held[incident]
	if n == Closed {
		delete(b.held, incident)
		if held >= Reopened {
			return Quietly, n
		}
		return Report, n
	}
	if n == Reopened {
		delete(b.acks, incident)
	}
	_, acked := b.acks[incident]
	minor := n <= Grew && held < Resumed
	switch {
	case acked && minor:
		delete(b.held, incident)
		return NotAtAll, n
	case b.muted(open, now) != nil:
		b.hold(incident, max(n, held))
		return Quietly, n
	}
	delete(b.held, incident)
	return Report, max(n, held)
}

// hold remembers what is not reported.
func (b *Book) hold(incident string, n News) {
	if b.held == nil {
		b.held = map[string]News{}
	}
	if _, ok := b.held[incident]; !ok && len(b.held) >= MaxAcks {
		delete(b.held, slices.Min(slices.Collect(maps.Keys(b.held)))) // the oldest: an id begins with its time
	}
	b.held[incident] = n
}

// Held are the incidents of which something was not reported.
func (b *Book) Held() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.held))
}

// Drop forgets what was not reported of an incident: there is no such incident any more.
func (b *Book) Drop(incident string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.held, incident)
}

// Release returns what is to be reported now of an incident of which something was not: Nothing while it is muted.
func (b *Book) Release(incident string, open []Part, now time.Time) News {
	b.mu.Lock()
	defer b.mu.Unlock()
	held, ok := b.held[incident]
	if !ok || len(open) == 0 || b.muted(open, now) != nil {
		return Nothing
	}
	delete(b.held, incident)
	if _, acked := b.acks[incident]; acked && held <= Grew {
		return Nothing
	}
	return held
}
