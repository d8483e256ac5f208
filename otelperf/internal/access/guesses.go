// SPDX-License-Identifier: Apache-2.0

package access

import (
	"hash/maphash"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

const (
	guessSlots   = 4096            // 32 KiB
	mostDebt     = time.Minute     // from which on nothing more is looked at
	clientCost   = 6 * time.Second // of a wrong token: ten at once, then ten a minute
	forwardsCost = clientCost / 20 // the same for all that one proxy passes on
)

// guesses slows down who guesses the token. A wrong token costs its client time, which it owes until that time has passed;
// who owes more than a minute has to wait. Nobody waits inside: a request is answered at once.
//
// A client is the peer's address and, behind a proxy, the last address of X-Forwarded-For, which the nearest proxy
// added; of IPv6 the first 64 bits. As a proxy may pass on what clients write there, a peer whose requests have that header owes
// besides for all of them. Clients share 4096 slots by a hash that nobody else can compute: it is for one in 4096 addresses that
// another's wrong tokens count too.
type guesses struct {
	began time.Time
	seed  maphash.Seed
	until [guessSlots]atomic.Int64 // when nothing is owed any more, in nanoseconds since began
}

func newGuesses() *guesses { return &guesses{began: time.Now(), seed: maphash.MakeSeed()} }

// guesser is who sent a request.
type guesser struct {
	g                *guesses
	client, forwards *atomic.Int64 // forwards is nil without a proxy
}

func (g *guesses) of(r *http.Request) guesser {
	var peer netip.Addr
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		peer = network(a.Addr())
	}
	values := r.Header["X-Forwarded-For"]
	if len(values) == 0 {
		return guesser{g: g, client: g.slot(peer, netip.Addr{})}
	}
	last := values[len(values)-1]
	hop, _ := netip.ParseAddr(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:]))
	return guesser{g: g, client: g.slot(peer, network(hop)), forwards: g.slot(peer, netip.IPv4Unspecified())}
}

// network is what one client is sure to have for itself.
func network(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	p, _ := a.Prefix(64) // 64 is a length that IPv6 has
	return p.Addr()
}

func (g *guesses) slot(peer, hop netip.Addr) *atomic.Int64 {
	return &g.until[maphash.Comparable(g.seed, [2]netip.Addr{peer, hop})%guessSlots]
}

// wait is how long the client has to wait; 0 or less if it need not.
func (c guesser) wait() time.Duration {
	until := c.client.Load()
	if c.forwards != nil {
		until = max(until, c.forwards.Load())
	}
	return time.Duration(until) - time.Since(c.g.began) - mostDebt + clientCost
}

// failed notes a wrong token.
func (c guesser) failed() {
	now := int64(time.Since(c.g.began))
	owe(c.client, now, int64(clientCost))
	if c.forwards != nil {
		owe(c.forwards, now, int64(forwardsCost))
	}
}

func owe(slot *atomic.Int64, now, cost int64) {
	for {
		until := slot.Load()
		if slot.CompareAndSwap(until, max(until, now)+cost) {
			return
		}
	}
}
