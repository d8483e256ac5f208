// SPDX-License-Identifier: Apache-2.0

// Command history is the same service as with, and has a history in a file.
package main

import (
	"log"

	"github.com/otelperf/otelperf-go/examples/bench/footprint/served"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

func main() {
	store, err := bolt.Open("shop.db")
	if err != nil {
		log.Fatal(err)
	}
	mon, err := otelperf.New(otelperf.WithHistory(store))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(served.With(mon))
}
