// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// The invariant: a word is in exactly one log, and a log has exactly one owner: whoever swapped its shard's state to
// locked; else the ready list, under mu; else whoever took it from there, under applyMu.
//
// Locks are taken in the order shard, applyMu, mu. Nobody waits for a shard while holding one of the other two.

// A Recorder takes 64-bit words from many goroutines and hands them to one function in batches. It is
// made for a request path: Record allocates nothing and, below its memory bound, waits for nobody else's work.
//
// Words go to logs of 256. There is a log for each shard, where the number of shards is a power of two, at least four times GOMAXPROCS
// at the time of NewRecorder, at most 64; each is 128 bytes and 2 KiB of log. Full logs wait
// for Flush, at most 256 of them (512 KiB, and 4 KiB for the list). When there are more, whoever fills a log applies it:
// nothing is ever lost, with or without anybody who flushes. Buffers are kept for reuse.
//
// Words are not applied in the order of Record. All methods are safe for concurrent use.
type Recorder struct {
	shards []shard
	bits   int // log2 of len(shards)
	// Every Record reads what is above, and a full log writes to what is below: they do not share a cache line.
	_ [128 - 32]byte

	applyMu sync.Mutex
	apply   func(words []uint64) // runs under applyMu

	mu      sync.Mutex // guards what follows; held for a few instructions
	ready   ring       // logs that wait
	free    []*log
	buffers int // logs in ready and free, and those being applied: at most maxReady
}

const (
	logSize   = 256
	maxReady  = 256
	maxShards = 64
	locked    = ^uint32(0)
)

type log [logSize]uint64

// shard is one log that takes words. It ends in padding, so that neighbours never share a cache line, nor the pair of
// lines that a prefetcher fetches together.
type shard struct {
	state atomic.Uint32 // words in log, or locked
	log   *log          // belongs to who changed state to locked
	_     [128 - 16]byte
}

// NewRecorder returns a Recorder that hands all words to apply. apply is called by one goroutine at a time; words
// is valid only during the call. apply must neither panic nor call methods of the Recorder.
func NewRecorder(apply func(words []uint64)) *Recorder {
	n := min(max(4*runtime.GOMAXPROCS(0), 1), maxShards)
	r := &Recorder{apply: apply, bits: bits.Len(uint(n - 1))}
	r.shards = make([]shard, 1<<r.bits)
	logs := make([]log, len(r.shards))
	for i := range r.shards {
		r.shards[i].log = &logs[i]
	}
	return r
}

// Record takes a word. It allocates nothing but a buffer of 2 KiB when a log is full and none is free.
func (r *Recorder) Record(word uint64) {
	var here byte
	i := r.hint(uintptr(unsafe.Pointer(&here)))
	s := &r.shards[i]
	// The Swap acquires: it sees the words of whoever stored the count it returns. It may find the shard locked,
	// and then has changed nothing.
	n := s.state.Swap(locked)
	if n >= logSize-1 {
		r.recordSlow(word, i, n)
		return
	}
	s.log[n] = word
	s.state.Store(n + 1) // releases: the word comes before the count
}

// RecordAll takes words in one go, at about the cost of one. As with Record, they have been recorded when it returns.
func (r *Recorder) RecordAll(words []uint64) {
	var here byte
	i := r.hint(uintptr(unsafe.Pointer(&here)))
	for tries := 1; len(words) > 0; tries++ {
		s := &r.shards[i]
		n := s.state.Swap(locked)
		if n == locked {
			i = (i + 1) & (len(r.shards) - 1)
			if tries%len(r.shards) == 0 {
				runtime.Gosched()
			}
			continue
		}
		took := copy(s.log[n:], words)
		words = words[took:]
		if n += uint32(took); n == logSize {
			r.handOver(s, n)
			n = 0
		}
		s.state.Store(n)
	}
}

// hint is the shard of whoever has the stack.
func (r *Recorder) hint(stack uintptr) int { return Spread(stack, r.bits) }

// Spread turns an address on the caller's stack into the number of one of 2^bits shards; bits is at most 63. A goroutine keeps its
// stack and so, mostly, its shard; goroutines that run at the same time have different stacks, which are at least 2 KiB each. The factor is
// one whose products with the powers of two, which neighbouring stacks are apart, are all far from a whole number of turns, so
// that neighbours get different shards. (The golden ratio's are not: 8 of it are 4.94 turns, and stacks of 16 KiB would fall together.)
func Spread(stack uintptr, bits int) int {
	return int(uint64(stack>>11) * 0xd6e8feb86659fd93 >> 1 >> (63 - bits))
}

