// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
)

// allocated is what an operation allocates.
type allocated struct{ objects, bytes float64 }

// allocationsOf is the mean over many operations, after so many that buffers, pools and maps have their size, in the best of some
// turns: what the runtime allocates for itself meanwhile only ever adds.
func allocationsOf(run func(n int)) allocated {
	const warm, counted, turns = 80_000, 4_000, 5
	run(warm)
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would empty the pools
	run(counted)
	least := allocated{math.Inf(1), math.Inf(1)}
	for range turns {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run(counted)
		runtime.ReadMemStats(&after)
		least.objects = min(least.objects, math.Round(float64(after.Mallocs-before.Mallocs)/counted*100)/100)
		least.bytes = min(least.bytes, math.Round(float64(after.TotalAlloc-before.TotalAlloc)/counted))
	}
	return least
}

// more than o.
func (a allocated) more(o allocated) string {
	return fmt.Sprintf("%.2f, %.0f B", a.objects-o.objects, a.bytes-o.bytes)
}

// requestAllocations are those of an otelhttp request with a processor.
func requestAllocations(v variant) allocated {
	return allocationsOf(serving(handler(shop(), provider(v.make()), meters())))
}

func allocationsTable(w io.Writer, _ bool) {
	g := &grid{title: "Allocations: objects and bytes more than " + vNoop, head: []string{"", "whole span", "whole otelhttp request", "request with five database calls"}}
	span := func(v variant) allocated { return allocationsOf(spansOf(provider(v.make()).Tracer(""), endpoints)) }
	family := func(v variant) allocated { return allocationsOf(familyOf(provider(v.make()).Tracer(""), 5)) }
	base := named(vNoop)[0]
	spans, requests, families := span(base), requestAllocations(base), family(base)
	for _, v := range variants()[2:] {
		g.row(v.name, span(v).more(spans), requestAllocations(v).more(requests), family(v).more(families))
	}
	h, stop := withMiddleware()
	defer stop()
	g.row(vMiddleware, "—", allocationsOf(serving(h)).more(requests), "—")
	g.print(w)
}
