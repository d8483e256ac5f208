// SPDX-License-Identifier: Apache-2.0

package pace_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/pace"
)

func TestRestsInProportion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, p := time.Now(), pace.New(0.25, nil)
		for range 100 {
			time.Sleep(20 * time.Millisecond) // the work
			if err := p.Step(); err != nil {
				t.Fatal(err)
			}
		}
		if got := p.Worked(); got != 2*time.Second {
			t.Errorf("worked %v, want 2s", got)
		}
		if got := time.Since(start); got != 8*time.Second {
			t.Errorf("2s of work at a quarter of a CPU took %v, want 8s", got)
		}
	})
}

func TestSmallStepsDoNotRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, p := time.Now(), pace.New(0.1, nil)
		for range 1000 {
			if err := p.Step(); err != nil {
				t.Fatal(err)
			}
		}
		if got := time.Since(start); got != 0 {
			t.Errorf("rested %v", got)
		}
	})
}

func TestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		p := pace.New(0.001, stop)
		time.AfterFunc(time.Second, func() { close(stop) })
		time.Sleep(100 * time.Millisecond)
		if err := p.Step(); !errors.Is(err, pace.ErrStopped) {
			t.Errorf("got %v, want ErrStopped", err)
		}
	})
}
