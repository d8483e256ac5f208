// SPDX-License-Identifier: Apache-2.0

package format

import (
	"math"
	"math/big"
	"strconv"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	const refused = -1
	tests := []struct {
		in   string
		unit Unit
		want time.Duration
	}{
		{"0", milliseconds, 0},
		{"12.345", milliseconds, 12345 * time.Microsecond},
		{"12.", milliseconds, 12 * time.Millisecond},
		{".5", milliseconds, 500 * time.Microsecond},
		{"0.0000004", milliseconds, 0},
		{"0.0000005", milliseconds, 1},
		{"0.00000149999", milliseconds, 1},
		{"1e3", milliseconds, time.Second},
		{"+1.5", milliseconds, 1500 * time.Microsecond},
		{"1.5E-3", milliseconds, 1500},
		{"0.045", seconds, 45 * time.Millisecond},
		{"1.0000000005", seconds, time.Second + 1},
		{"45", microseconds, 45 * time.Microsecond},
		{"86400000", milliseconds, MaxDuration},
		{"86400000.0000001", milliseconds, MaxDuration},
		{"86400000.000001", milliseconds, refused},
		{"86400", seconds, MaxDuration},
		{"86401", seconds, refused},
		{"99999999999999999999", milliseconds, refused},
		{"86400000000.123456789", seconds, refused}, // more than an int64 of ns has room for
		{"18446744073.709551623", seconds, refused}, // 7 ns, were it wrapped
		{"9223372036.854775808", seconds, refused},  // negative, were it wrapped
		{"18446744073709.558616", milliseconds, refused},
		{"-1", milliseconds, refused},
		{"-0", milliseconds, refused},
		{"NaN", milliseconds, refused},
		{"Inf", milliseconds, refused},
		{"1e999", milliseconds, refused},
		{"0x10", milliseconds, refused},
		{"1_000", milliseconds, refused},
		{"1,5", milliseconds, refused},
		{" 1", milliseconds, refused},
		{".", milliseconds, refused},
		{"", milliseconds, refused},
	}
	for _, tt := range tests {
		got, ok := parseDuration([]byte(tt.in), tt.unit)
		if !ok {
			got = refused
		}
		if got != tt.want {
			t.Errorf("%q is %d ns, want %d", tt.in, got, tt.want)
		}
	}
}

// FuzzParseDuration compares with exact arithmetic, and what is refused with strconv.
func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"12.345", "0.0000005", "1e3", "86400000", "86399999.9999999", "-0.001", "1.7976931348623157e308", "00012.50"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseDuration([]byte(s), milliseconds)
		if got < 0 || got > MaxDuration {
			t.Fatalf("%q is %v", s, got)
		}
		v, err := strconv.ParseFloat(s, 64)
		if !ok {
			if plain := len(s) <= 17 && err == nil && !math.Signbit(v) && v <= 86399999 && onlyDigits(s); plain {
				t.Fatalf("%q is refused", s)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q is taken as %v, but is no number: %v", s, got, err)
		}
		if len(s) > 40 {
			return // exact arithmetic would take long for an exponent
		}
		if math.Abs(v*1e6-float64(got)) > 1+v*1e-9 {
			t.Fatalf("%q is %d ns, want %v", s, got, v*1e6)
		}
		if onlyDigits(s) {
			exact, _ := new(big.Rat).SetString(s)
			exact.Mul(exact, big.NewRat(1e6, 1)).Add(exact, big.NewRat(1, 2))
			if want := new(big.Int).Div(exact.Num(), exact.Denom()); want.Int64() != int64(got) {
				t.Fatalf("%q is %d ns, want %d", s, got, want)
			}
		}
	})
}

func onlyDigits(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && c != '.' {
			return false
		}
	}
	return s != "" && s != "."
}

func TestParseStatus(t *testing.T) {
	for in, want := range map[string]int{"200": 200, "": 0, "-": 0, "000": 0, "0": 0, "599": 599, "20": -1, "2000": -1, "2x0": -1, "abc": -1} {
		got, ok := parseStatus([]byte(in))
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %d, want %d", in, got, want)
		}
	}
}
