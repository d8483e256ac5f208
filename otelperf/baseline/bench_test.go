// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"testing"
	"time"
)

// BenchmarkTick500 is one tick of 500 endpoints with 10 requests a second each.
func BenchmarkTick500(b *testing.B) {
	var endpoints [500]*Detector
	src := newSource(10, 0.05)
	now := time.Unix(1_700_000_000, 0)
	for i := range endpoints {
		endpoints[i] = newDetector(b, Config{})
	}
	var deltas [64][]Bucket
	for i := range deltas {
		deltas[i] = append([]Bucket(nil), src.second()...)
	}
	for i := range 900 {
		now = now.Add(time.Second)
		for j, d := range endpoints {
			d.Tick(now, deltas[(i+j)%len(deltas)])
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		now = now.Add(time.Second)
		for j, d := range endpoints {
			d.Tick(now, deltas[(i+j)%len(deltas)])
		}
	}
}
