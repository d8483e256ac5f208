// SPDX-License-Identifier: Apache-2.0

package history

import (
	"cmp"
	"slices"
	"sort"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// Peer is a wait that somebody ended.
type Peer struct {
	Goroutine Goroutine
	stretch   int32
}

// peerKey is the same for waits that are taken to be for the same thing. The trace has no addresses: two locks behind one line are
// one.
type peerKey struct {
	reason Reason
	state  causes.State
	line   causes.Place
}

// keyOf returns the key of a wait; ok is false if nothing says what it is for.
func (h *History) keyOf(s *Stretch) (k peerKey, ok bool) {
	if s.State != Waiting || s.Waker == None || !s.Reason.Followed() {
		return k, false
	}
	st := h.Sites.At(s.Stack)
	if st.Pooled() { // a pool is waited for at many lines
		return peerKey{state: st.State}, true
	}
	return peerKey{s.Reason, st.State, st.Line}, st.Line != (causes.Place{})
}

// index collects the waits by what they are for, each list by their ends.
func (h *History) indexPeers(step func() error) error {
	h.peers = map[peerKey][]Peer{}
	for g := range h.Goroutines {
		for i := range h.Goroutines[g].Stretches {
			if k, ok := h.keyOf(&h.Goroutines[g].Stretches[i]); ok {
				h.peers[k] = append(h.peers[k], Peer{Goroutine(g), int32(i)})
			}
		}
		if g%1024 == 0 {
			if err := step(); err != nil {
				return err
			}
		}
	}
	for _, p := range h.peers {
		slices.SortFunc(p, func(a, b Peer) int { return cmp.Compare(h.peerEnd(a), h.peerEnd(b)) })
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (h *History) peerEnd(p Peer) Time { return h.until(&h.Goroutines[p.Goroutine], int(p.stretch)) }

// Peers yields the other waits for what s waits for that ended after a moment, in the order of their ends, until yield returns false.
func (h *History) Peers(s *Stretch, after Time, yield func(waker Goroutine, end Time) bool) {
	k, ok := h.keyOf(s)
	if !ok {
		return
	}
	all := h.peers[k]
	for _, p := range all[sort.Search(len(all), func(i int) bool { return h.peerEnd(all[i]) > after }):] {
		if o := &h.Goroutines[p.Goroutine].Stretches[p.stretch]; o != s && !yield(o.Waker, h.peerEnd(p)) {
			return
		}
	}
}
