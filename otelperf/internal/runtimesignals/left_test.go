// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"slices"
	"testing"
	"time"
)

// A signal explains what began about when it left its normal: not what began long after, nor what began before.
func TestLeft(t *testing.T) {
	rg := newRig(t, "/nowhere")
	rg.puts(schedLatency, 600, 1)
	onset := rg.now
	rg.Freeze(onset) // there is a spike: what is usual stays
	rg.puts(schedLatency, 600, 80)
	rg.puts(schedLatency, 60, 1)
	for began, want := range map[time.Duration]bool{
		-5 * time.Minute: false, -45 * time.Second: false, -20 * time.Second: true, 0: true, 50 * time.Second: true, 80 * time.Second: false, 9 * time.Minute: false,
	} {
		got := rg.Left(onset.Add(began))
		if slices.Contains(got, "sched_latency") != want {
			t.Errorf("for what began %v after the signal %q have left their normal; want it: %t", began, got, want)
		}
		if wall := rg.Left(onset.Add(began).Round(0)); !slices.Equal(wall, got) {
			t.Errorf("by the wall clock %q, else %q", wall, got)
		}
	}
	rg.puts(mutexWait, 60, 1)
	other := rg.now
	rg.puts(mutexWait, 30, 50)
	if got := rg.Left(other); len(got) > 0 {
		t.Errorf("a wait for locks, which is as often what slow requests make, explains them: %q", got)
	}
}
