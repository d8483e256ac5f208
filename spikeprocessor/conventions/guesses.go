// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"hash/maphash"
	"strings"
)

const (
	// GuessesAtSight is how many routes that are not proven may have a row at the first request for them.
	GuessesAtSight = 128
	// guessRequests is how many requests others need for one.
	guessRequests = 5

	maxGuesses = 64
)

// Guesses decides which routes that are not proven (see [Request]) have rows, of those that have none yet. A name that equals the path
// is either that of a route without wildcards, which are few and asked for again and again, or just the path, of which there is no
// end:
//
//   - AtSight of them have a row at once, and if names are known to be Renamed, all without an id in them;
//   - others have one at the fifth request for them, if there are never so many requests for others in between that the 64
//     that are counted forget it: a route needs about one in 64 of such requests.
//
// The zero value is not ready, see [NewGuesses]. It takes less than 2 KiB, allocates nothing, and is for one goroutine at a time.
type Guesses struct {
	// AtSight is how many may still have a row at the first request.
	AtSight int
	// Renamed says that spans are known to get these names after their start, as otelhttp gives them those of a mux's patterns. Who admits
	// them bounds how many there are.
	Renamed bool
	// Doubted says that names are known to be made of paths: none has a row at sight, and none with an id in it has one at all.
	Doubted bool

	seed   maphash.Seed
	counts [maxGuesses]guess
}

// guess counts the requests for one route; before is what was counted of others in its place.
type guess struct{ hash, n, before uint64 }

// NewGuesses returns Guesses of which GuessesAtSight have a row at once.
func NewGuesses() *Guesses { return &Guesses{AtSight: GuessesAtSight, seed: maphash.MakeSeed()} }

// Admit takes a request for a route that is not proven and has no row, and reports whether it is to have one.
func (g *Guesses) Admit(r *Request) bool {
	route := Clip(r.Route)
	id := hasID(route) || strings.IndexByte(route, '{') >= 0 // the client's braces
	switch {
	case r.Unmatched(), g.Doubted && id:
		return false
	case g.Renamed && !g.Doubted && !id:
		return true
	case g.AtSight > 0 && !g.Doubted:
		g.AtSight--
		return true
	}
	return g.count(maphash.String(g.seed, route)^maphash.String(g.seed, r.Method)*3) >= guessRequests
}

// count counts a request, and returns how many there were at least. The guess that was counted least makes room for a new one
// ("Space-Saving": Metwally, Agrawal and El Abbadi, 2005).
func (g *Guesses) count(hash uint64) uint64 {
	least := &g.counts[0]
	for i := range g.counts {
		c := &g.counts[i]
		if c.hash == hash && c.n > 0 {
			c.n++
			return c.n - c.before
		}
		if c.n < least.n {
			least = c
		}
	}
	*least = guess{hash, least.n + 1, least.n}
	return 1
}
