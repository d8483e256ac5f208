// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"context"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
)

// Start starts a collector that ends with the test.
func Start(t testing.TB) *collector.Collector {
	t.Helper()
	c, err := collector.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	Run(t, c)
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error("the collector ended with:", err)
		}
	})
	return c
}

// Run starts a collector that is not running.
func Run(t testing.TB, c *collector.Collector) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), exampletest.Patience)
	defer cancel()
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

// Await polls what has arrived until done says that it is all, and returns the last state. It gives up after
// exampletest.Patience.
func Await(t testing.TB, c *collector.Collector, done func(*collector.Received) bool) *collector.Received {
	t.Helper()
	for deadline := time.Now().Add(exampletest.Patience); ; time.Sleep(20 * time.Millisecond) {
		r, err := c.Received()
		if err != nil {
			t.Fatal(err)
		}
		if done(r) || time.Now().After(deadline) {
			return r
		}
	}
}
