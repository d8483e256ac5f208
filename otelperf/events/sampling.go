// SPDX-License-Identifier: Apache-2.0

package events

import (
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
)

// Sampling has the shares of events that are emitted, each 0 (none) to 1 (all). What is sampled out is still counted.
type Sampling struct {
	// Events is the share of what Track and TrackBatch record and browsers send.
	Events float64 `json:"events"`
	// Requests is the share of requests: those of Tracker.Request, and, if it is above 0, those that otelperf's
	// Middleware sees.
	Requests float64 `json:"requests"`
	// Exceptions is the share of Tracker.Exception's, and of the panics that otelperf's Middleware sees.
	Exceptions float64 `json:"exceptions"`
}

// DefaultSampling is all events and exceptions, and no requests: those have spans and metrics of their own.
func DefaultSampling() Sampling { return Sampling{Events: 1, Exceptions: 1} }

// faults returns an ErrConfig for each rate that is out of range, nil if none is.
func (s Sampling) faults() []error {
	var c config
	for _, f := range []struct {
		name string
		rate float64
	}{{"events", s.Events}, {"requests", s.Requests}, {"exceptions", s.Exceptions}} {
		if !(f.rate >= 0 && f.rate <= 1) { // also refuses NaN
			c.refuse("sampling rate of %s is %v, accepted are 0 to 1", f.name, f.rate)
		}
	}
	return c.faults
}

// bounds is Sampling made ready for use: an event is in if its key's 63 bits are below the bound.
type bounds struct {
	Sampling
	events, requests, exceptions uint64
}

func newBounds(s Sampling) *bounds {
	return &bounds{s, bound(s.Events), bound(s.Requests), bound(s.Exceptions)}
}

func bound(rate float64) uint64 { return uint64(rate * (1 << 63)) } // 1 gives 2^63, above all keys

// sampleKey is what decides about an event: 63 bits of the session, else of the trace, else of chance. For a
// trace they are those that the SDK's TraceIDRatioBased compares, so that both decide alike.
func sampleKey(session string, id trace.TraceID) uint64 {
	switch {
	case session != "":
		return mix(session) >> 1
	case id.IsValid():
		return binary.BigEndian.Uint64(id[8:16]) >> 1
	default:
		return rand.Uint64() >> 1
	}
}

// mix hashes s to evenly spread bits which are the same in every process: FNV-1a, then the
// finalizer of MurmurHash3, since FNV's upper bits hardly differ for ids that end differently.
func mix(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
