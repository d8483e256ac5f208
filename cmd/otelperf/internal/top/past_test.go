// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"slices"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// With a history there are its windows, what is usual at this time, and the spikes of 30 days, at the sizes that terminals have.
func TestHistoryScreens(t *testing.T) {
	a := newService(t, "a")
	a.historic()
	s := newScreen(t, 120, 40, a)
	for _, size := range []tea.WindowSizeMsg{{Width: 80, Height: 24}, {Width: 120, Height: 40}, {Width: 200, Height: 60}} {
		name := fmt.Sprintf("-%dx%d", size.Width, size.Height)
		s.send(size)
		s.now = noon
		s.golden("list" + name)
		s.run(s.press("enter"))
		s.golden("usual" + name)
		s.press("esc")
		s.run(s.press("e"))
		s.golden("past" + name)
		s.press("j", "enter")
		s.golden("past-one" + name)
		s.press("esc")
		s.has("EARLIER SPIKES")
		s.press("esc")
		s.hasNot("EARLIER SPIKES")
	}
	a.windows = nil
	for range 6 {
		s.run(s.press("w"))
	}
	if want := []string{"1h", "24h", "7d", "all", "1m", "5m"}; !slices.Equal(a.windows, want) {
		t.Errorf("the windows %q were asked for, want %q", a.windows, want)
	}
}

// Without a history the screen says how to have one, and does not ask for what takes it.
func TestWithoutHistory(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 120, 40, a)
	s.run(s.press("enter"))
	s.has("what is usual at this time takes a history: otelperf.WithHistory(store), such as history/bolt in a file")
	s.press("esc")
	s.run(s.press("e"))
	s.has("0 spikes of the last 30 days", "takes a history", " none")
	s.press("enter", "j", "a", "m", "esc")
	a.windows = nil
	s.run(s.press("w"))
	s.hasNot("take a history")
	s.run(s.press("w"))
	s.has("the windows 24h and 7d take a history: otelperf.WithHistory(store)")
	if want := []string{"1h", "all"}; !slices.Equal(a.windows, want) {
		t.Errorf("the windows %q were asked for, want %q", a.windows, want)
	}
}

// Spikes of several instances are one list, of a store that they share each once; a service that fails is said.
func TestPastOfSeveral(t *testing.T) {
	a, b := newService(t, "a"), newService(t, "b")
	a.historic()
	b.historic()
	b.past = b.past[:3]
	b.past[2].ID = "other"
	s := newScreen(t, 160, 30, a, b)
	s.run(s.press("e"))
	s.has("5 spikes of the last 30 days")
	b.down.Store(true)
	s.press("esc")
	s.run(s.press("e"))
	s.has("4 spikes of the last 30 days", "no answer")
}
