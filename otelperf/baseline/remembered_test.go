// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"fmt"
	"math"
	"testing"
	"time"
)

const hourSeconds = 3600

// slowBench has three requests a second.
func slowBench(t *testing.T) *bench {
	b := newBench(t, Config{})
	b.src.rate = 3
	return b
}

// during makes everything times as slow for some seconds, and returns the kinds of the events in them.
func (b *bench) during(times float64, seconds int) string {
	before := b.src.slow
	b.events, b.src.slow = nil, times
	b.run(seconds)
	b.src.slow = before
	return b.kinds()
}

// What was slow for half a day is not what is usual in those hours.
func TestLongIncidentIsNotTheUsual(t *testing.T) {
	for _, known := range []int{12, 30} { // hours
		b := slowBench(t)
		b.run(known * hourSeconds)
		if got := b.during(4, 12*hourSeconds); got != "started new_normal" {
			t.Fatalf("the incident: %q", got)
		}
		if got := b.during(1, 21*hourSeconds); got != "" {
			t.Fatalf("after the incident: %q", got)
		}
		if got := b.during(3, 600); got != "started" && got != "started ended" {
			t.Errorf("three times slower, in the hours in which it was four times on the day before: %q, known for %d h", got, known)
		}
	}
}

// What is slower for good is accepted, and its nights are not a return.
func TestSlowerForGoodIsTheUsual(t *testing.T) {
	b := slowBench(t)
	b.run(30 * hourSeconds)
	days := func(level float64, hours int) string {
		b.events = nil
		for range hours * 60 {
			b.src.slow = level * (1 + 0.3*math.Sin(2*math.Pi*float64(b.now.Unix())/day))
			b.run(60)
		}
		return b.kinds()
	}
	if got := days(1, 30); got != "" {
		t.Fatalf("as usual: %q", got)
	}
	if got := days(3, 80); got != "started new_normal" {
		t.Errorf("three times slower for good: %q", got)
	}
}

// An endpoint that has become faster for good is judged by what it is now.
func TestFasterForGood(t *testing.T) {
	for _, c := range []struct {
		hours int
		times float64
	}{{10, 3}, {30, 3}, {30, 10}, {60, 3}, {60, 5}, {60, 7}} {
		b := slowBench(t)
		b.run(30 * hourSeconds)
		b.src.slow = 0.2
		if got := b.during(0.2, c.hours*hourSeconds); got != "" {
			t.Fatalf("faster: %q", got)
		}
		got := b.during(0.2*c.times, 300)
		if got != "started" {
			t.Errorf("%v times slower %d h after it became faster: %q", c.times, c.hours, got)
			continue
		}
		if ev := b.events[0]; ev.Ratio < 0.6*c.times || ev.Ratio > 1.5*c.times {
			t.Errorf("%v times slower %d h later: shown as %.1f times", c.times, c.hours, ev.Ratio)
		}
	}
}

// After a day of quick answers the endpoint is as it was before: that is no spike.
func TestReturnAfterManyHours(t *testing.T) {
	for _, hours := range []int{5, 10, 20, 40} {
		b := slowBench(t)
		b.run(8 * hourSeconds)
		if got := b.during(0.1, hours*hourSeconds) + b.during(1, 2*hourSeconds); got != "" {
			t.Errorf("back after %d h: %q", hours, got)
		}
		if got := b.during(3, 300); got != "started" {
			t.Errorf("three times slower after the return: %q", got)
		}
	}
}

// What follows ten minutes of quick answers at once is compared with what was before them.
func TestFaultAfterQuickAnswers(t *testing.T) {
	b := newBench(t, Config{})
	b.run(3 * hourSeconds)
	b.src.slow = 0.01
	b.run(1200)
	if got := b.during(5, 300); got != "started" {
		t.Fatalf("five times slower: %q", got)
	}
	ev := b.events[0]
	if ev.Ratio > 8 || ev.Baseline.P50 < 40*time.Millisecond || ev.QuantileBaseline < 40*time.Millisecond {
		t.Errorf("shown as %.1f times, usual median %v, p%v %v", ev.Ratio, ev.Baseline.P50, 100*ev.Quantile, ev.QuantileBaseline)
	}
	if b.during(1, 600); b.kinds() != "ended" {
		t.Errorf("its end: %q", b.kinds())
	}
}

// morning is eight hours without a request.
func (b *bench) morning() { b.now = b.now.Add(8 * time.Hour) }

