// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newStore(t testing.TB, opts ...Option) *Store {
	t.Helper()
	s, err := New(opts...)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s
}

func spanID(n int) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

func traceID(n int) (id trace.TraceID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

// request is the n-th request of a test: it starts n seconds after epoch.
func request(n int, route string, d time.Duration, reason string) *Entry {
	e := &Entry{
		TraceID: traceID(n), SpanID: spanID(n), Method: "GET", Route: route, Kind: "server", Outcome: OutcomeOK,
		Start: epoch.Add(time.Duration(n) * time.Second), Duration: d, Reason: reason,
	}
	if reason == ReasonFailed {
		e.Outcome = OutcomeServerError
	}
	return e
}

// numbers are the numbers that request gave to the entries.
func numbers(seq iter.Seq[*Entry]) []int {
	var out []int
	for e := range seq {
		out = append(out, int(binary.BigEndian.Uint64(e.SpanID[:])))
	}
	return out
}

func wantNumbers(t *testing.T, what string, seq iter.Seq[*Entry], want ...int) {
	t.Helper()
	if got := numbers(seq); !slices.Equal(got, want) {
		t.Errorf("%s: got entries %v, want %v", what, got, want)
	}
}

// checkInvariant compares the store with its own sets, counted anew.
func checkInvariant(t *testing.T, s *Store) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	refs := map[*record]int{}
	count := func(set []*record) {
		for _, r := range set {
			refs[r]++
		}
	}
	count(s.recent)
	count(s.failed)
	for key, list := range s.endpoints {
		count(list.records)
		if len(list.records) == 0 || len(list.records) > s.limits.PerEndpoint {
			t.Fatalf("list of %v has %d entries", key, len(list.records))
		}
		if !slices.IsSortedFunc(list.records, func(a, b *record) int { return cmp.Compare(b.entry.Duration, a.entry.Duration) }) {
			t.Fatalf("list of %v is not sorted", key)
		}
	}
	var bytes int64
	for i, r := range s.records {
		bytes += r.bytes
		if i > 0 && s.records[i-1].seq >= r.seq {
			t.Fatalf("records out of order at %d", i)
		}
		if r.refs != refs[r] || r.refs == 0 {
			t.Fatalf("record %d has refs %d, sets hold it %d times", r.seq, r.refs, refs[r])
		}
		if r.bytes != r.entry.size() {
			t.Fatalf("record %d is charged %d bytes, has %d", r.seq, r.bytes, r.entry.size())
		}
	}
	if len(refs) != len(s.records) || len(s.bySpan) > len(s.records) {
		t.Fatalf("%d records, %d in sets, %d by span", len(s.records), len(refs), len(s.bySpan))
	}
	if bytes != s.bytes || bytes > s.limits.Bytes {
		t.Fatalf("bytes %d, records have %d, limit %d", s.bytes, bytes, s.limits.Bytes)
	}
	if len(s.recent) > s.limits.Recent || len(s.failed) > s.limits.Failed || len(s.endpoints) > s.limits.Endpoints+1 {
		t.Fatalf("recent %d, failed %d, endpoints %d are over %+v", len(s.recent), len(s.failed), len(s.endpoints), s.limits)
	}
}

func TestNewReportsEveryLimit(t *testing.T) {
	_, err := New(WithLimits(Limits{Recent: -1, PerEndpoint: 1_001, Failed: 10_001, Endpoints: -5, Age: time.Second, Bytes: 1}))
	if !errors.Is(err, ErrConfig) {
		t.Fatalf("New: got %v, want ErrConfig", err)
	}
	for _, field := range []string{"Recent", "PerEndpoint", "Failed", "Endpoints", "Age", "Bytes"} {
		if !strings.Contains(err.Error(), "Limits."+field+" is ") {
			t.Errorf("error does not name %s: %v", field, err)
		}
	}
	if got := newStore(t, nil, WithLimits(Limits{Recent: 7})).Limits(); got.Recent != 7 || got.Failed != DefaultLimits().Failed {
		t.Errorf("limits in force: %+v", got)
	}
}

