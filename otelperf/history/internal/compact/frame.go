// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// What is wrong with bytes that were to be read.
var (
	ErrDamaged = errors.New("damaged")
	ErrNewer   = errors.New("of a newer version")
)

const (
	version  = 1      // each block is written in one run
	runs     = 2      // each block has a run for each of the wholes that it splits, behind the lengths of all but the last
	whole    = 0      // the kind of a frame that needs no other; else it is how many parts each tally is split into
	maxRows  = 20_000 // twice the most endpoints that a processor tells apart
	maxName  = 1 << 10
	checksum = 4
)

var table = crc32.MakeTable(crc32.Castagnoli)

// A frame is a block of bytes for each endpoint: version, kind, number of outcomes, number of rows, for a whole the names, the length of each
// block, the blocks, and a CRC-32C of it all.
type frame struct {
	version byte
	kind    int
	names   []conventions.Endpoint
	blocks  [][]byte
}

func (f *frame) append(dst []byte) []byte {
	from := len(dst)
	dst = append(dst, f.version, byte(f.kind), slowlog.NumOutcomes)
	dst = binary.AppendUvarint(dst, uint64(len(f.blocks)))
	if f.kind == whole {
		dst = appendNames(dst, f.names)
	}
	for _, b := range f.blocks {
		dst = binary.AppendUvarint(dst, uint64(len(b)))
	}
	for _, b := range f.blocks {
		dst = append(dst, b...)
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[from:], table))
}

// parse reads a frame of one kind. Its blocks are parts of data. each is called for the names of a whole, as they are written and
// valid for as long as the call: for all of them, unless the frame is damaged.
func parse(data []byte, kind int, each func(name []byte)) (f frame, err error) {
	if len(data) > 0 && data[0] > runs || len(data) > 2 && data[2] > slowlog.NumOutcomes {
		return f, ErrNewer
	}
	if len(data) < 4+checksum || data[0] < version || data[0] == runs && kind == whole {
		return f, ErrDamaged
	}
	body, sum := data[:len(data)-checksum], binary.LittleEndian.Uint32(data[len(data)-checksum:])
	if crc32.Checksum(body, table) != sum {
		return f, fmt.Errorf("%w: its checksum is wrong", ErrDamaged)
	}
	if int(body[1]) != kind || body[2] != slowlog.NumOutcomes {
		return f, fmt.Errorf("%w: kind %d, %d outcomes", ErrDamaged, body[1], body[2])
	}
	r := reader{rest: body[3:]}
	n := r.number(maxRows)
	if kind == whole {
		r.names(n, each)
	}
	if n > len(r.rest) { // each length is a byte at least
		r.bad, n = true, 0
	}
	lengths := reader{rest: r.rest}
	for range n {
		r.number(len(r.rest))
	}
	f.version, f.kind, f.blocks = data[0], kind, make([][]byte, n)
	for i := range f.blocks {
		f.blocks[i] = r.bytes(lengths.number(len(lengths.rest)))
	}
	if r.bad || len(r.rest) > 0 {
		return frame{}, fmt.Errorf("%w: its lengths do not fit", ErrDamaged)
	}
	return f, nil
}

// appendNames writes names of which each shares its beginning with the one before it.
func appendNames(dst []byte, names []conventions.Endpoint) []byte {
	var last []byte
	for _, n := range names {
		text := Name(n)
		same := 0
		for same < min(len(text), len(last)) && text[same] == last[same] {
			same++
		}
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(same)), uint64(len(text)-same))
		dst = append(dst, text[same:]...)
		last = text
	}
	return dst
}

// Name is an endpoint as it is written: kind, length of the method, method, route.
func Name(e conventions.Endpoint) []byte {
	e.Method = e.Method[:min(len(e.Method), 255)]
	e.Route = e.Route[:min(len(e.Route), maxName-257)]
	return append(append([]byte{byte(e.Kind), byte(len(e.Method))}, e.Method...), e.Route...)
}

// reader takes bytes off the front of rest; after the first that are not there, everything is empty.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) number(limit int) int { return int(r.wide(uint64(limit))) }

// wide is a number that an int may be too small for.
func (r *reader) wide(limit uint64) uint64 {
	v, n := binary.Uvarint(r.rest)
	if r.bad || n <= 0 || v > limit {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bytes(n int) []byte {
	if r.bad || n > len(r.rest) {
		r.bad = true
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) names(n int, each func([]byte)) {
	last := make([]byte, 0, maxName)
	for range n {
		same := r.number(len(last))
		rest := r.bytes(r.number(maxName - same))
		last = append(last[:same], rest...)
		if r.bad || len(last) < 2 || int(last[1]) > len(last)-2 {
			r.bad = true
			return
		}
		each(last)
	}
}

// Endpoint is the one with a name, as ParseRows has it: what Name wrote.
func Endpoint(name []byte) conventions.Endpoint {
	method := 2 + int(name[1])
	return conventions.Endpoint{Kind: conventions.Kind(name[0]), Method: string(name[2:method]), Route: string(name[method:])}
}
