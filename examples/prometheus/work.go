// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
)

// install makes the providers the global ones.
func install(s *service) {
	otel.SetTracerProvider(s.tp)
	otel.SetMeterProvider(s.mp)
}

// work takes a few milliseconds, now and then longer.
func work(http.ResponseWriter, *http.Request) {
	d := rand.ExpFloat64() * 3
	if rand.IntN(50) == 0 {
		d += 30
	}
	time.Sleep(time.Duration(d * float64(time.Millisecond)))
}
