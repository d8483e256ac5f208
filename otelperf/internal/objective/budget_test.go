// SPDX-License-Identifier: Apache-2.0

package objective

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/statecodec"
)

var begin = time.Unix(1_767_571_200, 0)

func newBudget(t *testing.T, c Config) *Budget {
	t.Helper()
	b, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// request is a raw one, for the reference.
type request struct {
	second int64
	bad    bool
}

// traffic returns 30 days of requests with quiet nights, a bad hour now and then, and holes.
func traffic(r *rand.Rand) (all []request) {
	bad := 0.0
	for s := int64(0); s < 30*86400; s++ {
		if s%3600 == 0 {
			bad = 0.0005
			switch r.IntN(40) {
			case 0:
				bad = 0.05
			case 1:
				s += r.Int64N(7200)
			}
		}
		rate := 0.05 * (1 + math.Sin(2*math.Pi*float64(s)/86400))
		if r.Float64() < rate {
			for range 1 + r.IntN(3) {
				all = append(all, request{s, r.Float64() < bad})
			}
		}
	}
	return all
}

// reference counts the requests of the running step and of those before it that make a window, and of the window itself.
func reference(all []request, now, step int64, window time.Duration) (steps, exact cell) {
	length := int64(window / time.Second)
	from := now/step*step - length
	for i := len(all) - 1; i >= 0 && all[i].second >= from; i-- {
		c := cell{total: 1}
		if all[i].bad {
			c.bad = 1
		}
		steps.add(c)
		if all[i].second > now-length {
			exact.add(c)
		}
	}
	return steps, exact
}

// The counts agree with the raw requests of 30 days, and what the steps add to windows of the exact length is as small as promised.
func TestAgreesWithRawRequests(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := traffic(r)
	for i := len(all) - 1; i >= 0; i-- {
		all[i].second -= all[0].second // seconds are counted from the first request on
	}
	b := newBudget(t, Config{Target: 0.999})
	worst := [Pairs]float64{}
	checked := 0
	for i := 0; i < len(all); {
		now, c := all[i].second, cell{}
		for ; i < len(all) && all[i].second == now; i++ {
			c.total++
			if all[i].bad {
				c.bad++
			}
		}
		if b.Tick(begin.Add(time.Duration(now)*time.Second), c.total, c.bad); r.IntN(500) > 0 && i < len(all) {
			continue
		}
		checked++
		seen := all[:i]
		for p := range pairs {
			long, short := b.long(p), b.short(p)
			for _, w := range []struct {
				got    cell
				step   int64
				window time.Duration
			}{{long, []int64{10, 60, 3600}[p], pairs[p].long}, {short, []int64{10, 60, 60}[p], pairs[p].short}} {
				want, exact := reference(seen, now, w.step, w.window)
				if w.got != want {
					t.Fatalf("%v at %d: %+v, the raw requests %+v", w.window, now, w.got, want)
				}
				if exact.total >= 100 {
					worst[p] = max(worst[p], float64(w.got.total)/float64(exact.total)-1)
				}
			}
		}
		want, _ := reference(seen, now, 3600, 30*day)
		st := b.State()
		if st.Total != want.total || st.Bad != want.bad || math.Abs(st.Left-(1-float64(want.bad)/(0.001*float64(want.total)))) > 1e-9 {
			t.Fatalf("at %d: %+v, the raw requests %+v", now, st, want)
		}
	}
	if checked < 100 {
		t.Fatalf("checked %d times", checked)
	}
	t.Logf("checked %d times; requests beyond the exact windows: %.3f at most", checked, worst)
}

// run feeds seconds of a rate of which a share is bad, and returns what alerts say.
func run(b *Budget, from time.Time, seconds, perSecond int, bad func(second, n int) int) (evs []Event, to time.Time) {
	for s := range seconds {
		from = from.Add(time.Second)
		for _, ev := range b.Tick(from, uint64(perSecond), uint64(bad(s, perSecond))) {
			if ev.Started || ev.Ended {
				evs = append(evs, ev)
			}
		}
	}
	return evs, from
}

func TestAlerts(t *testing.T) {
	good := func(int, int) int { return 0 }
	for _, c := range []struct {
		name     string
		perMille int // bad
		within   int // seconds for which it burns
		pages    int
	}{
		{"nothing bad", 0, 7200, 0},
		{"20 times the budget", 20, 7200, 2},
		{"8 times the budget", 8, 5 * 3600, 1},
	} {
		b := newBudget(t, Config{Target: 0.999})
		_, now := run(b, begin, 8*3600, 1000, good)
		evs, now := run(b, now, c.within, 1000, func(int, int) int { return c.perMille })
		pages := 0
		for _, ev := range evs {
			if !ev.Started || ev.Burn.LongRate < ev.Burn.Factor || ev.Burn.ShortRate < ev.Burn.Factor {
				t.Errorf("%s: %+v", c.name, ev)
			}
			if ev.Burn.Page {
				pages++
			}
		}
		if pages != c.pages {
			t.Errorf("%s: %d pages, want %d", c.name, pages, c.pages)
		}
		ended, _ := run(b, now, 7*3600, 1000, good)
		if len(ended) != len(evs) {
			t.Errorf("%s: %d alerts, %d ended", c.name, len(evs), len(ended))
		}
	}
}

// One failed request, and four, at night are no alert; when everything fails there soon is one.
func TestLittleTraffic(t *testing.T) {
	b := newBudget(t, Config{Target: 0.999})
	night := func(bad int) (alerts int) {
		var now time.Time
		_, now = run(b, begin.Add(time.Duration(b.seconds)*time.Second), 8*3600, 0, func(int, int) int { return 0 })
		for range bad {
			now = now.Add(30 * time.Second)
			for _, ev := range b.Tick(now, 1, 1) {
				if ev.Started {
					alerts++
				}
			}
		}
		return alerts
	}
	for _, c := range []struct{ bad, alerts int }{{1, 0}, {4, 0}, {5, 3}} {
		b = newBudget(t, Config{Target: 0.999})
		if got := night(c.bad); got != c.alerts {
			t.Errorf("%d of %d failed: %d alerts, want %d", c.bad, c.bad, got, c.alerts)
		}
	}
}

// By chance alone, at a rate just within the budget, there are no pages in four months of little traffic.
func TestChanceIsNoAlert(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	b := newBudget(t, Config{Target: 0.999})
	pages := 0
	for s := int64(0); s < 120*86400; s += 20 {
		bad := uint64(0)
		if r.Float64() < 0.0008 {
			bad = 1
		}
		for _, ev := range b.Tick(begin.Add(time.Duration(s)*time.Second), 1, bad) {
			if ev.Started && ev.Burn.Page {
				pages++
			}
		}
	}
	if pages != 0 {
		t.Errorf("%d pages", pages)
	}
}

func TestFactors(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   [Pairs]float64
	}{
		{Config{Target: 0.999}, [Pairs]float64{14.4, 6, 1}},
		{Config{Target: 0.999, Period: 7 * day}, [Pairs]float64{3.36, 1.4, 1}},
		{Config{Target: 0.999, Period: 90 * day}, [Pairs]float64{43.2, 18, 3}},
		{Config{Target: 0.9}, [Pairs]float64{8, 6, 1}},
	} {
		for i, f := range newBudget(t, c.config).factors {
			if math.Abs(f-c.want[i]) > 1e-9 {
				t.Errorf("%+v: factor %d is %v, want %v", c.config, i, f, c.want[i])
			}
		}
	}
}

