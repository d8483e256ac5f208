// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

func framesNamed(functions ...string) (frames []site.Frame) {
	for i, f := range functions {
		frames = append(frames, site.Frame{Func: f, File: "/src/f.go", Line: i + 1})
	}
	return frames
}

func TestStates(t *testing.T) {
	s := New(Config{})
	for _, tt := range []struct {
		want  causes.State
		stack []string
	}{
		{causes.Lock, []string{"runtime.gopark", "runtime.semacquire1", "internal/sync.runtime_SemacquireMutex", "internal/sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock", "main.cart"}},
		{causes.ChanReceive, []string{"runtime.gopark", "runtime.chanrecv", "runtime.chanrecv1", "main.cart"}},
		{causes.ChanSend, []string{"runtime.gopark", "runtime.chansend", "runtime.chansend1", "main.cart"}},
		{causes.Select, []string{"runtime.gopark", "runtime.selectgo", "main.cart"}},
		{causes.Select, []string{"runtime.gopark", "runtime.block", "main.cart"}},
		{causes.NetworkRead, []string{"runtime.gopark", "runtime.netpollblock", "internal/poll.runtime_pollWait", "internal/poll.(*pollDesc).wait", "main.cart"}},
		{causes.NetworkRead, []string{"runtime.gopark", "runtime.netpollblock", "internal/poll.runtime_pollWait", "internal/poll.(*FD).Read", "net.(*conn).Read", "main.cart"}},
		{causes.DBReply, []string{"runtime.gopark", "internal/poll.runtime_pollWait", "internal/poll.(*FD).Read", "database/sql.(*DB).queryDC", "main.cart"}},
		{causes.DBConnection, []string{"runtime.gopark", "runtime.selectgo", "database/sql.(*DB).conn", "main.cart"}},
		{causes.Sleep, []string{"runtime.gopark", "time.Sleep", "main.cart"}},
		{causes.GC, []string{"runtime.gopark", "runtime.gcParkAssist", "runtime.gcAssistAlloc", "runtime.mallocgc", "database/sql.(*DB).queryDC", "main.cart"}},
		{causes.Syscall, []string{"internal/runtime/syscall/linux.Syscall6", "syscall.RawSyscall6", "syscall.Flock", "main.cart"}},
		{causes.Syscall, []string{"runtime.cgocall", "main._Cfunc_f", "main.cart"}},
		{causes.Disk, []string{"syscall.Syscall", "syscall.read", "os.(*File).Read", "main.cart"}},
		{causes.Waiting, []string{"runtime.gopark", "runtime.something", "main.cart"}},
		{causes.Running, []string{"main.cart"}},
		{causes.Running, []string{"runtime.mallocgc", "database/sql.(*DB).queryDC", "main.cart"}}, // the driver works
		{causes.Unknown, nil},
		// A channel further out is not what is waited for.
		{causes.Waiting, []string{"runtime.gopark", "runtime.goparkunlock", "main.cart", "runtime.chanrecv"}},
	} {
		frames := framesNamed(tt.stack...)
		if got, _ := s.place(frames); got != tt.want {
			t.Errorf("%v is %q, want %q", tt.stack, got, tt.want)
		}
	}
}

// What is shown of a stack ends with the program's own outermost function, and begins with one of the runtime at most.
func TestShownFrames(t *testing.T) {
	s := New(Config{Own: []string{"shop"}})
	for _, tt := range []struct{ stack, want []string }{
		{[]string{"runtime.gopark", "runtime.chanrecv", "runtime.chanrecv1", "shop.f", "net/http.HandlerFunc.ServeHTTP"}, []string{"runtime.chanrecv1", "shop.f"}},
		{[]string{"runtime.gopark", "time.Sleep", "shop.f", "lib.example/x.g", "shop.h", "net/http.HandlerFunc.ServeHTTP"}, []string{"time.Sleep", "shop.f", "lib.example/x.g", "shop.h"}},
		{[]string{"runtime.gopark", "lib.example/x.g", "net/http.HandlerFunc.ServeHTTP"}, []string{"lib.example/x.g", "net/http.HandlerFunc.ServeHTTP"}},
		{[]string{"runtime.gopark"}, []string{"runtime.gopark"}},
		{nil, nil},
	} {
		var got []string
		for _, f := range s.shown(framesNamed(tt.stack...)) {
			got = append(got, f.Func)
		}
		if len(got) != len(tt.want) {
			t.Errorf("of %v is shown %v, want %v", tt.stack, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("of %v is shown %v, want %v", tt.stack, got, tt.want)
			}
		}
	}
	deep := make([]string, 3*maxDepth)
	for i := range deep {
		deep[i] = "shop.f"
	}
	if n := len(s.shown(framesNamed(deep...))); n != maxDepth {
		t.Errorf("%d frames are shown, want at most %d", n, maxDepth)
	}
}
