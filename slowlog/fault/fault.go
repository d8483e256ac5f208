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

// Shared is the Log of what belongs to no Monitor or processor: the reading of statements, and events.
var Shared Log

// Log counts panics of our own code that were recovered, and reports one of them a minute, with its stack, to the OpenTelemetry error
// handler: from a goroutine of its own, of which there is one at a time, since the handler is the program's and a request may be
// waiting. The zero value is ready to use; its methods are safe for concurrent use.
type Log struct {
	count     atomic.Uint64
	next      atomic.Int64 // in Unix nanoseconds, before which nothing is reported
	reporting atomic.Bool
}

// Count is the number of panics so far.
func (l *Log) Count() uint64 { return l.count.Load() }

// Guard runs f, which is ours; ok is false if it panicked. where names it in the report.
func (l *Log) Guard(where string, f func()) (ok bool) {
	defer l.Recover(where)
	f()
	return true
}

// Recover recovers a panic of ours; it is to be deferred itself.
func (l *Log) Recover(where string) { l.Recovered(where, recover()) }

// Recovered takes what recover returned, and reports whether that was a panic.
func (l *Log) Recovered(where string, v any) bool {
	if v == nil {
		return false
	}
	l.count.Add(1)
	now, next := time.Now().UnixNano(), l.next.Load()
	if now < next || !l.next.CompareAndSwap(next, now+int64(reportEvery)) {
		return true
	}
	stack := debug.Stack()
	l.report(fmt.Errorf("otelperf: a fault of its own was recovered in %s: %v\n%s", where, v, stack[:min(len(stack), maxStack)]))
	return true
}

// Report reports what has become of a fault, such as that something has ended.
func (l *Log) Report(err error) { go handle(err) }

func (l *Log) report(err error) {
	if l.reporting.CompareAndSwap(false, true) {
		go func() {
			defer l.reporting.Store(false)
			handle(err)
		}()
	}
}

// handle calls the error handler, which may panic.
func handle(err error) {
	var foreign atomic.Uint64
	Contain(&foreign, func() { otel.Handle(err) })
}

// Contain runs f, which is the program's: a panic in it is counted in panics, and goes no further; ok is false then.
func Contain(panics *atomic.Uint64, f func()) (ok bool) {
	defer func() {
		if recover() != nil {
			panics.Add(1)
		}
	}()
	f()
	return true
}
