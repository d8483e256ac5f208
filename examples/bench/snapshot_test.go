// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

// BenchmarkSnapshot is what a processor pays for a few methods of the span that the SDK gives to OnEnd. See
// upstream-snapshot.md.
func BenchmarkSnapshot(b *testing.B) {
	s := spans(1)[0].end
	b.Run("Parent", func(b *testing.B) {
		for b.Loop() {
			_ = s.Parent()
		}
	})
	b.Run("EndTime", func(b *testing.B) {
		for b.Loop() {
			_ = s.EndTime()
		}
	})
	b.Run("Attributes", func(b *testing.B) {
		for b.Loop() {
			_ = s.Attributes()
		}
	})
	b.Run("SpanKind", func(b *testing.B) {
		for b.Loop() {
			_ = s.SpanKind()
		}
	})
	b.Run("Parent+StartTime+EndTime+Attributes", func(b *testing.B) {
		for b.Loop() {
			_, _, _, _ = s.Parent(), s.StartTime(), s.EndTime(), s.Attributes()
		}
	})
}
