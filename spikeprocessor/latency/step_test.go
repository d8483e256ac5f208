// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const noLimit = 1 << 20

func TestStepRoundTrip(t *testing.T) {
	for _, s := range shapes {
		for _, n := range []int{1, 2, 17, 600, 60000} {
			h := record(&Histogram{}, sample(s.name, n, 3))
			step := h.Seal(nil, noLimit)
			var got Histogram
			if !step.AddTo(&got) {
				t.Fatalf("%s, %d: damaged", s.name, n)
			}
			checkSame(t, &got, h)
			if step.Count() != h.Count() || step.Coarse() || step.Scale() != Scale {
				t.Errorf("%s, %d: step says count %d, coarse %v, scale %d", s.name, n, step.Count(), step.Coarse(), step.Scale())
			}
		}
	}
}

func TestStepOfEverything(t *testing.T) {
	tests := []struct {
		name string
		h    func() *Histogram
	}{
		{"empty", func() *Histogram { return new(Histogram) }},
		{"coarse", func() *Histogram { return record(NewCoarse(), sample("lognormal2", 1000, 1)) }},
		{"both ends", func() *Histogram { return record(new(Histogram), []time.Duration{0, math.MaxInt64}) }},
		{"sum of 65 bits", func() *Histogram {
			return record(new(Histogram), []time.Duration{math.MaxInt64, math.MaxInt64, math.MaxInt64})
		}},
		{"bounds only", func() *Histogram {
			h := new(Histogram)
			h.MergeBucket(7, 3)
			return h
		}},
		{"huge count", func() *Histogram {
			h := new(Histogram)
			h.MergeBucket(7, math.MaxInt64-1)
			h.MergeBucket(8, 1)
			return h
		}},
		{"coarse counts", func() *Histogram {
			h := new(Histogram)
			h.Merge(record(NewCoarse(), sample("lognormal1", 1000, 1)))
			return h
		}},
		{"all cells, by turns huge and one", func() *Histogram {
			h := new(Histogram)
			for b := range NumBuckets {
				h.MergeBucket(b, 1+uint64(b%2)<<45)
			}
			return h
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := tt.h()
			step := h.Seal(nil, noLimit)
			got := &Histogram{shift: h.shift}
			if !step.AddTo(got) {
				t.Fatal("damaged")
			}
			checkSame(t, got, h)
		})
	}
	if len(Step(nil)) != 0 || Step(nil).Count() != 0 || Step(nil).Coarse() || Step(nil).Scale() != Scale || !Step(nil).AddTo(new(Histogram)) {
		t.Error("a nil step is not an empty one")
	}
}

// TestStepLimit checks that the limit holds at any size, what is exact at any scale, and the error that the scale implies.
func TestStepLimit(t *testing.T) {
	ds := sample("loguniform", 20000, 3)
	h := record(&Histogram{}, ds)
	full := len(h.Seal(nil, noLimit))
	last := Scale
	for limit := full + 1; limit > 0; limit = limit * 7 / 8 {
		step := h.Seal(make([]byte, 0, 10), limit)
		if len(step) > max(limit, MinStepLimit) {
			t.Errorf("limit %d: %d bytes", limit, len(step))
		}
		if step.Scale() > last || step.Coarse() != (step.Scale() < Scale) {
			t.Errorf("limit %d: scale %d, coarse %v, at a larger limit scale %d", limit, step.Scale(), step.Coarse(), last)
		}
		last = step.Scale()
		var got Histogram
		if !step.AddTo(&got) {
			t.Fatalf("limit %d: damaged", limit)
		}
		checkSound(t, &got)
		if got.Count() != h.Count() || got.Sum() != h.Sum() || got.Min() != h.Min() || got.Max() != h.Max() {
			t.Errorf("limit %d: count, sum or extremes changed", limit)
		}
		checkQuantiles(t, &got, ds, got.ErrorBound()+.0005)
		if step.Scale() == 5 && got.ErrorBound() > .011 {
			t.Errorf("scale 5 has an error bound of %v", got.ErrorBound())
		}
	}
	if last > 2 {
		t.Errorf("the smallest step still has scale %d", last)
	}
}

// TestStepIntoWindow merges fine and coarse steps and takes them away again.
func TestStepIntoWindow(t *testing.T) {
	a, b := sample("lognormal2", 6000, 1), sample("lognormal2", 6000, 2)
	ha, hb := record(&Histogram{}, a), record(&Histogram{}, b)
	var h Histogram
	if !ha.Seal(nil, noLimit).AddTo(&h) || h.ErrorBound() > .00545 {
		t.Fatalf("a fine step has an error bound of %v", h.ErrorBound())
	}
	coarse := hb.Seal(nil, 300)
	if !coarse.Coarse() || !coarse.AddTo(&h) {
		t.Fatal("the second step is not coarse")
	}
	checkQuantiles(t, &h, append(append([]time.Duration(nil), a...), b...), h.ErrorBound()+1e-6)
	h.Subtract(hb)
	checkSound(t, &h)
	if h.Count() != ha.Count() || h.Sum() != ha.Sum() {
		t.Errorf("count %d, sum %v left, want %d, %v", h.Count(), h.Sum(), ha.Count(), ha.Sum())
	}
}

