// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
)

// Span writes what hours in a row come to: a proof of which hours these were, and rows like those of an hour. Where an hour was added to or
// deleted since, the proof is not that of the hours any more, and what was written is of no use.
func (w *Writer) Span(sum *Sum, proof Proof) []byte {
	data := binary.LittleEndian.AppendUint32(nil, uint32(proof))
	data = binary.LittleEndian.AppendUint32(data, ^uint32(proof))
	return append(data, w.Minute(sum.Rows())...)
}

// ReadSpan takes apart what Span wrote. Of rows that can be read Sum.Add leaves nothing out but what was written so.
func ReadSpan(data []byte) (proof Proof, rows []byte, err error) {
	if len(data) < 8 {
		return 0, nil, damaged("a sum of hours that is cut")
	}
	p := binary.LittleEndian.Uint32(data)
	if p != ^binary.LittleEndian.Uint32(data[4:]) {
		return 0, nil, damaged("which hours a sum is of")
	}
	rows = data[8:]
	_, err = compact.ParseRows(rows, func([]byte) {})
	return Proof(p), rows, frameError(err)
}

// Proof tells hours in a row from others, by the numbers of those that there are and the checksums of their rows.
type Proof uint32

// With is the proof of the hours so far and one more.
func (p Proof) With(at int64, rows []byte) Proof {
	one := binary.BigEndian.AppendUint64(nil, uint64(at))
	one = binary.BigEndian.AppendUint32(one, uint32(len(rows)))
	return Proof(crc32.Update(uint32(p), crc32.IEEETable, append(one, rows[max(0, len(rows)-4):]...)))
}
