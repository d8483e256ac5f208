// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"io"
	"testing"
)

// BenchmarkCSV replays CSV from memory on one goroutine: lines, engine, detector, events. One operation is one request.
func BenchmarkCSV(b *testing.B) {
	for _, bb := range []struct {
		name      string
		rate      float64
		endpoints int
	}{
		{"1000rps_8endpoints", 1000, 8},
		{"100rps_1endpoint", 100, 1},
		{"1rps_2endpoints", 1, 2},
		{"1000rps_500endpoints", 1000, 500},
	} {
		b.Run(bb.name, func(b *testing.B) {
			raw, err := io.ReadAll(&traffic{lines: max(b.N, 1), rate: bb.rate, endpoints: bb.endpoints})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(raw) / max(b.N, 1)))
			b.ReportAllocs()
			b.ResetTimer()
			c := config(b, "-")
			c.Stdin = bytes.NewReader(raw)
			if err := Run(b.Context(), c); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}
