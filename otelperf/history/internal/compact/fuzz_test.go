// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"reflect"
	"testing"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// sealed is data with the checksum that parse wants, so that what is behind it is reached.
func sealed(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(data[:len(data):len(data)], crc32.Checksum(data, table))
}

// FuzzRead reads any bytes as all three layers: what is accepted agrees with itself.
func FuzzRead(f *testing.F) {
	h := makeHour(shop(2)[:3], 1)
	hours, tens, minutes := h.write()
	cut := func(b []byte) []byte { return b[:len(b)-checksum] }
	f.Add(cut(hours), cut(tens), cut(minutes))
	old := h.writeOld()
	f.Add(cut(hours), cut(tens), cut(old))
	f.Add([]byte{version, whole, 7, 0}, []byte{version, 6, 7, 0}, []byte{version, 10, 7, 0})
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		_, _ = parse(a, 0, func([]byte) {}) // without a checksum
		w, err := ParseWhole(sealed(a))
		if err != nil {
			return
		}
		p, noTens := ParseParts(sealed(b), 6)
		q, noMinutes := ParseParts(sealed(c), 10)
		var r Reader
		var scratch latency.Histogram
		var one [10]Tally
		for i := range min(len(w.Names), 20) {
			row, err := w.Row(i)
			if err != nil {
				continue
			}
			var all [1]Tally
			if row.Tally(&all[0], &scratch) != nil || noTens != nil {
				continue
			}
			six, err := r.Split(&p, i, all[:])
			if err != nil {
				continue
			}
			var sum Tally
			for k := range six[0] {
				sum.Add(&six[0][k])
			}
			if sum.Count != all[0].Count || sum.Outcomes != all[0].Outcomes {
				t.Fatalf("the parts are %+v, the whole %+v", sum, all[0])
			}
			if noMinutes != nil {
				continue
			}
			if sixty, err := r.Split(&q, i, six[0]); err == nil {
				for k := range sixty {
					if err := r.SplitOne(&q, i, six[0], k, one[:]); err != nil || !reflect.DeepEqual(outlines(one[:]), outlines(sixty[k])) {
						t.Fatalf("alone, part %d is %+v, %v, with the others %+v", k, one, err, sixty[k])
					}
				}
			}
		}
	})
}

// outlines are tallies without what differs between slices that are equal.
func outlines(all []Tally) (out []string) {
	for i := range all {
		out = append(out, fmt.Sprint(all[i]))
	}
	return out
}
