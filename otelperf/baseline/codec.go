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
	stateVersion = 1
	stateMagic   = "opb"
	oldestState  = 7 * 24 * time.Hour

	// MaxStateSize is the most bytes that AppendState appends and that Restore looks at.
	MaxStateSize = 2048
)

// AppendState appends what is worth keeping across a restart, the baseline and the recurring episodes, and returns
// the longer slice. It can be called at any time: during an incident the baseline is the one from before.
//
// The form is "opb", a version byte, the baseline's sums, its non-empty cells, the episodes, and a CRC-32 of all that,
// little endian: at most MaxStateSize bytes, typically 400.
func (d *Detector) AppendState(b []byte) []byte {
	begin := len(b)
	b = append(b, stateMagic...)
	b = append(b, stateVersion)
	b = appendFloat64(b, d.normal.sum)
	b = appendFloat64(b, d.normal.squares)
	used := 0
	for _, w := range d.normal.weight {
		if w > 0 {
			used++
		}
	}
	b = append(b, byte(used))
	for i, w := range d.normal.weight {
		if w > 0 {
			b = appendFloat32(append(b, byte(i)), w)
		}
	}
	for _, entries := range [...][]episode{d.recurring.hourly[:], d.recurring.daily[:]} {
		b = appendEpisodes(b, entries)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[begin:]))
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

// Restore takes over what AppendState wrote age ago. It is meant for a detector that has had no tick yet; one that
// has forgets what it learned. Trust in the baseline halves every six hours, so that old thresholds are wider, and
// in the first three minutes nothing is judged, since caches are cold. A baseline with fewer than 30 effective
// requests is left out, episodes are kept. A negative age counts as 0.
//
// The errors are ErrStale for an age of more than seven days and ErrState, wrapped with what is wrong; the detector is
// unchanged then. Any bytes are safe to pass.
func (d *Detector) Restore(state []byte, age time.Duration) error {
	if age > oldestState {
		return fmt.Errorf("%w: %v", ErrStale, age)
	}
	n, r, err := decode(state)
	if err != nil {
		return err
	}
	fresh := Detector{
		tune: d.tune, config: d.config, clock: d.clock, anomalies: d.anomalies,
		lastAlert: math.Inf(-1), recurring: r,
	}
	if n.effective() >= leastEffective {
		fresh.restored, fresh.age = true, max(0, age.Seconds())
		fresh.normal = n
		fresh.normal.trust(max(0.1, math.Exp2(-fresh.age/(6*hour))))
		fresh.born = fresh.clock.seconds
		fresh.refresh()
	}
	*d = fresh
	return nil
}

// trust makes the baseline count for less.
func (b *normal) trust(share float64) {
	b.sum, b.squares = b.sum*share, b.squares*share
	for i := range b.weight {
		b.weight[i] *= float32(share)
	}
	b.median = b.quantile(0.5)
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrState}, args...)...)
}

func decode(state []byte) (n normal, r recurring, err error) {
	const head = len(stateMagic) + 1
	if len(state) < head+4 || len(state) > MaxStateSize || string(state[:len(stateMagic)]) != stateMagic {
		return n, r, damaged("%d bytes without the mark", len(state))
	}
	if v := state[head-1]; v != stateVersion {
		return n, r, damaged("version %d, known is %d", v, stateVersion)
	}
	body := len(state) - 4
	if binary.LittleEndian.Uint32(state[body:]) != crc32.ChecksumIEEE(state[:body]) {
		return n, r, damaged("wrong checksum")
	}
	in := reader{rest: state[head:body]}
	in.normal(&n)
	in.episodes(r.hourly[:], hour)
	in.episodes(r.daily[:], day)
	if in.err == nil && len(in.rest) != 0 {
		in.err = damaged("%d bytes too many", len(in.rest))
	}
	return n, r, in.err
}

// reader takes fields off the front; after an error it returns zeros.
type reader struct {
	rest []byte
	err  error
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

func (in *reader) normal(n *normal) {
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
	if in.err == nil && total > 0 {
		n.median = n.quantile(0.5)
	}
}

func (in *reader) episodes(entries []episode, length float64) {
	for i := range entries {
		e := episode{streak: in.byte()}
		if e.streak == 0 {
			continue
		}
		e.phase, e.length, e.magnitude = in.float32(), in.float32(), in.float32()
		e.last = int32(binary.LittleEndian.Uint32(in.take(4)))
		in.check(e.streak <= mostStreak, "streak out of range")
		for _, x := range [...]float32{e.phase, e.length, e.magnitude} {
			in.check(finite(float64(x)) && x >= 0, "episode out of range")
		}
		in.check(float64(e.phase) <= length, "phase out of range")
		entries[i] = e
	}
}

// finite guards numbers that come from outside.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
