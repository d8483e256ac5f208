// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

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
	if version >= 4 {
		for i := range k.dispersions {
			in.scatter(&k.dispersions[i].minute)
			in.scatter(&k.dispersions[i].long)
		}
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

func (in *reader) scatter(s *scatter) {
	s.squares, s.usual = in.float32(), in.float32()
	in.check(s.usual >= 0 && s.usual <= mostDifferences, "differences out of range")
	in.check(s.squares >= 0 && s.squares <= 1.01*mostSquare*s.usual, "squares out of range")
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
		if in.version >= 3 {
			e.others, e.idle = in.byte(), in.byte()
		}
		in.check(e.streak <= mostStreak && e.idle < 1<<7, "streak or days out of range")
		for _, x := range [...]float32{e.phase, e.length, e.magnitude, e.spread} {
			in.check(finite(float64(x)) && x >= 0, "episode out of range")
		}
		in.check(float64(e.phase) <= length, "phase out of range")
		entries[i] = e
	}
}

// finite guards numbers that come from outside.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
