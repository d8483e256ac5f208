// SPDX-License-Identifier: Apache-2.0

package mutes

import (
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrFull is returned for a mute beyond MaxMutes.
var ErrFull = errors.New("as many mutes as there may be are in force")

// Book stores acks and mutes. Its zero value is ready. It is safe for concurrent use.
type Book struct {
	mu    sync.Mutex // guards all below
	mutes []*mute    // in the order in which they were set; those that have ended go when there is a new one, or when they are listed
	acks  map[string]Ack
	held  map[string]News // by incident: what was not reported for a mute; at most MaxAcks
}

// Ack notes that somebody looks after an incident, and returns what is noted; fresh is false if just that is noted already.
func (b *Book) Ack(incident string, a Ack) (noted Ack, fresh bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, ok := b.acks[incident]; ok && old.By == a.By && old.Why == a.Why {
		return old, false
	}
	if b.acks == nil {
		b.acks = map[string]Ack{}
	}
	if _, ok := b.acks[incident]; !ok && len(b.acks) >= MaxAcks {
		delete(b.acks, slices.MinFunc(slices.Collect(maps.Keys(b.acks)), func(x, y string) int { return b.acks[x].At.Compare(b.acks[y].At) }))
	}
	b.acks[incident] = a
	return a, true
}

// Unack takes an ack back; ok is false if there is none.
func (b *Book) Unack(incident string) (was Ack, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was, ok = b.acks[incident]
	delete(b.acks, incident)
	return was, ok
}

// Acked is who looks after an incident; nil if nobody does.
func (b *Book) Acked(incident string) *Ack {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a, ok := b.acks[incident]; ok {
		return &a
	}
	return nil
}

// Set puts a mute in force, in place of one of the same endpoint and matter, whose id it gets. The error is ErrFull, or that of a pattern.
func (b *Book) Set(m Mute) (Mute, error) {
	next, err := newMute(m)
	if err != nil {
		return Mute{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(m.At)
	if i := slices.IndexFunc(b.mutes, func(o *mute) bool { return o.Endpoint == m.Endpoint && o.Matter == m.Matter }); i >= 0 {
		next.ID, b.mutes[i] = b.mutes[i].ID, next
		return next.Mute, nil
	}
	if len(b.mutes) >= MaxMutes {
		return Mute{}, ErrFull
	}
	next.ID = strings.ToLower(rand.Text()[:10])
	b.mutes = append(b.mutes, next)
	return next.Mute, nil
}

// End ends a mute before its time; ok is false if there is none, or no longer.
func (b *Book) End(id string, now time.Time) (was Mute, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	i := slices.IndexFunc(b.mutes, func(m *mute) bool { return m.ID == id })
	if i < 0 {
		return Mute{}, false
	}
	was = b.mutes[i].Mute
	b.mutes = slices.Delete(b.mutes, i, i+1)
	was.Until = now
	return was, true
}

// Mutes are those in force, in the order in which they were set.
func (b *Book) Mutes(now time.Time) []Mute {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	all := make([]Mute, 0, len(b.mutes))
	for _, m := range b.mutes {
		all = append(all, m.Mute)
	}
	return all
}

func (b *Book) sweep(now time.Time) {
	b.mutes = slices.DeleteFunc(b.mutes, func(m *mute) bool { return !m.Until.After(now) })
}

// Muted says until when an incident with these parts open is muted: until the first of them no longer is. It is nil if one of them is
// not, or if there is none.
func (b *Book) Muted(open []Part, now time.Time) *Muted {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.muted(open, now)
}

func (b *Book) muted(open []Part, now time.Time) (first *Muted) {
	for _, p := range open {
		var last *mute
		for _, m := range b.mutes {
			if m.Until.After(now) && m.covers(p) && (last == nil || m.Until.After(last.Until)) {
				last = m
			}
		}
		if last == nil {
			return nil
		}
		if first == nil || last.Until.Before(first.Until) {
			first = &Muted{By: last.By, Why: last.Why, Until: last.Until}
		}
	}
	return first
}
