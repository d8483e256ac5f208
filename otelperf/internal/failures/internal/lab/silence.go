// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/quiet"
)

// listened is an endpoint with its detector.
type listened struct {
	*calling
	d     *quiet.Detector
	fault func(second, n int) int // nil: none
}

func listen(c caller, rate float64, r source) *listened {
	return &listened{calling: &calling{source: r, caller: c, rate: rate, today: 1, session: 12}, d: &quiet.Detector{}}
}

func (l *listened) tick() quiet.Event {
	n, restarted := l.step()
	if restarted {
		d := &quiet.Detector{}
		if err := d.Restore(l.d.AppendState(nil), 5*time.Second); err != nil {
			panic(err)
		}
		l.d = d
	}
	if l.fault != nil {
		n = l.fault(l.second, n)
	}
	return l.d.Tick(epoch.Add(time.Duration(l.second)*time.Second), uint64(n))
}

var silenceRates = []float64{0.1, 1, 10, 100}

const silenceDays = 15

// silences counts false alarms.
func (l *lab) silences() {
	l.printf("| nothing is wrong | .1/s | 1/s | 10/s | 100/s |\n|---|---|---|---|---|\n")
	total, days := 0, 0
	for _, c := range callers {
		if !l.wanted(c.name) {
			continue
		}
		var row strings.Builder
		row.WriteString("| " + c.name + " |")
		for _, rate := range silenceRates {
			alarms, ran := 0, 0
			for i := range l.times(6) {
				r := newSource(l.seed, fmt.Sprint(c.name, rate), i)
				w := listen(c, rate*r.geometric(0.5, 2), r)
				for range silenceDays * 86400 {
					if ev := w.tick(); ev.Kind == quiet.Started {
						alarms++
						if l.verbose {
							l.printf("  %s, %.3g/s: %d of %.3g since %v at %v, complete %v\n", c.name, w.rate, ev.Requests, ev.Expected,
								ev.At.Sub(ev.Start), ev.At.Sub(epoch), ev.Complete)
						}
					}
				}
				ran += silenceDays
			}
			total, days = total+alarms, days+ran
			fmt.Fprintf(&row, " %d of %d |", alarms, ran)
		}
		l.printf("%s\n", row.String())
	}
	l.printf("\nFalse alarms: %d in %d endpoint-days, at most %.2f in 1,000 (95 %%).\n\n", total, days, 1000*upperMean(total)/float64(max(days, 1)))
}

// silenceFaults measures how many requests are missing, and for how long, until that is found: on the second Wednesday at 11 o'clock, for
// two hours.
func (l *lab) silenceFaults() {
	l.printf("| silent, or a tenth | requests/s | missing: half, 90 %% found | seconds | back, seconds | missed |\n|---|---|---|---|---|---|\n")
	for _, c := range callers[:len(callers)-1] {
		for _, left := range []float64{0, 0.1} {
			name := fmt.Sprintf("%s, %.0f %%", c.name, 100*left)
			if !l.wanted(name) {
				continue
			}
			for _, rate := range silenceRates {
				trials := l.times(10)
				var missing, seconds, over []float64
				for i := range trials {
					m, s, o := l.silenceFault(c, name, rate, left, i)
					if m >= 0 {
						missing, seconds, over = append(missing, m), append(seconds, s), append(over, o)
					}
				}
				l.printf("| %s | %.3g | %s | %s | %s | %d of %d |\n", name, rate, quantiles(missing), quantiles(seconds), quantiles(over),
					trials-len(missing), trials)
			}
		}
	}
}

func (l *lab) silenceFault(c caller, name string, rate, left float64, trial int) (missing, seconds, over float64) {
	w := listen(c, rate, newSource(l.seed, fmt.Sprint(name, rate), trial))
	const begin, length = 9*86400 + 11*3600, 2 * 3600
	w.fault = func(second, n int) int {
		if second <= begin || second > begin+length {
			return n
		}
		return w.binomial(n, left)
	}
	found := false
	for w.second < begin+length+3600 {
		ev := w.tick()
		since := float64(w.second - begin)
		switch {
		case ev.Kind == quiet.Started && since > 0 && since <= length && !found:
			found, missing, seconds = true, since*w.rate*w.today*w.perHour(w.calling)*(1-left), since
		case ev.Kind == quiet.Ended && found && since > length:
			return missing, seconds, since - length
		case since > length && !found:
			return -1, 0, 0
		}
	}
	return missing, seconds, 3600
}
