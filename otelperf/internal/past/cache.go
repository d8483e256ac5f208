// SPDX-License-Identifier: Apache-2.0

package past

import (
	"sync"
	"time"
)

// Bounds of a cache.
const (
	maxCached      = 64
	maxCachedBytes = 32 << 20
)

// cache holds what was read of minutes that are over, which stays as it is.
type cache struct {
	most int // bytes of all; not changed

	mu    sync.Mutex // guards all below
	items map[string]*cached
	bytes int
}

type cached struct {
	reading sync.Mutex // held by who reads it, so that others wait for that
	value   any        // nil until it was read
	bytes   int
	used    time.Time // guarded by cache.mu
}

// cachedOf returns what read returns, or has returned for the same key. After an error it is read again.
func cachedOf[T any](c *cache, key string, read func() (value T, bytes int, err error)) (value T, err error) {
	item := c.item(key)
	item.reading.Lock()
	defer item.reading.Unlock()
	if v, ok := item.value.(T); ok {
		return v, nil
	}
	value, bytes, err := read()
	if err == nil {
		item.value = value
		c.add(key, item, bytes)
	}
	return value, err
}

func (c *cache) item(key string) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	item := c.items[key]
	if item == nil {
		if len(c.items) >= maxCached {
			c.dropLocked()
		}
		if c.items == nil {
			c.items = map[string]*cached{}
		}
		item = &cached{}
		c.items[key] = item
	}
	item.used = time.Now()
	return item
}

// add counts what was read, and drops what was not asked for the longest until all fits.
func (c *cache) add(key string, item *cached, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.items[key] != item {
		return
	}
	item.bytes = bytes
	for c.bytes += bytes; c.bytes > c.most && len(c.items) > 0; {
		c.dropLocked()
	}
}

func (c *cache) dropLocked() {
	oldest := ""
	for key, item := range c.items {
		if oldest == "" || item.used.Before(c.items[oldest].used) {
			oldest = key
		}
	}
	c.bytes -= c.items[oldest].bytes
	delete(c.items, oldest)
}