// recordSlow finishes a Record that found its shard i locked, or its log about to be full. n is what the Swap returned.
func (r *Recorder) recordSlow(word uint64, i int, n uint32) {
	s := &r.shards[i]
	for tries := 1; n == locked; tries++ {
		if tries%len(r.shards) == 0 {
			runtime.Gosched() // all are held, by goroutines that may not be running
		}
		i = (i + 1) & (len(r.shards) - 1)
		s = &r.shards[i]
		n = s.state.Swap(locked)
	}
	s.log[n] = word
	n++
	if n == logSize {
		r.handOver(s, n)
		n = 0
	}
	s.state.Store(n)
}

// handOver empties the log of s, which the caller has locked and unlocks afterwards. The words must be in the ready list, or
// applied, before that: a Flush that found the shard unlocked and empty, but the list still without them, would miss them.
func (r *Recorder) handOver(s *shard, n uint32) {
	r.mu.Lock()
	spare := r.spareLocked()
	if spare != nil {
		r.ready.push(batch{s.log, n})
		r.mu.Unlock()
		s.log = spare
		return
	}
	r.mu.Unlock()
	r.applyMu.Lock()
	defer r.applyMu.Unlock()
	r.apply(s.log[:n])
}

// spareLocked returns an unused log, nil at the bound.
func (r *Recorder) spareLocked() *log {
	if n := len(r.free); n > 0 {
		spare := r.free[n-1]
		r.free = r.free[:n-1]
		return spare
	}
	if r.buffers == maxReady {
		return nil
	}
	r.buffers++
	return new(log)
}

// Flush applies what was recorded: every word whose Record returned before Flush was called has been applied when it
// returns. It goes on even if others record all the time.
func (r *Recorder) Flush() {
	// Shards first, the list second. The other way round, a log that fills up in between would be in neither.
	for i := range r.shards {
		s := &r.shards[i]
		n := s.state.Swap(locked)
		for n == locked {
			runtime.Gosched()
			n = s.state.Swap(locked)
		}
		if n > 0 {
			r.handOver(s, n)
		}
		s.state.Store(0)
	}
	r.mu.Lock()
	n := r.ready.len
	r.mu.Unlock()
	// The list is first in, first out: after n logs, or when it is empty, all that were there have been taken. Whoever else takes
	// one holds applyMu until it is applied, so even the last of these is done once we have had applyMu.
	for range n {
		if !r.applyOne() {
			return
		}
	}
	if n == 0 {
		r.Locked(func() {})
	}
}

// applyOne applies the oldest log of the list. It reports false for an empty list.
func (r *Recorder) applyOne() bool {
	r.applyMu.Lock()
	defer r.applyMu.Unlock()
	r.mu.Lock()
	b, ok := r.ready.pop()
	r.mu.Unlock()
	if !ok {
		return false
	}
	r.apply(b.log[:b.n])
	r.giveBack(b.log)
	return true
}

func (r *Recorder) giveBack(l *log) {
	r.mu.Lock()
	r.free = append(r.free, l)
	r.mu.Unlock()
}

// Locked runs f while nothing is applied, so that f may read and write what apply does. f must not call methods of the Recorder.
func (r *Recorder) Locked(f func()) {
	r.applyMu.Lock()
	defer r.applyMu.Unlock()
	f()
}

// Do flushes and then runs f as Locked does.
func (r *Recorder) Do(f func()) {
	r.Flush()
	r.Locked(f)
}

// batch is a log with its first n words in use.
type batch struct {
	log *log
	n   uint32
}

// ring is a queue of at most maxReady batches. It cannot overflow: each batch in it has been exchanged for a buffer, of
// which there are no more than that.
type ring struct {
	items     [maxReady]batch
	head, len int
}

func (q *ring) push(b batch) {
	q.items[(q.head+q.len)%maxReady] = b
	q.len++
}

func (q *ring) pop() (b batch, ok bool) {
	if q.len == 0 {
		return b, false
	}
	b = q.items[q.head]
	q.head = (q.head + 1) % maxReady
	q.len--
	return b, true
}
