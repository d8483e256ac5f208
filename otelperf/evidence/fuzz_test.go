// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"runtime"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// FuzzAnalyse reads hostile bytes from the header to the sentences: it must come back, with an error or not, and take little memory.
func FuzzAnalyse(f *testing.F) {
	trace := stored(f, func(p *program) {
		p.normal(victim, func() { backOff(0) })
		p.slow(victim, func() { backOff(1) })
	}, nil)
	f.Add(trace)
	f.Add(trace[:len(trace)/2])
	f.Add(append(append([]byte{}, trace...), trace[16:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := &causes.Recording{}
		short, err := shorten(b, r)
		if err == nil {
			err = analyse(short, nil, r, func() error { return nil })
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20+200*uint64(len(b)) {
			t.Errorf("%d bytes took %d bytes", len(b), used)
		}
		if err != nil && (len(err.Error()) > 1000 || strings.Contains(err.Error(), "\n")) {
			t.Errorf("an error of %d bytes: %v", len(err.Error()), err)
		}
		for _, e := range r.Endpoints {
			for _, c := range e.Causes {
				if c.Sentence() == "" || c.Share < 0.3 {
					t.Errorf("cause %+v", c)
				}
			}
		}
	})
}
