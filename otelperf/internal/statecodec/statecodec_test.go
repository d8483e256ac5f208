// SPDX-License-Identifier: Apache-2.0

package statecodec

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
)

func sample() []byte {
	b := Begin([]byte("before"), "mark", 2)
	b = append(b, 1)
	b = AppendFloat32(b, 1.5)
	b = binary.AppendUvarint(b, 1<<40)
	b = binary.LittleEndian.AppendUint64(b, math.MaxUint64) // -1
	return End(b, 6)[6:]
}

func TestRoundTrip(t *testing.T) {
	in := Open(sample(), "mark", 2, 100)
	if yes, x, n, i := in.Bool(), in.Float32(2), in.Uvarint(), in.Int64(); !yes || x != 1.5 || n != 1<<40 || i != -1 {
		t.Errorf("read %v %v %v %v", yes, x, n, i)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
}

func TestDamage(t *testing.T) {
	good := sample()
	flipped := append([]byte(nil), good...)
	flipped[7] ^= 1
	for what, c := range map[string]struct {
		state []byte
		read  func(in *Reader)
	}{
		"without the mark":   {[]byte("m"), nil},
		"version 2":          {good, func(in *Reader) { *in = *Open(good, "mark", 1, 100) }},
		"wrong checksum":     {flipped, nil},
		"bytes too many":     {good, nil},
		"cut short":          {good, func(in *Reader) { in.Bytes(100) }},
		"out of range":       {good, func(in *Reader) { in.Byte(); in.Float32(1) }},
		"neither yes nor no": {good, func(in *Reader) { in.Byte(); in.Byte(); in.Bool(); in.Bool() }},
		"mine":               {good, func(in *Reader) { in.Check(false, "mine"); in.Check(false, "other") }},
	} {
		in := Open(c.state, "mark", 2, 100)
		if c.read != nil {
			c.read(in)
		}
		if err := in.Close(); !errors.Is(err, ErrState) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
		if in.Uvarint() != 0 || in.Int64() != 0 || in.Float32(1) != 0 || !in.Failed() {
			t.Errorf("%s: reads on after the error", what)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(sample(), uint8(3))
	f.Fuzz(func(t *testing.T, state []byte, steps uint8) {
		for _, s := range [][]byte{state, Resign(state)} {
			in := Open(s, "mark", 2, 1000)
			for i := range steps {
				switch i % 4 {
				case 0:
					in.Byte()
				case 1:
					if x := in.Float32(10); !(x >= 0 && x <= 10) {
						t.Fatalf("%v is out of range", x)
					}
				case 2:
					in.Uvarint()
				case 3:
					in.Int64()
				}
			}
			if err := in.Close(); err != nil && !errors.Is(err, ErrState) {
				t.Fatal(err)
			}
		}
	})
}
