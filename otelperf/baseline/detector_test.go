// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// source makes lognormal traffic: rate requests per second, median seconds, slow times slower.
type source struct {
	rand   *rand.Rand
	rate   int
	median float64
	slow   float64
	tally  Tally
}

func newSource(rate int, median float64) *source {
	return &source{rand: rand.New(rand.NewPCG(1, 2)), rate: rate, median: median, slow: 1}
}

func (s *source) second() []Bucket {
	s.tally.Reset()
	for range s.rate {
		x := s.median * s.slow * math.Exp(0.4*s.rand.NormFloat64())
		s.tally.Add(time.Duration(x*1e9), false)
	}
	return s.tally.Buckets()
}

// bench drives one detector second by second.
type bench struct {
	*testing.T
	d      *Detector
	src    *source
	now    time.Time
	events []Event

	seconds func() []Bucket // instead of what src makes, if it is not nil
}

func newBench(t *testing.T, c Config) *bench {
	return &bench{T: t, d: newDetector(t, c), src: newSource(20, 0.05), now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
}

func (b *bench) step(delta []Bucket) {
	b.now = b.now.Add(b.d.Config().Tick)
	if ev := b.d.Tick(b.now, delta); ev.Kind != None {
		b.events = append(b.events, ev)
	}
}

func (b *bench) run(seconds int) {
	for range seconds {
		if b.seconds != nil {
			b.step(b.seconds())
		} else {
			b.step(b.src.second())
		}
	}
}

func (b *bench) kinds() string {
	var names []string
	for _, ev := range b.events {
		names = append(names, ev.Kind.String())
	}
	return strings.Join(names, " ")
}

func (b *bench) wantKinds(want string) {
	b.Helper()
	if got := b.kinds(); got != want {
		b.Fatalf("events %q, want %q", got, want)
	}
}

func TestSpikeStory(t *testing.T) {
	b := newBench(t, Config{})
	if s := b.d.State(); s.Phase != Learning || s.Needed != 491 || s.GraceLeft != time.Minute {
		t.Errorf("new detector: %v, %d needed, %v grace left", s.Phase, s.Needed, s.GraceLeft)
	}
	b.run(1200)
	b.wantKinds("")
	if s := b.d.State(); s.Phase != Normal || s.Needed != 0 || s.Levels[at99].Threshold == 0 {
		t.Errorf("after 20 minutes: %v, %d needed, thresholds %v", s.Phase, s.Needed, s.Levels)
	}
	usual, _ := b.d.Quantile(0.99)
	if want := 0.05 * math.Exp(0.4*2.326); math.Abs(usual.Seconds()/want-1) > 0.1 {
		t.Errorf("baseline p99 is %v, want about %.3fs", usual, want)
	}

	began := b.now
	b.src.slow = 5
	b.run(120)
	b.wantKinds("started")
	ev := b.events[0]
	if late := ev.At.Sub(began); late > 10*time.Second {
		t.Errorf("started %v after the fault", late)
	}
	if d := ev.Start.Sub(began); d < -5*time.Second || d > 2*time.Second {
		t.Errorf("evidence dates from %v after the fault", d)
	}
	if ev.Level != P99 || ev.Threshold < 2*usual || ev.Threshold > 3*usual {
		t.Errorf("level %s, threshold %v with a p99 of %v", ev.Level, ev.Threshold, usual)
	}
	if ev.N < 100 || ev.N > 300 || ev.Above < ev.N/3 || ev.Expected > 1 {
		t.Errorf("%d of %d requests, %.2f expected", ev.Above, ev.N, ev.Expected)
	}
	if ev.Baseline.P99 != usual || ev.Ratio < 3 || ev.Ratio > 7 || ev.SinceRestart {
		t.Errorf("event %+v", ev)
	}
	if s := b.d.State(); s.Phase != Spiking {
		t.Errorf("phase %v in an incident", s.Phase)
	}

	b.src.slow = 1
	b.run(120)
	b.wantKinds("started ended")
	if end := b.events[1]; end.Start != ev.Start || end.N <= ev.N || end.Level != ev.Level {
		t.Errorf("ended: %+v", end)
	}
	if s := b.d.State(); s.Phase != Normal {
		t.Errorf("phase %v after the incident", s.Phase)
	}
}

func TestNewNormal(t *testing.T) {
	b := newBench(t, Config{})
	b.run(1200)
	b.src.slow = 3
	b.run(3600)
	b.wantKinds("started new_normal")
	p50, _ := b.d.Quantile(0.5)
	if math.Abs(p50.Seconds()/0.15-1) > 0.1 {
		t.Errorf("median of the new normal is %v, want about 150ms", p50)
	}
	if after := b.events[1].At.Sub(b.events[0].At); after != 30*time.Minute {
		t.Errorf("new normal after %v", after)
	}
}

// Within the cooldown only what is far worse than the last alert is one.
func TestFarWorseWithinTheCooldown(t *testing.T) {
	for again, want := range map[float64]string{3: "started ended", 5: "started ended", 60: "started ended started ended"} {
		b := newBench(t, Config{})
		b.run(1200)
		b.src.slow = 3
		b.run(60)
		b.src.slow = 1
		b.run(60)
		b.wantKinds("started ended")
		b.src.slow = again
		b.run(90)
		b.src.slow = 1
		b.run(60)
		if got := b.kinds(); got != want {
			t.Errorf("x%v within the cooldown of x3: %q, want %q", again, got, want)
		}
	}
}

func TestCooldown(t *testing.T) {
	for _, c := range []struct {
		cooldown time.Duration
		want     string
	}{
		{time.Hour, "started ended"},
		{time.Minute, "started ended started ended"},
	} {
		b := newBench(t, Config{Cooldown: c.cooldown})
		b.run(1200)
		for range 2 {
			b.src.slow = 5
			b.run(60)
			b.src.slow = 1
			b.run(240)
		}
		if got := b.kinds(); got != c.want {
			t.Errorf("cooldown %v: %q, want %q", c.cooldown, got, c.want)
		}
	}
}

// Fast endpoints below the floor never alert, whatever they do below it.
func TestFloor(t *testing.T) {
	for _, c := range []struct {
		floor time.Duration
		want  string
	}{{time.Millisecond, ""}, {time.Microsecond, "started"}} {
		b := newBench(t, Config{Floor: c.floor})
		b.src.median = 20e-6
		b.run(1200)
		b.src.slow = 10
		b.run(60)
		if got := b.kinds(); got != c.want {
			t.Errorf("floor %v: %q, want %q", c.floor, got, c.want)
		}
	}
}

// One bad second, however bad, is no alarm: it takes seven.
func TestShortPauses(t *testing.T) {
	for seconds := 1; seconds <= 9; seconds++ {
		b := newBench(t, Config{})
		b.run(1200)
		for range seconds {
			b.step([]Bucket{{Index: Index(3), Count: 4_000_000_000}})
		}
		if got, want := len(b.events) > 0, seconds >= 7; got != want {
			t.Errorf("%d bad seconds: alert %v, want %v", seconds, got, want)
		}
	}
}

// Slow requests in a row: seven of them, as no second adds more than a seventh of an alarm. To requests ten seconds
// from each other no pause can be common, so that five are enough.
func TestSparseRequests(t *testing.T) {
	for _, c := range []struct{ seconds, few, enough int }{{5, 6, 7}, {10, 4, 5}} {
		for _, slow := range []int{c.few, c.enough} {
			b := newBench(t, Config{})
			b.run(1200)
			for range slow {
				for range c.seconds - 1 {
					b.step(nil)
				}
				b.step([]Bucket{{Index: Index(3), Count: 1}})
			}
			if got, want := len(b.events) > 0, slow >= c.enough; got != want {
				t.Errorf("%d slow requests every %d s: alert %v, want %v", slow, c.seconds, got, want)
			}
		}
	}
}

// An alert by a quantile that is known only since a moment begins when its requests became slow, not when the first one came: there were
// enough requests for the p99 just before.
func TestStartOfAYoungEndpoint(t *testing.T) {
	b := newBench(t, Config{Grace: time.Second})
	b.run(30)
	b.src.slow, b.src.rate = 100, 2
	began := b.now
	b.run(10)
	b.wantKinds("started")
	if ev := b.events[0]; ev.Start.Before(began) || ev.N > 20 {
		t.Errorf("%d of %d since %v, slow since %v", ev.Above, ev.N, ev.Start, began)
	}
}

// Calls that come more often than every tick are added up rather than judged one by one.
func TestEarlyTicks(t *testing.T) {
	b := newBench(t, Config{})
	b.run(1200)
	for range 20 {
		b.now = b.now.Add(10 * time.Millisecond)
		if ev := b.d.Tick(b.now, []Bucket{{Index: Index(3), Count: 100}}); ev.Kind != None {
			t.Fatalf("alert within %v", 200*time.Millisecond)
		}
	}
	b.src.slow = 5
	b.run(10)
	b.wantKinds("started")
}

func TestTenSecondTicks(t *testing.T) {
	b := newBench(t, Config{Tick: 10 * time.Second})
	b.src.rate = 200
	b.run(120)
	b.src.slow = 5
	b.run(3)
	b.wantKinds("started")
	b.src.slow = 1
	b.run(12)
	b.wantKinds("started ended")
}

// Server errors faster than the usual median are another alarm's business, slow ones are not.
func TestFailures(t *testing.T) {
	b := newBench(t, Config{})
	b.run(1200)
	before, _ := b.d.Quantile(0.5)
	for range 300 {
		b.step(append(b.src.second(), Bucket{Index: Index(0.001), Count: 20, Failed: 20}))
	}
	b.wantKinds("")
	if after, _ := b.d.Quantile(0.5); math.Abs(float64(after)/float64(before)-1) > 0.03 {
		t.Errorf("fast errors moved the median from %v to %v", before, after)
	}
	for range 10 {
		b.step(append(b.src.second(), Bucket{Index: Index(10), Count: 5, Failed: 5}))
	}
	b.wantKinds("started")
}

func TestSetConfig(t *testing.T) {
	b := newBench(t, Config{})
	b.run(1200)
	before := b.d.State().Levels[at99].Threshold
	if err := b.d.SetConfig(Config{Ratio: 4}); err != nil {
		t.Fatal(err)
	}
	if r := float64(b.d.State().Levels[at99].Threshold) / float64(before); math.Abs(r-2) > 0.03 {
		t.Errorf("threshold changed by %.2f, want 2", r)
	}
	if err := b.d.SetConfig(Config{Ratio: -1}); err == nil || b.d.Config().Ratio != 4 {
		t.Errorf("bad config: %v, ratio now %v", err, b.d.Config().Ratio)
	}
	b.src.slow = 3
	b.run(60)
	b.wantKinds("")
	b.src.slow = 12
	b.run(60)
	b.wantKinds("started")
}

func TestConfigErrors(t *testing.T) {
	_, err := New(Config{Ratio: math.NaN(), Weight: 1, Cooldown: -1, Floor: -1, Grace: 2 * time.Hour, Tick: time.Millisecond})
	if err == nil {
		t.Fatal("no error")
	}
	for _, field := range []string{"Ratio", "Weight", "Cooldown", "Floor", "Grace", "Tick"} {
		if !strings.Contains(err.Error(), "baseline: "+field+" is ") {
			t.Errorf("%s is missing in:\n%v", field, err)
		}
	}
	if err := (Config{}).Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	if j, ok := err.(interface{ Unwrap() []error }); !ok || len(j.Unwrap()) != 6 {
		t.Errorf("not six joined errors: %v", errors.Unwrap(err))
	}
}

// A nightly job becomes no alert once it has been seen for three nights, a stronger incident at that time does.
func TestRecurringEpisode(t *testing.T) {
	b := newBench(t, Config{})
	b.src.rate = 5
	b.run(1800)
	for night := range 5 {
		b.events = nil
		b.src.slow = 4
		if night == 4 {
			b.src.slow = 16
		}
		b.run(90)
		b.src.slow = 1
		b.run(3600 - 90)
		want := "started ended"
		if night == 3 {
			want = ""
		}
		if got := b.kinds(); got != want {
			t.Errorf("hour %d: %q, want %q", night, got, want)
		}
	}
}

func TestAbsurdInput(t *testing.T) {
	b := newBench(t, Config{})
	b.run(1200)
	check := func(what string, more uint64) {
		t.Helper()
		if got := b.d.Anomalies(); got != more {
			t.Errorf("%s: %d anomalies, want %d", what, got, more)
		}
	}
	check("ordinary", 0)
	b.now = b.now.Add(-time.Hour)
	b.run(300)
	check("an hour back", 1)
	b.now = b.now.Add(5 * 24 * time.Hour)
	b.run(300)
	check("a gap of days", 2)
	b.now = time.Unix(math.MinInt64, 0)
	b.run(10)
	b.now = time.Unix(math.MaxInt64-1e6, 0)
	b.run(10)
	check("the ends of time", 4)
	b.now = time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	b.run(1)
	check("and back", 5)
	b.step([]Bucket{{Index: math.MaxInt32, Count: 1000}, {Index: math.MinInt32, Count: 1000}})
	check("indexes", 7)
	b.step([]Bucket{{Index: Index(0.05), Count: 1, Failed: 5}})
	check("failed", 8)
	for range 60 {
		b.step([]Bucket{{Index: Index(0.05), Count: math.MaxUint32}})
	}
	b.run(300)
	b.wantKinds("")
	b.src.slow = 8
	b.run(30)
	b.wantKinds("started") // and it still works
}

// Evidence from before a long silence is not added to what comes after it.
func TestSilenceForgets(t *testing.T) {
	for _, c := range []struct {
		gap  time.Duration
		want string
	}{{time.Minute, "started"}, {time.Hour, ""}} {
		b := newBench(t, Config{})
		b.run(1200)
		b.src.slow = 5
		b.run(5)
		b.now = b.now.Add(c.gap)
		b.run(5)
		b.src.slow = 1
		b.run(5)
		if got := b.kinds(); got != c.want {
			t.Errorf("ten bad seconds with a gap of %v: %q, want %q", c.gap, got, c.want)
		}
	}
}

func TestIndex(t *testing.T) {
	for _, c := range []struct {
		seconds float64
		want    int32
	}{
		{1, -1}, {math.Nextafter(1, 2), 0}, {2, 63}, {0.5, -65},
		{0, minIndex}, {-1, minIndex}, {math.NaN(), minIndex}, {math.Inf(1), maxIndex}, {1e300, maxIndex},
	} {
		if got := Index(c.seconds); got != c.want {
			t.Errorf("Index(%v) = %d, want %d", c.seconds, got, c.want)
		}
	}
	for i := int32(-1000); i < 600; i++ {
		if low, high := Bound(i), Bound(i+1); Index((low+high)/2) != i {
			t.Fatalf("the middle of bucket %d is in %d", i, Index((low+high)/2))
		}
	}
}

func TestTally(t *testing.T) {
	var tally Tally
	for range 3 {
		tally.Add(time.Second, false)
	}
	tally.Add(time.Second, true)
	tally.Add(2*time.Second, true)
	got := tally.Buckets()
	if len(got) != 2 || got[0] != (Bucket{-1, 4, 1}) || got[1] != (Bucket{63, 1, 1}) {
		t.Errorf("buckets %v", got)
	}
	tally.Reset()
	if len(tally.Buckets()) != 0 {
		t.Error("not empty after Reset")
	}
}

func TestQuantilesAndShares(t *testing.T) {
	b := newBench(t, Config{})
	if _, ok := b.d.Quantile(0.5); ok {
		t.Error("a quantile of nothing")
	}
	b.run(1200)
	for _, q := range []float64{0.5, 0.9, 0.99} {
		at, ok := b.d.Quantile(q)
		var v view
		v.of(&b.d.normal.shape)
		if share := v.above(at.Seconds()); !ok || math.Abs(share-(1-q)) > 1e-4 {
			t.Errorf("share above the quantile %v is %v", q, share)
		}
	}
	if _, ok := b.d.Quantile(math.NaN()); ok {
		t.Error("a quantile of NaN")
	}
}

func TestSize(t *testing.T) {
	if size := unsafe.Sizeof(Detector{}); size > 8192 {
		t.Errorf("a detector takes %d bytes, promised are 8192", size)
	} else {
		t.Logf("%d bytes", size)
	}
}
