// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"strings"
	"testing"
	"time"
)

// Nothing is usual before there is a minute that is a minute old; then what leaves it is said in a sentence, and what is within is not.
func TestNormalIsLearned(t *testing.T) {
	rg := newRig(t, t.TempDir())
	rg.puts(cpuThrottled, 30, 0)
	rg.puts(cpuThrottled, 20, .4)
	if r, d := rg.reading(t, "cpu_throttled", ""), rg.Report(rg.now).Unusual; r.Usual != nil || r.Limit != nil || len(d) != 0 || value(r.Now) != .4 {
		t.Fatalf("%+v, %+v unusual after less than a minute: want nothing usual, and nothing said of it", r, d)
	}
	rg.puts(cpuThrottled, 100, 0)
	if r := rg.reading(t, "cpu_throttled", ""); value(r.Usual) != 0 || value(r.Limit) < .05 {
		t.Fatalf("%+v, want 0 to be usual", r)
	}
	rg.puts(cpuThrottled, 12, .04)
	if d := rg.Report(rg.now).Unusual; len(d) != 0 {
		t.Errorf("4 %% is said to be unusual: %+v", d)
	}
	rg.puts(cpuThrottled, 12, .38)
	d := rg.Report(rg.now).Unusual
	if len(d) != 1 || d[0].Sentence != "CPU throttled 38 % of the time, usually 0 %" || d[0].Name != "cpu_throttled" || d[0].Now < .379 || d[0].Usual != 0 {
		t.Errorf("%+v, want the throttling", d)
	}
}

// What happens now and then is part of the normal: it does not count as having left it, and one second of noise does not.
func TestNormalHasAnUpperEnd(t *testing.T) {
	rg := newRig(t, t.TempDir())
	for range 20 { // each minute ten seconds are busy
		rg.puts(schedLatency, 50, .2)
		rg.puts(schedLatency, 10, 20)
	}
	if r := rg.reading(t, "sched_latency", ""); value(r.Usual) > .21 || value(r.Limit) < 20 || value(r.Limit) > 40 {
		t.Fatalf("%+v, want .2 to be usual and 20 within the limit", r)
	}
	if d := rg.Report(rg.now).Unusual; len(d) != 0 {
		t.Errorf("the busy seconds are said to be unusual: %+v", d)
	}
	rg.puts(schedLatency, 9, .2)
	rg.put(schedLatency, 500)
	if d := rg.Report(rg.now).Unusual; len(d) != 0 {
		t.Errorf("one second is said to be unusual: %+v", d)
	}
	rg.put(pauses, 90)
	if r := rg.reading(t, "pause", ""); value(r.Now) != 90 {
		t.Errorf("%+v, want the one long pause", r)
	}
	rg.puts(schedLatency, 10, 80)
	if d := rg.Report(rg.now).Unusual; len(d) != 1 || !strings.Contains(d[0].Sentence, "wait 80 ms for a CPU (p99), usually 0.2 ms") {
		t.Errorf("%+v, want the latency", d)
	}
}

// While a spike is open nothing is learned, not even what came before it was found; afterwards what it had is left out.
func TestSpikesAreNotLearnedFrom(t *testing.T) {
	for _, freeze := range []bool{true, false} {
		rg := newRig(t, t.TempDir())
		rg.puts(mutexWait, 300, .1)
		start := rg.now
		rg.puts(mutexWait, 60, 20)
		if freeze {
			rg.Freeze(start)
		}
		rg.puts(mutexWait, 1200, 20)
		rg.Thaw()
		rg.puts(mutexWait, 300, .1)
		rg.puts(mutexWait, 10, 5)
		if d := rg.Report(rg.now).Unusual; (len(d) == 1) != freeze {
			t.Errorf("frozen %v: %+v unusual; want 5 to be if the spike was not learned from, else not", freeze, d)
		}
	}
}

// What has changed for good is normal after a while.
func TestNormalFollows(t *testing.T) {
	rg := newRig(t, t.TempDir())
	rg.puts(goroutines, 600, 100)
	rg.puts(goroutines, 20, 900)
	if d := rg.Report(rg.now).Unusual; len(d) != 1 || d[0].Sentence != "900 goroutines exist, usually 100" {
		t.Errorf("%+v, want the goroutines", d)
	}
	rg.puts(goroutines, 1800, 900)
	if d := rg.Report(rg.now).Unusual; len(d) != 0 {
		t.Errorf("%+v, want 900 to be normal", d)
	}
}

