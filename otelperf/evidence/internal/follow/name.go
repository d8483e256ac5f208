// SPDX-License-Identifier: Apache-2.0

package follow

import (
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
)

// name says what a goroutine did in a stretch: by the calls on its stack, else by what the runtime says of it.
func (w *walk) name(s *history.Stretch) causes.State { return nameOf(w.h, s) }

func nameOf(h *history.History, s *history.Stretch) causes.State {
	st := h.Sites.At(s.Stack)
	switch s.State {
	case history.Running:
		return causes.Running
	case history.Assisting:
		return causes.GC
	case history.Runnable:
		return causes.Runnable
	case history.Syscall:
		if st.State == causes.Disk {
			return causes.Disk
		}
		return causes.Syscall
	}
	switch {
	case s.State != history.Waiting:
		return causes.Unknown
	case s.Reason.GC():
		return causes.GC
	case st.State == causes.HTTPConnection && h.Sites.At(s.WakerStack).Dials():
		return causes.Dial
	case st.State == "", s.Reason == history.Network && st.State == causes.Disk: // a pipe
		return s.Reason.State()
	}
	return st.State
}
