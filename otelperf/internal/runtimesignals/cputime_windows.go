// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import "syscall"

// cpuTime is what the process used, user and system, in seconds; NaN where that is not known.
func cpuTime(u *usage) float64 {
	self, err := syscall.GetCurrentProcess()
	if err != nil || syscall.GetProcessTimes(self, &u.created, &u.ended, &u.kernel, &u.user) != nil {
		return unknown
	}
	hundreds := func(t *syscall.Filetime) float64 { return float64(uint64(t.HighDateTime)<<32 | uint64(t.LowDateTime)) }
	return (hundreds(&u.kernel) + hundreds(&u.user)) / 1e7
}

// usage is the memory that cpuTime needs.
type usage struct{ created, ended, kernel, user syscall.Filetime }
