// SPDX-License-Identifier: Apache-2.0

package units

// Middle cuts the middle out of a text of more than n runes, since the ends of routes tell them apart: at least 3.
func Middle(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	head := (n - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(n-1-head):])
}
