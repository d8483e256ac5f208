package spikeprocessor

import (
	"testing"
)

func BenchmarkZZ(b *testing.B) {
	p, _ := New(nil, WithInFlight(false))
	p.Take(func(*Delta) {})
	s := snapshots(1, true)[0]
	for b.Loop() {
		p.OnEnd(s)
	}
}
