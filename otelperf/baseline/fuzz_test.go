// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"encoding/binary"
	"hash/crc32"
	"testing"
	"time"
)

// FuzzTick feeds any sequence of ticks to a detector that has learned something. Each tick takes ten bytes:
// milliseconds that pass (the second byte 255: hours, either way), an index, a count with its magnitude, and failures.
func FuzzTick(f *testing.F) {
	slow := make([]byte, 0, 400)
	for range 40 {
		slow = append(slow, 0xe8, 3, 0, 200, 10, 0, 0, 0, 0, 0)
	}
	f.Add(slow)
	f.Add([]byte{0, 255, 0, 0, 255, 255, 31, 255, 0, 0})
	f.Add([]byte{0x80, 255, 0, 0, 1, 1, 1, 0, 0, 0, 0x80, 255, 0, 0, 1, 1, 1, 0, 0, 0}) // back, again and again
	f.Add([]byte{9, 255, 0x7f, 0xff, 255, 255, 31, 255, 1, 1, 1, 1, 0x80, 0, 0, 0, 0, 0, 0, 0})
	var state []byte
	{
		d, _ := New(Config{})
		src := newSource(20, 0.05)
		for i := range 900 {
			d.Tick(time.Unix(int64(i), 0), src.second())
		}
		state = d.AppendState(nil)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d := newDetector(t, Config{Grace: time.Millisecond})
		if len(in)%2 == 0 {
			if err := d.Restore(state, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		now, spiking := time.Unix(1_000_000, 0), false // near 1970
		for ; len(in) >= 10; in = in[10:] {
			if in[1] == 255 {
				now = now.Add(time.Duration(int8(in[0])) * time.Hour)
			} else {
				now = now.Add(time.Duration(binary.LittleEndian.Uint16(in)) * time.Millisecond)
			}
			count := uint32(in[4]) << (in[6] % 32)
			ev := d.Tick(now, []Bucket{
				{Index: int32(int16(binary.LittleEndian.Uint16(in[2:]))), Count: count, Failed: uint32(in[8])},
				{Index: Index(0.05), Count: uint32(in[5])},
			})
			checkEvent(t, ev, &spiking)
			checkSums(t, d)
		}
	})
}

func checkEvent(t *testing.T, ev Event, spiking *bool) {
	t.Helper()
	switch ev.Kind {
	case None:
		if ev != (Event{}) {
			t.Fatalf("no event, but not empty: %+v", ev)
		}
		return
	case Started:
		if *spiking {
			t.Fatal("started twice")
		}
		*spiking = true
	default:
		if !*spiking {
			t.Fatalf("%v without a start", ev.Kind)
		}
		*spiking = false
	}
	if ev.Kind == Started && ev.Ratio < defaultRatio {
		t.Fatalf("started with a ratio of %v", ev.Ratio)
	}
	if !(ev.Quantile >= 0 && ev.Quantile <= 1) || ev.Above > ev.N || !(ev.Expected >= 0) || ev.Threshold <= 0 || !finite(ev.Ratio) || ev.Start.After(ev.At) {
		t.Fatalf("impossible event %+v", ev)
	}
}

func checkSums(t *testing.T, d *Detector) {
	t.Helper()
	check := func(what string, x, most float64) {
		if !(x >= 0 && x <= most) {
			t.Fatalf("%s is %v, allowed are 0 to %v", what, x, most)
		}
	}
	check("joint sum", d.joint.sum, d.tune.alarm)
	check("joint sum over minutes", d.joint.slow.sum, d.tune.alarm)
	check("sum over hours", d.gradual.top(), d.tune.alarm)
	for i := range d.levels {
		l := &d.levels[i]
		for _, s := range l.sum {
			check("sum", s, d.tune.alarm)
		}
		check("sum over minutes", l.byMinutes(), d.tune.alarm)
		check("recovery", l.recovery, d.tune.recovered)
		check("share", l.share, 1)
	}
	check("weight", d.normal.sum, 1e18)
}

// FuzzRestore takes any bytes for a state, once as they are and once with a valid checksum.
func FuzzRestore(f *testing.F) {
	d, _ := New(Config{})
	src := newSource(20, 0.05)
	for i := range 900 {
		d.Tick(time.Unix(int64(i), 0), src.second())
	}
	f.Add(d.AppendState(nil))
	f.Add([]byte("opb\x01"))
	d.week.enter(0, &d.normal.shape, true)
	d.week.enter(3600, &d.normal.shape, true)
	d.week.accept(&d.normal.shape)
	d.former.putAside(&d.normal.shape, slowerBefore, 900)
	f.Add(d.AppendState(nil))
	f.Fuzz(func(t *testing.T, state []byte) {
		for _, s := range [][]byte{state, resigned(state)} {
			d := newDetector(t, Config{})
			if err := d.Restore(s, time.Hour); err != nil {
				continue
			}
			spiking := false
			src := newSource(20, 0.05)
			for i := range 100 {
				checkEvent(t, d.Tick(time.Unix(int64(i), 0), src.second()), &spiking)
				checkSums(t, d)
			}
			if err := newDetector(t, Config{}).Restore(d.AppendState(nil), 0); err != nil {
				t.Fatalf("cannot restore what a restored detector wrote: %v", err)
			}
		}
	})
}

func resigned(state []byte) []byte {
	body := append([]byte(nil), state[:max(0, len(state)-4)]...)
	return binary.LittleEndian.AppendUint32(body, crc32.ChecksumIEEE(body))
}
