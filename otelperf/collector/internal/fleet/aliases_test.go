// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// TestAliases: the table has what a map would have, when it grows and when rows are taken out.
func TestAliases(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x, want := newAliases(), map[alias]int32{}
	some := func() alias {
		return alias{
			kind: conventions.Kind(r.IntN(2)), category: conventions.Category(r.IntN(3)), from: source(r.IntN(4)), port: uint16(r.IntN(2)),
			a: []string{"", "GET", "GOT", "postgresql"}[r.IntN(4)], b: []string{"", "SELECT ", "/users/{id}/"}[r.IntN(3)] + fmt.Sprint(r.IntN(20)),
		}
	}
	for n := range 20_000 {
		k := some()
		row, ok := x.row(&k)
		if known, is := want[k]; ok != is || row != known {
			t.Fatalf("%+v is of row %d, %v; want %d, %v", k, row, ok, known, is)
		}
		if !ok {
			want[k] = int32(n)
			x.add(&k, int32(n))
		}
		if n%5000 == 4999 {
			x.keep(func(row int32) bool { return row%3 != 0 })
			for k, row := range want {
				if row%3 == 0 {
					delete(want, k)
				}
			}
		}
		if x.len() != len(want) {
			t.Fatalf("%d are known, want %d", x.len(), len(want))
		}
	}
}
