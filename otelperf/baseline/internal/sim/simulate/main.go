// SPDX-License-Identifier: Apache-2.0

// Command simulate measures the spike detector on simulated traffic, beside the literal classic: false alarms per
// endpoint-day with their 95 % bound, and per class of fault the share found, the time it took, and the time from
// the end of the fault to the end of the alert. From the root of the module:
//
//	go run ./otelperf/baseline/internal/sim/simulate
//
// takes some minutes; -scale 0.1 is quick, -scale 10 is for bounds to be quoted.
package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"text/tabwriter"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/baseline/internal/sim"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

type plan struct {
	seed   uint64
	scale  float64
	clean  bool
	faults bool
}

func run(args []string, stdout, stderr io.Writer) int {
	var p plan
	fs := flag.NewFlagSet("simulate", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Uint64Var(&p.seed, "seed", 1, "seed of the traffic")
	fs.Float64Var(&p.scale, "scale", 1, "times the usual number of days and trials")
	fs.BoolVar(&p.clean, "clean", true, "measure false alarms")
	fs.BoolVar(&p.faults, "faults", true, "measure detection")
	if err := fs.Parse(args); err != nil {
		return 2
	}
	if !(p.scale > 0 && p.scale <= 1000) {
		_, _ = fmt.Fprintln(stderr, "simulate: -scale must be above 0 and at most 1000")
		return 2
	}
	begin := time.Now()
	if p.clean {
		p.printClean(stdout, "clean traffic", sim.Disturbance{})
		p.printClean(stdout, "with GC pauses and cron jobs", sim.Disturbance{Pauses: true, Jobs: true})
	}
	if p.faults {
		p.printFaults(stdout)
	}
	_, _ = fmt.Fprintf(stdout, "seed %d, %v\n", p.seed, time.Since(begin).Round(time.Second))
	return 0
}

// rivals are the detectors compared.
var rivals = []struct {
	name string
	make func() sim.Watcher
}{
	{"otelperf", newWatcher},
	{"classic 1s", func() sim.Watcher { return sim.NewClassic(1) }},
	{"classic 10s", func() sim.Watcher { return sim.NewClassic(10) }},
}

func makers() (ms []func() sim.Watcher) {
	for _, r := range rivals {
		ms = append(ms, r.make)
	}
	return ms
}

// watcher lets a Detector watch simulated traffic.
type watcher struct {
	d     *baseline.Detector
	tally baseline.Tally
}

func newWatcher() sim.Watcher {
	d, err := baseline.New(baseline.Config{})
	if err != nil {
		panic(err) // the defaults are valid
	}
	return &watcher{d: d}
}

func (w *watcher) Second(at int, requests []sim.Request) sim.Verdict {
	w.tally.Reset()
	for _, q := range requests {
		w.tally.Add(time.Duration(q.Seconds*1e9), q.Failed)
	}
	switch w.d.Tick(time.Unix(1_700_000_000+int64(at), 0), w.tally.Buckets()).Kind {
	case baseline.None:
		return sim.Nothing
	case baseline.Started:
		return sim.Started
	default:
		return sim.Ended
	}
}

// budget is how many endpoint-days are simulated at a rate, each endpoint for so many days.
type budget struct{ rate, days, each float64 }

func (p plan) printClean(out io.Writer, title string, d sim.Disturbance) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "False alarms, %s\nrequests/s\tendpoint-days", title)
	for _, r := range rivals {
		_, _ = fmt.Fprintf(w, "\t%s", r.name)
	}
	_, _ = fmt.Fprintln(w, "\totelperf per day, 95 % bound")
	for _, b := range []budget{{.1, 500, 5}, {1, 200, 5}, {10, 20, 2}, {100, 2, .5}, {1000, .3, .1}} {
		endpoints := max(1, int(math.Round(b.days*p.scale/b.each)))
		days := float64(endpoints) * b.each
		alerts := sim.Clean(p.seed, b.rate, endpoints, b.each, d, makers()...)
		_, _ = fmt.Fprintf(w, "%g\t%.4g", b.rate, days)
		for _, n := range alerts {
			_, _ = fmt.Fprintf(w, "\t%d", n)
		}
		_, _ = fmt.Fprintf(w, "\t< %.2g\n", sim.Bound(alerts[0], days))
	}
	_, _ = fmt.Fprintln(w)
	_ = w.Flush()
}

func (p plan) printFaults(out io.Writer) {
	for _, rate := range []float64{.1, 1, 10, 100} {
		trials := 80
		if rate > 10 {
			trials = 40
		}
		trials = max(2, int(float64(trials)*p.scale))
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintf(w, "Faults at %g requests/s, %d trials each\n", rate, trials)
		_, _ = fmt.Fprint(w, "fault\tfound\tin 30 s\tmedian s\t90 % s\talerts each\tend seen\tmedian s after\t90 % s")
		for _, r := range rivals[1:] {
			_, _ = fmt.Fprintf(w, "\t%s", r.name)
		}
		_, _ = fmt.Fprintln(w)
		for i, c := range sim.Classes() {
			outcomes := sim.Try(p.seed*100+uint64(i), c, rate, trials, makers()...)
			printOutcome(w, c, outcomes)
		}
		_, _ = fmt.Fprintln(w)
		_ = w.Flush()
	}
}

func printOutcome(w io.Writer, c sim.Class, outcomes []sim.Outcome) {
	o := outcomes[0]
	name := c.Name
	if c.Quiet {
		name += " (to stay quiet)"
	}
	back := o.Back
	if c.Shift {
		back = nil // it has no end to be after
	}
	_, _ = fmt.Fprintf(w, "%s\t%s\t%.0f %%\t%s\t%s\t%s\t%s\t%s\t%s", name, share(o.Detected, o.Trials), 100*o.Within(30),
		number(sim.Quantile(o.Delay, .5)), number(sim.Quantile(o.Delay, .9)), ratio(o.Alerts, o.Detected),
		share(o.Recovered, o.Detected), number(sim.Quantile(back, .5)), number(sim.Quantile(back, .9)))
	for _, r := range outcomes[1:] {
		_, _ = fmt.Fprintf(w, "\t%s", share(r.Detected, r.Trials))
	}
	_, _ = fmt.Fprintln(w)
}

func share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(n)/float64(of))
}

func ratio(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(n)/float64(of))
}

func number(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.0f", x)
}
