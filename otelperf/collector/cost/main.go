// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Command cost compares what the connector takes for a span with contrib's span_metrics, in alternating rounds of one process, so that what
// else the machine does is the same for both. The figures that count are ratios.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"syscall"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/spanmetricsconnector"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
)

const (
	batches = 40 // of 1000 spans
	warm    = 3  // rounds that do not count
)

func main() {
	rounds := flag.Int("rounds", 15, "rounds that count")
	memory := flag.Bool("memory", false, "say what 10,000 endpoints take, and do nothing else")
	profile := flag.String("cpuprofile", "", "`file` for a profile, in which the label way tells the rows apart")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			panic(err)
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			panic(err)
		}
		defer pprof.StopCPUProfile() // f is closed with the process
	}
	if *memory {
		sayMemory()
		return
	}
	debug.SetGCPercent(1000) // it runs between the rounds alone
	r := rand.New(rand.NewPCG(1, 2))
	now := time.Now()
	var sent [][]byte
	spans := 0
	for range batches {
		td := traces(r, 8, 25, now)
		bytes, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
		if err != nil {
			panic(err)
		}
		sent = append(sent, bytes)
		spans += td.SpanCount()
	}
	ways := waysOf(now)
	ns := make([][]float64, len(ways))
	allocations := make([]float64, len(ways))
	for round := range *rounds + warm + 1 {
		for i := range ways {
			w := (i + round) % len(ways)
			runtime.GC()
			took, allocated := ways[w].round(sent, r.Uint64(), round == *rounds+warm)
			switch {
			case round == *rounds+warm: // there is memory for each second that is open by now
				allocations[w] = float64(allocated) / float64(spans)
			case round >= warm:
				ns[w] = append(ns[w], float64(took)/float64(spans))
			}
		}
	}
	fmt.Printf("%d spans a round, %d rounds; CPU a span beside span_metrics as it is by default, and with the same rows: by the median of the ratios, and by the\n"+
		"lowest rounds, which other work disturbed least\n", spans, *rounds)
	for w := range ways {
		least := slices.Min(ns[w])
		fmt.Printf("%-34s %5.2f %5.2f   by the lowest %5.2f %5.2f   %.3f allocations   [%.0f ns, lowest %.0f]\n", ways[w].name, median(ratios(ns[w], ns[0])),
			median(ratios(ns[w], ns[1])), least/slices.Min(ns[0]), least/slices.Min(ns[1]), allocations[w], median(ns[w]), least)
	}
}

// way is one to take spans in.
type way struct {
	name string
	do   func(ptrace.Traces)
	end  func() // of a round; nil for nothing
}

// round takes in what was sent: each batch when it has just been read, as from a receiver. Allocations are those of taking in; to count
// them takes time.
func (w *way) round(sent [][]byte, seed uint64, counts bool) (took time.Duration, allocated uint64) {
	for _, bytes := range sent {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(bytes)
		if err != nil {
			panic(err)
		}
		renumber(td, seed)
		var t time.Duration
		var n uint64
		pprof.Do(context.Background(), pprof.Labels("way", w.name), func(context.Context) { t, n = measured(func() { w.do(td) }, counts) })
		took, allocated = took+t, allocated+n
	}
	if w.end != nil {
		t, _ := measured(w.end, false)
		took += t
	}
	return took, allocated
}

func measured(do func(), counts bool) (took time.Duration, allocated uint64) {
	var before, after runtime.MemStats
	if counts {
		runtime.ReadMemStats(&before)
	}
	began := cpu()
	do()
	took = cpu() - began
	if counts {
		runtime.ReadMemStats(&after)
	}
	return took, after.Mallocs - before.Mallocs
}

func waysOf(now time.Time) []way {
	consume := func(c connector.Traces) func(ptrace.Traces) {
		return func(td ptrace.Traces) { _ = c.ConsumeTraces(context.Background(), td) }
	}
	rows := []any{map[string]any{"name": "http.route"}, map[string]any{"name": "http.request.method"}, map[string]any{"name": "http.response.status_code"}}
	// The clock goes on with the rounds, the spans do not: they count in the oldest second that is open, which costs the same.
	ours := func(name string, s fleet.Settings) way {
		f, err := fleet.New(s)
		if err != nil {
			panic(err)
		}
		at := now
		return way{name, func(td ptrace.Traces) { f.Traces(at, td) }, func() {
			at = at.Add(time.Second)
			f.Tick(at)
		}}
	}
	return []way{
		{"span_metrics, default", consume(spanMetrics(map[string]any{"metrics_flush_interval": "1h"})), nil},
		{"span_metrics, the same rows", consume(spanMetrics(map[string]any{"metrics_flush_interval": "1h", "dimensions": rows})), nil},
		ours("otelperf, a tick a round", fleet.Settings{}),
		ours("otelperf, without spans, a tick", fleet.Settings{SpanBytes: -1}),
	}
}

func spanMetrics(conf map[string]any) connector.Traces {
	f := spanmetricsconnector.NewFactory()
	cfg := f.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(conf).Unmarshal(cfg); err != nil {
		panic(err)
	}
	set := connector.Settings{ID: component.NewID(f.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	set.Logger = zap.NewNop()
	c, err := f.CreateTracesToMetrics(context.Background(), set, cfg, consumertest.NewNop())
	if err != nil {
		panic(err)
	}
	if err := c.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		panic(err)
	}
	return c
}

// cpu is what this process has used, of all threads.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func ratios(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return out
}

func median(x []float64) float64 {
	y := slices.Sorted(slices.Values(x))
	return y[len(y)/2]
}
