// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// perCollection is how many requests share the cost of one collection: 1000 a second, collected each ten seconds.
const perCollection = 10_000

const (
	eCounted  = "otelperf's processor"
	eExported = "otelperf's processor, exported by a reader"
	eSecond   = vSecondReader
)

// exportCost compares two ways to have exponential histograms of all requests exported.
type exportCost struct {
	table
	cells, sdk float64 // CPU time of one collection, ns: what our Producer and what the second reader takes
}

func measureExport(p plan) exportCost {
	counted, exported, second := processor(spikeprocessor.WithInFlight(false)), processor(spikeprocessor.WithInFlight(false)), exponentialReader()
	producing := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader(sdkmetric.WithProducer(exported))))
	e := exportCost{table: measure([]subject{
		serve(vNoop, handler(shop(), provider(noop{}), meters())),
		serve(eCounted, handler(shop(), provider(counted), meters())),
		serve(eExported, handler(shop(), provider(exported), producing)),
		serve(eSecond, handler(shop(), provider(noop{}), meters(sdkmetric.WithReader(second)))),
	}, p)}
	ctx := context.Background()
	e.cells = collection(func() error {
		_, err := exported.Produce(ctx)
		return err
	})
	var rm metricdata.ResourceMetrics
	e.sdk = collection(func() error { return second.Collect(ctx, &rm) })
	return e
}

// collection is the CPU time of collect, in ns, the first time aside.
func collection(collect func() error) float64 {
	var took []float64
	for range 21 {
		took = append(took, float64(cpuOf(func() {
			if err := collect(); err != nil {
				panic(err)
			}
		})))
	}
	return middle(took[1:])
}

// perRequest is what a request costs more in name than in base, by rounds, with its share of a collection.
func (e *exportCost) perRequest(name, base string, collection float64) []float64 {
	out := differences(e.of(name), e.of(base))
	for i := range out {
		out[i] += collection / perCollection
	}
	return out
}

// of what the second reader costs.
func (e *exportCost) ofSecond(base string) estimate {
	return ratioOf(e.perRequest(eExported, base, e.cells), e.perRequest(eSecond, vNoop, e.sdk))
}

func exportedTable(w io.Writer, quick bool) {
	e := measureExport(plan{rounds(quick, 31, 201), 10 * time.Millisecond})
	g := &grid{
		title: "Exponential histograms of all requests, exported",
		head:  []string{"", "a request, more than " + vNoop + ", ns", "a collection, µs", "together, ns a request", "of the second reader"},
	}
	us := func(ns float64) string { return fmt.Sprintf("%.0f", ns/1e3) }
	second, cells := median(e.perRequest(eSecond, vNoop, e.sdk)), median(e.perRequest(eExported, vNoop, e.cells))
	g.row(eSecond, e.over(eSecond, vNoop).ns(), us(e.sdk), second.ns(), "1")
	g.row(eCounted, e.over(eCounted, vNoop).ns(), "—", e.over(eCounted, vNoop).ns(), "")
	g.row(eExported, e.over(eExported, vNoop).ns(), us(e.cells), cells.ns(), e.ofSecond(vNoop).ratio())
	g.row("of it, the export", e.over(eExported, eCounted).ns(), us(e.cells), median(e.perRequest(eExported, eCounted, e.cells)).ns(), e.ofSecond(eCounted).ratio())
	g.note = fmt.Sprintf("%d endpoints, one collection for %d requests (1000 a second, each ten seconds). A reader's aggregation selector sees the kind of an instrument alone, so "+
		"the second reader has otelhttp's histograms of sizes as well. The last line is what somebody pays who has the processor anyway.", endpoints, perCollection)
	g.print(w)
}
