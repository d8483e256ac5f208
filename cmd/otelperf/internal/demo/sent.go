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

// sentCounter counts what was sent, from many goroutines.
type sentCounter struct {
	mu  sync.Mutex // guards all
	all sentAll
}

func (c *sentCounter) add(endpoint string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all.by == nil {
		c.all.by = map[string]sent{}
	}
	s := c.all.by[endpoint]
	s.count++
	switch {
	case status == 0:
		s.noReply++
	case status >= 500:
		s.failed++
	}
	c.all.by[endpoint] = s
}

func (c *sentCounter) skip() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all.skipped++
}

func (c *sentCounter) snapshot() sentAll {
	c.mu.Lock()
	defer c.mu.Unlock()
	return sentAll{by: maps.Clone(c.all.by), skipped: c.all.skipped}
}
