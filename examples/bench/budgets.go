// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// budget is a promise about cost: what is measured stays below the gate, and should be below the goal. A gate stands where neither noise
// nor another machine reaches it, so that it fails only for a reason.
type budget struct {
	what       string
	unit       string // after the number
	goal, gate float64
	least      bool // at least so much, not at most
	timed      bool // by the clock: a busy machine is in it
	// measure takes about effort times a few seconds.
	measure func(effort int) estimate
}

func budgets() []budget {
	return []budget{
		{"hot OnStart + OnEnd, net of a no-op that asks for the parent, of zpages", "", 0.22, 0.38, false, true, parentBudget},
		{"the same, net of a no-op, with a parent in another process", "", 0.25, 0.43, false, true, ratioAt(hotRemote, 151, 2*time.Millisecond)},
		{"instructions of hot OnStart + OnEnd, net of no-op (amd64)", "", 800, 1250, false, false, instructionsBudget},
		{"whole span, 100 endpoints, net of no-op, of zpages", "", 0.33, 0.60, false, true, ratioAt(whole, 201, 4*time.Millisecond)},
		{"OnStart + OnEnd inside an otelhttp request by the clock, net of no-op, of zpages", "", 0.33, 0.78, false, true, ratioAt(inside, 151, time.Millisecond/2)},
		{fmt.Sprintf("added to an otelhttp request, of what zpages adds, %d processes", processes), "", 0.33, 0.95, false, true, requestBudget},
		{"allocations added to an otelhttp request", "", 0, 0, false, false, func(int) estimate { return exactly(addedAllocations().objects) }},
		{"bytes allocated besides by an otelhttp request", " B", 0, 0, false, false, func(int) estimate { return exactly(addedAllocations().bytes) }},
		{"CPU of the serving thread that is added to a request without calls, of what zpages adds", "", 0.68, 1.25, false, true, pathBudget(0)},
		{"the same with 4 calls", "", 0.52, 1.7, false, true, pathBudget(4)},
		{"the same with 20 calls", "", 0.52, 1.7, false, true, pathBudget(20)},
		{"CPU of the serving thread that Middleware adds to an otelhttp request, of that", "", 0.15, 0.35, false, true, middlewareBudget(vNetWriter)},
		{"the same with a writer that is not net/http's", "", 0.15, 0.35, false, true, middlewareBudget(vOtherWriter)},
		{"allocations that Middleware adds, net/http's writer", "", 1, 4, false, false, func(int) estimate { return exactly(addedByMiddleware(vNetWriter).objects) }},
		{"bytes of them", " B", 768, 800, false, false, func(int) estimate { return exactly(addedByMiddleware(vNetWriter).bytes) }},
		{"allocations that Middleware adds, another writer", "", 1, 4, false, false, func(int) estimate { return exactly(addedByMiddleware(vOtherWriter).objects) }},
		{"bytes of them, another writer", " B", 768, 800, false, false, func(int) estimate { return exactly(addedByMiddleware(vOtherWriter).bytes) }},
		{"two goroutines on one hot endpoint, speedup", "", 1.9, 1.7, true, true, coresBudget},
		{"adding a duration, of OTel's Record with a precomputed set", "", 0.035, 0.05, false, true, addBudget},
		{"error of p99, worst of all windows", " %", 0.55, 0.55, false, false, errorBudget},
		{"memory of an endpoint: windows, history, detector", " KiB", 44, 48, false, false, memoryBudget},
		{"totals, p50, p95, p99 of 1000 endpoints, of DDSketch's quantiles alone", "", 0.23, 0.54, false, true, totalsBudget},
		{"allocations of that", "", 0, 0, false, false, func(int) estimate { return exactly(totalsAllocations()) }},
		{"metrics exported from our cells, of a second SDK reader, by request", "", 0.1, 0.2, false, true, exportBudget},
		{"tick of 500 endpoints with 20 requests each, share of a core of the reference", " %", 0.1, 0.2, false, true, tickBudget},
	}
}

func exactly(v float64) estimate { return estimate{v, v, v} }

// ratioAt is what otelperf adds at a level of what zpages adds.
func ratioAt(level func(variant) subject, rounds int, each time.Duration) func(effort int) estimate {
	return func(effort int) estimate {
		t := measure(subjectsOf(level, named(vNoop, vZpages, vLean)), plan{rounds * effort, each})
		return t.ratio(vLean, vZpages, vNoop)
	}
}

