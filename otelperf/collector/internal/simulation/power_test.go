// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"flag"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/gate"
)

var (
	trials = flag.Int("trials", 0, "prints the table of power of so many trials of each kind; 16 take three minutes on two cores")
	kinds  = flag.String("kinds", "", "of the table, rows that match this regular expression")
)

const s = time.Second

var (
	spans     = Way{Name: "spans", Every: 5 * s, Lateness: 7 * s, Instances: 200}
	metrics10 = Way{Name: "metrics 10 s", Metrics: true, Every: 10 * s, Instances: 200}
	metrics60 = Way{Name: "metrics 60 s", Metrics: true, Every: 60 * s, Instances: 200}
	few10     = Way{Name: "20, metrics 10 s", Metrics: true, Every: 10 * s, Instances: 20}
	few60     = Way{Name: "20, metrics 60 s", Metrics: true, Every: 60 * s, Instances: 20}
	three10   = Way{Name: "metrics 10 s, three intervals", Metrics: true, Every: 10 * s, Instances: 200, Rule: gate.ThreeIntervals}
	three60   = Way{Name: "metrics 60 s, three intervals", Metrics: true, Every: 60 * s, Instances: 200, Rule: gate.ThreeIntervals}

	slower = Fault{Name: "all 3x", Factor: 3}
	tenth  = Fault{Name: "5 % 20x", Factor: 20, Share: 0.05}
	stall2 = Fault{Name: "stall 2 s", Stall: 2 * s}
	stall4 = Fault{Name: "stall 4 s", Stall: 4 * s}
	one    = Fault{Name: "one 10x", Factor: 10, One: true}
	mild   = Fault{Name: "1.5x", Factor: 1.5}
)

// outcome is that of trials of a kind.
type outcome struct {
	told, named        []float64 // of those that were, ascending
	early, wrong, runs int
}

func run(w Way, f Fault, n int) (o outcome) {
	found := make([]Found, n)
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				found[i] = Run(w, f, 0.1, uint64(i)+1)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	o.runs = n
	for _, x := range found {
		o.early, o.wrong = o.early+x.Early, o.wrong+x.Wrong
		if x.Told >= 0 {
			o.told = append(o.told, x.Told)
		}
		if x.Named >= 0 {
			o.named = append(o.named, x.Named)
		}
	}
	slices.Sort(o.told)
	slices.Sort(o.named)
	return o
}

// quantile is that of all runs; those in which nothing was found are last.
func quantile(found []float64, q float64, of int) float64 {
	if i := int(q * float64(of)); i < len(found) {
		return found[i]
	}
	return -1
}

func (o *outcome) String() string {
	return fmt.Sprintf("told %d of %d (median %.0f s, p90 %.0f s), named %d (median %.0f s, p90 %.0f s); early %d, wrong %d", len(o.told), o.runs,
		quantile(o.told, 0.5, o.runs), quantile(o.told, 0.9, o.runs), len(o.named), quantile(o.named, 0.5, o.runs), quantile(o.named, 0.9, o.runs), o.early, o.wrong)
}

// TestPowerTable prints the table.
func TestPowerTable(t *testing.T) {
	if *trials == 0 {
		t.Skip("-trials is 0")
	}
	wanted := regexp.MustCompile(*kinds)
	for _, w := range []Way{spans, metrics10, metrics60, few10, few60, three10, three60} {
		for _, f := range []Fault{slower, tenth, one, stall2, stall4, mild} {
			if !wanted.MatchString(w.Name + ", " + f.Name) {
				continue
			}
			began := time.Now()
			o := run(w, f, *trials)
			fmt.Printf("%-30s %-10s %v (%.0f s)\n", w.Name, f.Name, &o, time.Since(began).Seconds())
		}
	}
}

// TestPower is the table's short version: what is found is found in time, and what is none is not.
func TestPower(t *testing.T) {
	const n = 3
	for _, tt := range []struct {
		way    Way
		fault  Fault
		within float64 // seconds of the median; 0: nothing is to be found
	}{
		{spans, slower, 15}, {metrics10, slower, 35}, {metrics60, slower, 110}, {metrics60, one, 150}, {metrics60, stall4, 0}, {few60, stall2, 0},
	} {
		o := run(tt.way, tt.fault, n)
		found := o.told
		if tt.fault.One {
			found = o.named
		}
		median := quantile(found, 0.5, n)
		switch {
		case o.early+o.wrong > 0, tt.within == 0 && len(o.told)+len(o.named) > 0:
			t.Errorf("%s, %s: false alarms: %v", tt.way.Name, tt.fault.Name, &o)
		case tt.within > 0 && (median < 0 || median > tt.within):
			t.Errorf("%s, %s: want %v s: %v", tt.way.Name, tt.fault.Name, tt.within, &o)
		}
	}
}

// TestStallAfterChance: by chance this fleet has slow requests before its stall, so that the evidence of the stall seems to begin before it.
func TestStallAfterChance(t *testing.T) {
	if f := Run(metrics10, stall4, 0.1, 100); f.Told >= 0 || f.Early+f.Wrong > 0 {
		t.Errorf("%+v", f)
	}
}
