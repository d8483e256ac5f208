// SPDX-License-Identifier: Apache-2.0

package events

// reason says why an event was refused or dropped. Stats count by it.
type reason uint8

// The reasons. Those up to reasonField refuse an event, the others drop it.
const (
	reasonNone reason = iota
	reasonName
	reasonReserved
	reasonNotAllowed
	reasonID
	reasonTime
	reasonSource
	reasonPage
	reasonProperties
	reasonDepth
	reasonSize
	reasonKey
	reasonValue
	reasonVital
	reasonField
	reasonDuplicate
	reasonRateLimited
	reasonQueueFull
	reasonShutdown
	reasonCount
)

// reasonNames are what callers and clients see. The package comment explains each.
var reasonNames = [reasonCount]string{
	"", "name", "reserved", "not_allowed", "id", "time", "source", "page", "properties", "depth",
	"size", "key", "value", "vital", "field", "duplicate", "rate_limited", "queue_full", "shutdown",
}

func (r reason) String() string { return reasonNames[r] }
