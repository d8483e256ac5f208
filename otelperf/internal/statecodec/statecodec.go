// SPDX-License-Identifier: Apache-2.0

// Package statecodec frames the bytes in which a detector or a budget survives a restart: a mark of four letters, a version byte, the
// fields, and a CRC-32 of all that, little endian. A Reader takes any bytes: it never panics and reports what is wrong.
package statecodec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// ErrState is wrapped by every error of a Reader: bytes that were not written by this code, or that have been damaged since.
var ErrState = errors.New("not a valid state")

const (
	markSize = 4
	headSize = markSize + 1
	sumSize  = 4
)

// Begin appends the head of a state. The mark has four letters.
func Begin(b []byte, mark string, version byte) []byte { return append(append(b, mark...), version) }

// End appends the checksum of what was appended since b was begin bytes long.
func End(b []byte, begin int) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[begin:]))
}

// AppendFloat32 appends a number.
func AppendFloat32(b []byte, x float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
}

// Reader takes fields off the front of a state; after an error it returns zeros.
type Reader struct {
	rest []byte
	err  error
}

// Open checks the frame of a state of at most most bytes, and that its version is one of 1 to newest.
func Open(state []byte, mark string, newest byte, most int) *Reader {
	in := &Reader{}
	switch body := len(state) - sumSize; {
	case body < headSize || len(state) > most || string(state[:markSize]) != mark:
		in.fail("%d bytes without the mark %q", len(state), mark)
	case state[markSize] < 1 || state[markSize] > newest:
		in.fail("version %d, known are 1 to %d", state[markSize], newest)
	case binary.LittleEndian.Uint32(state[body:]) != crc32.ChecksumIEEE(state[:body]):
		in.fail("wrong checksum")
	default:
		in.rest = state[headSize:body]
	}
	return in
}

// Close reports the first error, or that there are bytes left.
func (in *Reader) Close() error {
	if in.err == nil && len(in.rest) != 0 {
		in.fail("%d bytes too many", len(in.rest))
	}
	return in.err
}

// Failed tells whether there was an error.
func (in *Reader) Failed() bool { return in.err != nil }

// Check fails if ok is false; what says what is wrong.
func (in *Reader) Check(ok bool, what string) {
	if in.err == nil && !ok {
		in.fail("%s", what)
	}
}

func (in *Reader) fail(format string, args ...any) {
	in.err = fmt.Errorf("%w: "+format, append([]any{ErrState}, args...)...)
	in.rest = nil
}

// Bytes takes n bytes, which alias the state; after an error they are zeros.
func (in *Reader) Bytes(n int) []byte {
	in.Check(len(in.rest) >= n, "cut short")
	if in.err != nil {
		return make([]byte, n)
	}
	b := in.rest[:n]
	in.rest = in.rest[n:]
	return b
}

// Byte takes one byte.
func (in *Reader) Byte() byte { return in.Bytes(1)[0] }

// Bool takes a byte that is 0 or 1.
func (in *Reader) Bool() bool {
	b := in.Byte()
	in.Check(b <= 1, "neither yes nor no")
	return b == 1
}

// Int64 takes a number.
func (in *Reader) Int64() int64 { return int64(binary.LittleEndian.Uint64(in.Bytes(8))) }

// Float32 takes a number of 0 to most.
func (in *Reader) Float32(most float32) float32 {
	x := math.Float32frombits(binary.LittleEndian.Uint32(in.Bytes(4)))
	in.Check(x >= 0 && x <= most, "number out of range")
	if in.err != nil {
		return 0
	}
	return x
}

// Uvarint takes a number as binary.AppendUvarint writes it.
func (in *Reader) Uvarint() uint64 {
	if in.err != nil {
		return 0
	}
	x, n := binary.Uvarint(in.rest)
	if n <= 0 {
		in.fail("cut short")
		return 0
	}
	in.rest = in.rest[n:]
	return x
}

// Resign replaces the checksum of a state by that of what it holds; fuzz tests get past it so.
func Resign(state []byte) []byte {
	body := append([]byte(nil), state[:max(0, len(state)-sumSize)]...)
	return End(body, 0)
}
