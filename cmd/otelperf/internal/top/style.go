// SPDX-License-Identifier: Apache-2.0

package top

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Colours are those of the terminal's own palette, so that they suit light and dark ones; nothing is told by colour alone.
var (
	bold     = lipgloss.NewStyle().Bold(true)
	faint    = lipgloss.NewStyle().Faint(true)
	bad      = lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true)
	warn     = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	good     = lipgloss.NewStyle().Foreground(lipgloss.Green)
	selected = lipgloss.NewStyle().Reverse(true)
	bar      = lipgloss.NewStyle().Reverse(true).Bold(true)
)

// pad makes s exactly width columns wide: cut with "…", or filled with spaces.
func pad(s string, width int, right bool) string {
	if width <= 0 {
		return ""
	}
	s = ansi.Truncate(s, width, "…")
	space := strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
	if right {
		return space + s
	}
	return s + space
}

// line is text cut and filled to the width of the screen.
func (m *Model) line(text string) string { return pad(text, m.width, false) }

// between puts one text at the left and one at the right of a line; the left one gives way.
func (m *Model) between(left, right string) string {
	room := max(0, m.width-ansi.StringWidth(right))
	return pad(pad(left, room, false)+right, m.width, false)
}
