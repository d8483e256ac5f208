// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package stacks

import "time"

// cpuTime is what f took by the clock, which is never less than what it used of a CPU.
func cpuTime(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
