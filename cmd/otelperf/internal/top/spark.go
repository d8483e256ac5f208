// SPDX-License-Identifier: Apache-2.0

package top

import (
	"math"
	"slices"
	"strings"
)

var levels = []rune("▁▂▃▄▅▆▇█")

// spark draws values in width columns, the latest at the right, a space where there are no data. The scale ends at what
// scaleOf says, so that an endpoint that does what it always does draws a line at half height.
func spark(values []float64, baseline *float64, width int) string {
	values = values[max(0, len(values)-width):]
	top := scaleOf(values, baseline)
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", width-len(values)))
	for _, v := range values {
		b.WriteRune(level(v, top))
	}
	return b.String()
}

// scaleOf is where the scale of a trend ends: at twice the baseline, or at twice the median while there is none, or at
// the highest value if that is higher; 0 if there is nothing to draw.
func scaleOf(values []float64, baseline *float64) float64 {
	known := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	slices.Sort(known)
	top, normal := 0.0, value(baseline)
	if n := len(known); n > 0 {
		top = known[n-1]
		if baseline == nil {
			normal = known[n/2]
		}
	}
	if 2*normal > top && !math.IsInf(2*normal, 0) {
		top = 2 * normal
	}
	return top
}

func level(v, top float64) rune {
	switch {
	case math.IsNaN(v):
		return ' '
	case !(v > 0) || !(top > 0):
		return levels[0]
	case v >= top:
		return levels[len(levels)-1]
	}
	return levels[int(v/top*float64(len(levels)))]
}