func TestClockSteps(t *testing.T) {
	feed := func(b *Budget, now time.Time) { run(b, now, 600, 10, func(s, _ int) int { return s & 1 }) }
	for name, c := range map[string]struct {
		jump  time.Duration
		total uint64 // of the hour, afterwards
	}{
		"back an hour":     {-time.Hour, 12000},
		"back a year":      {-365 * day, 12000},
		"ahead two days":   {48 * time.Hour, 12000}, // the clock was set
		"ahead 100 years":  {100 * 365 * day, 12000},
		"ahead two hours":  {2 * time.Hour, 6000}, // time has passed
		"ahead 50 minutes": {50 * time.Minute, 6010},
	} {
		b := newBudget(t, Config{Target: 0.999})
		feed(b, begin)
		feed(b, begin.Add(10*time.Minute+c.jump))
		if u := b.burn(0); u.Total != c.total && c.jump != 50*time.Minute || u.Total < c.total || u.Total > c.total+100 {
			t.Errorf("%s: %d requests in the last hour, want %d", name, u.Total, c.total)
		}
		if st := b.State(); st.Total != 12000 || st.Bad != 600 {
			t.Errorf("%s: %d of %d bad in the period, want 600 of 12000", name, st.Bad, st.Total)
		}
	}
}

func TestStateSurvivesRestart(t *testing.T) {
	b := newBudget(t, Config{Target: 0.999})
	run(b, begin, 4*3600, 20, func(s, _ int) int { return s & 1 })
	state := b.AppendState(nil)
	if len(state) > MaxStateSize {
		t.Fatalf("%d bytes", len(state))
	}
	again := newBudget(t, Config{Target: 0.999})
	if err := again.Restore(state, 0); err != nil {
		t.Fatal(err)
	}
	if got, want := again.State(), b.State(); got != want {
		t.Errorf("restored %+v, want %+v", got, want)
	}
	if !again.open[0] || again.open != b.open {
		t.Errorf("restored alerts %v, want %v", again.open, b.open)
	}
	if err := again.Restore(state, 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	if u := again.burn(0); u.Total != 0 {
		t.Errorf("two hours later the last hour has %d requests", u.Total)
	}
	if got, want := again.State().Total, b.State().Total; got != want {
		t.Errorf("two hours later the period has %d requests, want %d", got, want)
	}
	week := newBudget(t, Config{Target: 0.999, Period: 7 * day})
	if err := week.Restore(state, 8*day); err != nil || week.State().Total != 0 {
		t.Errorf("after eight days a period of seven has %d requests: %v", week.State().Total, err)
	}
	if err := week.Restore(state[1:], 0); !errors.Is(err, statecodec.ErrState) {
		t.Errorf("damaged: %v", err)
	}
}

// The state of a period of 90 days in which every step has a million requests fits.
func TestLargestState(t *testing.T) {
	b := newBudget(t, Config{Target: 0.999, Period: 90 * day})
	for s, step := int64(0), int64(3600); s < 91*86400; s += step {
		if s > 90*86400 {
			step = 10
		}
		b.Tick(begin.Add(time.Duration(s)*time.Second), 1<<40, 1<<39)
	}
	state := b.AppendState(nil)
	if len(state) > MaxStateSize {
		t.Errorf("%d bytes, allowed are %d", len(state), MaxStateSize)
	}
	if err := newBudget(t, Config{Target: 0.999, Period: 90 * day}).Restore(state, 0); err != nil {
		t.Error(err)
	}
}

func TestTickAllocatesNothing(t *testing.T) {
	b := newBudget(t, Config{Target: 0.999})
	now := begin
	if n := testing.AllocsPerRun(1000, func() {
		now = now.Add(time.Second)
		b.Tick(now, 10, 1)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestConfigErrors(t *testing.T) {
	_, err := New(Config{Target: 1, Period: time.Hour, LeastBad: 1})
	for _, want := range []string{"Target is 1, accepted are 0.5 to 0.99999", "Period is 1h0m0s", "LeastBad is 1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not contain %q", err, want)
		}
	}
	if _, err := New(Config{Target: math.NaN()}); err == nil {
		t.Error("NaN accepted")
	}
}

func FuzzRestore(f *testing.F) {
	b, _ := New(Config{Target: 0.99})
	run(b, begin, 4000, 3, func(s, _ int) int { return s & 1 })
	f.Add(b.AppendState(nil), int64(0))
	f.Add([]byte("opob\x01"), int64(time.Hour))
	f.Fuzz(func(t *testing.T, state []byte, age int64) {
		for _, s := range [][]byte{state, statecodec.Resign(state)} {
			b, _ := New(Config{Target: 0.99})
			if err := b.Restore(s, time.Duration(age)); err != nil {
				continue
			}
			run(b, begin, 30, 3, func(s, _ int) int { return s & 1 })
			st := b.State()
			if st.Bad > st.Total || math.IsNaN(st.Left) || math.IsInf(st.Left, 0) {
				t.Fatalf("impossible state %+v", st)
			}
			again, _ := New(Config{Target: 0.99})
			if err := again.Restore(b.AppendState(nil), 0); err != nil {
				t.Fatalf("cannot restore what a restored budget wrote: %v", err)
			}
			if again.State().Total != st.Total {
				t.Fatalf("%d requests, restored %d", st.Total, again.State().Total)
			}
		}
	})
}

// When the budget is used up is when it is, if all goes on as it was.
func TestUsedUp(t *testing.T) {
	for _, tt := range []struct {
		days, bad int // of a thousand in the last 6 hours
		slack     time.Duration
	}{{2, 40, time.Hour}, {10, 30, 2 * time.Hour}, {40, 20, 3 * time.Hour}} {
		b := newBudget(t, Config{Target: 0.99})
		now := begin
		step := func(bad int) {
			now = now.Add(time.Minute)
			b.Tick(now, 1000, uint64(bad))
		}
		for range tt.days * 1440 {
			step(5)
		}
		for range 400 {
			step(tt.bad)
		}
		st := b.State()
		in, ok := st.UsedUp()
		if !ok {
			t.Fatalf("%d days: never, with %+v", tt.days, st)
		}
		at := now.Add(in)
		for b.State().Left > 0 {
			step(tt.bad)
		}
		if diff := now.Sub(at); diff.Abs() > tt.slack+in/20 {
			t.Errorf("after %d days: used up at %v, said was %v (in %v)", tt.days, now, at, in)
		}
		if st = b.State(); st.Left <= 0 {
			if _, ok := st.UsedUp(); ok {
				t.Error("what is used up will be")
			}
		}
	}
	b := newBudget(t, Config{Target: 0.99})
	run(b, begin, 3600, 1000, func(int, int) int { return 5 })
	if st := b.State(); st.Burns[1].LongRate > 1 {
		t.Errorf("burn rate %v: the test does not try what it is for", st.Burns[1].LongRate)
	} else if in, ok := st.UsedUp(); ok {
		t.Errorf("used up in %v at a rate below 1", in)
	}
}