// parentBudget leaves out what it costs to ask a span for its parent, without which nobody knows what a request is.
func parentBudget(effort int) estimate {
	asks := variant{"no-op that asks for the parent", func() sdktrace.SpanProcessor { return &parentAsker{} }}
	t := measure(subjectsOf(hot, append(named(vNoop, vZpages, vLean), asks)), plan{151 * effort, 2 * time.Millisecond})
	return ratioOf(differences(t.of(vLean), t.of(asks.name)), differences(t.of(vZpages), t.of(vNoop)))
}

func requestBudget(effort int) estimate {
	size := sizeGate
	if effort > 1 {
		size = sizeGateAgain
	}
	return ratioAcross(inProcesses(size), vLean)
}

// addedAllocations are those of a request with the processor in its default mode, more than with a no-op. One in twenty
// requests, or less than the smallest object of Go for each, is rounding, and what the runtime does beside.
func addedAllocations() allocated {
	const few, smallest = 0.05, 8
	with, without := requestAllocations(named(vOurs)[0]), requestAllocations(named(vNoop)[0])
	a := allocated{max(with.objects-without.objects, 0), max(with.bytes-without.bytes, 0)}
	if a.objects < few {
		a.objects = 0
	}
	if a.bytes < smallest {
		a.bytes = 0
	}
	return a
}

// instructionsBudget shows at once what time hides in its noise. It is NaN where they cannot be counted.
func instructionsBudget(int) estimate {
	base, err := stepCount(vNoop)
	if err == nil {
		var ours float64
		if ours, err = stepCount(vLean); err == nil && runtime.GOARCH == "amd64" {
			return exactly(ours - base)
		}
	}
	progress("instructions were not counted: %v", err)
	return exactly(math.NaN())
}

func coresBudget(effort int) estimate {
	s := measureCores(2, 41*effort, 20_000, vLean)
	return median(s.cpu[vLean])
}

func addBudget(effort int) estimate {
	t := measure(adding(recordersNamed(rOurs, rOTel)), plan{81 * effort, time.Millisecond})
	return t.share(rOurs, rOTel)
}

func exportBudget(effort int) estimate {
	e := measureExport(plan{81 * effort, 10 * time.Millisecond})
	return e.ofSecond(eCounted)
}

// verdict says how an estimate stands to the budget.
type verdict string

const (
	reached verdict = "goal reached"
	within  verdict = "within"
	unsure  verdict = "the interval is too wide to tell"
	broken  verdict = "**broken**"
	skipped verdict = "not measured here"
)

func (b budget) verdict(e estimate) verdict {
	// below reports whether v keeps to a limit.
	below := func(v, limit float64) bool { return b.least && v >= limit || !b.least && v <= limit }
	best, worst := e.lo, e.hi
	if b.least {
		best, worst = worst, best
	}
	switch {
	case math.IsNaN(e.mid):
		return skipped
	case !below(best, b.gate):
		return broken
	case !below(worst, b.gate):
		return unsure
	case below(e.mid, b.goal):
		return reached
	}
	return within
}

// result is a budget and what was measured.
type result struct {
	budget
	estimate
	tries   int
	verdict verdict
}

// settle measures a budget, and once more with twice the effort if that does not show that it is kept.
func (b budget) settle() (r result) {
	r.budget = b
	for r.tries < 2 {
		r.tries++
		r.estimate = b.measure(r.tries)
		if r.verdict = b.verdict(r.estimate); r.verdict != broken && r.verdict != unsure {
			break
		}
	}
	return r
}

// settleAll measures the budgets that are wanted.
func settleAll(wanted func(budget) bool) (out []result) {
	for _, b := range budgets() {
		if wanted(b) {
			progress("budget: %s", b.what)
			out = append(out, b.settle())
		}
	}
	return out
}

func budgetsGrid(results []result) *grid {
	g := &grid{title: "Budgets", head: []string{"", "measured", "interval", "goal", "gate", "measured so often", "verdict"}}
	for _, r := range results {
		limit := "≤ "
		if r.least {
			limit = "≥ "
		}
		g.row(r.what, short(r.mid)+r.unit, short(r.lo)+"–"+short(r.hi), limit+short(r.goal)+r.unit, limit+short(r.gate)+r.unit, fmt.Sprint(r.tries), string(r.verdict))
	}
	g.note = "The reference is a machine on which zpages' OnStart + OnEnd, hot, take 190 ns: its speed is measured between the minutes. The gate fails when the whole interval of a second measurement, which is made when the first does not show that a budget is kept, is beyond it."
	return g
}

// short is a number with three digits after the point at most.
func short(v float64) string { return fmt.Sprintf("%.4g", math.Round(v*1000)/1000) }

func budgetsTable(w io.Writer, _ bool) {
	budgetsGrid(settleAll(func(budget) bool { return true })).print(w)
}
