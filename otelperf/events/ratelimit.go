// SPDX-License-Identifier: Apache-2.0

package events

import (
	"container/list"
	"hash/maphash"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// clientLimits has a token bucket for each of the clients that came last, at most max of them. A client that is
// pushed out begins with a full bucket when it comes again: precision is given up for bounded memory.
// Clients are stored as keyed hashes, not as addresses.
type clientLimits struct {
	rate  rate.Limit
	burst int
	max   int
	seed  maphash.Seed

	mu      sync.Mutex // guards what follows
	byKey   map[uint64]*list.Element
	lastUse *list.List // of *client, the latest in front
}

type client struct {
	key    uint64
	bucket *rate.Limiter
}

func newClientLimits(r rate.Limit, burst, limit int) *clientLimits {
	return &clientLimits{
		rate: r, burst: burst, max: limit, seed: maphash.MakeSeed(),
		byKey: map[uint64]*list.Element{}, lastUse: list.New(),
	}
}

func (c *clientLimits) get(name string) *rate.Limiter {
	key := maphash.String(c.seed, name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.lastUse.MoveToFront(e)
		return e.Value.(*client).bucket
	}
	if len(c.byKey) >= c.max {
		oldest := c.lastUse.Back()
		delete(c.byKey, c.lastUse.Remove(oldest).(*client).key)
	}
	bucket := rate.NewLimiter(c.rate, c.burst)
	c.byKey[key] = c.lastUse.PushFront(&client{key, bucket})
	return bucket
}

// retryAfter returns the whole seconds until the bucket has a token, 0 if it has one now.
func retryAfter(b *rate.Limiter, now time.Time) int {
	if b.Limit() == rate.Inf {
		return 0
	}
	missing := 1 - b.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return int(min(missing/float64(b.Limit()), 3600)) + 1
}

// peerAddress names a client by its address, and by the first 64 bits of an IPv6 address, since
// one host usually has all that share them.
func peerAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}
