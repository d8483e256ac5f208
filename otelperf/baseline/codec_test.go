// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"
	"time"
)

// learned returns a detector with a baseline and an episode, and the source that it learned from.
func learned(t *testing.T) *bench {
	b := newBench(t, Config{})
	b.run(1200)
	b.src.slow = 5
	b.run(60)
	b.src.slow = 1
	b.run(600)
	b.events = nil
	return b
}

// restarted continues b with a new detector that was given the state of the old one.
func (b *bench) restarted(age time.Duration) *bench {
	b.Helper()
	n := &bench{T: b.T, d: newDetector(b.T, b.d.Config()), src: b.src, now: b.now.Add(age)}
	if err := n.d.Restore(b.d.AppendState(nil), age); err != nil {
		b.Fatal(err)
	}
	return n
}

func TestRestart(t *testing.T) {
	for _, c := range []struct {
		name   string
		age    time.Duration
		slow   float64
		cold   float64
		events string
	}{
		{"same version", time.Minute, 1, 5, ""},
		{"slower version", time.Minute, 3, 5, "started"},
		{"slower version after a night", 12 * time.Hour, 3, 5, "started"},
		{"somewhat slower after a night", 12 * time.Hour, 1.5, 5, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			old := learned(t)
			b := old.restarted(c.age)
			if s := b.d.State(); !s.Restored || s.GraceLeft != 3*time.Minute || s.JudgedIn != s.GraceLeft || s.Phase != Normal {
				t.Errorf("restored: %+v", s)
			}
			was, _ := old.d.Quantile(0.99)
			if is, ok := b.d.Quantile(0.99); !ok || is < was-was/100 || is > was+was/100 {
				t.Errorf("p99 was %v, is %v", was, is)
			}
			b.src.slow = c.slow * c.cold
			b.run(120)
			b.src.slow = c.slow
			b.run(600)
			b.wantKinds(c.events)
			if len(b.events) > 0 && !b.events[0].SinceRestart {
				t.Error("not marked as due to the restart")
			}
		})
	}
}

func TestRestoreErrors(t *testing.T) {
	good := learned(t).d.AppendState(nil)
	if len(good) > MaxStateSize {
		t.Errorf("state of %d bytes", len(good))
	}
	sign := func(b []byte) []byte {
		return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	}
	body := func() []byte { return append([]byte(nil), good[:len(good)-4]...) }
	version := body()
	version[3] = 99
	cells := body()
	cells[20] = 255 // more cells than there are bytes
	flipped := append([]byte(nil), good...)
	flipped[30] ^= 1
	for _, c := range []struct {
		name  string
		state []byte
		age   time.Duration
		want  error
	}{
		{"empty", nil, 0, ErrState},
		{"foreign", []byte("hello, this is another file"), 0, ErrState},
		{"flipped bit", flipped, 0, ErrState},
		{"cut", good[:len(good)-9], 0, ErrState},
		{"cut but signed", sign(body()[:60]), 0, ErrState},
		{"longer but signed", sign(append(body(), 0)), 0, ErrState},
		{"other version", sign(version), 0, ErrState},
		{"wrong number of cells", sign(cells), 0, ErrState},
		{"too long", make([]byte, MaxStateSize+1), 0, ErrState},
		{"old", good, 8 * 24 * time.Hour, ErrStale},
	} {
		d := newDetector(t, Config{})
		before := *d
		if err := d.Restore(c.state, c.age); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
		if *d != before {
			t.Errorf("%s: the detector has changed", c.name)
		}
	}
}

// A state that knows too little restores its episodes and starts to learn.
func TestRestoreYoung(t *testing.T) {
	b := newBench(t, Config{})
	b.run(10)
	n := b.restarted(0)
	if s := n.d.State(); s.Restored || s.Phase != Learning {
		t.Errorf("state %+v", s)
	}
}

func TestStateRoundTrip(t *testing.T) {
	b := learned(t)
	state := b.d.AppendState(nil)
	again := b.restarted(0).d.AppendState(nil)
	if string(state) != string(again) {
		t.Errorf("a restored detector writes another state: %d and %d bytes", len(state), len(again))
	}
	if prefixed := b.d.AppendState([]byte("x")); string(prefixed[1:]) != string(state) {
		t.Error("appending differs")
	}
}

