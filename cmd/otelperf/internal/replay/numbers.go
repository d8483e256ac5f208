// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// digits writes a number with two or three of them.
func digits(x float64) string {
	switch {
	case x >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return fmt.Sprintf("%.2g", x)
	}
}

func inMs(ms float64) string { return digits(ms) + " ms" }

// orDash writes milliseconds, or "-" where there are none.
func orDash(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return digits(toMs(d))
}

// grouped writes a count as 1,234,567.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	var out strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(c)
	}
	return out.String()
}

// lasted writes a span of whole seconds as 1d2h, 2h5m, 3m20s or 15s: the two largest units that are not 0.
func lasted(d time.Duration) string {
	units := []struct {
		name string
		of   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}
	for i, u := range units {
		if d < u.of {
			continue
		}
		out := fmt.Sprintf("%d%s", d/u.of, u.name)
		if i+1 < len(units) {
			if rest := d % u.of / units[i+1].of; rest > 0 {
				out += fmt.Sprintf("%d%s", rest, units[i+1].name)
			}
		}
		return out
	}
	return "0s"
}