func TestSetsByReason(t *testing.T) {
	s := newStore(t)
	add := func(e *Entry) { s.Add(e) }
	add(request(1, "/a", 700*time.Millisecond, ReasonThreshold))
	add(request(2, "/a", 900*time.Millisecond, ReasonBaseline))
	add(request(3, "/a", 5*time.Millisecond, ReasonFailed))
	add(request(4, "/a", 40*time.Millisecond, ReasonSpike))
	slowAndFailed := request(5, "/b", time.Second, ReasonThreshold)
	slowAndFailed.Outcome = OutcomePanic
	add(slowAndFailed)
	add(nil)

	wantNumbers(t, "All", s.All(), 5, 4, 3, 2, 1)
	wantNumbers(t, "Recent", s.Recent(0), 5, 2, 1)
	wantNumbers(t, "Recent(2)", s.Recent(2), 5, 2)
	wantNumbers(t, "Failed", s.Failed(0), 5, 3)
	wantNumbers(t, "Failed(1)", s.Failed(1), 5)
	wantNumbers(t, "Slowest /a", s.Slowest("GET", "/a", 0), 2, 1, 4)
	wantNumbers(t, "Slowest(1) /a", s.Slowest("GET", "/a", 1), 2)
	wantNumbers(t, "Slowest of an unknown endpoint", s.Slowest("POST", "/a", 0))
	if s.Count() != 3 || s.Stats().Failed != 2 {
		t.Errorf("Count %d, failed %d, want 3 and 2", s.Count(), s.Stats().Failed)
	}
	checkInvariant(t, s)
	s.Reset()
	wantNumbers(t, "All after Reset", s.All())
	if got := s.Stats(); got != (Stats{}) {
		t.Errorf("after Reset: %+v", got)
	}
}

func TestLookupYieldsEveryLocalRoot(t *testing.T) {
	s := newStore(t)
	for n := range 4 {
		e := request(n, "/a", time.Second, ReasonThreshold)
		e.TraceID = traceID(n % 2)
		s.Add(e)
	}
	wantNumbers(t, "Lookup", s.Lookup(traceID(1)), 3, 1)
	for range s.Lookup(traceID(1)) {
		break // an early end must not yield again
	}
}

func TestBoundsHold(t *testing.T) {
	s := newStore(t, WithLimits(Limits{Recent: 5, PerEndpoint: 3, Failed: 4, Endpoints: 2}))
	for n := range 50 {
		s.Add(request(n, "/a", time.Duration(100+n%10)*time.Millisecond, ReasonThreshold))
		s.Add(request(1000+n, "/a", time.Millisecond, ReasonFailed))
	}
	wantNumbers(t, "Recent", s.Recent(0), 49, 48, 47, 46, 45)
	wantNumbers(t, "Failed", s.Failed(0), 1049, 1048, 1047, 1046)
	wantNumbers(t, "Slowest", s.Slowest("GET", "/a", 0), 9, 19, 29)
	if s.Count() != 50 || s.Stats().Failed != 50 {
		t.Errorf("Count %d, failed %d, want 50 each", s.Count(), s.Stats().Failed)
	}
	checkInvariant(t, s)
}

func TestSpikeEntriesHaveToBeSlowest(t *testing.T) {
	s := newStore(t, WithLimits(Limits{PerEndpoint: 2}))
	for n, d := range []time.Duration{30, 20, 10, 25} {
		end := epoch.Add(time.Duration(n) * time.Second)
		admitted := s.Admits("GET", "/a", end, d*time.Millisecond)
		if kept := s.Add(request(n, "/a", d*time.Millisecond, ReasonSpike)); kept != admitted || kept != (n != 2) {
			t.Errorf("entry %d of %d ms: admitted %t, kept %t", n, d, admitted, kept)
		}
	}
	wantNumbers(t, "All", s.All(), 3, 0)
	if s.Count() != 0 {
		t.Errorf("Count %d: requests of a spike are not slow ones", s.Count())
	}
}

