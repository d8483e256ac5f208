// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// entry is one endpoint of the table. All fields but the atomics are written before the entry is published and
// never again.
type entry struct {
	// What every request reads comes first and fits into one cache line.

	// keepNanos is the duration above which a request is looked at for the slow log.
	keepNanos atomic.Int64
	// route and method are the strings that the first span brought. They are kept as they came, so that the
	// memory behind their pointers is not used for another string and equal pointers mean equal strings.
	route, method string
	id            uint32
	samples       atomic.Int32 // ordinary requests that may still be looked at in this second
	class         class

	hash     uint64
	endpoint conventions.Endpoint
	guess    guess
	start    time.Time // of the row's counts; zero: the processor's
	// set and failedSet are the attributes of the metric points.
	set, failedSet attribute.Set

	slowNanos atomic.Int64 // above it a request is slow
	markNanos atomic.Int64 // above it a request is marked as slow
	threshold atomic.Int64 // ns; the configured part of slowNanos
	usual     usual
	contrast  contrast
	repeated  atomic.Pointer[repeated] // nil: no request was seen to make many equal calls
	exemplars exemplars
	sampledAt uint64 // requests when samples were last taken in; only Digest uses it
	state     atomic.Pointer[EndpointState]
	longest   atomic.Int64 // ns; of the requests that were slow or failed

	requests uint64    // when Digest looked last; only Digest uses it, as the next
	seen     time.Time // when Digest last found more of them than before
	leaving  bool      // see table.retire; guarded by the table's mu, as the next
	absent   int       // Digests since then
}

// guess says what makes the row's route one.
type guess uint8

const (
	proven  guess = iota // the instrumentation says so, or it is not what the client asked for
	guessed              // it is a path, but names are not known to be made of those
	doubted              // it is a path that was asked for often, where names are made of paths
)

// table maps (class, method, route) to entries. Readers need no lock, see [slots]; whatever changes it is serialised by mu. It holds at most
// max entries of what is served and max dependencies, those that are leaving among them, and one overflow entry per kind. No kind
// can put HTTP and RPC out, see limitOf and reserveOf.
//
// Rows come and go: retire takes those out that are rare and old, a name that comes again meanwhile has its old entry back, and
// finish gives the ids free of those that stayed away.
type table struct {
	seed    maphash.Seed
	max     int
	live    atomic.Pointer[slots]
	leaving atomic.Pointer[slots]             // retired, and not finished; nil: none
	full    [conventions.NumKinds]atomic.Bool // there is no room for a new entry of the kind
	recent  [512]atomic.Pointer[entry]        // by string pointers, in pairs: hints, overwritten at will

	mu         sync.Mutex
	n          [conventions.NumKinds]int // guarded by mu, as all that follows but the atomics
	byEndpoint map[conventions.Endpoint]*entry
	free       []uint32     // ids
	retired    []*entry     // those that are leaving
	finished   time.Time    // when entries last went for good
	guesses    atomic.Int32 // entries that are no more than that
	all        atomic.Pointer[[]*entry]
	overflow   [conventions.NumKinds]atomic.Pointer[entry]
	overflowed atomic.Uint64
	forgotten  atomic.Uint64
	prepare    func(*entry) // fills what depends on the configuration; called under mu
}

func newTable(limit int, prepare func(*entry)) *table {
	t := &table{seed: maphash.MakeSeed(), max: limit, prepare: prepare, byEndpoint: map[conventions.Endpoint]*entry{}}
	t.live.Store(newSlots(2 * limit))
	t.all.Store(new([]*entry))
	return t
}

// limitOf is how many rows a kind may have. Names of jobs, messages and other servers are often made of what they are about: they cannot
// put requests out.
func (t *table) limitOf(kind conventions.Kind) int {
	switch kind {
	case conventions.KindServer:
		return max(1, t.max/8)
	case conventions.KindConsumer, conventions.KindJob:
		return max(1, t.max/4)
	default:
		return t.max
	}
}

// reserveOf is how many rows no other kinds can take: a quarter for HTTP, and an eighth for RPC once there has been one.
func (t *table) reserveOf(kind conventions.Kind) int {
	switch {
	case kind == conventions.KindHTTP:
		return t.max / 4
	case kind == conventions.KindRPC && (t.n[kind] > 0 || t.overflow[kind].Load() != nil):
		return t.max / 8
	}
	return 0
}

// servedLocked is how many rows there are of what is served.
func (t *table) servedLocked() (n int) {
	for kind := range conventions.Kind(conventions.NumKinds) {
		if kind != conventions.KindDependency {
			n += t.n[kind]
		}
	}
	return n
}

func (t *table) roomLocked(kind conventions.Kind) bool {
	if kind == conventions.KindDependency {
		return t.n[kind] < t.max
	}
	served := t.servedLocked()
	for other := range conventions.Kind(conventions.NumKinds) {
		if other != kind && other != conventions.KindDependency && served-t.n[other] >= t.max-t.reserveOf(other) {
			return false
		}
	}
	return served < t.max && t.n[kind] < t.limitOf(kind)
}

// mostGuesses is how many rows may be guesses: the others are for what is proven.
func (t *table) mostGuesses() int { return max(1, t.max-t.max/4) }

func (t *table) roomForGuess() bool { return int(t.guesses.Load()) < t.mostGuesses() }

// entries returns all entries by id, nil for an id that is free. The slice must not be changed.
func (t *table) entries() []*entry { return *t.all.Load() }

// rows yields the entries that there are.
func (t *table) rows() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for _, e := range t.entries() {
			if e != nil && !yield(e) {
				return
			}
		}
	}
}

// size is the number of rows.
func (t *table) size() (n int) {
	for range t.rows() {
		n++
	}
	return n
}

