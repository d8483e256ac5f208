// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"hash/maphash"
	"sync/atomic"
)

// joined remembers texts that are put together for a request and are the same for most: routes with the part that was stripped, names of
// spans. It holds at most 512 of at most 256 bytes, in pairs of one hash: a request may have two texts. A third one takes the place of another.
type joined struct {
	slots [512]atomic.Pointer[string]
}

const maxJoined = 256

// text is a string of these bytes. One that is known is not made anew.
func (j *joined) text(b []byte) string {
	if len(b) > maxJoined {
		return string(b)
	}
	return j.of(maphash.Bytes(routeSeed, b), b)
}

// of is text by its hash.
func (j *joined) of(hash uint64, b []byte) string {
	i := hash % uint64(len(j.slots))
	first, second := &j.slots[i], &j.slots[i^1]
	known := first.Load()
	if known != nil && *known == string(b) {
		return *known
	}
	if other := second.Load(); other != nil && *other == string(b) {
		return *other
	}
	made := string(b)
	if known == nil {
		first.Store(&made)
	} else {
		second.Store(&made)
	}
	return made
}
