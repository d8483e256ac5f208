// SPDX-License-Identifier: Apache-2.0

package history

import "github.com/otelperf/otelperf-go/otelperf/causes"

// Reason is why a goroutine waits, as the runtime says it.
type Reason uint8

// Reasons that matter.
const (
	Other Reason = iota
	Untold
	Network
	Select
	ChanSend
	ChanReceive
	Sync
	Cond
	Sleep
	GCAssist
	GCEnd
	Internal // to the runtime
	Forever
)

// reasons are the runtime's words, of which another version may have more.
var reasons = map[string]Reason{
	"":                             Untold,
	"network":                      Network,
	"select":                       Select,
	"chan send":                    ChanSend,
	"chan receive":                 ChanReceive,
	"sync":                         Sync,
	"sync.(*Cond).Wait":            Cond,
	"sleep":                        Sleep,
	"GC mark assist wait for work": GCAssist,
	"wait until GC ends":           GCEnd,
	"GC background sweeper wait":   Internal,
	"GC weak to strong wait":       GCEnd,
	"system goroutine wait":        Internal,
	"preempted":                    Internal,
	"forever":                      Forever,
}

// states are what a wait is, where its stack does not say it better.
var states = [...]causes.State{
	Other: causes.Waiting, Untold: causes.Waiting, Network: causes.NetworkRead, Select: causes.Select, ChanSend: causes.ChanSend,
	ChanReceive: causes.ChanReceive, Sync: causes.Lock, Cond: causes.Cond, Sleep: causes.Sleep, GCAssist: causes.GC, GCEnd: causes.GC,
	Internal: causes.Waiting, Forever: causes.Waiting,
}

// State is what the wait is called.
func (r Reason) State() causes.State { return states[r] }

// GC reports whether it is the garbage collector that is waited for.
func (r Reason) GC() bool { return r == GCAssist || r == GCEnd }

// Followed reports whether the one that ended such a wait says something of it. It does not where the runtime ended it on somebody's
// back, as a garbage collection that starts the world does with the network's, or where it was a deadline.
func (r Reason) Followed() bool {
	switch r {
	case Network, Sleep, GCAssist, GCEnd, Internal:
		return false
	default:
		return true
	}
}

// Queued reports whether whoever ends such a wait takes from those who wait, one after the other: what it did before it did so is what
// they waited for, whomever it served.
func (r Reason) Queued() bool { return r == ChanSend || r == ChanReceive || r == Select }

// Timed reports whether a timer ends such a wait when no goroutine did.
func (r Reason) Timed() bool { return r == Select || r == ChanSend || r == ChanReceive }
