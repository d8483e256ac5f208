// SPDX-License-Identifier: Apache-2.0

package events

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
)

// Sampling has the shares of events that are emitted, each 0 to 1. What is sampled out is still counted.
type Sampling struct {
	Events     float64 `json:"events"`     // Track, TrackBatch and browsers
	Requests   float64 `json:"requests"`   // Request
	Exceptions float64 `json:"exceptions"` // Exception
}

// DefaultSampling is all events and exceptions, and a tenth of the requests.
func DefaultSampling() Sampling { return Sampling{Events: 1, Requests: 0.1, Exceptions: 1} }

func (s Sampling) check() error {
	for _, f := range []struct {
		name string
		rate float64
	}{{"events", s.Events}, {"requests", s.Requests}, {"exceptions", s.Exceptions}} {
		if !(f.rate >= 0 && f.rate <= 1) { // also refuses NaN
			return fmt.Errorf("%w: sampling rate %q is not in 0..1", ErrConfig, f.name)
		}
	}
	return nil
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
