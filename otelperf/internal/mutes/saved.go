// SPDX-License-Identifier: Apache-2.0

package mutes

import (
	"maps"
	"slices"
	"time"
)

// Saved is a Book as one process leaves it to the next.
type Saved struct {
	Mutes []Mute          `json:"mutes,omitempty"`
	Acks  map[string]Ack  `json:"acks,omitempty"`
	Held  map[string]News `json:"held,omitempty"`
}

// Save returns what is in the book; nil if nothing is.
func (b *Book) Save(now time.Time) *Saved {
	s := &Saved{Mutes: b.Mutes(now)}
	b.mu.Lock()
	defer b.mu.Unlock()
	s.Acks, s.Held = maps.Clone(b.acks), maps.Clone(b.held)
	if len(s.Mutes)+len(s.Acks)+len(s.Held) == 0 {
		return nil
	}
	return s
}

// Load takes over what another process has saved. What is beyond the bounds, or cannot be, is left out.
func (b *Book) Load(s *Saved, now time.Time) {
	if s == nil {
		return
	}
	for _, m := range s.Mutes {
		next, err := newMute(m)
		if err != nil || m.ID == "" || len(m.ID) > MaxBy || !m.Until.After(now) || m.Until.After(now.Add(MaxTime)) || m.Matter != "" && !slices.Contains(Matters, m.Matter) {
			continue
		}
		b.mu.Lock()
		if len(b.mutes) < MaxMutes {
			next.By, next.Why = bounded(m.By, MaxBy), bounded(m.Why, MaxWhy)
			b.mutes = append(b.mutes, next)
		}
		b.mu.Unlock()
	}
	for id, a := range s.Acks {
		b.Ack(id, Ack{By: bounded(a.By, MaxBy), Why: bounded(a.Why, MaxWhy), At: a.At})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, n := range s.Held {
		if n > Nothing && n < Closed {
			b.hold(id, n)
		}
	}
}

func bounded(text string, most int) string { return Plain(text[:min(len(text), most)]) }
