// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"slices"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Bounds of what waits for Digest.
const (
	maxWaitingBytes  = 16 << 20 // of all, and of what waits for late children besides
	maxPending       = 256      // kept requests whose anatomy waits for Digest
	maxSamples       = 32       // ordinary requests that wait for Digest
	samplesPerSecond = 4        // of one endpoint; fewer where many are busy, see refill
)

// workbench is where what the span path leaves behind waits for Digest: at most maxWaitingBytes by [weigh], with what the
// recents ring holds. The ring makes room first, its oldest requests before others. Of the rest, one endpoint has at most as
// many bytes as are left for others; a request beyond that has no anatomy, and is counted.
//
// Requests of different endpoints take turns: each has the number of those of its endpoint that wait before it.
type workbench struct {
	recents recents // changed only while mu is held

	mu      sync.Mutex // guards all below, and bytes, pending and ringed of each kept; held for a few instructions
	pending []*kept
	samples []sample
	turn    uint64 // of the request that was taken last
	bytes   int64  // of pending, samples and ring together
	waiting int64  // of pending
}

// sample is one request, for what is normal, or for what is different about the slow ones.
type sample struct {
	entry  *entry
	root   sdktrace.ReadOnlySpan
	kin    family
	slow   bool
	stream bool
	unsure bool // as kept.unsure
	status int
	d      time.Duration
}

// admit puts a kept request on the bench, and where late children find it. It reports false, and does neither, if there is no room.
func (w *workbench) admit(k *kept, pending bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if pending {
		if k.turn = w.turn; !w.fair(k) {
			return false
		}
	}
	if !w.room(k.bytes, nil) {
		return false
	}
	w.bytes += k.bytes
	if k.pending = pending; pending {
		w.pending = append(w.pending, k)
		w.waiting += k.bytes
	}
	k.ringed = true
	w.unring(w.recents.add(k))
	return true
}

// fair reports whether k may wait, and gives it its turn.
func (w *workbench) fair(k *kept) bool {
	all := k.bytes
	for _, other := range w.pending {
		if other.entry == k.entry {
			all += other.bytes
			k.turn = max(k.turn, other.turn+1)
		}
	}
	return len(w.pending) < maxPending && all <= maxWaitingBytes-w.waiting
}

// room has requests that only wait for late children make room for n bytes, all but one.
func (w *workbench) room(n int64, but *kept) bool {
	for range maxRecent {
		if w.bytes+n <= maxWaitingBytes {
			return true
		}
		k := w.recents.oldest(func(k *kept) bool { return k != but && !k.pending })
		if k == nil {
			return false
		}
		w.unring(k)
	}
	return w.bytes+n <= maxWaitingBytes
}

// unring is called with what was taken out of the ring, nil for nothing.
func (w *workbench) unring(k *kept) {
	if k != nil {
		k.ringed = false
		w.settle(k)
	}
}

// settle gives the bytes of a request back that nobody needs any more.
func (w *workbench) settle(k *kept) {
	if !k.ringed && !k.pending {
		w.bytes -= k.bytes
		k.bytes = 0
	}
}

// grow makes room for a late child of n bytes.
func (w *workbench) grow(k *kept, n int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !k.ringed && !k.pending || !w.room(n, k) {
		return false
	}
	w.bytes += n
	k.bytes += n
	if k.pending {
		w.waiting += n
	}
	return true
}

// sample takes a request in, if there is room for it.
func (w *workbench) sample(s sample) {
	if !w.wantsSamples() {
		return
	}
	root := detached(s.root)
	s.root, s.kin.bytes = root, s.kin.bytes+root.weight()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.samples) < maxSamples && w.room(s.kin.bytes, nil) {
		w.samples = append(w.samples, s)
		w.bytes += s.kin.bytes
	}
}

func (w *workbench) wantsSamples() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.samples) < maxSamples
}

// next takes the request off the bench whose turn it is, and returns its bytes too; nil if none waits. done is to be called when
// it is built.
func (w *workbench) next() (*kept, int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) == 0 {
		return nil, 0
	}
	at := 0
	for i, k := range w.pending {
		if k.turn < w.pending[at].turn {
			at = i
		}
	}
	k := w.pending[at]
	w.turn = k.turn
	w.pending = slices.Delete(w.pending, at, at+1)
	return k, k.bytes
}

// done is called when a request that next returned is built.
func (w *workbench) done(k *kept) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting -= k.bytes
	k.pending = false
	w.settle(k)
}

// weight returns the bytes of a request.
func (w *workbench) weight(k *kept) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return k.bytes
}

// takeSamples takes all samples off the bench. forget is to be called when they were looked at.
func (w *workbench) takeSamples() []sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	samples := w.samples
	w.samples = nil
	return samples
}

// forget gives the bytes of samples back.
func (w *workbench) forget(samples []sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range samples {
		w.bytes -= samples[i].kin.bytes
	}
}

// expire has requests that ended before t wait for late children no longer.
func (w *workbench) expire(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recents.expire(t, w.unring)
}

// count returns how many requests wait for their anatomy, and the bytes of all that the bench and the ring hold.
func (w *workbench) count() (pending int, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.pending), w.bytes
}
