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
	stateVersion = 2 // 1 had only the baseline and the hourly and daily episodes, without their spread
	stateMagic   = "opb"
	oldestState  = 7 * 24 * time.Hour

	// MaxStateSize is the most bytes that AppendState appends and that Restore looks at.
	MaxStateSize = 4608
)

// AppendState appends what is worth keeping across a restart, the baselines, the marks of the week and the recurring
// episodes, and returns the longer slice. It can be called at any time: during an incident the baseline is the one
// from before.
//
// The form is "opb", a version byte, the baseline, the episodes, the marks, the former baseline, and a CRC-32 of all
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
	}
	return b
}

func appendFloat32(b []byte, x float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
}

func appendFloat64(b []byte, x float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
}

// Restore takes over what AppendState wrote age ago, also that of version 1. It is meant for a detector that has had no tick yet; one that
// has forgets what it learned. Trust in the baseline halves every six hours, so that old thresholds are wider, and
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
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrState}, args...)...)
}

func decode(state []byte) (k kept, err error) {
	const head = len(stateMagic) + 1
	if len(state) < head+4 || len(state) > MaxStateSize || string(state[:len(stateMagic)]) != stateMagic {
		return k, damaged("%d bytes without the mark", len(state))
	}
	version := state[head-1]
	if version < 1 || version > stateVersion {
		return k, damaged("version %d, known are 1 to %d", version, stateVersion)
	}
	body := len(state) - 4
	if binary.LittleEndian.Uint32(state[body:]) != crc32.ChecksumIEEE(state[:body]) {
		return k, damaged("wrong checksum")
	}
	in := reader{rest: state[head:body], version: version}
	in.shape(&k.normal)
	in.episodes(k.recurring.hourly[:], hour)
	in.episodes(k.recurring.daily[:], day)
	if version >= 2 {
		in.episodes(k.recurring.weekly[:], weekLength)
		in.week(&k.week)
		in.former(&k.former)
		k.silences.gap = float64(in.float32())
		in.check(k.silences.gap >= 0 && k.silences.gap <= longest, "gap out of range")
	}
	if in.err == nil && len(in.rest) != 0 {
		in.err = damaged("%d bytes too many", len(in.rest))
	}
	return k, in.err
}

// reader takes fields off the front; after an error it returns zeros.
type reader struct {
	rest    []byte
	version byte
	err     error
}

func (in *reader) take(n int) []byte {
	if in.err == nil && len(in.rest) < n {
		in.err = damaged("cut short")
	}
	if in.err != nil {
		return make([]byte, n)
	}
	b := in.rest[:n]
	in.rest = in.rest[n:]
	return b
}

func (in *reader) byte() byte { return in.take(1)[0] }
func (in *reader) uint16() uint16 {
	return binary.LittleEndian.Uint16(in.take(2))
}
func (in *reader) int64() int64 {
	return int64(binary.LittleEndian.Uint64(in.take(8)))
}
func (in *reader) float32() float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(in.take(4)))
}
func (in *reader) float64() float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(in.take(8)))
}

func (in *reader) check(ok bool, what string) {
	if in.err == nil && !ok {
		in.err = damaged("%s", what)
	}
}

func (in *reader) shape(n *shape) {
	n.sum, n.squares = in.float64(), in.float64()
	total, last := 0.0, -1
	for range in.byte() {
		cell, w := int(in.byte()), in.float32()
		in.check(cell > last && cell < cells, "cells out of order")
		in.check(finite(float64(w)) && w > 0 && w < 1e15, "weight out of range")
		if in.err != nil {
			return
		}
		n.weight[cell] = w
		total += float64(w)
		last = cell
	}
	in.check(finite(n.sum) && math.Abs(n.sum-total) <= 0.01*total, "sum does not fit the weights")
	in.check(finite(n.squares) && n.squares >= 0 && n.squares <= 1.01*total, "weights do not fit a baseline")
	in.check((n.squares > 0) == (total > 0), "sum without weights")
}

func (in *reader) week(w *week) {
	last := -1
	for range in.byte() {
		at := int(in.byte())
		in.check(at > last && at < weekHours, "hours out of order")
		if in.err != nil {
			return
		}
		w.marks[at].week = in.uint16()
		in.check(w.marks[at].week != 0, "hour without a week")
		in.marks(&w.marks[at].q)
		last = at
	}
	switch in.byte() {
	case 0:
	case 1:
		w.isAccepted, w.acceptedHour = true, in.int64()
		in.check(w.acceptedHour > -farthest && w.acceptedHour < farthest, "hour out of range")
		in.marks(&w.accepted)
	default:
		in.check(false, "accepted neither nor not")
	}
}

func (in *reader) marks(m *marks) {
	for i := range m {
		m[i] = int16(in.uint16())
		in.check(m[i] >= minIndex && m[i] <= maxIndex, "mark out of range")
	}
}

func (in *reader) former(f *former) {
	f.kind = formerKind(in.byte())
	in.check(f.kind < formerKinds, "former baseline of an unknown kind")
	if in.err != nil || f.kind == noFormer {
		return
	}
	f.unix = in.int64()
	in.check(f.unix >= -farthest && f.unix <= farthest, "time out of range")
	in.shape(&f.shape)
	in.check(f.effective() >= leastEffective, "former baseline of too few requests")
}

func (in *reader) episodes(entries []episode, length float64) {
	for i := range entries {
		e := episode{streak: in.byte()}
		if e.streak == 0 {
			continue
		}
		e.phase, e.length, e.magnitude = in.float32(), in.float32(), in.float32()
		if in.version >= 2 {
			e.spread = in.float32()
		}
		e.last = int32(binary.LittleEndian.Uint32(in.take(4)))
		in.check(e.streak <= mostStreak, "streak out of range")
		for _, x := range [...]float32{e.phase, e.length, e.magnitude, e.spread} {
			in.check(finite(float64(x)) && x >= 0, "episode out of range")
		}
		in.check(float64(e.phase) <= length, "phase out of range")
		entries[i] = e
	}
}

// finite guards numbers that come from outside.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
