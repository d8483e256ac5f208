// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"testing"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
)

func TestPostgres(t *testing.T) {
	url := exampletest.StartPostgres(t).URL
	r := newRig(t, func() (store, error) { return openPostgres(t.Context(), url) })
	checkOrders(t, r, "postgresql")
}

func TestRepeatedCallsOfPostgres(t *testing.T) {
	url := exampletest.StartPostgres(t).URL
	checkRepeated(t, func() (store, error) { return openPostgres(t.Context(), url) }, "postgresql SELECT products")
}
