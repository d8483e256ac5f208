// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// tooLong is more than any duration that is believed, in any unit.
const tooLong = int64(MaxDuration) + 1

var pow10 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// parseDuration parses a decimal number of a unit and rounds it to the next ns, half a ns upwards. ok is false for what is
// no number and for what is negative, NaN or longer than MaxDuration.
func parseDuration(b []byte, unit Unit) (d time.Duration, ok bool) {
	v, i := int64(0), 0
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		if v = v*10 + int64(b[i]-'0'); v > tooLong {
			return 0, false
		}
	}
	digits := i
	left := unit.digits() // digits that the fraction may still have
	up := int64(0)
	if i < len(b) && b[i] == '.' {
		for i++; i < len(b) && b[i]-'0' <= 9; i++ {
			digits++
			switch c := int64(b[i] - '0'); {
			case left > 0:
				if v = v*10 + c; v > tooLong {
					return 0, false
				}
				left--
			case left == 0:
				up = c / 5
				left--
			}
		}
	}
	if i < len(b) {
		return parseFloat(b, unit)
	}
	scale := pow10[max(left, 0)]
	if digits == 0 || v > tooLong/scale {
		return 0, false
	}
	d = time.Duration(v*scale + up)
	return d, d <= MaxDuration
}

// parseFloat is for what the fast way does not know: signs and exponents.
func parseFloat(b []byte, unit Unit) (time.Duration, bool) {
	if len(b) > 40 {
		return 0, false
	}
	for _, c := range b { // neither hexadecimal numbers nor "Inf"
		if c-'0' > 9 && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || !(f >= 0) || math.Signbit(f) || f > float64(MaxDuration)/float64(pow10[unit.digits()]) {
		return 0, false
	}
	return time.Duration(math.Round(f * float64(pow10[unit.digits()]))), true
}

// badDuration is the error for what parseDuration refuses.
func badDuration(field string, b []byte) error {
	if len(b) == 0 {
		return fmt.Errorf("%s is empty", field)
	}
	return fmt.Errorf("%s is %.40q, which is no duration from 0 to 24 h", field, b)
}

// parseStatus parses an HTTP status; nothing and "-" are 0, an unknown one.
func parseStatus(b []byte) (status int, ok bool) {
	if len(b) == 3 {
		for _, c := range b {
			if c-'0' > 9 {
				return 0, false
			}
			status = status*10 + int(c-'0')
		}
		return status, true
	}
	return 0, len(b) == 0 || len(b) == 1 && (b[0] == '-' || b[0] == '0')
}

func badStatus(b []byte) error {
	return fmt.Errorf("status is %.40q, which is not a number of three digits", b)
}
