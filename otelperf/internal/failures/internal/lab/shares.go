// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
)

// epoch is a Monday, and a whole day.
var epoch = time.Unix(1_767_571_200, 0)

// watched is an endpoint with its detector.
type watched struct {
	*failing
	d     *failures.Detector
	fault func(second int, n, k int) (int, int) // nil: none
}

func watch(f *failing) *watched {
	d, err := failures.New(failures.Config{})
	if err != nil {
		panic(err)
	}
	return &watched{failing: f, d: d}
}

// step simulates a second. Seconds without a request are left out now and then, as a caller may.
func (w *watched) step() failures.Event {
	n, k := w.next()
	if w.fault != nil {
		n, k = w.fault(w.second, n, k)
	}
	if w.restarted {
		d := w.d.Another()
		if err := d.Restore(w.d.AppendState(nil), 5*time.Second); err != nil {
			panic(err)
		}
		w.d = d
	}
	if n == 0 && w.second%10 != 0 {
		return failures.Event{}
	}
	at := epoch.Add(time.Duration(w.second) * time.Second)
	return w.d.Tick(at, failures.Counts{Requests: uint64(n), Failed: uint64(k)})[failures.Failed]
}

// dayPlan is how many endpoint-days of each kind are simulated, at which rate in requests/s.
var dayPlan = []struct {
	rate      float64
	endpoints int
	days      int
}{{0.1, 20, 3}, {1, 20, 3}, {10, 16, 3}, {100, 10, 3}, {1000, 4, 2}}

// shares counts false alarms.
func (l *lab) shares() {
	l.printf("| nothing is wrong | .1/s | 1/s | 10/s | 100/s | 1000/s |\n|---|---|---|---|---|---|\n")
	total, days := 0, 0
	for _, p := range profiles {
		if !l.wanted(p.name) {
			continue
		}
		var row strings.Builder
		row.WriteString("| " + p.name + " |")
		for _, plan := range dayPlan {
			alarms, ran := l.quietDays(p, plan.rate, l.times(plan.endpoints), plan.days)
			total, days = total+alarms, days+ran
			fmt.Fprintf(&row, " %d of %d |", alarms, ran)
		}
		l.printf("%s\n", row.String())
	}
	l.printf("\nFalse alarms: %d in %d endpoint-days, at most %.2f in 1,000 (95 %%).\n\n", total, days, 1000*upperMean(total)/float64(max(days, 1)))
}

func (l *lab) quietDays(p profile, rate float64, endpoints, days int) (alarms, ran int) {
	for i := range endpoints {
		r := newSource(l.seed, fmt.Sprint(p.name, rate), i)
		p := p
		p.rate, p.share = rate*r.geometric(0.5, 2), r.randomShare()
		w := watch(newFailing(p, r))
		for range days * 86400 {
			if ev := w.step(); ev.Kind == failures.Started {
				alarms++
				if l.verbose {
					l.printf("  %s, %.3g/s, %.3g %%: %d of %d since %v at %v, usually %.3g %%\n", p.name, p.rate, 100*p.share, ev.Bad, ev.Requests,
						ev.At.Sub(ev.Start), ev.At.Sub(epoch), 100*ev.Usual)
				}
			}
		}
		ran += days
	}
	return alarms, ran
}

// upperMean is the 95 % upper bound of the mean of a Poisson count.
func upperMean(count int) float64 {
	low, high := 0.0, 10+3*float64(count)
	for range 60 {
		m := (low + high) / 2
		sum, term := 0.0, math.Exp(-m)
		for i := range count + 1 {
			sum += term
			term *= m / float64(i+1)
		}
		if sum > 0.05 {
			low = m
		} else {
			high = m
		}
	}
	return high
}

// shareFault is one that has to be found.
type shareFault struct {
	rate, usual, share float64
	learned            time.Duration // before it
	goal               float64       // seconds, or requests if by is "requests"
	by                 string
}

var shareFaults = []shareFault{
	{1, 0.001, 0.1, 12 * time.Hour, 60, "s"},
	{1, 0, 0.1, 12 * time.Hour, 60, "s"},
	{1, 0.01, 0.1, 12 * time.Hour, 120, "s"},
	{100, 0.01, 0.05, 12 * time.Hour, 20, "s"},
	{100, 0.01, 0.05, time.Hour, 20, "s"},
	{0.1, 0.001, 1, 12 * time.Hour, 5, "requests"},
	{0.1, 0.01, 1, 12 * time.Hour, 5, "requests"},
	{0.1, 0, 1, 0, 5, "requests"},
	{0.1, 0.05, 1, 12 * time.Hour, 8, "requests"},
	{1, 0.001, 1, time.Hour, 15, "s"},
	{100, 0, 1, 0, 15, "s"},
	{10, 0.05, 0.15, 12 * time.Hour, 60, "s"},
	{10, 0.001, 0.03, 12 * time.Hour, 60, "s"},
	{1000, 0.0005, 0.01, 12 * time.Hour, 20, "s"},
	{100, 0.2, 0.6, 12 * time.Hour, 20, "s"},
}

// shareFaults measures how soon faults are found, and how soon after their end that is found.
func (l *lab) shareFaults() {
	l.printf("| failed | learned | goal | within it | half, 90 %% found | over, half and 90 %% | missed |\n|---|---|---|---|---|---|---|\n")
	for _, f := range shareFaults {
		name := fmt.Sprintf("%.3g -> %.3g %% at %.3g/s", 100*f.usual, 100*f.share, f.rate)
		if !l.wanted(name) {
			continue
		}
		trials := l.times(100)
		if f.rate >= 100 {
			trials = l.times(40)
		}
		var found, over []float64
		for i := range trials {
			took, end := l.shareFault(name, f, i)
			if took >= 0 {
				found, over = append(found, took), append(over, end)
			}
		}
		within := 0
		for _, x := range found {
			if x <= f.goal {
				within++
			}
		}
		l.printf("| %s | %v | %.0f %s | %.0f %% | %s %s | %s s | %d of %d |\n", name, f.learned, f.goal, f.by,
			100*float64(within)/float64(trials), quantiles(found), f.by, quantiles(over), trials-len(found), trials)
	}
}

// quantiles prints the median and the 90th percentile.
func quantiles(xs []float64) string {
	if len(xs) == 0 {
		return "-"
	}
	slices.Sort(xs)
	return fmt.Sprintf("%.0f, %.0f", xs[(len(xs)-1)/2], xs[(len(xs)-1)*9/10])
}

// shareFault runs one fault of fifteen minutes and returns what it took to be found, -1 for never, and the seconds from its end to
// the event that it has ended.
func (l *lab) shareFault(name string, f shareFault, trial int) (found, over float64) {
	r := newSource(l.seed, name+f.learned.String(), trial)
	w := watch(newFailing(profile{rate: f.rate, share: f.usual}, r))
	begin := int(f.learned / time.Second)
	w.phase = -float64(begin) / 86400 // the rate is the average one then
	end := begin + 900
	requests := 0
	w.fault = func(second, n, k int) (int, int) {
		if second <= begin || second > end {
			return n, k
		}
		requests += n
		return n, max(k, r.binomial(n, f.share))
	}
	found, over = -1, 3600
	for w.second < end+3600 {
		ev := w.step()
		switch {
		case ev.Kind == failures.Started && w.second > begin && found < 0:
			if found = float64(w.second - begin); f.by == "requests" {
				found = float64(requests)
			}
		case ev.Kind == failures.Ended && found >= 0 && w.second > end:
			return found, float64(w.second - end)
		case found < 0 && w.second > end:
			return found, over
		}
	}
	return found, over
}
