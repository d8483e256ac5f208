// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"
)

var (
	// ErrState is returned by Restore for bytes that AppendState did not write, or that have been damaged since.
	ErrState = errors.New("baseline: not a valid state")
	// ErrStale is returned by Restore for a state older than seven days.
	ErrStale = errors.New("baseline: state is too old")
)

const (
	// 1 had only the baseline and the hourly and daily episodes, without their spread; 2 did not say what they missed; 3 did
	// not say how slow requests come together.
	stateVersion = 4
	stateMagic   = "opb"
	oldestState  = 7 * 24 * time.Hour

	// MaxStateSize is the most bytes that AppendState appends and that Restore looks at.
	MaxStateSize = 4608
)

// AppendState appends what is worth keeping across a restart, the baselines, the marks of the week and the recurring
// episodes, and returns the longer slice. It can be called at any time: during an incident the baseline is the one
// from before.
//
// The form is "opb", a version byte, the baseline, the episodes, the marks, the former baseline, the usual gap, how slow
// requests come together, and a CRC-32 of all
// that, little endian: at most MaxStateSize bytes, typically 400 in the first hours and 2000 after a week.
func (d *Detector) AppendState(b []byte) []byte {
	begin := len(b)
	b = append(b, stateMagic...)
	b = append(b, stateVersion)
	b = appendShape(b, &d.normal.shape)
	for _, entries := range [...][]episode{d.recurring.hourly[:], d.recurring.daily[:], d.recurring.weekly[:]} {
		b = appendEpisodes(b, entries)
	}
	b = appendWeek(b, &d.week)
	if b = append(b, byte(d.former.kind)); d.former.kind != noFormer {
		b = binary.LittleEndian.AppendUint64(b, uint64(d.former.unix))
		b = appendShape(b, &d.former.shape)
	}
	b = appendFloat32(b, float32(d.silences.gap))
	for i := range d.levels {
		b = appendScatter(b, &d.levels[i].dispersion.minute)
		b = appendScatter(b, &d.levels[i].dispersion.long)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[begin:]))
}

func appendShape(b []byte, s *shape) []byte {
	b = appendFloat64(b, s.sum)
	b = appendFloat64(b, s.squares)
	used := len(b)
	b = append(b, 0)
	for i, w := range s.weight {
		if w > 0 {
			b = appendFloat32(append(b, byte(i)), w)
			b[used]++
		}
	}
	return b
}

func appendWeek(b []byte, w *week) []byte {
	used := len(b)
	b = append(b, 0)
	for i := range w.marks {
		if e := &w.marks[i]; e.week != 0 {
			b = binary.LittleEndian.AppendUint16(append(b, byte(i)), e.week)
			b = appendMarks(b, &e.q)
			b[used]++
		}
	}
	if !w.isAccepted {
		return append(b, 0)
	}
	b = binary.LittleEndian.AppendUint64(append(b, 1), uint64(w.acceptedHour))
	return appendMarks(b, &w.accepted)
}

func appendMarks(b []byte, m *marks) []byte {
	for _, x := range m {
		b = binary.LittleEndian.AppendUint16(b, uint16(x))
	}
	return b
}

func appendEpisodes(b []byte, entries []episode) []byte {
	for _, e := range entries {
		b = append(b, e.streak)
		if e.streak == 0 {
			continue
		}
		b = appendFloat32(b, e.phase)
		b = appendFloat32(b, e.length)
		b = appendFloat32(b, e.magnitude)
		b = appendFloat32(b, e.spread)
		b = binary.LittleEndian.AppendUint32(b, uint32(e.last))
		b = append(b, e.others, e.idle)
	}
	return b
}

func appendScatter(b []byte, s *scatter) []byte {
	return appendFloat32(appendFloat32(b, s.squares), s.usual)
}

func appendFloat32(b []byte, x float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
}

func appendFloat64(b []byte, x float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
}

// Restore takes over what AppendState wrote age ago, also that of versions 1 to 3. It is meant for a detector that has
// had no tick yet; one that has forgets what it learned. Trust in the baseline halves every six hours, so that old thresholds are wider, and
// in the first three minutes nothing is judged, since caches are cold. A baseline with fewer than 30 effective
// requests is left out, episodes and marks are kept. A negative age counts as 0.
//
// The errors are ErrStale for an age of more than seven days and ErrState, wrapped with what is wrong; the detector is
// unchanged then. Any bytes are safe to pass.
func (d *Detector) Restore(state []byte, age time.Duration) error {
	if age > oldestState {
		return fmt.Errorf("%w: %v", ErrStale, age)
	}
	k, err := decode(state)
	if err != nil {
		return err
	}
	fresh := Detector{
		tune: d.tune, config: d.config, every: d.every, clock: d.clock, anomalies: d.anomalies,
		lastAlert: math.Inf(-1), recurring: k.recurring, week: k.week, former: k.former, silences: k.silences,
	}
	for i := range fresh.levels {
		fresh.levels[i].dispersion = k.dispersions[i]
	}
	if k.normal.effective() >= leastEffective {
		fresh.restored, fresh.age = true, max(0, age.Seconds())
		k.normal.trust(max(0.1, math.Exp2(-fresh.age/(6*hour))))
		fresh.normal.become(k.normal, 0)
		fresh.born = fresh.clock.seconds
		fresh.refresh()
	}
	*d = fresh
	return nil
}

// kept is what a state holds.
type kept struct {
	normal    shape
	recurring recurring
	week      week
	former    former
	silences  silences

	dispersions [levels]dispersion
}
