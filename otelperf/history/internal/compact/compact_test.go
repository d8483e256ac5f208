// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// traffic is an endpoint that durations are drawn for.
type traffic struct {
	perMinute, mu, sigma float64
}

func (f traffic) minute(r *rand.Rand) (t Tally) {
	var h latency.Histogram
	n := max(0, int(f.perMinute+math.Sqrt(f.perMinute)*r.NormFloat64()+.5))
	o := slowlog.OutcomeCounts{slowlog.OutcomeOK: uint64(n)}
	for range n {
		h.Record(time.Duration(1e9 * math.Exp(f.mu+f.sigma*r.NormFloat64())))
		if r.IntN(100) == 0 {
			o[slowlog.OutcomeOK]--
			o[slowlog.OutcomeServerError]++
		}
	}
	t.Take(&o, &h, false)
	return t
}

// poisson is the entropy of a Poisson distribution in bits: what the count of a bucket tells.
func poisson(mean float64) (h float64) {
	if mean > 20 {
		return .5 * math.Log2(2*math.Pi*math.E*mean)
	}
	p := -mean
	for k := range 60 {
		if k > 0 {
			p += math.Log(mean) - math.Log(float64(k))
		}
		h -= math.Exp(p) * p / math.Ln2
	}
	return h
}

// entropy is that of the buckets of n durations, in bytes.
func (f traffic) entropy(n float64) (sum float64) {
	for b := range latency.NumBuckets {
		share := func(b int) float64 { return .5 * math.Erf((math.Log(latency.LowerBound(b))-f.mu)/f.sigma/math.Sqrt2) }
		if p := share(b+1) - share(b); p*n > 1e-12 {
			sum += poisson(p*n) / 8
		}
	}
	return sum
}

// shop is 200 endpoints of which the first has most of all requests.
func shop(perSecond float64) (all []traffic) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		all = append(all, traffic{perSecond * 60 / 5.878 / float64(i+1), math.Log(.002 * math.Exp(1.2*r.NormFloat64())), .4 + .8*r.Float64()})
	}
	return all
}

// hour is one of them: of each endpoint whole, tens and minutes.
type hour struct {
	names   []conventions.Endpoint
	wholes  []Tally
	wrapped [][]Tally // tens
	minutes [][][]Tally
}

func makeHour(all []traffic, seed uint64) (h hour) {
	r := rand.New(rand.NewPCG(seed, 2))
	for i, f := range all {
		h.names = append(h.names, conventions.Endpoint{Method: "GET", Route: fmt.Sprintf("/api/v%d/item%d/{id}", i%3, i)})
		var w Tally
		tens, minutes := make([]Tally, 6), make([][]Tally, 6)
		for k := range tens {
			for range 10 {
				t := f.minute(r)
				tens[k].Add(&t)
				minutes[k] = append(minutes[k], t)
			}
			w.Add(&tens[k])
		}
		h.wholes, h.wrapped, h.minutes = append(h.wholes, w), append(h.wrapped, tens), append(h.minutes, minutes)
	}
	return h
}

func (h *hour) write() (whole, tens, minutes []byte) {
	a, b, c := NewWriter(0), NewWriter(6), NewWriter(10)
	for i := range h.wholes {
		var all latency.Histogram
		h.wholes[i].AddTo(&all)
		a.Whole(h.names[i], &h.wholes[i].Outcomes, &all, false)
		b.Split(h.wholes[i:i+1], h.wrapped[i:i+1])
		c.Split(h.wrapped[i], h.minutes[i])
	}
	return a.Frame(nil), b.Frame(nil), c.Frame(nil)
}

// writeOld writes the minutes as version 1 had them, in one run for each row.
func (h *hour) writeOld() []byte {
	w := NewWriter(10)
	for i := range h.wholes {
		w.model = *fresh
		w.coder.write()
		for k := range h.wrapped[i] {
			if !h.wrapped[i][k].Empty() {
				w.coder.split(&w.model, &h.wrapped[i][k], h.minutes[i][k])
			}
		}
		w.buf = append(w.buf, w.coder.end()...)
		w.ends = append(w.ends, len(w.buf))
	}
	return w.Frame(nil)
}

