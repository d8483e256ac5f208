// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// rig is a recorder that a test ticks, in a time of its own.
type rig struct {
	*Recorder
	now    time.Time
	faults *fault.Log
}

// newRig has the recorder read below root.
func newRig(t testing.TB, root string, pools ...Pool) *rig {
	t.Helper()
	rg := newSilentRig(t, root, pools...)
	for _, p := range rg.pools {
		p.start()
	}
	return rg
}

// newSilentRig has pools that do not answer: the test answers for them.
func newSilentRig(t testing.TB, root string, pools ...Pool) *rig {
	t.Helper()
	faults := new(fault.Log)
	rg := &rig{Recorder: New(root, pools, faults), now: time.Now(), faults: faults}
	rg.begin(rg.now)
	t.Cleanup(func() {
		_ = rg.Close(t.Context()) // whatever a test has left blocked
		rg.control.close()
		if n := faults.Count(); n > 0 {
			t.Errorf("%d faults", n)
		}
	})
	return rg
}

// sample takes a real sample a second after the last.
func (rg *rig) sample() {
	rg.now = rg.now.Add(time.Second)
	rg.Recorder.sample(rg.now)
}

// put stores a second in which one signal has a value and the others have none.
func (rg *rig) put(signal int, x float64) {
	v := values{}
	for i := range v {
		v[i] = unknown
	}
	v[signal] = x
	rg.now = rg.now.Add(time.Second)
	rg.store(rg.now, 0, &v)
}

// puts stores a value for some seconds.
func (rg *rig) puts(signal, seconds int, x float64) {
	for range seconds {
		rg.put(signal, x)
	}
}

// reading is a signal as it is in the report, by name and pool.
func (rg *rig) reading(t testing.TB, name, pool string) Reading {
	t.Helper()
	for _, s := range rg.Report(rg.now).Signals {
		if s.Name == name && s.Pool == pool {
			return s
		}
	}
	t.Fatalf("there is no signal %s of pool %q", name, pool)
	return Reading{}
}

// value is what a pointer points to; -1 for nil.
func value(p *float64) float64 {
	if p == nil {
		return -1
	}
	return *p
}
