// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// Window is a span of time that a summary covers: the requests that ended in it.
type Window string

const (
	// Window1m is the last minute and the running ten seconds; it slides by ten seconds.
	Window1m Window = "1m"
	// Window5m is the last five whole minutes and the running one. It is the default.
	Window5m Window = "5m"
	// Window1h is the last sixty whole minutes and the running one.
	Window1h Window = "1h"
	// Window24h is the last 24 hours, from a whole minute on. It takes WithHistory, as Window7d does. Where minutes are not stored for as long, it
	// begins with the step amid which that is, which Stored says.
	Window24h Window = "24h"
	// Window7d is the last seven days; by the default retention from whole ten minutes on.
	Window7d Window = "7d"
	// WindowAll is all since the start or the last reset.
	WindowAll Window = "all"
)

// windows are all of them, shortest first.
var windows = []struct {
	name Window
	of   engine.Window
	long time.Duration // how long it is, of one that takes a history
}{
	{Window1m, engine.Minute, 0}, {Window5m, engine.FiveMinutes, 0}, {Window1h, engine.Hour, 0}, {Window24h, engine.All, 24 * time.Hour},
	{Window7d, engine.All, 7 * 24 * time.Hour}, {WindowAll, engine.All, 0},
}

// Next returns the window after w by length, the shortest after the longest.
func (w Window) Next() Window {
	for i := range windows {
		if windows[i].name == w.known() {
			return windows[(i+1)%len(windows)].name
		}
	}
	return Window5m // cannot be: known is in the list
}

// ParseWindow reads "1m", "5m", "1h", "24h", "7d" or "all"; "" means Window5m. The error names what is accepted.
func ParseWindow(s string) (Window, error) {
	if s == "" {
		return Window5m, nil
	}
	for _, w := range windows {
		if w.name == Window(s) {
			return w.name, nil
		}
	}
	return "", fmt.Errorf("otelperf: window is %.20q, accepted are %s", s, strings.Join(windowNames(true), ", "))
}

// windowNames are those that there are with a history, or without one.
func windowNames(history bool) (names []string) {
	for _, w := range windows {
		if history || w.long == 0 {
			names = append(names, string(w.name))
		}
	}
	return names
}

// long is how long a window is that takes a history, and 0 of any other.
func (w Window) long() time.Duration {
	for i := range windows {
		if windows[i].name == w {
			return windows[i].long
		}
	}
	return 0
}

// known is w, or the default for a window that there is not.
func (w Window) known() Window {
	if parsed, err := ParseWindow(string(w)); err == nil {
		return parsed
	}
	return Window5m
}

// of is the engine's window of that name.
func (w Window) of() engine.Window {
	for i := range windows {
		if windows[i].name == w.known() {
			return windows[i].of
		}
	}
	return engine.FiveMinutes // cannot be: known is in the list
}
