// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"runtime"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk"

	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// OwnCost is what otelperf itself takes, as far as it can tell from inside.
type OwnCost struct {
	// MemoryBytes is what windows, baselines, the slow log, spans that are held, the runtime's signals and recordings of evidence hold.
	// Buffers of the processor, at most 1 MiB, and what it takes to read a recording, are not in it.
	MemoryBytes int64 `json:"memory_bytes"`
	// RequestsCounted is the number of spans that were counted since the start or the last reset: requests, dependencies and jobs.
	RequestsCounted uint64 `json:"requests_counted"`
	// CPUSeconds is an upper estimate: the time of all evaluations, samples of the runtime and readings of recordings by the clock, and
	// goroutine profiles, in which they may have waited for a core, a lock or the metrics of the program, and 0.3 µs for each span counted; never more than the
	// process has used, where that is known. What the runtime takes while it records is not in it.
	CPUSeconds float64 `json:"cpu_seconds"`
	// CPUShare is CPUSeconds as a share of the time since the start; 1 is one core.
	CPUShare *float64 `json:"cpu_share"`
}

// spanCost is what OnEnd of a local root takes on an ordinary server core, rounded up.
const spanCost = 300 * time.Nanosecond

// own estimates what d, otherwise complete, has cost.
func (m *Monitor) own(d *Diagnostics) OwnCost {
	c := OwnCost{
		MemoryBytes:     int64(d.Engine.Bytes) + d.SlowLog.Bytes + d.Processor.HeldBytes + d.Processor.RecentBytes + d.Processor.WaitingBytes + int64(m.runtime.Bytes()),
		RequestsCounted: m.engine.Counted(),
	}
	seconds := d.Engine.TickSeconds + m.runtime.Spent().Seconds() + m.stacksSpent().Seconds() + float64(c.RequestsCounted)*spanCost.Seconds()
	if d.Evidence != nil {
		c.MemoryBytes += d.Evidence.MemoryBytes
		seconds += time.Duration(d.Evidence.WorkNanos).Seconds()
	}
	if used := runtimesignals.ProcessCPUSeconds(); used < seconds {
		seconds = used
	}
	c.CPUSeconds = *units.Number(seconds)
	if up := time.Since(m.began).Seconds(); up > 0 {
		c.CPUShare = units.Number(c.CPUSeconds / up)
	}
	return c
}

// versions are those of what is at work here; that of the service is empty if it has no service.version.
func (m *Monitor) versions() map[string]string {
	return map[string]string{
		"otelperf": Version, "otel": otel.Version(), "otel_sdk": sdk.Version(), "go": runtime.Version(), "service": m.identity().version,
	}
}
