// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"hash/maphash"
	"sync/atomic"
)

// joined has the last full methods that were put together, by the hash of their two parts: at most 256 of 513 bytes.
var (
	joined     [256]atomic.Pointer[string]
	joinedSeed = maphash.MakeSeed()
)

// join returns service/call, of each the first 256 bytes. It allocates only what it does not remember.
func join(service, call string) string {
	service, call = Clip(service), Clip(call)
	at := &joined[uint8(maphash.String(joinedSeed, service)^3*maphash.String(joinedSeed, call))]
	if full := at.Load(); full != nil && isJoined(*full, service, call) {
		return *full
	}
	full := service + "/" + call
	at.Store(&full)
	return full
}

// isJoined reports whether full is service/call.
func isJoined(full, service, call string) bool {
	n := len(service)
	return len(full) == n+1+len(call) && full[n] == '/' && full[:n] == service && full[n+1:] == call
}
