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
	rg.puts(cpuThrottled, 600, .01)
	onset := rg.now
	rg.Freeze(onset) // there is a spike: what is usual stays
	rg.puts(cpuThrottled, 600, .4)
	rg.puts(cpuThrottled, 60, .01)
	for began, want := range map[time.Duration]bool{
		-5 * time.Minute: false, -45 * time.Second: false, -20 * time.Second: true, 0: true, 50 * time.Second: true, 80 * time.Second: false, 9 * time.Minute: false,
	} {
		got := rg.Left(onset.Add(began))
		if slices.Contains(got, "cpu_throttled") != want {
			t.Errorf("for what began %v after the signal %q have left their normal; want it: %t", began, got, want)
		}
		if wall := rg.Left(onset.Add(began).Round(0)); !slices.Equal(wall, got) {
			t.Errorf("by the wall clock %q, else %q", wall, got)
		}
	}
}

// What a busy machine does to any signal explains nothing, nor do signals that slow requests make.
func TestWhatExplainsNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		signal   int
		usual    float64
		then     []float64 // again and again
		explains bool
	}{
		"a quota":                        {cpuThrottled, 0, []float64{.4}, true},
		"a quota for a while":            {cpuThrottled, 0, []float64{.4, .4, .4, .4, .4, .4, 0, 0, 0, 0}, true},
		"a quota that is just felt":      {cpuThrottled, 0, []float64{.06}, false},
		"one bad second":                 {cpuThrottled, 0, []float64{3, 0, 0, 0, 0, 0, 0, 0, 0, 0}, false},
		"a scheduler with a lot to do":   {schedLatency, 1, []float64{80}, false},
		"goroutines that wait for locks": {mutexWait, 0, []float64{50}, false},
		"garbage collection":             {gcCPU, .01, []float64{.5}, false},
		"help for garbage collection":    {gcAssist, 0, []float64{.3}, true},
	} {
		rg := newRig(t, "/nowhere")
		rg.puts(tt.signal, 600, tt.usual)
		onset := rg.now
		rg.Freeze(onset)
		for i := range 30 {
			rg.put(tt.signal, tt.then[i%len(tt.then)])
		}
		if got := rg.Left(onset); len(got) > 0 != tt.explains {
			t.Errorf("%s: %q, want that it explains: %t", name, got, tt.explains)
		}
	}
}
