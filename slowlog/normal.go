// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"maps"
	"sync"
)

// Normal is what the requests of an endpoint usually spend their time on. Its zero value is "not known".
type Normal struct {
	Breakdown Breakdown `json:"breakdown_ms"` // mean of ordinary requests
	Samples   int       `json:"samples"`      // how many it is the mean of; findings need 10
}

// usualMemory is how many samples the mean of a Usual reaches back over.
const usualMemory = 64

// Usual learns the [Normal] of one endpoint from a sample of its ordinary requests, one in a hundred, say. It is
// the mean of the first 64 and a moving one with that memory from then on. It holds one number for each category.
// The zero value is ready to use.
type Usual struct {
	mu   sync.Mutex // guards all below
	mean Breakdown
	n    int
}

// Observe adds the breakdown of one ordinary request.
func (u *Usual) Observe(b Breakdown) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.n++
	if u.mean == nil {
		u.mean = make(Breakdown, 6)
	}
	weight := 1 / float64(min(u.n, usualMemory))
	for _, c := range []Category{Own, DB, HTTP, RPC, Messaging, Cache} {
		if u.mean[c] != 0 || b[c] != 0 {
			u.mean[c] += weight * (b[c] - u.mean[c])
		}
	}
}

// Normal is what was learned so far.
func (u *Usual) Normal() Normal {
	u.mu.Lock()
	defer u.mu.Unlock()
	return Normal{Breakdown: maps.Clone(u.mean), Samples: u.n}
}

// Restore goes on from what was learned at another time.
func (u *Usual) Restore(n Normal) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.mean, u.n = maps.Clone(n.Breakdown), max(0, n.Samples)
}

// Reset forgets it all.
func (u *Usual) Reset() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.mean, u.n = nil, 0
}
