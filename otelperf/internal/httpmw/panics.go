// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
)

const (
	maxStack       = 16 << 10
	maxPanicType   = 256
	maxPanicString = 1 << 10
)

// reportPanic tells OnPanic, once for an exchange. It is called while the panic unwinds:
// the frames that caused it are still there.
func (e *exchange) reportPanic(ctx context.Context, value any) {
	first := e.marks.Or(markPanicked)&markPanicked == 0
	if !first || e.m.cfg.OnPanic == nil || e.m.stopped() {
		return
	}
	defer e.m.cfg.Counters.Faults.Recover("Middleware")
	sc := e.spanContext()
	e.m.cfg.OnPanic(e.contextFor(ctx), Panic{
		TraceID: sc.TraceID(),
		SpanID:  sc.SpanID(),
		Method:  e.method,
		Route:   e.routeName(),
		Type:    clip(fmt.Sprintf("%T", value), maxPanicType),
		Message: clip(fmt.Sprint(value), maxPanicString),
		Stack:   panicStack(),
	})
}

// panicStack is the stack of this goroutine below the call of panic, so that the frames
// that matter are the ones that fit.
func panicStack() []byte {
	buf := make([]byte, 2*maxStack)
	buf = buf[:runtime.Stack(buf, false)]
	if i := bytes.Index(buf, []byte("\npanic(")); i >= 0 {
		buf = buf[i+1:]
	}
	return bytes.Clone(buf[:min(len(buf), maxStack)])
}

// clip bounds s to n bytes of valid UTF-8.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}