// A cold start that takes minutes to warm up is waited for; what does not become faster is not.
func TestColdStartOfMinutes(t *testing.T) {
	for _, rate := range []int{1, 20, 200} {
		b := newBench(t, Config{})
		b.src.rate = rate
		b.run(2400)
		for range 4 {
			b.morning()
			for second := range 1200 {
				b.src.slow = 1 + 7*math.Exp(-float64(second)/120)
				b.run(1)
			}
			b.src.slow = 1
			b.run(1200)
		}
		b.wantKinds("")
		b.morning()
		if got := b.during(4, 420); got != "started" {
			t.Errorf("at %d/s: a fault in the morning: %q", rate, got)
		}
		b = b.restarted(time.Hour)
		for second := range 1200 {
			b.src.slow = 1 + 7*math.Exp(-float64(second)/120)
			b.run(1)
		}
		if got := b.kinds(); got != "" {
			t.Errorf("at %d/s: a cold restart: %q", rate, got)
		}
	}
}

// Clocks change for summer and back: the load of the day comes an hour earlier or later by UTC.
func TestClocksChange(t *testing.T) {
	for _, shift := range []int64{-hourSeconds, hourSeconds} {
		b := slowBench(t)
		offset := int64(0)
		for hours := range 24 * 9 {
			if hours == 24*6 {
				offset = shift
			}
			for range 60 { // by day five times as slow, within half an hour
				at := float64((b.now.Unix()-offset)%86400) / 3600
				b.src.slow = math.Pow(5, min(max(min((at-8)/0.5, (18-at)/0.5), 0), 1))
				b.run(60)
			}
			if hours < 24*3 {
				b.events = nil
			}
		}
		if got := b.kinds(); got != "" {
			t.Errorf("%d s: %q", shift, got)
		}
	}
}

// A clock that is put right, or a machine that slept, is neither a spike nor a new normal, and nothing is forgotten.
func TestClockSteps(t *testing.T) {
	steps := map[string][]time.Duration{
		"back 3 h": {-3 * time.Hour}, "8 h on": {8 * time.Hour}, "a week on": {7 * 24 * time.Hour}, "20 min on": {20 * time.Minute},
		"back and forth": {-3 * time.Hour, 3 * time.Hour, -time.Hour, time.Hour}, "a year back": {-365 * 24 * time.Hour},
	}
	for name, step := range steps {
		for _, slow := range []float64{1, 4} {
			t.Run(fmt.Sprintf("%s, %v times slower", name, slow), func(t *testing.T) {
				b := slowBench(t)
				b.run(30 * hourSeconds)
				before, _ := b.d.Quantile(0.9)
				b.src.slow = slow
				b.run(300)
				for _, by := range step {
					b.now = b.now.Add(by)
					b.run(300)
				}
				for _, ev := range b.events {
					if ev.Kind == NewNormal || ev.Start.After(ev.At) || ev.Kind == Started && ev.At.Sub(ev.Start) > 30*time.Minute {
						t.Errorf("%+v", ev)
					}
				}
				b.src.slow = 1
				b.run(900)
				if after, _ := b.d.Quantile(0.9); math.Abs(float64(after)/float64(before)-1) > 0.15 {
					t.Errorf("p90 was %v and is %v", before, after)
				}
				b.events = nil
				b.run(6 * hourSeconds)
				b.wantKinds("")
				if got := b.during(4, 120); got != "started" {
					t.Errorf("found after all that: %q", got)
				}
				for _, ev := range b.events {
					if ev.Gradual {
						t.Errorf("%+v", ev)
					}
				}
			})
		}
	}
}

// What is remembered of quick answers survives a clock that goes back.
func TestClockBackDuringQuickAnswers(t *testing.T) {
	for _, by := range []time.Duration{-2 * time.Second, -2 * time.Hour} {
		b := slowBench(t)
		b.run(2400)
		b.src.slow = 0.1
		b.run(600)
		b.now = b.now.Add(by)
		b.run(600)
		b.src.slow = 1
		b.run(3 * hourSeconds)
		if got := b.kinds(); got != "" {
			t.Errorf("clock %v: %q", by, got)
		}
	}
}

// A new normal stays accepted when the clock goes back.
func TestClockBackAfterNewNormal(t *testing.T) {
	b := slowBench(t)
	b.run(30 * hourSeconds)
	b.src.slow = 4
	b.run(2 * hourSeconds)
	b.wantKinds("started new_normal")
	b.now = b.now.Add(-3 * time.Hour)
	b.run(12 * hourSeconds)
	b.wantKinds("started new_normal")
}
