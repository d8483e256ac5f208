// SPDX-License-Identifier: Apache-2.0

package plain

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const (
	cutMark = "…"
	// maxRounds bounds how often names that look alike are cut anew.
	maxRounds = 4
	// headOfCut is how much is left of what many names begin with, as far as there is room: the method.
	headOfCut = 6
)

// Middle is s cut in the middle where it is wider than width columns, since long names often differ at their ends.
func Middle(s string, width int) string {
	over := ansi.StringWidth(s) - width
	if over <= 0 || width < 3 {
		return ansi.Truncate(s, width, cutMark)
	}
	head := (width - 1) / 2
	begin, end := ansi.Truncate(s, head, ""), ansi.TruncateLeft(s, over+1+head, "")
	if ansi.StringWidth(begin+cutMark+end) > width { // a wide character lies where it is cut
		end = ansi.TruncateLeft(s, over+2+head, "")
	}
	return begin + cutMark + end
}

// Distinct cuts names to width columns so that different ones stay different: in the middle, and those that look alike then so that what
// they have in common is left out. The same names stay the same.
func Distinct(names []string, width int) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = Middle(name, width)
	}
	for range maxRounds {
		alike := false
		for label, group := range groups(names, out) {
			if len(group) < 2 || label == "" {
				continue
			}
			alike = true
			common := commonPrefix(group)
			for i, name := range names {
				if out[i] == label {
					out[i] = from(name, common, width)
				}
			}
		}
		if !alike {
			break
		}
	}
	return out
}

// groups are the different names that look alike, by how they look.
func groups(names, labels []string) map[string][]string {
	seen, out := map[[2]string]bool{}, map[string][]string{}
	for i, name := range names {
		if key := [2]string{labels[i], name}; !seen[key] {
			seen[key] = true
			out[labels[i]] = append(out[labels[i]], name)
		}
	}
	return out
}

// commonPrefix is how many bytes all names begin with, at the beginning of a character.
func commonPrefix(names []string) int {
	n := len(names[0])
	for _, name := range names[1:] {
		n = min(n, len(name))
		for i := range n {
			if name[i] != names[0][i] {
				n = i
				break
			}
		}
	}
	for n > 0 && n < len(names[0]) && names[0][n]&0xc0 == 0x80 {
		n--
	}
	return n
}

// from is a name on width columns that shows what is behind its first common bytes, a little of its head, and as much of its end as fits.
func from(name string, common, width int) string {
	if width < 3 {
		return ansi.Truncate(name, width, "")
	}
	head := ansi.Truncate(name[:common], min(headOfCut, max(0, width/3)), "")
	rest := name[common:]
	if i := strings.LastIndexByte(name[:common], '/'); i >= len(head) && common-i <= width/4 { // from the beginning of the segment
		rest = name[i:]
	}
	room := width - ansi.StringWidth(head) - 1
	if ansi.StringWidth(rest) > room {
		rest = ansi.Truncate(rest, room, cutMark)
	}
	return head + cutMark + rest
}
