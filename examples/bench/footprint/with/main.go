// SPDX-License-Identifier: Apache-2.0

// Command with is the same service, and all that otelperf adds to a pipeline.
package main

import (
	"log"

	"github.com/otelperf/otelperf-go/examples/bench/footprint/served"
	"github.com/otelperf/otelperf-go/otelperf"
)

func main() {
	mon, err := otelperf.New()
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(served.With(mon))
}
