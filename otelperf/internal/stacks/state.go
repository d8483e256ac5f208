// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// parked are what the runtime's innermost functions say of a goroutine that waits, where no call further out is known.
var parked = []struct {
	prefix string
	state  causes.State
}{
	{"runtime.gcAssistAlloc", causes.GC},
	{"runtime.gcParkAssist", causes.GC},
	{"runtime.gcStart", causes.GC},
	{"runtime.chanrecv", causes.ChanReceive},
	{"runtime.chansend", causes.ChanSend},
	{"runtime.selectgo", causes.Select},
	{"runtime.block", causes.Select},
	{"internal/poll.runtime_pollWait", causes.NetworkRead},
}

// stateOf is what a goroutine does, by its stack, the innermost frame first. known is that of the calls on it.
func stateOf(frames []site.Frame, known causes.State) causes.State {
	if len(frames) == 0 {
		return causes.Unknown
	}
	switch top := frames[0].Func; {
	case top == "runtime.gopark", top == "runtime.goparkunlock":
	case inSyscall(top):
		return orElse(known, causes.Syscall)
	default:
		return causes.Running // or about to
	}
	for _, f := range frames {
		if !inRuntime(f.Func) && !strings.HasPrefix(f.Func, "internal/poll.") {
			break
		}
		for _, p := range parked {
			if strings.HasPrefix(f.Func, p.prefix) && (known == "" || p.state == causes.GC) {
				return p.state
			}
		}
	}
	return orElse(known, causes.Waiting)
}

func orElse(s, other causes.State) causes.State {
	if s == "" {
		return other
	}
	return s
}

func inRuntime(f string) bool {
	return strings.HasPrefix(f, "runtime.") || strings.HasPrefix(f, "internal/runtime/")
}

func inSyscall(f string) bool {
	return strings.HasPrefix(f, "syscall.") || strings.HasPrefix(f, "internal/runtime/syscall") || strings.HasPrefix(f, "runtime.cgocall") ||
		strings.HasPrefix(f, "internal/syscall/")
}

// waitsForOthers reports whether what a request's goroutine waits for may be done by goroutines that it started.
func waitsForOthers(s causes.State) bool {
	switch s {
	case causes.WaitGroup, causes.Select, causes.ChanReceive, causes.ChanSend, causes.Cond, causes.Semaphore, causes.Waiting, causes.Pipe:
		return true
	}
	return false
}
