// SPDX-License-Identifier: Apache-2.0

package events

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxNames       = 200
	maxPublicNames = 100 // of them, names that only browsers have sent
	otherName      = "(other)"
)

// nameCounter counts the valid events of one name.
type nameCounter struct {
	name                          string
	accepted, sampledOut, dropped atomic.Uint64
	last                          atomic.Int64 // unix nanoseconds
	minutes                       minutes
}

func (c *nameCounter) see(now time.Time) {
	c.minutes.add(minuteOf(now))
	c.last.Store(now.UnixNano())
}

// nameTable finds counters by name. Reading takes no lock: the map is replaced, never changed.
// Names beyond the limits share one counter, so that no client can grow it or push the
// service's own names out.
type nameTable struct {
	byName atomic.Pointer[map[string]*nameCounter]
	other  nameCounter

	mu     sync.Mutex // guards replacing the map
	public int
}

func newNameTable() *nameTable {
	t := &nameTable{}
	t.other.name = otherName
	t.byName.Store(&map[string]*nameCounter{})
	return t
}

func (t *nameTable) get(name string, public bool) *nameCounter {
	if c, ok := (*t.byName.Load())[name]; ok {
		return c
	}
	return t.add(name, public)
}

func (t *nameTable) add(name string, public bool) *nameCounter {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := *t.byName.Load()
	if c, ok := old[name]; ok { // another goroutine was first
		return c
	}
	if len(old) >= maxNames || public && t.public >= maxPublicNames {
		return &t.other
	}
	if public {
		t.public++
	}
	next := maps.Clone(old)
	c := &nameCounter{name: name}
	next[name] = c
	t.byName.Store(&next)
	return c
}
