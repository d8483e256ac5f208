// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Store keeps entries within its [Limits]: the most recent slow ones, the slowest of each endpoint, the most recent
// failed ones.
//
// Invariant, while mu is held: records holds exactly the records that at least one set holds, in the order they
// were added; refs of each is the number of sets that hold it; bytes is the sum of theirs.
type Store struct {
	limits Limits
	onAdd  []func(*Entry)

	hookPanics atomic.Uint64
	stripped   atomic.Uint64

	mu        sync.Mutex // guards all below; held for microseconds, never while foreign code runs
	records   []*record
	bySpan    map[trace.SpanID]*record
	recent    []*record // oldest first
	failed    []*record // oldest first
	endpoints map[endpointKey]*slowest
	sweptAt   time.Time // when endpoints was last searched for lists that have aged out
	bytes     int64
	seq       uint64
	slowSeen  uint64
	failSeen  uint64
	evicted   uint64
	overflow  uint64
}

// record is an entry with its place in the store.
type record struct {
	entry *Entry // replaced as a whole, never written to
	seq   uint64
	bytes int64
	refs  int
	// recorded findings are part of the entry's anatomy, at most maxRecorded.
	recorded []Finding
}

// New returns an empty store. It starts no goroutine. Its error joins one [ErrConfig] for each limit out of range.
func New(opts ...Option) (*Store, error) {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	c.limits = c.limits.withDefaults()
	if err := c.limits.check(); err != nil {
		return nil, err
	}
	s := &Store{limits: c.limits, onAdd: c.onAdd}
	s.clearLocked()
	return s, nil
}

// Limits are the bounds in force, defaults filled in.
func (s *Store) Limits() Limits { return s.limits }

// Add takes e over: its strings are brought within their bounds, and from then on it must not be changed. It
// reports whether e is kept; one that was only part of a spike is not when its endpoint has slower ones. Slow and
// failed requests are counted in any case. An entry that would take more than a quarter of the bytes that are
// allowed loses its anatomy.
func (s *Store) Add(e *Entry) bool {
	if e == nil {
		return false
	}
	e.clamp()
	size := e.size()
	if size > s.limits.Bytes/4 {
		e.Anatomy = nil
		size = e.size()
		s.stripped.Add(1)
	}
	if !s.insert(e, size) {
		return false
	}
	for _, f := range s.onAdd {
		s.call(f, e)
	}
	return true
}

func (s *Store) call(f func(*Entry), e *Entry) {
	defer func() {
		if recover() != nil {
			s.hookPanics.Add(1)
		}
	}()
	f(e)
}

func (s *Store) insert(e *Entry, size int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	r := &record{entry: e, seq: s.seq, bytes: size}
	if e.Slow() {
		s.slowSeen++
		s.recent = s.pushLocked(s.recent, r, s.limits.Recent)
	}
	if e.Failed() {
		s.failSeen++
		s.failed = s.pushLocked(s.failed, r, s.limits.Failed)
	}
	if e.Reason != ReasonFailed {
		s.rankLocked(r)
	}
	if r.refs == 0 {
		return false
	}
	s.records = append(s.records, r)
	s.bySpan[e.SpanID] = r
	s.bytes += size
	s.evictLocked()
	return true
}

// pushLocked appends r to a set of at most n, whose oldest gives way.
func (s *Store) pushLocked(set []*record, r *record, n int) []*record {
	if len(set) >= n {
		s.releaseLocked(set[0])
		set = slices.Delete(set, 0, 1)
	}
	r.refs++
	return append(set, r)
}

// releaseLocked takes one reference off r; without any it leaves the store.
func (s *Store) releaseLocked(r *record) {
	if r.refs--; r.refs > 0 {
		return
	}
	i, ok := slices.BinarySearchFunc(s.records, r.seq, func(a *record, seq uint64) int { return cmp.Compare(a.seq, seq) })
	if !ok {
		return
	}
	s.records = slices.Delete(s.records, i, i+1)
	s.bytes -= r.bytes
	if s.bySpan[r.entry.SpanID] == r {
		delete(s.bySpan, r.entry.SpanID)
	}
}

// evictLocked drops the oldest entries until the rest is within its bytes. One entry is always left: Add has made
// sure that it fits.
func (s *Store) evictLocked() {
	for s.bytes > s.limits.Bytes && len(s.records) > 1 {
		s.dropLocked(s.records[0])
		s.evicted++
	}
}