func TestSlowestAgeOut(t *testing.T) {
	s := newStore(t, WithLimits(Limits{Recent: 1, PerEndpoint: 2, Age: time.Minute}))
	s.Add(request(0, "/a", 9*time.Second, ReasonThreshold))
	s.Add(request(30, "/a", 8*time.Second, ReasonThreshold))
	s.Add(request(60, "/a", 2*time.Second, ReasonThreshold)) // 0 ended 53 s before this one
	wantNumbers(t, "within the age", s.Slowest("GET", "/a", 0), 0, 30)
	if !s.Admits("GET", "/a", epoch.Add(75*time.Second), time.Second) {
		t.Error("Admits: an aged entry should give way to any")
	}
	s.Add(request(75, "/a", time.Second, ReasonThreshold))
	wantNumbers(t, "beyond it", s.Slowest("GET", "/a", 0), 30, 75)
	checkInvariant(t, s)
}

func TestEndpointsBeyondTheLimitShareAList(t *testing.T) {
	s := newStore(t, WithLimits(Limits{Recent: 1, PerEndpoint: 3, Endpoints: 2, Age: time.Hour}))
	for n, route := range []string{"/a", "/b", "/c", "/d", "/c"} {
		s.Add(request(n, route, time.Duration(n+1)*time.Second, ReasonThreshold))
	}
	wantNumbers(t, "/c", s.Slowest("GET", "/c", 0), 4, 2)
	wantNumbers(t, "/d", s.Slowest("GET", "/d", 0), 3)
	wantNumbers(t, "shared", s.Slowest("", Overflow, 0), 4, 3, 2)
	if got := s.Stats(); got.Endpoints != 3 || got.Overflowed != 3 {
		t.Errorf("stats %+v, want 3 endpoints and 3 overflowed", got)
	}
	if s.Admits("GET", "/e", epoch, time.Second) || !s.Admits("GET", "/e", epoch, time.Minute) {
		t.Error("Admits of an endpoint without a list does not look at the shared one")
	}
	checkInvariant(t, s)

	// Two hours later the lists have aged out and are free again.
	s.Add(request(7200, "/e", time.Second, ReasonThreshold))
	wantNumbers(t, "/e", s.Slowest("GET", "/e", 0), 7200)
	var routes []string
	for _, route := range s.Endpoints() {
		routes = append(routes, route)
	}
	if !slices.Equal(routes, []string{"/e"}) {
		t.Errorf("endpoints %v, want /e alone", routes)
	}
	checkInvariant(t, s)
}

func TestBytesAreBounded(t *testing.T) {
	s := newStore(t, WithLimits(Limits{Recent: 10_000, Failed: 10_000, PerEndpoint: 1_000, Bytes: 1 << 20}))
	stack := strings.Repeat("x", 1<<20)
	for n := range 200 {
		e := request(n, "/"+fmt.Sprint(n%7), time.Duration(n)*time.Millisecond, ReasonThreshold)
		e.Outcome = OutcomePanic
		e.Error = ErrorInfo{Type: stack, Message: stack, Stack: stack}
		s.Add(e)
		checkInvariant(t, s)
	}
	stats := s.Stats()
	if stats.Evicted == 0 || int(stats.Evicted)+stats.Entries != 200 {
		t.Errorf("evicted %d, kept %d, want 200 together", stats.Evicted, stats.Entries)
	}
	if got := numbers(s.All())[0]; got != 199 {
		t.Errorf("the newest entry is %d, want 199", got)
	}
}

func TestEntryTooBigLosesItsAnatomy(t *testing.T) {
	s := newStore(t, WithLimits(Limits{Bytes: 1 << 20}))
	huge := &Anatomy{Root: &Node{Detail: strings.Repeat("x", 1<<20)}}
	e := request(1, "/a", time.Second, ReasonThreshold)
	e.Anatomy = huge
	if !s.Add(e) || e.Anatomy != nil || s.Stats().Stripped != 1 {
		t.Errorf("anatomy kept: %t, stats %+v", e.Anatomy != nil, s.Stats())
	}
	if s.ReplaceAnatomy(e.TraceID, e.SpanID, huge) {
		t.Error("ReplaceAnatomy took one that is too big")
	}
	checkInvariant(t, s)
}

