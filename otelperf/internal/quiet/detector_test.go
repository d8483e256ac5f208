// SPDX-License-Identifier: Apache-2.0

package quiet

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/otelperf/otelperf-go/otelperf/internal/statecodec"
)

// monday is one, at midnight.
var monday = time.Unix(1_767_571_200, 0).UTC()

// bench drives a detector by the second and remembers what it says.
type bench struct {
	*testing.T
	d      *Detector
	r      *rand.Rand
	now    time.Time
	every  float64 // seconds between requests
	due    float64
	share  float64 // of them that come
	events []Event
}

func newBench(t *testing.T, every float64) *bench {
	return &bench{T: t, d: &Detector{}, r: rand.New(rand.NewPCG(1, 2)), now: monday, every: every, share: 1}
}

func (b *bench) tick(n uint64) {
	if ev := b.d.Tick(b.now, n); ev.Kind != None {
		b.events = append(b.events, ev)
	}
	b.now = b.now.Add(time.Second)
}

// run feeds regular requests, with some jitter.
func (b *bench) run(d time.Duration) {
	for range int(d / time.Second) {
		n := uint64(0)
		for at := float64(b.now.Sub(monday) / time.Second); b.due <= at; {
			b.due += b.every * (0.9 + 0.2*b.r.Float64())
			if b.r.Float64() < b.share {
				n++
			}
		}
		b.tick(n)
	}
}

func (b *bench) said(want string) {
	b.Helper()
	var got []string
	for _, ev := range b.events {
		got = append(got, ev.Kind.String())
	}
	if s := strings.Join(got, " "); s != want {
		b.Errorf("%v: %q, want %q: %+v", b.now, s, want, b.events)
	}
	b.events = nil
}

// Regular requests that stop are missed within ten, from the second day on, once.
func TestSilenceIsFoundAndEnds(t *testing.T) {
	b := newBench(t, 10)
	b.run(36 * time.Hour)
	b.said("")
	if st := b.d.State(); st.Learning || math.Abs(st.Usual-0.1) > 0.01 || st.Limit > 10 {
		t.Errorf("%+v", st)
	}
	b.share = 0
	stop := b.now
	b.run(100 * time.Second)
	if len(b.events) != 1 {
		t.Fatalf("%d events within ten requests", len(b.events))
	}
	ev := b.events[0]
	if !ev.Complete || ev.Requests != 0 || ev.Expected < 5 || ev.Expected > 10 || ev.Start.Sub(stop).Abs() > 11*time.Second {
		t.Errorf("%+v, stopped at %v", ev, stop)
	}
	b.run(2 * time.Hour)
	if now, ok := b.d.Open(); !ok || now.Expected < 600 {
		t.Errorf("open: %v, %+v", ok, now)
	}
	b.said("started")
	b.share = 1
	b.run(5 * time.Minute)
	b.said("ended")
	b.run(3 * time.Hour)
	b.said("")
}

func TestATenthIsFound(t *testing.T) {
	b := newBench(t, 1)
	b.run(36 * time.Hour)
	b.share = 0.1
	b.run(8 * time.Minute)
	if len(b.events) != 1 || float64(b.events[0].Requests) > 0.2*b.events[0].Expected {
		t.Errorf("%+v", b.events)
	}
	b.share = 1
	b.run(8 * time.Minute)
	b.said("started ended")
}

// Nothing is missed on the first day, after a restart, or after the clock was set.
func TestNotYet(t *testing.T) {
	b := newBench(t, 10)
	b.run(12 * time.Hour)
	b.share = 0
	b.run(time.Hour)
	b.said("")

	b = newBench(t, 10)
	b.run(36 * time.Hour)
	state := b.d.AppendState(nil)
	b.d = &Detector{}
	if err := b.d.Restore(state, time.Minute); err != nil {
		t.Fatal(err)
	}
	b.share = 0
	b.run(time.Hour)
	b.said("")

	b = newBench(t, 10)
	b.run(36 * time.Hour)
	for range 3 {
		b.now = b.now.Add(5 * time.Hour)
		b.share = 0
		b.run(20 * time.Minute)
	}
	b.said("")
}

// Working days are learned: their ends and the weekends are quiet. From the third week on a day that does not begin is missed.
func TestWorkingDays(t *testing.T) {
	b := newBench(t, 10)
	day := func(open bool) {
		for h := range 24 {
			b.share = 0
			if open && h >= 7 && h < 18 {
				b.share = 1
			}
			b.run(time.Hour)
		}
	}
	for range 3 {
		for d := range 7 {
			day(d < 5)
		}
	}
	b.said("")
	day(false)
	if len(b.events) != 1 || !b.events[0].Complete || b.events[0].At.Hour() != 7 {
		t.Errorf("%+v", b.events)
	}
	b.events = nil
	day(true)
	b.said("ended")
}

