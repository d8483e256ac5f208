// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// busy is a recorder with everything: this machine's files and pools, after an hour.
func busy(tb testing.TB) *rig {
	db := testrig.DB(tb, 2)
	rg := newRig(tb, "/", Pool{"a", db.Stats}, Pool{"b", db.Stats})
	for range Seconds + 10 {
		rg.sample()
	}
	return rg
}

// A sample allocates nothing, steps and what is learned in them included.
func TestSampleAllocatesNothing(t *testing.T) {
	rg := busy(t)
	if n := testing.AllocsPerRun(100, rg.sample); n != 0 {
		t.Errorf("%v allocations a sample, want 0", n)
	}
}

// BenchmarkSample is one second's work on average, with two pools and an hour to learn from.
func BenchmarkSample(b *testing.B) {
	rg := busy(b)
	b.ReportAllocs()
	for b.Loop() {
		rg.sample()
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*100, "%core")
}

func BenchmarkReport(b *testing.B) {
	rg := busy(b)
	for b.Loop() {
		rg.Report(time.Now())
	}
}
