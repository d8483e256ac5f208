// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"hash/maphash"
	"sync/atomic"
)

// joined remembers texts that are put together for a request and are the same for most: routes with the part that was stripped, names of
// spans. It holds at most 512 of at most 256 bytes; one takes the place of another.
type joined struct {
	slots [512]atomic.Pointer[string]
}

const maxJoined = 256

// text is a string of these bytes. One that is known is not made anew.
func (j *joined) text(b []byte) string {
	if len(b) > maxJoined {
		return string(b)
	}
	slot := &j.slots[maphash.Bytes(routeSeed, b)%uint64(len(j.slots))]
	if known := slot.Load(); known != nil && *known == string(b) {
		return *known
	}
	made := string(b)
	slot.Store(&made)
	return made
}
