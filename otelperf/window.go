// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"strings"

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
	// WindowAll is all since the start or the last reset.
	WindowAll Window = "all"
)

// windows are all of them, shortest first.
var windows = []struct {
	name Window
	of   engine.Window
}{{Window1m, engine.Minute}, {Window5m, engine.FiveMinutes}, {Window1h, engine.Hour}, {WindowAll, engine.All}}

// Next returns the window after w by length, the shortest after the longest.
func (w Window) Next() Window {
	for i := range windows {
		if windows[i].name == w.known() {
			return windows[(i+1)%len(windows)].name
		}
	}
	return Window5m // cannot be: known is in the list
}

// ParseWindow reads "1m", "5m", "1h" or "all"; "" means Window5m. The error names what is accepted.
func ParseWindow(s string) (Window, error) {
	if s == "" {
		return Window5m, nil
	}
	for _, w := range windows {
		if w.name == Window(s) {
			return w.name, nil
		}
	}
	return "", fmt.Errorf("otelperf: window is %.20q, accepted are %s", s, strings.Join(windowNames(), ", "))
}

func windowNames() (names []string) {
	for _, w := range windows {
		names = append(names, string(w.name))
	}
	return names
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
