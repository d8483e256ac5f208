// SPDX-License-Identifier: Apache-2.0

package failures

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"
	"time"
	"unsafe"

	"github.com/otelperf/otelperf-go/otelperf/internal/statecodec"
)

func TestSize(t *testing.T) {
	if size := unsafe.Sizeof(Detector{}); size > 640 {
		t.Errorf("a detector takes %d bytes", size)
	}
}

func TestTickAllocatesNothing(t *testing.T) {
	b := newBench(t)
	b.run(600)
	seconds, events := 0, 0
	ticks := func() {
		for range 2000 {
			seconds++
			c := Counts{Requests: 50}
			if seconds%500 < 60 {
				c.Failed, c.Panics = 40, 1
			}
			b.now = b.now.Add(time.Second)
			if evs := b.d.Tick(b.now, c); evs[Failed].Kind != None {
				events++
			}
			_ = b.d.State(Failed)
		}
	}
	least := testing.AllocsPerRun(1, ticks)
	for range 4 { // the runtime allocates for itself now and then
		least = min(least, testing.AllocsPerRun(1, ticks))
	}
	if least != 0 || events == 0 {
		t.Errorf("at least %v allocations with %d events", least, events)
	}
}

// FuzzTick feeds any sequence of ticks. Each takes eight bytes: seconds that pass (the second byte 255: hours, either way), requests with
// their magnitude, and the shares of the bad ones.
func FuzzTick(f *testing.F) {
	f.Add([]byte{1, 0, 100, 0, 50, 0, 0, 0, 1, 0, 100, 0, 100, 0, 10, 0})
	f.Add([]byte{0x80, 255, 255, 40, 255, 255, 255, 0, 0x7f, 255, 255, 40, 255, 255, 255, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		b := newBench(t)
		b.run(300)
		now, open := b.now, [Matters]bool{}
		for ; len(in) >= 8; in = in[8:] {
			if in[1] == 255 {
				now = now.Add(time.Duration(int8(in[0])) * time.Hour)
			} else {
				now = now.Add(time.Duration(binary.LittleEndian.Uint16(in)) * time.Second)
			}
			n := uint64(in[2]) << (in[3] % 64)
			for m, ev := range b.d.Tick(now, Counts{Requests: n, Failed: n / 255 * uint64(in[4]), ClientErrors: n / 255 * uint64(in[5]), Panics: uint64(in[6])}) {
				switch {
				case ev.Kind == None && ev != (Event{}):
					t.Fatalf("no event, but not empty: %+v", ev)
				case ev.Kind == None:
				case (ev.Kind == Started) == open[m]:
					t.Fatalf("%+v while open is %v", ev, open[m])
				case ev.Matter != Matter(m) || ev.Bad > ev.Requests || ev.Start.After(ev.At) || !(ev.Usual >= 0 && ev.Usual <= 1) || math.IsNaN(ev.Share) || !(ev.Expected >= 0):
					t.Fatalf("impossible event %+v", ev)
				default:
					open[m] = ev.Kind == Started
				}
			}
			for m := range Matters {
				if st := b.d.State(Matter(m)); !(st.Usual >= 0 && st.Usual <= 1 && st.Evidence >= 0 && st.Evidence <= 1) {
					t.Fatalf("impossible state %+v", st)
				}
			}
		}
		if err := b.d.Another().Restore(b.d.AppendState(nil), 0); err != nil {
			t.Fatalf("cannot restore what was written: %v", err)
		}
	})
}

// FuzzRestore takes any bytes for a state, once as they are and once with a valid checksum.
func FuzzRestore(f *testing.F) {
	d, _ := New(Config{})
	for i := range 900 {
		d.Tick(time.Unix(int64(i*10), 0), Counts{Requests: 100, Failed: uint64(i % 3)})
	}
	f.Add(d.AppendState(nil), int64(0))
	f.Add([]byte("opfs\x01"), int64(time.Hour))
	f.Fuzz(func(t *testing.T, state []byte, age int64) {
		for _, s := range [][]byte{state, statecodec.Resign(state)} {
			b := newBench(t)
			if err := b.d.Restore(s, time.Duration(age)); err != nil {
				if !errors.Is(err, statecodec.ErrState) {
					t.Fatal(err)
				}
				continue
			}
			b.share = 0.5
			b.run(130)
			for i := range b.d.shares {
				if x := float64(b.d.shares[i].null); !(x > 0 && x < 1) {
					t.Fatalf("%v is normal", x)
				}
			}
			if err := b.d.Another().Restore(b.d.AppendState(nil), 0); err != nil {
				t.Fatalf("cannot restore what a restored detector wrote: %v", err)
			}
		}
	})
}