func TestReplaceAnatomy(t *testing.T) {
	s := newStore(t)
	s.Add(request(1, "/a", time.Second, ReasonThreshold))
	old := slices.Collect(s.All())[0]
	a := &Anatomy{Late: 1, Root: &Node{Name: "GET /a"}}
	if !s.ReplaceAnatomy(traceID(1), spanID(1), a) {
		t.Fatal("ReplaceAnatomy did not find the entry")
	}
	if got := slices.Collect(s.All())[0]; got.Anatomy != a || old.Anatomy != nil {
		t.Errorf("new anatomy %v, old %v", got.Anatomy, old.Anatomy)
	}
	if s.ReplaceAnatomy(traceID(2), spanID(1), a) || s.ReplaceAnatomy(traceID(1), spanID(2), a) {
		t.Error("ReplaceAnatomy found an entry that is not there")
	}
	checkInvariant(t, s)
}

func TestOnAdd(t *testing.T) {
	var seen []int
	var s *Store
	s = newStore(t, WithLimits(Limits{PerEndpoint: 1}), OnAdd(nil),
		OnAdd(func(*Entry) { panic("hook") }),
		OnAdd(func(e *Entry) { seen = append(seen, len(slices.Collect(s.All()))) })) // would deadlock under the lock
	s.Add(request(1, "/a", 2*time.Second, ReasonThreshold))
	s.Add(request(2, "/a", time.Second, ReasonSpike)) // not kept
	if !slices.Equal(seen, []int{1}) || s.Stats().HookPanics != 1 {
		t.Errorf("hook saw %v, %d panics; want one of each", seen, s.Stats().HookPanics)
	}
}

func TestStoreRandomly(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	reasons := []string{ReasonThreshold, ReasonBaseline, ReasonFailed, ReasonSpike, ""}
	outcomes := []Outcome{OutcomeOK, OutcomeServerError, OutcomePanic, OutcomeCanceled}
	s := newStore(t, WithLimits(Limits{Recent: 9, PerEndpoint: 3, Failed: 4, Endpoints: 5, Age: time.Minute, Bytes: 1 << 20}))
	for n := range 3000 {
		e := request(n, fmt.Sprint("/", rnd.IntN(9)), time.Duration(rnd.IntN(20))*time.Second, reasons[rnd.IntN(len(reasons))])
		e.Outcome = outcomes[rnd.IntN(len(outcomes))]
		e.Error.Stack = strings.Repeat("s", rnd.IntN(40_000))
		if rnd.IntN(100) == 0 {
			e.Start = e.Start.Add(time.Duration(rnd.IntN(7200)-3600) * time.Second) // a clock that jumps
		}
		kept := s.Add(e)
		if i := slices.Index(numbers(s.All()), n); kept != (i == 0) {
			t.Fatalf("entry %d: kept %t, place %d", n, kept, i)
		}
		if rnd.IntN(10) == 0 {
			s.ReplaceAnatomy(traceID(n-1), spanID(n-1), &Anatomy{Root: &Node{Detail: strings.Repeat("d", rnd.IntN(200_000))}})
		}
		checkInvariant(t, s)
	}
	if got := s.Stats(); got.Evicted == 0 || got.Overflowed == 0 {
		t.Errorf("the run did not reach every bound: %+v", got)
	}
}

func TestStoreConcurrentSafe(t *testing.T) {
	s := newStore(t, WithLimits(Limits{Recent: 20, PerEndpoint: 4, Endpoints: 3}), OnAdd(func(e *Entry) { _ = e.Endpoint() }))
	const workers, each = 8, 300
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := range each {
				id := w*each + n
				s.Add(request(id, fmt.Sprint("/", n%5), time.Duration(n)*time.Millisecond, ReasonThreshold))
				s.ReplaceAnatomy(traceID(id), spanID(id), &Anatomy{})
				for e := range s.All() {
					_ = e.Anatomy
					break
				}
				s.Admits("GET", "/1", epoch, time.Second)
				_, _ = s.Stats(), numbers(s.Slowest("GET", "/1", 2))
			}
		})
	}
	wg.Wait()
	if s.Count() != workers*each {
		t.Errorf("Count %d, want %d", s.Count(), workers*each)
	}
	checkInvariant(t, s)
}

func BenchmarkAdd(b *testing.B) {
	s := newStore(b)
	entries := make([]*Entry, 1000)
	for n := range entries {
		entries[n] = request(n, fmt.Sprint("/", n%50), time.Duration(n)*time.Millisecond, ReasonThreshold)
		entries[n].Path = "/users/1234"
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		e := *entries[n%len(entries)]
		s.Add(&e)
		n++
	}
}