// recall returns the entry of an endpoint whose names were seen lately at the same addresses, else nil.
func (t *table) recall(c class, method, route string) *entry {
	i := pointerHash(method, route)
	if e := t.recent[i].Load(); e != nil && e.named(c, method, route) {
		return e
	}
	if e := t.recent[i^1].Load(); e != nil && e.named(c, method, route) {
		return e
	}
	return nil
}

// remember makes recall find e. Two entries of one hash both have room; a third one puts another out.
func (t *table) remember(e *entry) {
	i := pointerHash(e.method, e.route)
	if t.recent[i].Load() != nil {
		i ^= 1
	}
	t.recent[i].Store(e)
}

// named reports whether the names of e are these very strings, not only equal ones.
func (e *entry) named(c class, method, route string) bool {
	return samePointer(e.route, route) && samePointer(e.method, method) && e.class == c
}

// lookup returns the entry of an endpoint, which it makes when it is new and there is room. It allocates and
// locks only then.
func (t *table) lookup(c class, method, route string) *entry {
	return t.lookupAs(c, method, route, proven)
}

// lookupAs is lookup; a new entry is a guess like that.
func (t *table) lookupAs(c class, method, route string, g guess) *entry {
	if e := t.recall(c, method, route); e != nil {
		return e
	}
	method, route = conventions.Clip(method), conventions.Clip(route)
	h := t.hash(c, method, route)
	e := t.live.Load().probe(h, c, method, route)
	if e == nil {
		return t.insert(c, method, route, h, g)
	}
	if e.named(c, method, route) {
		t.remember(e)
	}
	return e
}

// guess is lookup for a route that is not proven. It takes no lock where there are too many of those.
func (t *table) guess(c class, method, route string, g guess) *entry {
	if !t.roomForGuess() {
		return t.overflowEntry(c.kind())
	}
	return t.lookupAs(c, method, route, g)
}

// known returns the entry of an endpoint whose names are new strings each time, so that recall could not find it; nil if
// there is none.
func (t *table) known(c class, method, route string) *entry {
	if len(route) > conventions.MaxNameBytes || len(method) > conventions.MaxNameBytes {
		return nil
	}
	return t.live.Load().probe(t.hash(c, method, route), c, method, route)
}

// find returns the entry of an endpoint, or nil. It takes the table's lock.
func (t *table) find(ep conventions.Endpoint) *entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byEndpoint[ep]
}

func (t *table) hash(c class, method, route string) uint64 {
	h := maphash.String(t.seed, route) ^ uint64(len(method))<<8 ^ uint64(c)*0x9E3779B97F4A7C15
	if method != "" {
		h ^= uint64(method[0]) << 24
	}
	return h
}

func (t *table) insert(c class, method, route string, h uint64, g guess) *entry {
	kind := c.kind()
	leaving := t.leaving.Load()
	if t.full[kind].Load() && (leaving == nil || leaving.probe(h, c, method, route) == nil) {
		return t.overflowEntry(kind)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	live := t.live.Load()
	if e := live.probe(h, c, method, route); e != nil { // another goroutine was first
		return e
	}
	if leaving = t.leaving.Load(); leaving != nil {
		if e := leaving.probe(h, c, method, route); e != nil {
			e.leaving = false
			live.put(e)
			return e
		}
	}
	if !t.roomLocked(kind) {
		t.full[kind].Store(true)
		return t.overflowLocked(kind)
	}
	t.n[kind]++
	if g != proven {
		t.guesses.Add(1)
	}
	if len(route) == conventions.MaxNameBytes {
		route = strings.Clone(route) // perhaps clipped: do not keep the whole alive
	}
	e := t.addLocked(&entry{class: c, method: method, route: route, endpoint: c.endpoint(method, route), hash: h, guess: g})
	live.put(e)
	return e
}

// addLocked completes an entry and gives it an id.
func (t *table) addLocked(e *entry) *entry {
	e.start = t.finished
	e.samples.Store(samplesPerSecond)
	e.set, e.failedSet = pointAttributes(e.endpoint)
	t.prepare(e)
	if _, known := t.byEndpoint[e.endpoint]; !known {
		t.byEndpoint[e.endpoint] = e
	}
	all := t.entries()
	if n := len(t.free); n > 0 {
		e.id, t.free = t.free[n-1], t.free[:n-1]
		all = slices.Clone(all)
		all[e.id] = e
	} else {
		e.id = uint32(len(all))
		all = append(all[:len(all):len(all)], e) // a copy: readers keep the slice they loaded
	}
	t.all.Store(&all)
	return e
}

func (t *table) overflowEntry(kind conventions.Kind) *entry {
	if e := t.overflow[kind].Load(); e != nil {
		t.overflowed.Add(1)
		return e
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.overflowLocked(kind)
}

func (t *table) overflowLocked(kind conventions.Kind) *entry {
	t.overflowed.Add(1)
	return t.overflowRowLocked(kind)
}

func (t *table) overflowRowLocked(kind conventions.Kind) *entry {
	if e := t.overflow[kind].Load(); e != nil {
		return e
	}
	e := t.addLocked(&entry{class: kindClass(kind), route: conventions.OverflowRoute, endpoint: conventions.Endpoint{Kind: kind, Route: conventions.OverflowRoute}})
	t.overflow[kind].Store(e)
	return e
}

func samePointer(a, b string) bool {
	return len(a) == len(b) && unsafe.StringData(a) == unsafe.StringData(b)
}

// pointerHash is below len(table.recent).
func pointerHash(method, route string) uint16 {
	p := uintptr(unsafe.Pointer(unsafe.StringData(route)))>>4 ^ uintptr(unsafe.Pointer(unsafe.StringData(method)))>>3
	return uint16(uint64(p) * 0x9E3779B97F4A7C15 >> 55)
}