func TestADayOfNothingIsUsual(t *testing.T) {
	b := newBench(t, 10)
	b.run(36 * time.Hour)
	b.share = 0
	b.run(26 * time.Hour)
	b.said("started new_normal")
	b.run(40 * 24 * time.Hour)
	b.said("")
}

// Batches an hour apart are what they are.
func TestBatches(t *testing.T) {
	b := newBench(t, 1)
	for range 8 * 24 {
		for s := range 3600 {
			n := uint64(0)
			if s < 100 {
				n = 1
			}
			b.tick(n)
		}
	}
	b.said("")
}

func TestBounds(t *testing.T) {
	if size := unsafe.Sizeof(Detector{}); size > 1024 {
		t.Errorf("a detector takes %d bytes", size)
	}
	b := newBench(t, 10)
	b.run(time.Hour)
	if size := len(b.d.AppendState(nil)); size > MaxStateSize {
		t.Errorf("a state takes %d bytes", size)
	}
	if n := testing.AllocsPerRun(5000, func() { b.tick(uint64(b.r.IntN(2))) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Of independent requests, gaps beyond the limit come less often than promised.
func TestLimitOfIndependentRequests(t *testing.T) {
	var g gaps
	r := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		g.learn(r.ExpFloat64(), true)
	}
	chance := math.Exp(-g.limit(20000)) * 20000
	if chance > perDay || g.limit(20000) > 35 {
		t.Errorf("%v a day, by a limit of %v", chance, g.limit(20000))
	}
}

// FuzzTick feeds any sequence of ticks. Each takes four bytes: seconds that pass (the second byte 255: hours, either way), requests with
// their magnitude.
func FuzzTick(f *testing.F) {
	f.Add([]byte{1, 0, 100, 0, 10, 0, 0, 0, 60, 0, 0, 0, 255, 255, 0, 0})
	f.Add([]byte{0x80, 255, 255, 60, 0x7f, 255, 255, 60})
	f.Fuzz(func(t *testing.T, in []byte) {
		b := newBench(t, 10)
		b.run(30 * time.Minute)
		now, open := b.now, false
		for ; len(in) >= 4; in = in[4:] {
			if in[1] == 255 {
				now = now.Add(time.Duration(int8(in[0])) * time.Hour)
			} else {
				now = now.Add(time.Duration(binary.LittleEndian.Uint16(in)) * time.Second)
			}
			switch ev := b.d.Tick(now, uint64(in[2])<<(in[3]%64)); {
			case ev.Kind == None && ev != (Event{}):
				t.Fatalf("no event, but not empty: %+v", ev)
			case ev.Kind == None:
			case (ev.Kind == Started) == open, ev.Start.After(ev.At), !(ev.Expected >= 0), math.IsInf(ev.Expected, 0):
				t.Fatalf("impossible event %+v while open is %v", ev, open)
			default:
				open = ev.Kind == Started
			}
			if st := b.d.State(); !(st.Usual >= 0) || !(st.Limit >= 0) {
				t.Fatalf("impossible state %+v", st)
			}
		}
		if err := new(Detector).Restore(b.d.AppendState(nil), 0); err != nil {
			t.Fatalf("cannot restore what was written: %v", err)
		}
	})
}

// FuzzRestore takes any bytes for a state, once as they are and once with a valid checksum.
func FuzzRestore(f *testing.F) {
	var d Detector
	for i := range 3 * 24 * 60 {
		d.Tick(monday.Add(time.Duration(i)*time.Minute), uint64(i%3))
	}
	f.Add(d.AppendState(nil), int64(0))
	f.Add([]byte("opqu\x01"), int64(time.Hour))
	f.Fuzz(func(t *testing.T, state []byte, age int64) {
		for _, s := range [][]byte{state, statecodec.Resign(state)} {
			b := newBench(t, 1)
			if err := b.d.Restore(s, time.Duration(age)); err != nil {
				if !errors.Is(err, statecodec.ErrState) {
					t.Fatal(err)
				}
				continue
			}
			b.run(70 * time.Minute)
			if err := new(Detector).Restore(b.d.AppendState(nil), 0); err != nil {
				t.Fatalf("cannot restore what a restored detector wrote: %v", err)
			}
		}
	})
}
