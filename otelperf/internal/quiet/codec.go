// SPDX-License-Identifier: Apache-2.0

package quiet

import (
	"fmt"
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/statecodec"
)

const (
	stateMark    = "opqu"
	stateVersion = 1

	// MaxStateSize is the most bytes that AppendState appends and that Restore looks at.
	MaxStateSize = 1024

	oldest = 35 * 24 * time.Hour
)

// AppendState appends what is worth keeping across a restart: the hours of the week, how far apart requests are, and how their counts
// vary; 601 bytes. It can be called at any time: an open incident is not part of it.
func (d *Detector) AppendState(b []byte) []byte {
	begin := len(b)
	b = statecodec.Begin(b, stateMark, stateVersion)
	for _, hours := range [...]*[weekHours]uint8{&d.week.mean, &d.week.low, &d.week.weeks} {
		b = append(b, hours[:]...)
	}
	for _, x := range d.gaps.count {
		b = statecodec.AppendFloat32(b, x)
	}
	for _, x := range [...]float32{d.gaps.all, d.gaps.longest, d.off, d.variance} {
		b = statecodec.AppendFloat32(b, x)
	}
	return statecodec.End(b, begin)
}

// Restore takes over what AppendState wrote age ago; what d knew is forgotten. For half an hour after it nothing is judged, and after that
// only if there were requests since. A state older than five weeks says nothing any more and is left out. A negative age counts as 0.
//
// The error wraps statecodec.ErrState; the detector is unchanged then. Any bytes are safe to pass.
func (d *Detector) Restore(state []byte, age time.Duration) error {
	var r Detector
	in := statecodec.Open(state, stateMark, stateVersion, MaxStateSize)
	for _, hours := range [...]*[weekHours]uint8{&r.week.mean, &r.week.low, &r.week.weeks} {
		copy(hours[:], in.Bytes(weekHours))
	}
	for i := range r.week.weeks {
		in.Check(r.week.weeks[i] <= allWeeks, "weeks out of range")
		in.Check(r.week.low[i] <= r.week.mean[i], "an hour is lower than its lowest")
	}
	sum := float32(0)
	for i := range r.gaps.count {
		r.gaps.count[i] = in.Float32(2 * mostGaps)
		sum += r.gaps.count[i]
	}
	r.gaps.all, r.gaps.longest = in.Float32(2*mostGaps), in.Float32(1e6)
	in.Check(sum <= r.gaps.all*1.001+1, "more gaps than there are")
	r.off, r.variance = in.Float32(math.MaxFloat32), in.Float32(2*steadyBlocks)
	if err := in.Close(); err != nil {
		return fmt.Errorf("quiet: %w", err)
	}
	if age > oldest {
		r = Detector{}
	}
	*d = r
	return nil
}