// A state of the first version has neither weekly episodes nor marks of the week; what it has is taken over.
func TestRestoreVersion1(t *testing.T) {
	b := learned(t)
	state := append([]byte(stateMagic), 1)
	state = appendShape(state, &b.d.normal.shape)
	for _, entries := range [][]episode{b.d.recurring.hourly[:], b.d.recurring.daily[:]} {
		for _, e := range entries {
			if state = append(state, e.streak); e.streak > 0 {
				for _, x := range [...]float32{e.phase, e.length, e.magnitude} {
					state = appendFloat32(state, x)
				}
				state = binary.LittleEndian.AppendUint32(state, uint32(e.last))
			}
		}
	}
	d := newDetector(t, Config{})
	if err := d.Restore(binary.LittleEndian.AppendUint32(state, crc32.ChecksumIEEE(state)), 0); err != nil {
		t.Fatal(err)
	}
	if d.normal.weight != b.d.normal.weight || d.recurring.hourly[0].phase != b.d.recurring.hourly[0].phase {
		t.Error("the baseline or the episodes differ")
	}
	if d.week != (week{}) || d.former.kind != noFormer {
		t.Error("marks or a former baseline from nowhere")
	}
}

// A state of the second version does not say which episodes were others and on which days one does not come.
func TestRestoreVersion2(t *testing.T) {
	d := learned(t).d
	d.recurring.daily[3] = episode{phase: 7, length: 60, magnitude: 3, spread: 5, last: 20_000, streak: 4}
	state := d.AppendState(nil)
	at := 4 + len(appendShape(nil, &d.normal.shape))
	var old []byte
	for _, entries := range [...][]episode{d.recurring.hourly[:], d.recurring.daily[:], d.recurring.weekly[:]} {
		for _, e := range entries {
			n := len(appendEpisodes(nil, []episode{e}))
			if old = append(old, state[at:at+n]...); n > 1 {
				old = old[:len(old)-2]
			}
			at += n
		}
	}
	old = append(appendShape(append([]byte(stateMagic), 2), &d.normal.shape), old...)
	old = append(old, state[at:len(state)-4-16*levels]...)
	n := newDetector(t, Config{})
	if err := n.Restore(binary.LittleEndian.AppendUint32(old, crc32.ChecksumIEEE(old)), 0); err != nil {
		t.Fatal(err)
	}
	if n.recurring != d.recurring {
		t.Errorf("other episodes: %+v", n.recurring)
	}
}

// All that a detector remembers outlives a restart: the hours of the week, what it was before it became faster, the
// spread of jobs. The largest state fits.
func TestRestoreMemory(t *testing.T) {
	b := newBench(t, Config{Tick: 10 * time.Second})
	b.run(8 * 8640)
	b.src.slow = 0.1
	b.run(60)
	before := b.d
	if before.former.kind != slowerBefore {
		t.Fatal("nothing put aside")
	}
	n := b.restarted(time.Minute)
	n.run(60)
	if n.d.week.marks != before.week.marks || n.d.week.usual == ([marked]float64{}) {
		t.Error("other marks")
	}
	if n.d.former != before.former || n.d.silences.gap != float64(float32(before.silences.gap)) {
		t.Error("another former baseline, or another gap")
	}
	n.src.slow = 1
	n.run(60)
	n.wantKinds("") // the return is none to be alarmed about, after the restart neither

	full := b.d
	for i := range full.normal.weight {
		full.normal.weight[i], full.former.weight[i] = 1, 1
	}
	full.week.isAccepted = true
	for _, entries := range [][]episode{full.recurring.hourly[:], full.recurring.daily[:], full.recurring.weekly[:]} {
		for i := range entries {
			entries[i].streak = 1
		}
	}
	if size := len(full.AppendState(nil)); size > MaxStateSize || size < MaxStateSize-200 {
		t.Errorf("the largest state takes %d bytes, MaxStateSize is %d", size, MaxStateSize)
	}
}
