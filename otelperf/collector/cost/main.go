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
	"runtime"
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

const batches = 40 // of 1000 spans

func main() {
	rounds := flag.Int("rounds", 15, "rounds that count")
	memory := flag.Bool("memory", false, "say what 10,000 endpoints take, and do nothing else")
	flag.Parse()
	if *memory {
		sayMemory()
		return
	}
	r := rand.New(rand.NewPCG(1, 2))
	now := time.Now()
	var tds []ptrace.Traces
	spans := 0
	for range batches {
		td := traces(r, 8, 25, now)
		tds = append(tds, td)
		spans += td.SpanCount()
	}
	ways := waysOf(tds, now)
	ns := make([][]float64, len(ways))
	allocations := make([]float64, len(ways))
	for round := range *rounds + 3 {
		for i := range ways {
			w := (i + round) % len(ways)
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var took time.Duration
			for range 3 {
				renumber(tds, r.Uint64())
				began := cpu()
				ways[w].do()
				took += cpu() - began
			}
			runtime.ReadMemStats(&after)
			if round >= 3 {
				ns[w] = append(ns[w], float64(took)/3/float64(spans))
				allocations[w] = float64(after.Mallocs-before.Mallocs) / 3 / float64(spans)
			}
		}
	}
	fmt.Printf("%d spans a round, %d rounds; CPU a span beside span_metrics as it is by default, and with the same rows\n", spans, *rounds)
	for w := range ways {
		fmt.Printf("%-34s %5.2f (%.2f to %.2f)   %5.2f   %.2f allocations   [%.0f ns]\n", ways[w].name, median(ratios(ns[w], ns[0])),
			slices.Min(ratios(ns[w], ns[0])), slices.Max(ratios(ns[w], ns[0])), median(ratios(ns[w], ns[1])), allocations[w], median(ns[w]))
	}
}

// way is one to take spans in.
type way struct {
	name string
	do   func()
}

func waysOf(tds []ptrace.Traces, now time.Time) []way {
	consume := func(c connector.Traces) func() {
		return func() {
			for _, td := range tds {
				_ = c.ConsumeTraces(context.Background(), td)
			}
		}
	}
	rows := []any{map[string]any{"name": "http.route"}, map[string]any{"name": "http.request.method"}, map[string]any{"name": "http.response.status_code"}}
	// The clock goes on with the rounds, the spans do not: they count in the oldest second that is open, which costs the same.
	take := func(s fleet.Settings) func() {
		f, err := fleet.New(s)
		if err != nil {
			panic(err)
		}
		at := now
		return func() {
			for _, td := range tds {
				f.Traces(at, td)
			}
			at = at.Add(time.Second)
			f.Tick(at)
		}
	}
	return []way{
		{"span_metrics, default", consume(spanMetrics(map[string]any{"metrics_flush_interval": "1h"}))},
		{"span_metrics, the same rows", consume(spanMetrics(map[string]any{"metrics_flush_interval": "1h", "dimensions": rows}))},
		{"otelperf, a tick a round", take(fleet.Settings{})},
		{"otelperf, without spans, a tick", take(fleet.Settings{SpanBytes: -1})},
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
