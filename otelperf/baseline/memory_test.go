// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"math"
	"testing"
	"time"
)

// Ten minutes of answers that are quick, since most requests are refused, are no reason for an alarm when it is over:
// what was usual before is put back. What is slower than that alerts.
func TestReturnFromQuickAnswers(t *testing.T) {
	for _, c := range []struct {
		after float64
		want  string
	}{{1, ""}, {4, "started"}} {
		b := newBench(t, Config{})
		b.run(2400)
		before, _ := b.d.Quantile(0.5)
		b.src.slow = 0.05
		b.run(600)
		if quick, _ := b.d.Quantile(0.5); quick > before/2 {
			t.Errorf("ten minutes later the median is still %v", quick)
		}
		b.src.slow = c.after
		b.run(120)
		if got := b.kinds(); got != c.want {
			t.Errorf("%v times slower than before: %q, want %q", c.after, got, c.want)
		}
		if after, _ := b.d.Quantile(0.5); c.after == 1 && math.Abs(float64(after)/float64(before)-1) > 0.1 {
			t.Errorf("the median was %v and is %v", before, after)
		}
	}
}

// After an incident that became the new normal, the baseline from before is put back, and the same incident is one
// again.
func TestReturnFromNewNormal(t *testing.T) {
	b := newBench(t, Config{})
	b.run(2400)
	for range 2 {
		b.src.slow = 3
		b.run(2400)
		b.src.slow = 1
		b.run(900)
	}
	b.wantKinds("started new_normal started new_normal")
	p50, _ := b.d.Quantile(0.5)
	if math.Abs(p50.Seconds()/0.05-1) > 0.1 {
		t.Errorf("the median is %v, want about 50ms", p50)
	}
}

// Pauses of 0.8 s every 10 s: each is one bad second that nine good ones outweigh.
func TestRecurringStalls(t *testing.T) {
	b := newBench(t, Config{})
	b.src.rate = 100
	b.run(1800)
	began := b.now
	for second := range 360 {
		delta := b.src.second()
		if second%10 == 0 {
			delta = append(delta, Bucket{Index: Index(0.4), Count: 40}, Bucket{Index: Index(0.7), Count: 40})
		}
		b.step(delta)
	}
	b.wantKinds("started")
	if took := b.events[0].At.Sub(began); took < 4*time.Minute || took > 6*time.Minute {
		t.Errorf("found after %v: it takes five bad minutes", took)
	}
	if ev := b.events[0]; ev.QuantileNow < 300*time.Millisecond || ev.Ratio < 2 {
		t.Errorf("p%v is %v, %v times the usual", 100*ev.Quantile, ev.QuantileNow, ev.Ratio)
	}
	b.run(600)
	b.wantKinds("started ended")
	if end := b.events[1]; end.N <= b.events[0].N || end.Above < b.events[0].Above || end.Start != b.events[0].Start {
		t.Errorf("the end covers less than the start: %+v", end)
	}
}

// As long as the p99 is below the floor there is no alarm, not even if ten times as many requests are above it as usual.
func TestP99BelowFloor(t *testing.T) {
	for _, c := range []struct {
		every int // requests, of which one takes long
		want  string
	}{{1000, ""}, {125, ""}, {25, "started"}} {
		b := newBench(t, Config{})
		b.src.rate, b.src.median = 100, 0.2e-3
		long, n := 1000, 0
		b.seconds = func() []Bucket {
			delta := b.src.second()
			for n += b.src.rate; n >= long; n -= long {
				delta = append(delta, Bucket{Index: Index(0.02), Count: 1})
			}
			return delta
		}
		b.run(3600)
		long = c.every
		b.run(1200)
		if got := b.kinds(); got != c.want {
			t.Errorf("one in %d above the floor: %q, want %q", c.every, got, c.want)
		}
	}
}

// slower makes the source slower and slower until it is times as slow, within seconds.
func (b *bench) slower(times float64, seconds int) {
	for second := range seconds {
		b.src.slow = math.Pow(times, float64(second)/float64(seconds))
		b.step(b.src.second())
	}
}

// What becomes four times slower over three hours takes its baseline along, but not the hours of the days before.
func TestGradual(t *testing.T) {
	b := newBench(t, Config{})
	b.src.rate = 2
	b.run(30 * 3600)
	b.slower(4, 3*3600)
	if len(b.events) == 0 {
		t.Fatal("not found")
	}
	ev := b.events[0]
	if !ev.Gradual || ev.Ratio < 2 || ev.Above*8 < ev.N || ev.Expected >= float64(ev.Above) {
		t.Errorf("event %+v", ev)
	}
	if p50 := ev.Baseline.P50; p50 < 45*time.Millisecond || p50 > 65*time.Millisecond {
		t.Errorf("usual median at this hour %v, want somewhat above 50ms", p50)
	}
	b.run(24 * 3600)
	b.wantKinds("started new_normal") // and then it is accepted, also at an hour that was faster yesterday
}

// After eight hours without a request caches are cold; an endpoint with a request an hour is not always cold.
func TestColdAfterSilence(t *testing.T) {
	b := newBench(t, Config{})
	b.run(2400)
	b.now = b.now.Add(8 * time.Hour)
	b.src.slow = 8
	b.run(150)
	b.src.slow = 1
	b.run(600)
	b.wantKinds("")
	b.now = b.now.Add(8 * time.Hour)
	b.src.slow = 8
	b.run(240)
	b.wantKinds("started") // that is more than cold caches

	b = newBench(t, Config{})
	for range 200 {
		b.now = b.now.Add(time.Hour)
		b.step([]Bucket{{Index: Index(0.05), Count: 1}})
	}
	if n := b.d.State().Effective; n < 100 {
		t.Errorf("of 200 requests, one an hour, %v were learned", n)
	}
}

// A weekly job: three weeks, then silence. The clock begins before 1970, where hours and weeks have negative numbers.
func TestWeeklyJobBefore1970(t *testing.T) {
	b := newBench(t, Config{Tick: 10 * time.Second})
	b.now = time.Date(1969, 11, 30, 0, 0, 0, 0, time.UTC)
	b.src.rate = 6
	b.run(360)
	for week := range 6 {
		b.events = nil
		b.src.slow = 4
		b.run(90)
		b.src.slow = 1
		b.run(7*8640 - 90)
		want := "started ended"
		if week >= 3 {
			want = ""
		}
		if got := b.kinds(); got != want {
			t.Errorf("week %d: %q, want %q", week, got, want)
		}
	}
}

// Every hour from long before 1970 on has its place, and no two of one week the same.
func TestPlaceOfHours(t *testing.T) {
	var w week
	for _, from := range []int64{-farthest / 3600, -200_000, -100, 0, 490_000, farthest / 3600} {
		seen := map[*mark]bool{}
		for h := from; h < from+weekHours; h++ {
			m, number := w.place(h)
			if _, next := w.place(h + weekHours); seen[m] || number == 0 || next == number {
				t.Fatalf("hour %d: place taken, or week %d followed by week %d", h, number, next)
			}
			seen[m] = true
		}
	}
}
