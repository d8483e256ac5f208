// SPDX-License-Identifier: Apache-2.0

package failures

import (
	"fmt"
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/statecodec"
)

const (
	stateMark    = "opfs"
	stateVersion = 1

	// MaxStateSize is the most bytes that AppendState appends and that Restore looks at.
	MaxStateSize = 512

	oldest = 30 * 24 * time.Hour
)

// AppendState appends what is worth keeping across a restart: the usual shares with their dispersion, the worst ten minutes of each
// hour of the day, and how usual panics are; 117 bytes. It can be called at any time: an open incident is not part of it, and
// during one the usual share is that from before.
func (d *Detector) AppendState(b []byte) []byte {
	begin := len(b)
	b = statecodec.Begin(b, stateMark, stateVersion)
	for i := range d.shares {
		s := &d.shares[i]
		for _, x := range [...]float32{s.normal.n, s.normal.k, s.normal.off, s.normal.variance, s.normal.minutes, s.normal.localN, s.normal.localK} {
			b = statecodec.AppendFloat32(b, x)
		}
		b = append(b, s.marks.hours[:]...)
	}
	b = statecodec.AppendFloat32(b, d.panics.usual)
	return statecodec.End(b, begin)
}

// Restore takes over what AppendState wrote age ago. It is meant for a detector that has had no tick yet; one that has forgets what it
// knew. What is known counts half as much after each six hours, more is taken for normal at first, and for three minutes an
// alarm needs half a minute of evidence, since caches are cold. A negative age counts as 0; after 30 days only the marks are left.
//
// The error wraps statecodec.ErrState; the detector is unchanged then. Any bytes are safe to pass.
func (d *Detector) Restore(state []byte, age time.Duration) error {
	r := fresh(d.config)
	in := statecodec.Open(state, stateMark, stateVersion, MaxStateSize)
	for i := range r.shares {
		s := &r.shares[i]
		b := &s.normal
		b.n, b.k = in.Float32(1e12), in.Float32(1e12)
		b.off, b.variance, b.minutes = in.Float32(math.MaxFloat32), in.Float32(2*mostSpread), in.Float32(1e6)
		b.localN, b.localK = in.Float32(1e12), in.Float32(1e12)
		in.Check(b.k <= b.n, "more bad requests than requests")
		copy(s.marks.hours[:], in.Bytes(len(s.marks.hours)))
		for _, h := range s.marks.hours {
			in.Check(h <= highestLevel, "mark out of range")
		}
	}
	r.panics.usual = in.Float32(panicsMost)
	if err := in.Close(); err != nil {
		return fmt.Errorf("failures: %w", err)
	}
	r.restored, r.trust = true, restartTrust
	age = min(max(age, 0), oldest)
	left := float32(math.Exp2(-age.Hours() / 6))
	for i := range r.shares {
		s := &r.shares[i]
		s.normal.n *= left
		s.normal.k *= left
		s.cold = !s.normal.known()
	}
	r.panics.usual *= float32(math.Exp2(-age.Hours() / 24))
	r.refresh()
	*d = *r
	return nil
}
