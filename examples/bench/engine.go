// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// driven is an engine with n endpoints that is told what time it is.
type driven struct {
	engine *engine.Engine
	now    time.Time
	some   []*spikeprocessor.Delta
	n      int
}

func newDriven(n, perSecond int) *driven {
	e, err := engine.New(engine.Options{})
	if err != nil {
		panic(err)
	}
	d := &driven{engine: e, now: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), n: n}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 31 {
		delta := &spikeprocessor.Delta{All: new(latency.Histogram)}
		for range perSecond {
			delta.All.Record(time.Duration(50e6 * math.Exp(rng.NormFloat64())))
		}
		delta.Outcomes[slowlog.OutcomeOK] = uint64(perSecond)
		d.some = append(d.some, delta)
	}
	return d
}

// tick is one second of all endpoints.
func (d *driven) tick() {
	d.now = d.now.Add(time.Second)
	second := int(d.now.Unix())
	d.engine.Advance(d.now, func(yield func(*spikeprocessor.Delta) bool) {
		for id := range d.n {
			delta := d.some[(id+second)%len(d.some)]
			delta.ID, delta.Endpoint = id, conventions.Endpoint{Method: "GET", Route: route(id)}
			if !yield(delta) {
				return
			}
		}
	})
}

// engineTable shows growth: what a second costs, and what a query costs, by the number of endpoints.
func engineTable(w io.Writer, quick bool) {
	g := &grid{
		title: "The engine: windows, baselines and detector",
		head:  []string{"endpoints, 20 requests a second each", "CPU time of a tick, ms", "share of one core", "Snapshot of five minutes, first, ms", "then, ms", "KiB of one endpoint"},
	}
	for _, n := range []int{1, 10, 100, 500, 1000} {
		d := newDriven(n, 20)
		for range 60 {
			d.tick()
		}
		seconds := rounds(quick, 120, 600)
		began := cpuTime()
		for range seconds {
			d.tick()
		}
		tick := float64(cpuTime()-began) / float64(seconds) / 1e6
		first := took(func() { d.engine.Snapshot(engine.FiveMinutes) })
		then := took(func() { d.engine.Snapshot(engine.FiveMinutes) })
		g.row(fmt.Sprint(n), fmt.Sprintf("%.3f", tick), fmt.Sprintf("%.3f %%", tick/10), fmt.Sprintf("%.2f", first), fmt.Sprintf("%.2f", then),
			kib(float64(d.engine.Stats().Bytes)/float64(n)))
	}
	g.note = "A tick is once a second; steps and minutes that are sealed now and then are in its mean. The first query of a window puts it together, " +
		"later ones in the same minute find it ready. Snapshot makes a row for each endpoint. " +
		"KiB are windows, history and detector after so many seconds; they stay below 40 for windows, whatever comes."
	g.print(w)
}

// took is the CPU time of f in ms.
func took(f func()) float64 { return float64(cpuOf(f)) / 1e6 }
