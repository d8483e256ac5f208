// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"sync"
	"time"
)

const (
	chunkBytes = 32 << 10
	// heldFor is how long spans are held at most: those of requests that take longer are not all there when it ends.
	heldFor = 2 * time.Minute
)

// chunk is held spans.
type chunk struct {
	bytes          []byte
	oldest, newest int64 // of what is in it: first start, last end, unix nanoseconds
	arrived        int64 // second in which the last of it came
}

func (c *chunk) reset() {
	c.bytes, c.oldest, c.newest, c.arrived = c.bytes[:0], math.MaxInt64, math.MinInt64, 0
}

// chunks hands out chunks, and shares them fairly: while there is none left, a service that has its share or more goes on with its
// oldest one, and one that has less waits until those with more have given some back, which they do at the next tick.
type chunks struct {
	mu    sync.Mutex // guards all below
	max   int
	made  int
	free  []*chunk
	users int // services that have any
	asked bool
}

func newChunks(bytes int64) *chunks {
	c := &chunks{}
	c.limit(bytes)
	return c
}

func (c *chunks) limit(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.max = int(max(0, bytes) / chunkBytes)
	for len(c.free) > 0 && c.made > c.max {
		c.free, c.made = c.free[:len(c.free)-1], c.made-1
	}
}

func (c *chunks) bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(c.made-len(c.free)) * chunkBytes
}

func (c *chunks) share() int { return max(1, c.max/max(1, c.users)) }

// next gives a service another chunk to write to; nil if there is none. The lock of the service is held.
func (c *chunks) next(h *held) *chunk {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ch *chunk
	if len(h.chunks) == 0 {
		c.users++
	}
	switch n := len(c.free); {
	case n > 0:
		ch = c.free[n-1]
		c.free[n-1], c.free = nil, c.free[:n-1]
	case c.made < c.max:
		c.made++
		ch = &chunk{bytes: make([]byte, 0, chunkBytes)}
	case len(h.chunks) > 0 && (len(h.chunks) >= c.share() || c.asked && len(h.chunks) > 1):
		ch = h.chunks[0]
		copy(h.chunks, h.chunks[1:])
		h.chunks = h.chunks[:len(h.chunks)-1]
	default:
		c.asked = true
		if len(h.chunks) == 0 {
			c.users--
		}
		return nil
	}
	ch.reset()
	h.chunks = append(h.chunks, ch)
	h.open = ch
	return ch
}

// expire gives back what is too old, and what is above the share of the service if others wait.
func (c *chunks) expire(h *held, second int64) {
	if len(h.chunks) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for n < len(h.chunks) && (second-h.chunks[n].arrived > int64(heldFor/time.Second) || (c.asked || c.made > c.max) && len(h.chunks)-n > c.share()) {
		h.chunks[n].reset()
		if c.made > c.max {
			c.made--
		} else {
			c.free = append(c.free, h.chunks[n])
		}
		n++
	}
	if n == 0 {
		return
	}
	left := copy(h.chunks, h.chunks[n:])
	clear(h.chunks[left:])
	if h.chunks = h.chunks[:left]; left == 0 {
		h.open = nil
		c.users--
	}
}

// served forgets that somebody waited, once all have given back.
func (c *chunks) served() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = false
}
