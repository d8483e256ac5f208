// SPDX-License-Identifier: Apache-2.0

// Package fault turns panics into counts: those of our own code, which are reported besides, and those of the program's code that we
// call, which are the program's concern.
package fault

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
)

const (
	reportEvery = time.Minute
	maxStack    = 8 << 10 // bytes of a report
)

// Log counts panics of our own code that were recovered, and reports one of them a minute, with its stack, to the OpenTelemetry error
// handler. The zero value is ready to use; its methods are safe for concurrent use.
type Log struct {
	count atomic.Uint64
	next  atomic.Int64 // in Unix nanoseconds, before which nothing is reported
}

// Count is the number of panics so far.
func (l *Log) Count() uint64 { return l.count.Load() }

// Guard runs f, which is ours; ok is false if it panicked. where names it in the report.
func (l *Log) Guard(where string, f func()) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			l.note(where, v)
		}
	}()
	f()
	return true
}

func (l *Log) note(where string, v any) {
	l.count.Add(1)
	now, next := time.Now().UnixNano(), l.next.Load()
	if now < next || !l.next.CompareAndSwap(next, now+int64(reportEvery)) {
		return
	}
	stack := debug.Stack()
	var foreign atomic.Uint64 // the error handler is the program's
	Contain(&foreign, func() {
		otel.Handle(fmt.Errorf("otelperf: a fault of its own was recovered in %s: %v\n%s", where, v, stack[:min(len(stack), maxStack)]))
	})
}

// Contain runs f, which is the program's: a panic in it is counted in panics, and goes no further.
func Contain(panics *atomic.Uint64, f func()) {
	defer func() {
		if recover() != nil {
			panics.Add(1)
		}
	}()
	f()
}
