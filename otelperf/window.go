// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"time"
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

// Windows are all windows, shortest first.
var Windows = []Window{Window1m, Window5m, Window1h, WindowAll}

// ParseWindow reads "1m", "5m", "1h" or "all"; "" means Window5m. What it refuses wraps ErrWindow.
func ParseWindow(s string) (Window, error) {
	switch w := Window(s); w {
	case "":
		return Window5m, nil
	case Window1m, Window5m, Window1h, WindowAll:
		return w, nil
	default:
		return "", fmt.Errorf("%w: window is %.20q, accepted are 1m, 5m, 1h and all", ErrWindow, s)
	}
}

// The units that windows are made of.
const (
	tenSeconds  = 10 // a step
	stepsPerMin = 60 / tenSeconds
	keptSteps   = 6
	keptMinutes = 60
)

// begin is when the window began whose running step has this number, if nothing else limits it.
func (w Window) begin(step int64) time.Time {
	minute := step / stepsPerMin
	switch w {
	case Window1m:
		return time.Unix((step-keptSteps)*tenSeconds, 0)
	case Window5m:
		return time.Unix((minute-5)*60, 0)
	case Window1h:
		return time.Unix((minute-keptMinutes)*60, 0)
	default:
		return time.Time{}
	}
}
