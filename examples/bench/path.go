// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// onThread makes a subject of which the CPU time of the calling thread counts, after what ready does.
func onThread(name string, ready func(), f func(n int)) subject {
	return subject{name, func(n int) time.Duration {
		ready()
		began := threadTime()
		f(n)
		return threadTime() - began
	}}
}

// measureOnThread is measure for such subjects.
func measureOnThread(subjects []subject, p plan) table {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return measure(subjects, p)
}

// pathOf is a request with so many calls, what the tick does left out.
func pathOf(children int) func(variant) subject {
	return func(v variant) subject {
		p := v.make()
		ready := func() {}
		if ours, ok := p.(*spikeprocessor.Processor); ok {
			ready = func() { ours.Link().TakeDeltas(func(*spikeprocessor.Delta) {}) }
		}
		return onThread(v.name, ready, familyOf(provider(p).Tracer(""), children))
	}
}

// pathBudget is what the processor adds to a request with so many calls, of what zpages adds.
func pathBudget(calls int) func(effort int) estimate {
	return func(effort int) estimate {
		t := measureOnThread(subjectsOf(pathOf(calls), named(vNoop, vZpages, vOurs)), plan{151 * effort, 2 * time.Millisecond})
		return t.ratio(vOurs, vZpages, vNoop)
	}
}

// Names of the writers below Middleware.
const (
	vNetWriter   = "a writer like net/http's"
	vOtherWriter = "another writer"
)

// otherWriter has none of the optional interfaces.
type otherWriter struct{ w *discardWriter }

// Header implements http.ResponseWriter.
func (o otherWriter) Header() http.Header { return o.w.Header() }

// WriteHeader implements http.ResponseWriter.
func (o otherWriter) WriteHeader(code int) { o.w.WriteHeader(code) }

// Write implements http.ResponseWriter.
func (o otherWriter) Write(b []byte) (int, error) { return o.w.Write(b) }

// replyingTo serves requests with one of the writers.
func replyingTo(writer string, h http.Handler) func(n int) {
	w := &discardWriter{header: http.Header{}}
	if writer == vOtherWriter {
		return servingTo(otherWriter{w}, w.header, h)
	}
	return servingTo(w, w.header, h)
}

const vWithout, vWith = "otelhttp", "with Middleware"

// middlewareSubjects are otelhttp's request without and with the Middleware of a Monitor that has its defaults. Its processor gets no
// spans: what that does is in neither.
func middlewareSubjects(writer string) []subject {
	mon, _ := monitor() // runs to the end of the process
	ready := func() {}
	return []subject{
		onThread(vWithout, ready, replyingTo(writer, handler(shop(), provider(noop{}), meters()))),
		onThread(vWith, ready, replyingTo(writer, handler(mon.Middleware(shop()), provider(noop{}), meters()))),
	}
}

// monitor has its defaults, but logs nothing.
func monitor() (mon *otelperf.Monitor, stop func()) {
	mon, err := otelperf.New(otelperf.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		panic(err)
	}
	return mon, func() { _ = mon.Shutdown(context.Background()) }
}

// middlewareBudget is what Middleware adds of what otelhttp and the mux take without it.
func middlewareBudget(writer string) func(effort int) estimate {
	return func(effort int) estimate {
		t := measureOnThread(middlewareSubjects(writer), plan{201 * effort, 4 * time.Millisecond})
		with, without := t.of(vWith), t.of(vWithout)
		return ratioOf(differences(with, without), without)
	}
}

// addedByMiddleware are the allocations of a request with it, more than without.
func addedByMiddleware(writer string) allocated {
	mon, stop := monitor()
	stop() // its ticks would be counted, too
	without := allocationsOf(replyingTo(writer, handler(shop(), provider(noop{}), meters())))
	with := allocationsOf(replyingTo(writer, handler(mon.Middleware(shop()), provider(noop{}), meters())))
	return allocated{with.objects - without.objects, with.bytes - without.bytes}
}

func pathTables(w io.Writer, quick bool) {
	children := &grid{title: "The path of a request through the SDK by the number of its calls: ns of the serving thread, more than " + vNoop, head: append([]string{"calls"}, growers...)}
	for _, n := range []int{0, 1, 4, 20} {
		c := comparison{measureOnThread(subjectsOf(pathOf(n), named(append([]string{vNoop}, growers...)...)), plan{rounds(quick, 61, 301), 2 * time.Millisecond}), vNoop}
		children.growth(fmt.Sprint(n), c, 1)
	}
	children.note = "The whole request, not each span. What the tick does is left out, and there is no garbage collection inside a turn."
	children.print(w)

	g := &grid{title: "The path of an otelhttp request with Middleware", head: []string{"", vWithout + ", ns", "more with Middleware, ns", "of otelhttp", "allocations"}}
	for _, writer := range []string{vNetWriter, vOtherWriter} {
		t := measureOnThread(middlewareSubjects(writer), plan{rounds(quick, 61, 401), 4 * time.Millisecond})
		a := addedByMiddleware(writer)
		g.row(writer, t.times(vWithout).ns(), t.over(vWith, vWithout).ns(), ratioOf(differences(t.of(vWith), t.of(vWithout)), t.of(vWithout)).ratio(),
			fmt.Sprintf("%.0f, %.0f B", a.objects, a.bytes))
	}
	g.print(w)
}
