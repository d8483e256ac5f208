// SPDX-License-Identifier: Apache-2.0

//go:build unix

package runtimesignals

import "syscall"

// cpuTime is what the process used, user and system, in seconds; NaN where that is not known.
func cpuTime(u *syscall.Rusage) float64 {
	if syscall.Getrusage(syscall.RUSAGE_SELF, u) != nil {
		return unknown
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// usage is the memory that cpuTime needs.
type usage = syscall.Rusage
