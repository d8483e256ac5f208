// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"fmt"
	"strings"
)

// The signals of the process.
const (
	gcCPU = iota
	gcAssist
	pauses
	schedLatency
	runnable
	mutexWait
	cpuUsed
	cpuThrottled
	memoryPressure
	heapLive
	goroutines
	processKinds
)

// values are those of one sample, NaN where something is not known.
type values [processKinds]float64

// kind is what is to be known of a signal.
type kind struct {
	name, unit string  // unit as in UCUM; "1" is a share
	least      float64 // how much more than usual matters at all
	digest     digest
	text       string
}

// kinds are those of the process, in the order in which they are shown.
var kinds = [processKinds]kind{
	gcCPU:          {"gc_cpu", "1", .05, average, "GC takes {now} of the CPU, usually {usual}"},
	gcAssist:       {"gc_assist", "1", .01, average, "goroutines that allocate help GC with {now} of the CPU, usually {usual}"},
	pauses:         {"pause", "ms", 5, most, "the world stops for {now} at a time, usually {usual}"},
	schedLatency:   {"sched_latency", "ms", 5, upper, "goroutines that could run wait {now} for a CPU (p99), usually {usual}"},
	runnable:       {"runnable", "{goroutine}", 8, average, "{now} goroutines wait for a CPU, usually {usual}"},
	mutexWait:      {"mutex_wait", "{goroutine}", .5, average, "{now} goroutines wait for locks, usually {usual}"},
	cpuUsed:        {"cpu", "{cpu}", .5, average, "the process uses {now} CPUs, usually {usual}"},
	cpuThrottled:   {"cpu_throttled", "1", .05, average, "CPU throttled {now} of the time, usually {usual}"},
	memoryPressure: {"memory_pressure", "1", .05, average, "work waits for memory {now} of the time, usually {usual}"},
	heapLive:       {"heap_live", "By", 64 << 20, average, "{now} of the heap are in use, usually {usual}"},
	goroutines:     {"goroutines", "{goroutine}", 100, average, "{now} goroutines exist, usually {usual}"},
}

// The signals of a pool.
const (
	poolWaiting = iota
	poolInUse
	poolKinds
)

// ofPool are the kinds of a pool's signals, in the order in which they are shown.
var ofPool = [poolKinds]kind{
	poolWaiting: {"pool_waiting", "{request}", .5, average, "{now} requests wait for a connection of pool {pool}, usually {usual}"},
	poolInUse:   {"pool_in_use", "{connection}", 5, average, "{now} connections of pool {pool} are in use, usually {usual}"},
}

// show writes a value as people read it.
func (k *kind) show(x float64) string {
	switch k.unit {
	case "1":
		if x = 100 * x; 0 < x && x < .1 {
			return "<0.1 %"
		}
		return short(x) + " %"
	case "ms":
		return short(x) + " ms"
	case "By":
		return short(x/(1<<20)) + " MiB"
	}
	return short(x)
}

// short writes a number with two or three digits.
func short(x float64) string {
	switch {
	case x >= 10:
		return fmt.Sprintf("%.0f", x)
	case x < .05:
		return "0"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
}
