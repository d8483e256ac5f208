// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"runtime"
	"syscall"
	"time"
)

// cpuTime is what f took of a CPU in this goroutine.
func cpuTime(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began, known := threadTime()
	start := time.Now()
	f()
	if ended, ok := threadTime(); ok && known {
		return ended - began
	}
	return time.Since(start)
}

func threadTime() (time.Duration, bool) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err == nil
}
