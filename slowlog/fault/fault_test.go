// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
)

func somethingOfOurs() { panic("out of bounds") }

// All panics are counted, one a minute is reported with its stack, and an error handler that panics itself does no harm.
func TestFaultsAreCountedAndReportedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reports []string
		old := otel.GetErrorHandler()
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
			reports = append(reports, err.Error())
			panic("a handler that panics")
		}))
		defer otel.SetErrorHandler(old)
		var l Log
		for range 120 {
			if l.Guard("a test", somethingOfOurs) {
				t.Error("Guard says that nothing happened")
			}
			time.Sleep(time.Second)
			synctest.Wait() // for the report
		}
		if !l.Guard("a test", func() {}) {
			t.Error("Guard says that something happened")
		}
		if l.Count() != 120 || len(reports) != 2 {
			t.Fatalf("%d counted, %d reported in two minutes, want 120 and 2", l.Count(), len(reports))
		}
		for _, want := range []string{"a test", "out of bounds", "somethingOfOurs"} {
			if !strings.Contains(reports[0], want) {
				t.Errorf("the report lacks %q: %s", want, reports[0])
			}
		}
	})
}

func TestContainCountsPanicsOfTheProgram(t *testing.T) {
	var n atomic.Uint64
	Contain(&n, somethingOfOurs)
	Contain(&n, func() {})
	if n.Load() != 1 {
		t.Errorf("%d counted, want 1", n.Load())
	}
}
