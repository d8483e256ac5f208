// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

// lockedLog is what a Recorder would be if contention did not matter: the oracle of the tests and the rival in the benchmarks.
type lockedLog struct {
	mu    sync.Mutex
	words []uint64
	apply func([]uint64)
}

func (l *lockedLog) Record(word uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.words = append(l.words, word)
	if len(l.words) == logSize {
		l.apply(l.words)
		l.words = l.words[:0]
	}
}

func (l *lockedLog) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.apply(l.words)
	l.words = l.words[:0]
}

func TestRecorderAsOracle(t *testing.T) {
	var got, want Histogram
	r := NewRecorder(func(words []uint64) {
		for _, w := range words {
			got.Record(time.Duration(w))
		}
	})
	oracle := lockedLog{apply: func(words []uint64) {
		for _, w := range words {
			want.Record(time.Duration(w))
		}
	}}
	ds := sample("lognormal2", 10000, 1)
	for i, d := range ds {
		r.Record(uint64(d))
		oracle.Record(uint64(d))
		if i%777 == 0 {
			r.Flush()
			oracle.Flush()
			checkSame(t, &got, &want)
		}
	}
	oracle.Flush()
	r.Do(func() { checkSame(t, &got, &want) })
}

// seen counts words per number; its methods need the Recorder's lock.
type seen map[uint64]int

func (s seen) apply(words []uint64) {
	for _, w := range words {
		s[w]++
	}
}

// TestRecorderConcurrentSafe records from several goroutines, each with numbers of its own, one by one or many at a time, while two others flush. Every
// word must arrive exactly once, and those recorded before a Flush before its end.
func TestRecorderConcurrentSafe(t *testing.T) {
	const writers, each = 8, 20000
	got := make(seen)
	r := NewRecorder(got.apply)
	var written [writers]atomic.Uint64
	var writing, flushing sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		flushing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				var before [writers]uint64
				for w := range before {
					before[w] = written[w].Load()
				}
				r.Flush()
				r.Locked(func() {
					for w, n := range before {
						if n > 0 && got[uint64(w)<<32|(n-1)] != 1 {
							t.Errorf("word %d of writer %d, recorded before Flush, was applied %d times", n-1, w, got[uint64(w)<<32|(n-1)])
						}
					}
				})
				runtime.Gosched()
			}
		})
	}
	for w := range uint64(writers) {
		writing.Go(func() {
			if w%2 == 0 {
				for i := range uint64(each) {
					r.Record(w<<32 | i)
					written[w].Store(i + 1)
				}
				return
			}
			var words [logSize + 44]uint64
			for i, n := uint64(0), uint64(1); i < each; i, n = i+n, n%uint64(len(words))+1 {
				n = min(n, each-i)
				for j := range n {
					words[j] = w<<32 | (i + j)
				}
				r.RecordAll(words[:n])
				written[w].Store(i + n)
			}
		})
	}
	writing.Wait()
	close(stop)
	flushing.Wait()
	r.Do(func() { checkOnce(t, got, writers*each) })
}

func checkOnce(t *testing.T, got seen, want int) {
	t.Helper()
	if len(got) != want {
		t.Errorf("%d different words arrived, want %d", len(got), want)
	}
	for w, n := range got {
		if n != 1 {
			t.Fatalf("word %#x arrived %d times", w, n)
		}
	}
}

// TestRecorderWithoutFlush fills the recorder far beyond its bound.
func TestRecorderWithoutFlush(t *testing.T) {
	const writers, each = 4, 50000
	got := make(seen)
	r := NewRecorder(got.apply)
	var wg sync.WaitGroup
	for w := range uint64(writers) {
		wg.Go(func() {
			for i := range uint64(each) {
				r.Record(w<<32 | i)
			}
		})
	}
	wg.Wait()
	if waiting := r.ready.len; r.buffers != maxReady || waiting > maxReady {
		t.Errorf("%d buffers, %d logs wait, want %d and no more than that", r.buffers, waiting, maxReady)
	}
	held := writers*each - len(got)
	if bound := (maxReady + len(r.shards)) * logSize; held > bound {
		t.Errorf("%d words are held, the bound is %d", held, bound)
	}
	r.Flush()
	checkOnce(t, got, writers*each)
	if r.ready.len != 0 || len(r.free) != maxReady {
		t.Errorf("after Flush %d logs wait and %d buffers are free, want 0 and %d", r.ready.len, len(r.free), maxReady)
	}
}

// TestRecorderSkipsHeldShards lets all shards but one be held, as by goroutines that were preempted.
func TestRecorderSkipsHeldShards(t *testing.T) {
	for free := range NewRecorder(nil).shards {
		total := 0
		r := NewRecorder(func(words []uint64) { total += len(words) })
		for i := range r.shards {
			if i != free {
				r.shards[i].state.Store(locked)
			}
		}
		for i := range uint64(3 * logSize) {
			r.Record(i)
		}
		for i := range r.shards {
			if i != free {
				r.shards[i].state.Store(0)
			}
		}
		r.Flush()
		if total != 3*logSize {
			t.Errorf("shard %d free: %d words arrived, want %d", free, total, 3*logSize)
		}
	}
}

// TestFlushWaitsForAnother checks that Flush does not return while another one still applies.
func TestFlushWaitsForAnother(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	var done atomic.Bool
	r := NewRecorder(func([]uint64) {
		close(started)
		<-release
		done.Store(true)
	})
	r.Record(1)
	var wg sync.WaitGroup
	wg.Go(r.Flush)
	<-started
	wg.Go(func() {
		r.Flush()
		if !done.Load() {
			t.Error("Flush returned before a word recorded earlier was applied")
		}
	})
	time.Sleep(10 * time.Millisecond)
	close(release)
	wg.Wait()
}

func TestShards(t *testing.T) {
	r := NewRecorder(func([]uint64) {})
	n := len(r.shards)
	if n&(n-1) != 0 || n > maxShards || n < min(4*runtime.GOMAXPROCS(0), maxShards) {
		t.Errorf("%d shards for GOMAXPROCS %d", n, runtime.GOMAXPROCS(0))
	}
	if size := unsafe.Sizeof(shard{}); unsafe.Sizeof(uintptr(0)) == 8 && size != 128 {
		t.Errorf("a shard takes %d bytes, want 128", size)
	}
	hit := make(map[int]bool)
	for stack := uintptr(0xc0000000); stack < 0xc0000000+1024*2048; stack += 2048 {
		i := r.hint(stack)
		if i < 0 || i >= n {
			t.Fatalf("hint %d of %d shards", i, n)
		}
		hit[i] = true
	}
	if len(hit) != n {
		t.Errorf("1024 stacks share %d of %d shards", len(hit), n)
	}
}
