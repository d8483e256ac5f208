// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"math/rand/v2"
	"testing"
	"time"
)

// slowUntil is ordinary traffic until a time, and then what is slow for some seconds; it returns the number of alerts
// that started meanwhile.
func (b *bench) slowUntil(from time.Time, seconds int, slow float64) (starts int) {
	tick := int(b.d.Config().Tick / time.Second)
	b.run(int(from.Sub(b.now)/time.Second) / tick)
	b.events, b.src.slow = nil, slow
	b.run(seconds / tick)
	b.src.slow = 1
	b.run(120 / tick)
	for _, ev := range b.events {
		if ev.Kind == Started {
			starts++
		}
	}
	return starts
}

// A fault at a random minute of each hour is no hourly job.
func TestFaultsAtRandomMinutes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	b := newBench(t, Config{})
	b.src.rate = 3
	begin, found := b.now, 0
	for hour := range 30 {
		from := begin.Add(time.Duration(3600+3600*hour+r.IntN(3200)) * time.Second)
		found += b.slowUntil(from, 180+r.IntN(120), 4)
	}
	if found < 28 {
		t.Errorf("%d of 30 faults found", found)
	}
}

// A job that comes every hour is one, be it five minutes early or late, around the full hour, or not seen each time.
func TestHourlyJobs(t *testing.T) {
	for _, c := range []struct {
		name          string
		phase, jitter int // seconds
		every         int // hours
		most          int // runs reported
	}{
		{"on time", 1200, 1, 1, 3},
		{"early or late", 1200, 300, 1, 6},
		{"around the hour", 0, 300, 1, 6},
		{"every other hour", 1200, 60, 2, 3},
	} {
		r := rand.New(rand.NewPCG(5, 6))
		b := newBench(t, Config{})
		b.src.rate = 3
		begin, reported := b.now, 0
		for run := range 24 {
			from := 7200 + 3600*run*c.every + c.phase + r.IntN(2*c.jitter) - c.jitter
			reported += b.slowUntil(begin.Add(time.Duration(from)*time.Second), 100, 4)
		}
		if reported < 3 || reported > c.most {
			t.Errorf("%s: %d runs reported, want 3 to %d", c.name, reported, c.most)
		}
	}
}

// A job of Mondays is learned as that: a fault at its hour of another day is reported. A job of workdays is quiet on
// workdays, but not at the weekend.
func TestJobsOfSomeDays(t *testing.T) {
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		name  string
		days  []int // of the week, from Monday
		weeks int
		most  int // runs reported
		other int // another day
	}{
		{"Mondays", []int{0}, 6, 3, 3},
		{"workdays", []int{0, 1, 2, 3, 4}, 2, 3, 5},
		{"Tuesdays and Saturdays", []int{1, 5}, 4, 6, 0},
	} {
		r := rand.New(rand.NewPCG(5, 7))
		b := newBench(t, Config{Tick: 10 * time.Second})
		b.src.rate = 6
		monday, reported := b.now, 0
		at := func(w, day int) time.Time {
			return monday.Add(time.Duration(w)*week + time.Duration(day)*24*time.Hour + time.Duration(7200+r.IntN(240))*time.Second)
		}
		for w := range c.weeks {
			for _, day := range c.days {
				reported += b.slowUntil(at(w, day), 900, 4)
			}
		}
		if reported < 3 || reported > c.most {
			t.Errorf("%s: %d runs reported, want 3 to %d", c.name, reported, c.most)
		}
		if starts := b.slowUntil(at(c.weeks, c.other), 900, 4); starts != 1 {
			t.Errorf("%s: a fault at this hour of another day started %d alerts", c.name, starts)
		}
	}
}

// A weekly job that comes up to a quarter of an hour early or late is learned, too.
func TestWeeklyJobWithJitter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 8))
	b := newBench(t, Config{Tick: 10 * time.Second})
	b.src.rate = 6
	begin, reported := b.now.Add(20*time.Hour), 0
	for week := range 10 {
		reported += b.slowUntil(begin.Add(time.Duration(7*86400*week+r.IntN(1800)-900)*time.Second), 900, 4)
	}
	if reported < 3 || reported > 4 {
		t.Errorf("%d of 10 runs reported, want 3 or 4", reported)
	}
}
