// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// clustered lets some requests, fifty times slower, come within a few seconds, about every 200 s.
func (b *bench) clustered(together int) {
	r := rand.New(rand.NewPCG(7, 7))
	due := map[int]int{}
	second := 0
	b.seconds = func() []Bucket {
		if r.Float64() < 1.0/200 {
			for range together {
				due[second+r.IntN(10)]++
			}
		}
		delta := b.src.second()
		if n := due[second]; n > 0 {
			delta = append(delta, Bucket{Index: Index(50 * b.src.median), Count: uint32(n)})
		}
		delete(due, second)
		second++
		return delta
	}
}

// Users whose requests are slow send some of them together. That is learned within a day, for ever, also across a
// restart, and a fault is found all the same.
func TestSlowRequestsThatComeTogether(t *testing.T) {
	b := newBench(t, Config{})
	b.src.rate = 5
	b.clustered(4)
	b.run(86400)
	first := len(b.events)
	b.run(86400)
	if n := len(b.events) - first; n > 0 {
		t.Errorf("%d events on the second day", n)
	}
	l := &b.d.levels[atTail]
	learned := l.dispersion.factor(math.Inf(1))
	if learned < 2 || learned > 6 {
		t.Errorf("four slow requests together are a dispersion of %v", learned)
	}
	if n := b.restarted(time.Minute); n.d.levels[atTail].dispersion.factor(math.Inf(1)) != learned {
		t.Error("the dispersion did not outlive a restart")
	}
	b.events = nil
	b.src.slow = 3
	b.run(120)
	b.wantKinds("started")
}

// Of independent requests nothing is learned, and one incident says little of them.
func TestDispersionOfIndependentRequests(t *testing.T) {
	b := newBench(t, Config{})
	b.run(6 * 3600)
	b.src.slow = 3
	b.run(600)
	b.src.slow = 1
	b.run(600)
	b.wantKinds("started ended")
	for i := range b.d.levels {
		if x := b.d.levels[i].dispersion.factor(math.Inf(1)); x > 4 {
			t.Errorf("%s: %v", b.d.tune.levels[i].name, x)
		}
	}
	b.src.slow = 3
	b.run(20)
	b.wantKinds("started ended started")
}

// Of stalls of some seconds every three to five minutes the good minutes take little, whatever the rate; one in ten
// minutes, or a single one, is none to be reported.
func TestStallsMinutesApart(t *testing.T) {
	for _, c := range []struct {
		rate, every int
		want        string
	}{{10, 3, "started"}, {100, 3, "started"}, {100, 5, "started"}, {100, 10, ""}} {
		b := newBench(t, Config{})
		b.src.rate = c.rate
		b.run(1800)
		for range 60 / c.every {
			b.stalls(1, 4)
			b.run(60 * (c.every - 1))
		}
		if got := b.kinds(); len(got) < len(c.want) || got[:len(c.want)] != c.want || c.want == "" && got != "" {
			t.Errorf("%d/s, every %d min: %q, want %q", c.rate, c.every, got, c.want)
		}
	}
}

// A state of the third version says nothing of how slow requests come together.
func TestRestoreVersion3(t *testing.T) {
	d := learned(t).d
	state := d.AppendState(nil)
	old := state[:len(state)-4-16*levels]
	old[len(stateMagic)] = 3
	n := newDetector(t, Config{})
	if err := n.Restore(binary.LittleEndian.AppendUint32(old, crc32.ChecksumIEEE(old)), 0); err != nil {
		t.Fatal(err)
	}
	if n.normal.weight != d.normal.weight || n.levels[at99].dispersion != (dispersion{}) {
		t.Error("another baseline, or a dispersion from nowhere")
	}
}
