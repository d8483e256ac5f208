// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"maps"
	"sync"
)

// sent is what the load generator knows of one endpoint.
type sent struct {
	count   uint64
	failed  uint64 // 5xx
	noReply uint64 // broken off, or too late
}

// sentAll is what it knows of all.
type sentAll struct {
	by      map[string]sent // endpoint, as a summary names it; as many as the mix has
	skipped uint64          // not sent: too many under way
}

func (s sentAll) total() (n uint64) {
	for one := range maps.Values(s.by) {
		n += one.count
	}
	return n
}

// tally counts what was sent, from many goroutines.
type tally struct {
	mu  sync.Mutex // guards all
	all sentAll
}

func (t *tally) add(endpoint string, status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all.by == nil {
		t.all.by = map[string]sent{}
	}
	s := t.all.by[endpoint]
	s.count++
	switch {
	case status == 0:
		s.noReply++
	case status >= 500:
		s.failed++
	}
	t.all.by[endpoint] = s
}

func (t *tally) skip() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all.skipped++
}

func (t *tally) snapshot() sentAll {
	t.mu.Lock()
	defer t.mu.Unlock()
	return sentAll{by: maps.Clone(t.all.by), skipped: t.all.skipped}
}