func TestSize(t *testing.T) {
	all := shop(200)
	h := makeHour(all, 1)
	whole, tens, minutes := h.write()
	var e [3]float64
	for _, f := range all {
		e[0] += f.entropy(f.perMinute * 60)
		e[1] += 6 * f.entropy(f.perMinute*10)
		e[2] += 60 * f.entropy(f.perMinute)
	}
	sizes := []int{len(whole), len(whole) + len(tens), len(whole) + len(tens) + len(minutes)}
	for k, name := range []string{"hours", "and ten minutes", "and minutes"} {
		t.Logf("%-16s %7d bytes, entropy %.0f, %.2f x", name, sizes[k], e[k], float64(sizes[k])/e[k])
	}
	t.Logf("a week: %.1f MB", float64(168*sizes[1]+48*len(minutes))/1e6)
}

func BenchmarkRead(b *testing.B) {
	h := makeHour(shop(200), 1)
	whole, tens, minutes := h.write()
	var r Reader
	var all [1]Tally
	var scratch latency.Histogram
	b.Run("wholes", func(b *testing.B) {
		for b.Loop() {
			f, _ := ParseWhole(whole)
			for i := range h.names {
				row, _ := f.Row(i)
				scratch.Reset()
				if !row.Durations.AddTo(&scratch) {
					b.Fatal("damaged")
				}
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			f, _ := ParseWhole(whole)
			g, _ := ParseParts(tens, 6)
			k, _ := ParseParts(minutes, 10)
			for i := range h.names {
				row, _ := f.Row(i)
				_ = row.Tally(&all[0], &scratch)
				six, _ := r.Split(&g, i, all[:])
				if _, err := r.Split(&k, i, six[0]); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func same(t *testing.T, what string, got, want *Tally) {
	t.Helper()
	if got.Outcomes != want.Outcomes || got.Count != want.Count || got.Grain != want.Grain || got.Guessed != want.Guessed ||
		len(got.Cells)+len(want.Cells) > 0 && !reflect.DeepEqual(got.Cells, want.Cells) {
		t.Fatalf("%s: got\n%+v, want\n%+v", what, got, want)
	}
	if d := math.Abs(got.Seconds - want.Seconds); d > want.Seconds*.000123 {
		t.Errorf("%s: sum is %v, want %v", what, got.Seconds, want.Seconds)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, perSecond := range []float64{.5, 200, 20000} {
		h := makeHour(shop(perSecond)[:20], 7)
		whole, tens, minutes := h.write()
		h.check(t, whole, tens, minutes)
		h.check(t, whole, tens, h.writeOld())
	}
}

// check reads an hour back, and parts of it alone.
func (h *hour) check(t *testing.T, whole, tens, minutes []byte) {
	t.Helper()
	a, err := ParseWhole(whole)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseParts(tens, 6)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseParts(minutes, 10)
	if err != nil {
		t.Fatal(err)
	}
	var r Reader
	var scratch latency.Histogram
	for i := range h.names {
		if a.Names[i] != h.names[i] {
			t.Errorf("name %v, want %v", a.Names[i], h.names[i])
		}
		var all [1]Tally
		row, err := a.Row(i)
		if err != nil {
			t.Fatal(err)
		}
		if err := row.Tally(&all[0], &scratch); err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprint(i), &all[0], &h.wholes[i])
		six, err := r.Split(&b, i, all[:])
		if err != nil {
			t.Fatal(err)
		}
		sixty, err := r.Split(&c, i, six[0])
		if err != nil {
			t.Fatal(err)
		}
		for k := range sixty {
			var alone [10]Tally
			if err := r.SplitOne(&c, i, six[0], k, alone[:]); err != nil || fmt.Sprint(alone) != fmt.Sprint([10]Tally(sixty[k])) {
				t.Fatalf("alone, part %d is %+v, %v, with the others %+v", k, alone, err, sixty[k])
			}
			same(t, fmt.Sprint(i, k), &six[0][k], &h.wrapped[i][k])
			for j := range sixty[k] {
				same(t, fmt.Sprint(i, k, j), &sixty[k][j], &h.minutes[i][k][j])
			}
		}
	}
}