// Of a spike's time each signal counts by its worst ten seconds, and the farthest comes first.
func TestDeviationsOfATime(t *testing.T) {
	rg := newRig(t, t.TempDir())
	rg.puts(gcCPU, 300, .02)
	start := rg.now
	rg.puts(gcCPU, 20, .3)
	rg.puts(gcCPU, 100, .02)
	if d := rg.Report(rg.now).Unusual; len(d) != 0 {
		t.Errorf("now %+v is unusual", d)
	}
	d := rg.Deviations(start, rg.now)
	if len(d) != 1 || d[0].Now < .29 || d[0].Sentence != "GC takes 30 % of the CPU, usually 2 %" {
		t.Errorf("%+v, want the worst ten seconds of GC", d)
	}
	if d := rg.Deviations(start.Add(-time.Minute), start); len(d) != 0 {
		t.Errorf("before it %+v", d)
	}
	if d := rg.Deviations(start.Add(-100*time.Hour), rg.now.Add(time.Hour)); len(d) != 1 {
		t.Errorf("of all time %+v, want what is kept", d)
	}
	far, near := Deviation{Name: "a", excess: 3}, Deviation{Name: "b", excess: 2}
	if w := Worst([]Deviation{near, {Name: "a", excess: 1}}, []Deviation{far}); len(w) != 2 || w[0] != far || w[1] != near {
		t.Errorf("worst of both is %+v", w)
	}
}

// Missed seconds are unknown but for the last ten, and an hour is kept, no more.
func TestHour(t *testing.T) {
	rg := newRig(t, t.TempDir())
	rg.puts(cpuUsed, 100, 1)
	rg.now = rg.now.Add(60 * time.Second)
	rg.put(cpuUsed, 2)
	s := rg.Series(rg.now, 300, 1)
	line := s.Signals[cpuUsed]
	if len(line.Values) != 162 || s.Start.Sub(rg.now.Add(-161*time.Second)).Abs() > time.Second || line.Name != "cpu" {
		t.Fatalf("%d steps from %v on at %v, want 162", len(line.Values), s.Start, rg.now)
	}
	for i, want := range map[int]float64{0: -1, 1: 1, 100: 1, 101: -1, 150: -1, 152: 2, 161: 2} {
		if got := value(line.Values[i]); got != want {
			t.Errorf("second %d is %v, want %v", i, got, want)
		}
	}
	rg.puts(cpuUsed, 5000, 3)
	s = rg.Series(rg.now, Seconds, 10)
	if n := len(s.Signals[cpuUsed].Values); n != 360 || value(s.Signals[cpuUsed].Values[0]) != 3 {
		t.Errorf("%d steps, the first of %v; want an hour of 3", n, value(s.Signals[cpuUsed].Values[0]))
	}
	later := rg.now.Add(time.Minute)
	if r := rg.Report(later).Signals[cpuUsed]; r.Now != nil {
		t.Errorf("a minute after the last sample CPU is %v, want nothing", *r.Now)
	}
}

// A clock that somebody sets moves nothing: seconds are counted.
func TestTwoSamplesInASecond(t *testing.T) {
	rg := newRig(t, t.TempDir())
	rg.put(cpuUsed, 1)
	rg.now = rg.now.Add(-900 * time.Millisecond)
	rg.put(cpuUsed, 5)
	if s := rg.Series(rg.now, 60, 1).Signals[cpuUsed]; len(s.Values) != 2 || value(s.Values[1]) != 5 {
		t.Errorf("%v, want the later sample", s.Values)
	}
}

func TestForget(t *testing.T) {
	rg := newRig(t, t.TempDir())
	rg.puts(cpuUsed, 300, 1)
	rg.Forget()
	if r := rg.Report(rg.now).Signals[cpuUsed]; r.Now != nil || r.Usual != nil {
		t.Errorf("%+v after Forget", r)
	}
}
