// SPDX-License-Identifier: Apache-2.0

package why

import (
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/slowlog"
)

// family is what causes of different sources must have in common to be the same.
type family string

const (
	unlike  family = "" // to any other
	anyCall family = "network"
	dbCall  family = "db"
	pool    family = "pool"
	cpu     family = "cpu"
	gc      family = "gc"
	lock    family = "lock"
)

// familyOfCategory are the families of calls that spans know.
var familyOfCategory = map[slowlog.Category]family{
	slowlog.DB: dbCall, slowlog.HTTP: "http", slowlog.RPC: "rpc", slowlog.Cache: "cache", slowlog.Messaging: "messaging",
}

var familyOfState = map[causes.State]family{
	causes.DBReply: dbCall, causes.HTTPReply: "http", causes.RPCReply: "rpc", causes.CacheReply: "cache",
	causes.NetworkRead: anyCall, causes.Dial: anyCall, causes.DNS: anyCall,
	causes.DBConnection: pool, causes.CacheConnection: pool, causes.HTTPConnection: pool,
	causes.Runnable: cpu, causes.NotScheduled: cpu, causes.GC: gc, causes.Lock: lock, causes.RWLock: lock,
}

// familyOf is that of what a goroutine waited for: of what it was to do itself, where it waited for goroutines of its own.
func familyOf(r *causes.Reason) family {
	if is, ok := familyOfState[r.State]; ok {
		return is
	}
	if r.Who == causes.Itself && r.State != causes.Running {
		return familyOfState[r.What]
	}
	return unlike
}

// call reports whether it is the reply of another process that is waited for.
func (is family) call() bool {
	switch is {
	case unlike, pool, cpu, gc, lock:
		return false
	}
	return true
}

// matches reports whether a wait that a recording saw may be for a call that spans know.
func (is family) matches(call family) bool { return call.call() && (is == call || is == anyCall) }
