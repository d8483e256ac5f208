// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/lab/trial"
)

// plan says how many endpoint-days of a stationary shape are run at a rate, and how many trials of a fault.
var plan = []struct {
	rate   float64
	days   float64
	trials int
}{{0.1, 80, 40}, {1, 80, 40}, {10, 40, 40}, {100, 2, 20}, {1000, 0.5, 0}}

// rivalDays is how many of the days the classic watches, too.
const rivalDays = 6

func (l *lab) has(rate float64) bool { return len(l.rates) == 0 || slices.Contains(l.rates, rate) }

func (l *lab) printf(format string, args ...any) { _, _ = fmt.Fprintf(l.out, format, args...) }

// heading begins a table.
func (l *lab) heading(title string, columns ...string) {
	l.printf("%s\n\n| %s |\n|%s\n", title, strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
}

func (l *lab) row(cells ...string) { l.printf("| %s |\n", strings.Join(cells, " | ")) }

// size is the number of endpoints of a shape at a rate.
func (l *lab) size(q *trial.Quiet, days float64) int {
	n := days / q.Days
	switch q.Group {
	case trial.Return:
		n = min(days/5, n)
	case trial.Recurring, trial.Daily:
		n = days / 3 / q.Days
	}
	return max(1, int(math.Round(n*l.scale)))
}

func (l *lab) quiet() {
	columns := []string{"quiet traffic", "requests/s", "endpoint-days", "alerts", "per 1,000 days or of the events [95 %]"}
	if l.rivals {
		columns = append(columns, "classic 1 s, 10 s")
	}
	started, table := false, newPivot()
	var days, alerts [2]float64 // over all stationary ones: all, and from 10/s on
	low, all := 0, 0
	for number, q := range trial.Quiets() {
		for _, p := range plan {
			if !l.wanted(q.Name) || !l.has(p.rate) || p.rate >= 1000 && (q.Group != trial.Stationary || q.From > 0) {
				continue
			}
			if !started && !l.table {
				l.heading("False alarms", columns...)
			}
			started = true
			if p.rate >= 100 && q.Group == trial.Stationary && q.From == 0 {
				q.Days = 0.5 // rather more endpoints
			}
			n := l.size(&q, p.days)
			rs := q.Watch(l.seed, number, p.rate, n, max(1, int(rivalDays/q.Days*l.scale)), l.makers()...)
			if l.table {
				table.addQuiet(&q, p.rate, rs)
			} else {
				l.quietRow(&q, p.rate, rs)
			}
			low, all = low+rs[0].BelowRatio, all+rs[0].Alerts
			if q.Group == trial.Stationary {
				days[0], alerts[0] = days[0]+rs[0].Days, alerts[0]+float64(rs[0].Alerts)
				if p.rate >= 10 {
					days[1], alerts[1] = days[1]+rs[0].Days, alerts[1]+float64(rs[0].Alerts)
				}
			}
		}
	}
	table.print(l, "False alarms", "where nothing is wrong")
	if days[0] > 0 {
		l.printf("\nStationary shapes: %s; from 10 requests/s on: %s. ", perDays(int(alerts[0]), days[0]), perDays(int(alerts[1]), days[1]))
	}
	if started {
		l.printf("Ratio below the configured one: %d of %d alerts.\n\n", low, all)
	}
}

func perDays(alerts int, days float64) string {
	low, high := trial.Poisson(alerts)
	return fmt.Sprintf("%d in %.0f days, %.2g [%.2g, %.2g] per 1,000", alerts, days, 1000*float64(alerts)/days, 1000*low/days, 1000*high/days)
}

func (l *lab) quietRow(q *trial.Quiet, rate float64, rs []trial.QuietResult) {
	x := &rs[0]
	low, high := trial.Poisson(x.Alerts)
	what := fmt.Sprintf("%.2g [%.2g, %.2g]", 1000*float64(x.Alerts)/x.Days, 1000*low/x.Days, 1000*high/x.Days)
	if x.Events > 0 {
		low, high := trial.Wilson(min(x.Alerts, x.Events), x.Events)
		what = fmt.Sprintf("%d of %d [%.1f %%, %.1f %%]", x.Alerts, x.Events, 100*low, 100*high)
	}
	cells := []string{q.Name, fmt.Sprint(rate), fmt.Sprintf("%.4g", x.Days), fmt.Sprintf("%d from %d of %d", x.Alerts, x.Alerting, x.Endpoints), what}
	if len(rs) > 1 {
		cells = append(cells, fmt.Sprintf("%d, %d in %.3g days", rs[1].Alerts, rs[2].Alerts, rs[1].Days))
	}
	l.row(cells...)
	if l.verbose {
		for _, a := range x.First {
			l.printf("  #%d %s, day %.3f: %s %d of %d above %v, %.1f expected, slow %v, p%.4g %v, usually %v, %.2fx\n", a.Endpoint, a.Family,
				float64(a.At)/86400, a.Event.Level, a.Event.Above, a.Event.N, a.Event.Threshold, a.Event.Expected, a.Event.Gradual,
				100*a.Event.Quantile, a.Event.QuantileNow, a.Event.QuantileBaseline, a.Event.Ratio)
		}
	}
}

func (l *lab) faults() {
	columns := []string{"fault", "requests/s", "found [95 %]", "median, 90 % s", "back after, median s"}
	if l.rivals {
		columns = append(columns, "classic 1 s, 10 s")
	}
	started, table := false, newPivot()
	var info [trial.InfoBins]trial.Share
	var sums [3]trial.Share // of ordinary faults, by detector
	low, alerts, before := 0, 0, 0
	for number, f := range trial.Faults() {
		for _, p := range plan {
			trials := int(math.Ceil(float64(p.trials) * l.scale))
			if !l.wanted(f.Name) || !l.has(p.rate) || trials == 0 {
				continue
			}
			if !started && !l.table {
				l.heading("Faults", columns...)
			}
			started = true
			rs, all := f.Try(l.seed, number, p.rate, trials, l.makers()...)
			if l.table {
				table.addFault(&f, p.rate, rs)
			} else {
				l.faultRow(&f, p.rate, rs, all)
			}
			low, alerts, before = low+rs[0].BelowRatio, alerts+rs[0].Alerts, before+rs[0].Before
			if !f.Ordinary {
				continue
			}
			for i, s := range rs[0].Info {
				info[i].Found, info[i].Of = info[i].Found+s.Found, info[i].Of+s.Of
			}
			for j := range rs {
				sums[j].Found, sums[j].Of = sums[j].Found+rs[j].Found, sums[j].Of+rs[j].Trials
			}
		}
	}
	if !started {
		return
	}
	table.print(l, "Found, and the median time to find it", "fault")
	l.printf("\nRatio below the configured one: %d of %d alerts; %d alerts before the fault.\n\n", low, alerts, before)
	l.heading("Found by the information of the fault, over the ordinary ones", "nats", "found [95 %]")
	names := []string{"below 40", "40 to 80", "above 80"}
	for i, s := range info {
		l.row(names[i], share(s.Found, s.Of))
	}
	l.row("all", share(sums[0].Found, sums[0].Of))
	if l.rivals {
		l.row("all, classic every second", share(sums[1].Found, sums[1].Of))
		l.row("all, classic every 10 s", share(sums[2].Found, sums[2].Of))
	}
	l.printf("\n")
}

func share(k, n int) string {
	low, high := trial.Wilson(k, n)
	if n == 0 {
		return "none tried"
	}
	return fmt.Sprintf("%.1f %% of %d [%.0f, %.0f]", 100*float64(k)/float64(n), n, 100*low, 100*high)
}

func (l *lab) faultRow(f *trial.Fault, rate float64, rs []trial.FaultResult, all []trial.Trial) {
	o := &rs[0]
	cells := []string{
		f.Name, fmt.Sprint(rate), share(o.Found, o.Trials),
		fmt.Sprintf("%s, %s", number(trial.Quantile(o.Delay, 0.5)), number(trial.Quantile(o.Delay, 0.9))),
		number(trial.Quantile(o.Back, 0.5)),
	}
	if len(rs) > 1 {
		cells = append(cells, fmt.Sprintf("%.0f %%, %.0f %%", 100*float64(rs[1].Found)/float64(rs[1].Trials), 100*float64(rs[2].Found)/float64(rs[2].Trials)))
	}
	l.row(cells...)
	for _, t := range all {
		if l.verbose && !t.Found[0] {
			l.printf("  missed #%d %s, median %.3g ms, %.0f nats\n", t.Number, t.Family, 1000*t.P50, t.Info)
		}
	}
}

func number(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.0f", x)
}

// repeats prints one table, whatever the form of the others.
func (l *lab) repeats() {
	started := false
	for i, x := range trial.Repeats() {
		for _, p := range plan {
			if !l.wanted(x.Name) || !l.has(p.rate) || p.trials == 0 || !x.Busy && (p.rate < 1 || p.rate > 10) {
				continue
			}
			endpoints := p.trials
			if x.Days > 1 {
				endpoints /= 8
			}
			o := x.Try(l.seed, i, p.rate, int(math.Ceil(float64(endpoints)*l.scale)), l.maker)
			if !started {
				l.heading("Faults that come back", "fault", "requests/s", "found [95 %]", "alerts for each found", "back after, median s")
			}
			started = true
			l.row(x.Name, fmt.Sprint(p.rate), share(o.Found, o.Of), fmt.Sprintf("%.2f", float64(o.Messages)/float64(max(1, o.Found))),
				number(trial.Quantile(o.Back, 0.5)))
		}
	}
	if started {
		l.printf("\n")
	}
}