// TestStepSizes checks that an hour of steps fits: 60 minutes of at most 480 bytes and six times ten seconds of at most 360.
func TestStepSizes(t *testing.T) {
	for _, tt := range []struct {
		shape     string
		perSecond int
		coarse    int // steps that may be coarse
	}{
		{"lognormal1", 10, 0}, {"lognormal1", 100, 0}, {"lognormal1", 1000, 0},
		{"lognormal2", 10, 0}, {"lognormal2", 100, 0}, {"lognormal2", 1000, 66}, {"bimodal", 1000, 0}, {"loguniform", 10, 0}, {"loguniform", 100, 66},
	} {
		var h Histogram
		size, unlimited, coarse := 0, 0, 0
		for i := range 66 {
			seconds, limit := 60, 480
			if i < 6 {
				seconds, limit = 10, 360
			}
			h.Reset()
			record(&h, sample(tt.shape, seconds*tt.perSecond, uint64(i)))
			unlimited += len(h.Seal(nil, noLimit))
			step := h.Seal(nil, limit)
			size += len(step)
			if len(step) > limit {
				t.Errorf("%s: a step of %d bytes", tt.shape, len(step))
			}
			if step.Coarse() {
				coarse++
			}
		}
		t.Logf("%-10s %4d/s: 66 steps take %.1f KiB (%.1f without the limits), %d coarse", tt.shape, tt.perSecond, float64(size)/1024, float64(unlimited)/1024, coarse)
		if size > 60*480+6*360 || coarse > tt.coarse {
			t.Errorf("%s, %d/s: %d bytes, %d coarse steps, want at most %d", tt.shape, tt.perSecond, size, coarse, tt.coarse)
		}
	}
}

// TestDamagedStep flips, cuts and prolongs steps.
func TestDamagedStep(t *testing.T) {
	step := record(&Histogram{}, sample("lognormal1", 300, 1)).Seal(nil, noLimit)
	r := rand.New(rand.NewPCG(1, 1))
	refused := 0
	for i := range 2000 {
		bad := bytes.Clone(step)
		if i < len(step) && i > 0 {
			bad = bad[:i]
		} else {
			bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		}
		if !checkAnyStep(t, bad) {
			refused++
		}
	}
	if refused < 400 {
		t.Errorf("only %d damaged steps were noticed", refused)
	}
}

// checkAnyStep adds s, which may be anything, and reports whether it was accepted.
func checkAnyStep(t *testing.T, s Step) bool {
	t.Helper()
	_, _ = s.Scale(), s.Coarse()
	for _, h := range []*Histogram{{}, NewCoarse(), record(&Histogram{}, []time.Duration{1, 1e6, math.MaxInt64})} {
		before, sum := h.Count(), h.SumSeconds()
		ok := s.AddTo(h)
		checkSound(t, h)
		if ok && h.Count() != before+s.Count() {
			t.Fatalf("Count grew from %d to %d by a step of %d", before, h.Count(), s.Count())
		}
		if !ok && h.SumSeconds() != sum {
			t.Fatalf("a damaged step changed the sum from %v to %v", sum, h.SumSeconds())
		}
		h.Record(1e6)
		h.Seal(nil, 200)
	}
	return s.AddTo(new(Histogram))
}

func FuzzStepDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 1, 1, 1, 0, 0, 0, 0})
	f.Add([]byte{12, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	for _, s := range shapes {
		f.Add([]byte(record(&Histogram{}, sample(s.name, 200, 1)).Seal(nil, 300)))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkAnyStep(t, b) })
}

func FuzzStepRoundTrip(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x01\x40\x05\xff\xff"), uint16(100))
	f.Add(bytes.Repeat([]byte{3, 1, 7, 60}, 50), uint16(480))
	f.Add(bytes.Repeat([]byte{1, 63}, 300), uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, limit uint16) {
		// Each pair of bytes is a gap and a count, 1<<0 to 1<<63.
		var h Histogram
		c := 0
		for ; len(b) >= 2 && c < NumBuckets; b = b[2:] {
			c += int(b[0])
			h.MergeBucket(c, 1<<(b[1]&63)+uint64(b[1]>>6))
		}
		step := h.Seal(nil, int(limit))
		if len(step) > max(int(limit), MinStepLimit) {
			t.Errorf("%d bytes, limit %d", len(step), limit)
		}
		var got Histogram
		if !step.AddTo(&got) {
			t.Fatal("damaged")
		}
		if step.Coarse() {
			checkSound(t, &got)
			if got.Count() != h.Count() {
				t.Errorf("count %d, want %d", got.Count(), h.Count())
			}
			return
		}
		checkSame(t, &got, &h)
	})
}
