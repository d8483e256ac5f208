// SPDX-License-Identifier: Apache-2.0

package plain

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// None stands for no data.
const None = "-"

// Number shows three digits or more of *v, and None for nil and for what is not finite.
func Number(v *float64) string {
	switch {
	case v == nil || math.IsNaN(*v) || math.IsInf(*v, 0):
		return None
	case math.Abs(*v) >= 1e9:
		return fmt.Sprintf("%.2e", *v)
	case math.Abs(*v) >= 100:
		return fmt.Sprintf("%.0f", *v)
	case math.Abs(*v) >= 10:
		return fmt.Sprintf("%.1f", *v)
	default:
		return fmt.Sprintf("%.2f", *v)
	}
}

// Ms is Number with its unit.
func Ms(v *float64) string {
	if s := Number(v); s != None {
		return s + " ms"
	}
	return None
}

// Share shows 0 to 1 as a percentage.
func Share(v *float64) string {
	if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) {
		return None
	}
	digits := 2
	switch p := math.Abs(*v * 100); {
	case p == 0 || p >= 10:
		digits = 0
	case p >= 1:
		digits = 1
	}
	return strings.TrimSuffix(strconv.FormatFloat(*v*100, 'f', digits, 64), ".0") + " %"
}

// Quantile names one of 0 to 1, such as "p97" or "p99.8".
func Quantile(q float64) string {
	if q < 0.99 {
		return fmt.Sprintf("p%.0f", math.Floor(q*100+1e-9))
	}
	return fmt.Sprintf("p%g", math.Floor(q*1000+1e-9)/10)
}

// Times shows a ratio as "2.4x".
func Times(v *float64) string {
	if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) {
		return None
	}
	return strconv.FormatFloat(*v, 'f', 1, 64) + "x"
}

// Seconds shows a span of time by its two largest units, such as "2h13m".
func Seconds(s float64) string {
	const most = 100 * 365 * 24 * 3600
	if math.IsNaN(s) || s < 0 {
		s = 0
	}
	return Span(time.Duration(min(s, most) * float64(time.Second)))
}

// Span is Seconds of a duration; a negative one is shown as 0s.
func Span(d time.Duration) string {
	d = max(d, 0)
	const day = 24 * time.Hour
	switch {
	case d >= day:
		return two(int64(d/day), "d", int64(d%day/time.Hour), "h")
	case d >= time.Hour:
		return two(int64(d/time.Hour), "h", int64(d%time.Hour/time.Minute), "m")
	case d >= time.Minute:
		return two(int64(d/time.Minute), "m", int64(d%time.Minute/time.Second), "s")
	default:
		return fmt.Sprintf("%ds", d/time.Second)
	}
}

func two(large int64, unit string, small int64, part string) string {
	if small == 0 {
		return fmt.Sprint(large) + unit
	}
	return fmt.Sprint(large) + unit + fmt.Sprint(small) + part
}

// Plural is "1 request" or "7 requests".
func Plural[T int | uint64](n T, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
