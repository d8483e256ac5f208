// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
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
	// set and failedSet are the attributes of the metric points.
	set, failedSet attribute.Set

	slowNanos atomic.Int64 // above it a request is slow
	threshold atomic.Int64 // ns; the configured part of slowNanos
	usual     usual
	contrast  contrast
	exemplars exemplars
	sampledAt uint64 // requests when samples were last taken in; only Digest uses it
	state     atomic.Pointer[EndpointState]
	longest   atomic.Int64 // ns; of the requests that were slow or failed
}

// table maps (class, method, route) to entries. Invariant: a slot of hashed goes from nil to an entry once and
// never changes, so a reader needs no lock: it sees the entry whole or not at all (the atomic store releases,
// the load acquires). Inserts are serialised by mu. It holds at most max entries of what is served, max dependencies, and one
// overflow entry per kind.
type table struct {
	seed   maphash.Seed
	hashed []atomic.Pointer[entry] // open addressing, at most half full
	mask   uint64
	max    int
	full   [2]atomic.Bool             // for what is served, and for dependencies
	recent [512]atomic.Pointer[entry] // by string pointers, in pairs: hints, overwritten at will

	mu         sync.Mutex
	n          [2]int                          // guarded by mu
	byEndpoint map[conventions.Endpoint]*entry // guarded by mu
	all        atomic.Pointer[[]*entry]
	overflow   [conventions.NumKinds]atomic.Pointer[entry]
	overflowed atomic.Uint64
	prepare    func(*entry) // fills what depends on the configuration; called under mu
}

func newTable(limit int, prepare func(*entry)) *table {
	size := 1
	for size < 4*limit {
		size *= 2
	}
	t := &table{seed: maphash.MakeSeed(), hashed: make([]atomic.Pointer[entry], size), mask: uint64(size - 1), max: limit, prepare: prepare, byEndpoint: map[conventions.Endpoint]*entry{}}
	t.all.Store(new([]*entry))
	return t
}

// entries returns all entries in the order of their ids. The slice must not be changed.
func (t *table) entries() []*entry { return *t.all.Load() }

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
	if e := t.recall(c, method, route); e != nil {
		return e
	}
	method, route = conventions.Clip(method), conventions.Clip(route)
	h := t.hash(c, method, route)
	e := t.probe(h, c, method, route)
	if e == nil {
		return t.insert(c, method, route, h)
	}
	if e.named(c, method, route) {
		t.remember(e)
	}
	return e
}

// known returns the entry of an endpoint whose names are new strings each time, so that recall could not find it; nil if
// there is none.
func (t *table) known(c class, method, route string) *entry {
	if len(route) > conventions.MaxNameBytes || len(method) > conventions.MaxNameBytes {
		return nil
	}
	return t.probe(t.hash(c, method, route), c, method, route)
}

// probe walks the slots of a hash up to the entry with these names, or to a free one: nil.
func (t *table) probe(h uint64, c class, method, route string) *entry {
	for i := h & t.mask; ; i = (i + 1) & t.mask {
		e := t.hashed[i].Load()
		if e == nil || e.hash == h && e.class == c && e.route == route && e.method == method {
			return e
		}
	}
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

func (t *table) insert(c class, method, route string, h uint64) *entry {
	side := side(c.kind())
	if t.full[side].Load() {
		return t.overflowEntry(c.kind())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	i := h & t.mask
	for ; ; i = (i + 1) & t.mask { // another goroutine may have been first
		e := t.hashed[i].Load()
		if e == nil {
			break
		}
		if e.hash == h && e.class == c && e.route == route && e.method == method {
			return e
		}
	}
	if t.n[side] >= t.max {
		t.full[side].Store(true)
		return t.overflowLocked(c.kind())
	}
	t.n[side]++
	if len(route) == conventions.MaxNameBytes {
		route = strings.Clone(route) // perhaps clipped: do not keep the whole alive
	}
	e := t.addLocked(c, method, route, c.endpoint(method, route))
	e.hash = h
	t.hashed[i].Store(e)
	return e
}

// addLocked makes an entry and gives it the next id.
func (t *table) addLocked(c class, method, route string, ep conventions.Endpoint) *entry {
	all := t.entries()
	e := &entry{class: c, method: method, route: route, id: uint32(len(all)), endpoint: ep}
	e.samples.Store(samplesPerSecond)
	e.set, e.failedSet = pointAttributes(e.endpoint)
	t.prepare(e)
	if _, known := t.byEndpoint[e.endpoint]; !known {
		t.byEndpoint[e.endpoint] = e
	}
	grown := append(all[:len(all):len(all)], e) // a copy: readers keep the slice they loaded
	t.all.Store(&grown)
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
	if e := t.overflow[kind].Load(); e != nil {
		return e
	}
	e := t.addLocked(kindClass(kind), "", conventions.OverflowRoute, conventions.Endpoint{Kind: kind, Route: conventions.OverflowRoute})
	t.overflow[kind].Store(e)
	return e
}

// side tells what is served (0) from dependencies (1): neither may crowd the other out.
func side(k conventions.Kind) int {
	if k == conventions.KindDependency {
		return 1
	}
	return 0
}

func samePointer(a, b string) bool {
	return len(a) == len(b) && unsafe.StringData(a) == unsafe.StringData(b)
}

// pointerHash is below len(table.recent).
func pointerHash(method, route string) uint16 {
	p := uintptr(unsafe.Pointer(unsafe.StringData(route)))>>4 ^ uintptr(unsafe.Pointer(unsafe.StringData(method)))>>3
	return uint16(uint64(p) * 0x9E3779B97F4A7C15 >> 55)
}
