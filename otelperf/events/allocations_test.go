// SPDX-License-Identifier: Apache-2.0

//go:build !race

package events

import (
	"testing"
	"time"
)

func TestSampledOutRequestAllocatesNothing(t *testing.T) {
	tr, _ := newTracker(t, WithSampling(Sampling{}))
	ctx, _ := spanContext(1)
	r := RequestEvent{Method: "GET", Route: "/x", Status: 200, Outcome: "ok", Duration: time.Millisecond, SessionID: "s1"}
	if n := testing.AllocsPerRun(1000, func() { tr.Request(ctx, r) }); n != 0 {
		t.Errorf("%v allocations for a request that is sampled out, want 0", n)
	}
	if s := tr.Stats(); s.SampledOut != 1001 {
		t.Errorf("sampled out %d, want 1001", s.SampledOut)
	}
}