// dropLocked takes r out of every set.
func (s *Store) dropLocked(r *record) {
	for _, set := range []*[]*record{&s.recent, &s.failed} {
		if i := slices.Index(*set, r); i >= 0 {
			*set = slices.Delete(*set, i, i+1)
			s.releaseLocked(r)
		}
	}
	s.unrankLocked(r)
}

// Has reports whether the entry of a span is kept. It lets a caller skip building an anatomy for one that is not.
func (s *Store) Has(id trace.TraceID, span trace.SpanID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.bySpan[span]
	return r != nil && r.entry.TraceID == id
}

// ReplaceAnatomy puts another anatomy in the place of that of a kept entry, for calls that ended after their
// request did. Who already holds the entry keeps it as it was; the store gives out a copy from then on. It reports
// whether the entry was still kept and the anatomy within a quarter of the allowed bytes. Counts do not change and
// hooks are not called.
func (s *Store) ReplaceAnatomy(id trace.TraceID, span trace.SpanID, a *Anatomy) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.bySpan[span]
	return r != nil && r.entry.TraceID == id && s.replaceLocked(r, a)
}

// Explain adds what was recorded of a kept request to the findings of its anatomy, also of one that it gets later: at most 3, of kind
// [FindingRecorded]. Where findings say that time is not known, they say so no longer. It reports whether there is such a request, and
// its anatomy is within a quarter of the allowed bytes.
func (s *Store) Explain(span trace.SpanID, recorded []Finding) bool {
	recorded = slices.Clone(recorded[:min(len(recorded), maxRecorded)])
	for i := range recorded {
		recorded[i].Kind, recorded[i].Text = FindingRecorded, printable(own(recorded[i].Text, maxMessage))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.bySpan[span]
	if r == nil || len(recorded) == 0 {
		return false
	}
	r.recorded = recorded
	return r.entry.Anatomy == nil || s.replaceLocked(r, r.entry.Anatomy)
}

// replaceLocked gives the entry of r another anatomy, with what was recorded.
func (s *Store) replaceLocked(r *record, a *Anatomy) bool {
	if len(r.recorded) > 0 && a != nil {
		a = a.explained(r.recorded)
	}
	size := r.bytes - r.entry.Anatomy.size() + a.size()
	if size > s.limits.Bytes/4 {
		s.stripped.Add(1)
		return false
	}
	changed := *r.entry
	changed.Anatomy = a
	s.bytes += size - r.bytes
	r.entry, r.bytes = &changed, size
	s.evictLocked()
	return true
}

// All yields every kept entry once, the one added last first. It sees the store as it is when the loop begins.
func (s *Store) All() iter.Seq[*Entry] {
	return s.newest(func() []*record { return s.records }, 0)
}

// Recent yields the n slow entries added last, newest first; all that are kept if n is 0 or less.
func (s *Store) Recent(n int) iter.Seq[*Entry] {
	return s.newest(func() []*record { return s.recent }, n)
}

// Failed yields the n failed entries added last, newest first; all that are kept if n is 0 or less.
func (s *Store) Failed(n int) iter.Seq[*Entry] {
	return s.newest(func() []*record { return s.failed }, n)
}

// Lookup yields every kept entry of one trace, newest first: two requests of one process can share a trace.
func (s *Store) Lookup(id trace.TraceID) iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for e := range s.All() {
			if e.TraceID == id && !yield(e) {
				return
			}
		}
	}
}

// newest copies the last n of a set under the lock and yields them outside it, from the end.
func (s *Store) newest(set func() []*record, n int) iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for _, e := range slices.Backward(s.snapshot(set, n)) {
			if !yield(e) {
				return
			}
		}
	}
}

func (s *Store) snapshot(set func() []*record, n int) []*Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := set()
	if n > 0 && n < len(all) {
		all = all[len(all)-n:]
	}
	return entriesOf(all)
}

func entriesOf(records []*record) []*Entry {
	out := make([]*Entry, len(records))
	for i, r := range records {
		out[i] = r.entry
	}
	return out
}

// Count is the number of slow requests added since the store was made or reset, stored or not.
func (s *Store) Count() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slowSeen
}

// Reset forgets every entry and starts all counts anew.
func (s *Store) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clearLocked()
	s.hookPanics.Store(0)
	s.stripped.Store(0)
}

func (s *Store) clearLocked() {
	s.records, s.recent, s.failed = nil, nil, nil
	s.bySpan = make(map[trace.SpanID]*record)
	s.endpoints = make(map[endpointKey]*slowest)
	s.sweptAt = time.Time{}
	s.bytes, s.slowSeen, s.failSeen, s.evicted, s.overflow = 0, 0, 0, 0, 0
}
